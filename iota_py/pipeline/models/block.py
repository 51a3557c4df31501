"""Pixels of a window that are predicted together: codes or features made once, used while they are in the cache, and forgotten."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from iota_py.pipeline.inputs.observed import Observed
from iota_py.pipeline.inputs.reading import BookStack, codes_of, features_of
from iota_py.pipeline.models.engines import engine_at
from iota_py.prediction.engine import Prediction

BLOCK = 4096  # pixels whose codes are in the cache while each tree passes over them


@dataclass(frozen=True, eq=False)
class Models:
    """Engines of the runs, on the same columns. stack: their code books, None when one of them does not work on codes."""

    engines: tuple[Any, ...]
    stack: BookStack | None


@functools.lru_cache(maxsize=64)
def models_at(folders: tuple[str, ...], version: str, names: tuple[str, ...]) -> Models:
    """The models of these folders, fitted on these columns. version: of the workspace, for models are fitted anew."""
    engines: list[Any] = [engine_at(folder, names) for folder in folders]
    books = [engine.book for engine in engines if hasattr(engine, "predict_codes") and engine.book is not None]
    return Models(tuple(engines), BookStack.of(books, engines[0].tiled) if len(books) == len(engines) else None)


class Block:
    """The pixels first..last-1 of what was observed in a window."""

    def __init__(self, observed: Sequence[Observed], first: int, last: int) -> None:
        self.observed = observed
        self.first = first
        self.last = last

    @functools.cached_property
    def features(self) -> np.ndarray:
        """Features int16 (pixel, feature), made when they are first asked for."""
        return features_of(self.observed, self.first, self.last)

    def predict(self, models: Models, here: np.ndarray, alone: bool) -> list[tuple[np.ndarray, np.ndarray]]:
        """Labels uint8 and confidence 0–1 float32 (pixel,) from each model, as `answers`."""
        return [(one.labels, one.confidence) for one in self.answers(models, here, alone)]

    def answers(self, models: Models, here: np.ndarray, alone: bool, probabilities: bool = False) -> list[Prediction]:
        """What each model says of the pixels `here` of the block.

        alone: no other models predict in this block, so that features would serve nobody else.
        """
        if alone and models.stack is not None and 2 * len(here) > self.last - self.first:
            codes = codes_of(self.observed, models.stack, self.first, self.last)
            found = [engine.predict_codes(codes[run], self.last - self.first, probabilities) for run, engine in enumerate(models.engines)]
            return [
                Prediction(x.labels[here], x.confidence[here], None if x.probabilities is None else x.probabilities[here]) for x in found
            ]
        return [engine.predict(self.features[here], probabilities) for engine in models.engines]


def pieces(region: np.ndarray) -> Iterator[tuple[int, int, list[tuple[int, np.ndarray]]]]:
    """Blocks of the pixels of a window: first, one past the last, and the regions in it with their pixels, counted from the first.

    region: (pixel,), 0 for pixels that are left alone.
    """
    for first in range(0, len(region), BLOCK):
        part = region[first : first + BLOCK]
        present = [int(index) for index in np.unique(part) if index > 0]
        yield first, first + len(part), [(index, np.flatnonzero(part == index)) for index in present]

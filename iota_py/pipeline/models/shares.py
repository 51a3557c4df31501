"""What the models of the regions say of pixels with their probabilities, each alone, and together near the borders."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from iota_py.mapping.boundary import fuse
from iota_py.pipeline.inputs.observed import Observed
from iota_py.pipeline.models.block import Block, models_at, pieces
from iota_py.pipeline.models.votes import voted
from iota_py.pipeline.reference.regions import model_folders
from iota_py.pipeline.workspace import Workspace
from iota_py.training.bundle import describe


@dataclass(frozen=True, eq=False)
class Answers:
    """What is said of n pixels in each run.

    labels, confidence: uint8 (run, n), 0 and 0 where nothing is said, confidence 0-100. shares: probabilities float32 (run, class, n) in the
    order of `known_codes`, 0 where nothing is said; of no class where they were not asked for.
    """

    labels: np.ndarray
    confidence: np.ndarray
    shares: np.ndarray

    @classmethod
    def empty(cls, runs: int, pixels: int, classes: int) -> Answers:
        """Nothing said yet."""
        labels = np.zeros((runs, pixels), np.uint8)
        return cls(labels, np.zeros_like(labels), np.zeros((runs, classes, pixels), np.float32))


@dataclass(frozen=True, eq=False)
class Borders:
    """Regions near the pixels of a window. indices: of the regions, ascending. weights: float64 (region, pixel), as `border_weights`."""

    indices: tuple[int, ...]
    weights: np.ndarray

    @functools.cached_property
    def mixed(self) -> np.ndarray:
        """Pixels where more than one region has a weight, bool (pixel,)."""
        return (self.weights > 0).sum(axis=0) > 1


@functools.lru_cache(maxsize=16)
def known_codes(ws: Workspace) -> tuple[int, ...]:
    """Ascending codes of the classes that any model of the run knows. A workspace is a new one whenever the run was planned anew."""
    return tuple(sorted({code for region in ws.region_names for code in region_codes(ws, region)}))


@functools.lru_cache(maxsize=256)
def region_codes(ws: Workspace, region: int) -> tuple[int, ...]:
    """Ascending codes of the classes that a model of a region knows, in any run."""
    return tuple(sorted({int(code) for name in model_folders(ws, region) for code in describe(ws.path(name))["classes"]}))


def answer(
    ws: Workspace,
    observed: Sequence[Observed],
    region: np.ndarray,
    borders: Borders | None,
    keep: tuple[bool, bool],
    seen: Callable[[Block, int, np.ndarray], None] | None = None,
) -> tuple[Answers, Answers]:
    """What the model of each pixel's region says of it, without and with the fusion at the borders; the same object where there are none.

    region: (pixel,), 0 for pixels that are left alone. keep: whether to keep the probabilities without and with fusion. Those of a region
    divided into parts are the mean of the parts', whose labels vote. seen: looks at the pixels of each block and region, while their features are
    at hand.
    """
    whole, classes = any(keep), len(known_codes(ws)) if any(keep) else 0
    plain = Answers.empty(ws.runs, len(region), classes if keep[0] or borders is None else 0)
    fused = plain if borders is None else Answers.empty(ws.runs, len(region), classes)
    for first, last, present in pieces(region):
        block = Block(observed, first, last)
        mixed = np.zeros(last - first, bool) if borders is None else borders.mixed[first:last]
        alone = len(present) == 1 and not mixed.any() and seen is None
        for index, here in present:
            if seen is not None:
                seen(block, index, here)
            said = _of_region(ws, block, index, here, (alone, whole or bool(mixed[here].any())))
            _put(plain, first + here, said)
            if borders is not None:
                _put(fused, first + here, said)
                near = np.flatnonzero(mixed[here])
                if near.size:
                    _put(fused, first + here[near], _fused(ws, block, borders, index, here[near], said.shares[:, :, near]))
    return plain, fused


def _put(into: Answers, place: np.ndarray, said: Answers) -> None:
    into.labels[:, place] = said.labels
    into.confidence[:, place] = said.confidence
    if into.shares.shape[1]:
        into.shares[:, :, place] = said.shares


def _of_region(ws: Workspace, block: Block, region: int, here: np.ndarray, how: tuple[bool, bool]) -> Answers:
    """The pixels `here` of a block by the models of a region. how: no other region predicts in the block; probabilities are asked for."""
    alone, wanted = how
    codes = known_codes(ws) if wanted else ()
    models = models_at(tuple(str(ws.path(name)) for name in model_folders(ws, region)), ws.version, ws.model_names)
    found = block.answers(models, here, alone, wanted)
    said = Answers.empty(ws.runs, len(here), len(codes))
    for run, votes in enumerate(np.array_split(np.arange(len(found)), ws.runs)):
        said.labels[run], said.confidence[run] = voted([(found[k].labels, found[k].confidence) for k in votes])
        for k in votes if wanted else ():
            columns = np.searchsorted(codes, models.engines[k].classes)
            own = found[k].probabilities
            assert own is not None
            said.shares[run, columns] += own.T / np.float32(len(votes))
    return said


def _fused(ws: Workspace, block: Block, borders: Borders, own: int, here: np.ndarray, shares: np.ndarray) -> Answers:
    """Pixels near a border: the probabilities of all the regions that have a weight there, fused. shares: those of their own region, `own`."""
    weights, probabilities = {}, {}
    for place, index in enumerate(borders.indices):
        weight = borders.weights[place, block.first + here]
        if not weight.any():
            continue
        said = shares
        if index != own:
            said = np.zeros_like(shares)
            near = np.flatnonzero(weight)
            said[:, :, near] = _of_region(ws, block, index, here[near], (False, True)).shares
        weights[place], probabilities[place] = weight, said
    codes = np.array(known_codes(ws), np.uint8)
    made = Answers.empty(ws.runs, len(here), len(codes))
    for run in range(ws.runs):
        share = fuse({place: said[run].T for place, said in probabilities.items()}, weights)
        made.labels[run], made.confidence[run] = decide(share.T, codes)
        made.shares[run] = share.T
    return made


def decide(share: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The most probable class, of equal ones the lowest code, and its probability 0-100, uint8, of probabilities (class, …)."""
    return codes[share.argmax(axis=0)], np.rint(share.max(axis=0) * 100).astype(np.uint8)

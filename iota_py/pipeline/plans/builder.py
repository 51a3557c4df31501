"""Collects the tasks of a plan, and the plain values that tell one task from another."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from iota_py.pipeline.inputs.recipe import recipe_document
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.stages import ROOMS
from iota_py.pipeline.task import Placed, Task, code_digest, fingerprint
from iota_py.products.product import Series, series_document


@dataclass(frozen=True)
class Shared:
    """What the parts of a whole have in common, once for all of them. digest: of stage, source code, params and the keys of what they need."""

    stage: str
    params: Mapping[str, Any]
    needs: tuple[str, ...]
    digest: str


class Builder:
    """Collects tasks; the key of each takes in the keys of those it needs. stored: tasks that fill the store, by tile.

    season: name of the other year whose tasks these are, empty for those of the run.
    """

    def __init__(self) -> None:
        self.tasks: dict[str, Task] = {}
        self.stored: dict[str, list[str]] = {}
        self.season = ""

    def add(
        self,
        task_id: str,
        outputs: Iterable[str],
        params: Mapping[str, Any],
        needs: Iterable[str] = (),
        *,
        transient: bool = False,
        memory: int = 0,
        aside: Mapping[str, Any] | None = None,
    ) -> str:
        """Add a task and give its identifier, `stage` or `stage/name`. aside: parameters that do not decide the bytes of the outputs."""
        stage = task_id.split("/")[0]
        needs = tuple(needs)
        key = self._digest(stage, params, needs)
        self.tasks[task_id] = Task(task_id, stage, stage, {**params, **(aside or {})}, needs, tuple(outputs), key, transient, memory)
        return task_id

    def shared(self, stage: str, params: Mapping[str, Any], needs: Iterable[str] = ()) -> Shared:
        """What tasks of a stage have in common, for `add_part`."""
        needs = tuple(needs)
        return Shared(stage, params, needs, self._digest(stage, params, needs))

    def add_part(self, shared: Shared, name: str, outputs: Iterable[str], place: tuple[str, tuple[int, ...]], memory: int) -> str:
        """Add a task for one part of a whole, whose outputs pass, and give its identifier. place: name of the parameter that tells it from
        the others, and its value.

        There may be a million: parameters and needs are those of `shared`, not copies.
        """
        if self.season:
            raise ValueError(f"{shared.stage}/{name}: maps are made of the year of the run, not of season {self.season}")
        task_id, key = f"{shared.stage}/{name}", fingerprint([shared.digest, *place])
        params = Placed(shared.params, *place)
        self.tasks[task_id] = Task(task_id, shared.stage, shared.stage, params, shared.needs, tuple(outputs), key, True, memory)
        return task_id

    @property
    def kept(self) -> list[Task]:
        """Tasks whose outputs stay, so far: a few thousand beside the windows and parts that pass."""
        return [task for task in self.tasks.values() if not task.transient]

    def _digest(self, stage: str, params: Mapping[str, Any], needs: tuple[str, ...]) -> str:
        keys = [self.tasks[need].key for need in needs if not self.tasks[need].transient]
        return fingerprint([stage, code_digest(ROOMS[stage]), params, keys])


_series: dict[int, tuple[weakref.ref[Series], str]] = {}


def series_digest(series: Series) -> str:
    """Digest of a series: products, their files' fingerprints, what is read of them and how. Made once for each object: it is a frozen value."""
    place = id(series)
    known = _series.get(place)
    if known is not None and known[0]() is series:
        return known[1]
    digest = fingerprint(series_document(series))
    _series[place] = weakref.ref(series, lambda _: _series.pop(place, None)), digest
    return digest


def layers_document(inventory: Inventory) -> list[Any]:
    """What decides the columns: the series and what is made of each, and functions of users with the digests of their files."""
    layers = [
        [layer.input, layer.dates, layer.bands, layer.indices.content, layer.counts, recipe_document(layer.recipe), layer.speckle]
        for layer in inventory.layers
    ]
    calls = [{key: value for key, value in call.document().items() if key != "file"} for call in inventory.user]
    return [*layers, *calls, *inventory.ready]


def without_paths(value: Any) -> Any:
    """Settings without the places of files: a run copied elsewhere, or with another engine, is the same run."""
    if isinstance(value, list):
        return [without_paths(v) for v in value]
    if isinstance(value, dict):
        return {
            k: without_paths(v)
            for k, v in value.items()
            if not (k in ("relabel", "points", "baseline") and isinstance(v, str))
            and k not in ("path", "file", "polygons", "output", "nomenclature", "engine", "tracking", "keep_columns")
        }
    return value

"""Collects the tasks of a plan, and the plain values that tell one task from another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from iota_py.pipeline.inputs.recipe import recipe_document
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.stages import ROOMS
from iota_py.pipeline.task import Task, code_digest, fingerprint
from iota_py.products.product import Series, series_document


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
        key = fingerprint([stage, code_digest(ROOMS[stage]), params, [self.tasks[n].key for n in needs if not self.tasks[n].transient]])
        self.tasks[task_id] = Task(task_id, stage, stage, {**params, **(aside or {})}, needs, tuple(outputs), key, transient, memory)
        return task_id


def series_digest(series: Series) -> str:
    """Digest of a series: products, their files' fingerprints, what is read of them and how."""
    return fingerprint(series_document(series))


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

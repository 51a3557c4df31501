"""The columns that models learn from, where these are not all: those kept, principal components, and what is wrong with what is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from iota_py.config.schema import RunConfig, dump
from iota_py.errors import Fault
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.models.members import planned_members
from iota_py.pipeline.models.places import groups_of, places_of
from iota_py.pipeline.task import fingerprint
from iota_py.pipeline.workspace import Workspace
from iota_py.projection import Projection
from iota_py.training.projection import fit_components, keep


def columns_document(config: RunConfig, inventory: Inventory) -> dict[str, Any]:
    """What decides the columns that models learn from; empty where they learn from all."""
    found: dict[str, Any] = {}
    if inventory.kept is not None:
        found["keep"] = list(inventory.kept)
    if config.reduction is not None:
        places = places_of(inventory.layers, inventory.user, inventory.ready)
        found["reduction"] = dump(config)["reduction"]
        found["groups"] = fingerprint(groups_of(places, config.reduction.groups))
    return found


def model_projection(ws: Workspace, params: Mapping[str, Any], features: np.ndarray, names: Sequence[str]) -> Projection | None:
    """What a model's columns are made with, fitted on its learning samples int16 (sample, feature); None: the features themselves.

    params: with what `columns_document` says. names: of the features.
    """
    kept, reduction = params.get("keep"), params.get("reduction")
    if reduction is None:
        return None if kept is None else keep(names, kept)
    groups = _groups(ws, names, names if kept is None else kept, reduction["groups"])
    return fit_components(features, groups, reduction["components"])


def _groups(ws: Workspace, names: Sequence[str], kept: Iterable[str], grouping: str) -> dict[str, tuple[int, ...]]:
    """Positions among `names` of the columns of each group, of those kept."""
    wanted, place_of = set(kept), {place.name: place for place in ws.places}
    positions = [position for position, name in enumerate(names) if name in wanted]
    found = groups_of([place_of[names[position]] for position in positions], grouping)
    return {group: tuple(positions[i] for i in inside) for group, inside in found.items()}


def column_choice_faults(config: RunConfig, inventory: Inventory) -> list[Fault]:
    """What is wrong with the columns asked for, once they are known: E-RED-005 too many components, E-RED-006 a member without columns."""
    faults = []
    places = places_of(inventory.layers, inventory.user, inventory.ready)
    kept = {place.name for place in places} if inventory.kept is None else set(inventory.kept)
    if config.reduction is not None and isinstance(config.reduction.components, int):
        sizes = {name: len(inside) for name, inside in groups_of([p for p in places if p.name in kept], config.reduction.groups).items()}
        largest = max(sizes, key=lambda name: sizes[name])
        if config.reduction.components > sizes[largest]:
            text = f"{config.reduction.components} are asked for, the largest group, {largest}, has {sizes[largest]} columns"
            fix = "ask for fewer, or for a share of the variance such as 0.95"
            faults.append(Fault("E-RED-005", config.name, "reduction.components", text, fix))
    for member in planned_members(config, inventory) if inventory.kept is not None else ():
        if not kept & set(member.names):
            text = f"no column of fusion member {member.name} is kept"
            faults.append(Fault("E-RED-006", str(config.keep_columns), "keep_columns", text, "name some, or leave the member out"))
    return faults

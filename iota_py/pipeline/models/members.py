"""The members of a late fusion: which series and columns each sees, what is wrong with them, and the layers that a run has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from iota_py.config.fusion import Fusion
from iota_py.config.schema import RunConfig
from iota_py.errors import Fault, TaskError
from iota_py.pipeline.inputs.observed import Observed
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.workspace import Workspace

UNFUSED = ("classification_unfused", "confidence_unfused")  # what the borders of regions would be without fusion
MOST = 8  # members: the choice map has a bit for each


@dataclass(frozen=True)
class Member:
    """A member: the places of its series among those observed, those of them that have dates, and its columns, in the run's order."""

    name: str
    places: tuple[int, ...]
    dated: tuple[int, ...]
    names: tuple[str, ...]

    def of(self, observed: Sequence[Observed]) -> list[Observed]:
        """Its own part of what was observed."""
        return [observed[place] for place in self.places]

    def seen(self, observed: Sequence[Observed]) -> np.ndarray:
        """Pixels where one of its dated series has a usable observation, bool (pixel,): elsewhere it has no label. Without dates, all."""
        found = np.zeros(observed[0].valid.shape[1], np.uint8)
        for place in self.dated:
            found |= observed[place].valid.max(axis=0, initial=0)
        return found > 0 if self.dated else np.ones(len(found), bool)


def seen_column(member: str) -> str:
    """Column of the samples that says where a member sees something; no feature can have such a name."""
    return f"{member}:seen"


def members_of(fusion: Fusion | None, series: Sequence[tuple[str, bool, Sequence[str]]]) -> tuple[Member, ...]:
    """The members, in the order of the configuration; none without a fusion.

    series: of each series, then each function of a user, in order: the part that it belongs to, whether it has dates, its columns.
    """
    if fusion is None:
        return ()
    found = []
    for name, parts in fusion.members.items():
        places = tuple(i for i, (part, _, _) in enumerate(series) if part in parts)
        dated = tuple(i for i in places if series[i][1])
        found.append(Member(name, places, dated, tuple(column for i in places for column in series[i][2])))
    return tuple(found)


def planned_members(config: RunConfig, inventory: Inventory) -> tuple[Member, ...]:
    """The members of a run, as planning sees them."""
    series = [(layer.source, bool(layer.dates), layer.names) for layer in inventory.layers]
    return members_of(config.fusion, [*series, *((call.function, False, call.names) for call in inventory.user)])


def members(ws: Workspace) -> tuple[Member, ...]:
    """The members of a run, as its tasks see them."""
    series = [(entry["source"], bool(entry["dates"]), entry["names"]) for entry in ws.summary["layers"]]
    return members_of(ws.config.fusion, [*series, *((call.function, False, call.names) for call in ws.user_calls)])


def member_part(ws: Workspace, samples: pd.DataFrame, name: str | None) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """What a member learns from: the samples where it sees something, and its columns; without a name everything.

    Raises TaskError when it sees none of them.
    """
    if name is None:
        return samples, ws.feature_names
    member = next(one for one in members(ws) if one.name == name)
    seen = samples[seen_column(name)].to_numpy(bool)
    if len(seen) and not seen.any():
        places = ", ".join(ws.region_names.get(int(region), str(region)) for region in samples.region.unique())
        text = f"it saw none of the {len(seen)} learning samples of region {places}"
        raise TaskError(Fault("E-FUS-010", f"member {name}", "", text, "give it an input that covers the region, or leave it out"))
    return samples if seen.all() else samples[seen].reset_index(drop=True), member.names


def members_document(found: Sequence[Member]) -> list[Any]:
    """What decides the columns of the members and the order of their bits."""
    return [[one.name, list(one.names), list(one.dated)] for one in found]


def asked(config: RunConfig) -> bool:
    """Whether windows are made of more than the class that one model gives each pixel."""
    return config.map is not None and (config.map.quantised or config.map.reaches or config.map.applicability is not None)


def run_layers(config: RunConfig) -> tuple[str, ...]:
    """Layers of a tile that each run has, in the order of the bands of a window."""
    plain = ("classification", "confidence")
    if config.map is not None and config.map.compares:
        return (*plain, *UNFUSED)
    if config.fusion is None:
        return plain
    return (*plain, "choice", *(member_layer(name) for name in config.fusion.members if config.fusion.keep_members))


def member_layer(member: str) -> str:
    """Layer of a member's own classes."""
    return f"classification_{member}"


def member_faults(config: RunConfig) -> list[Fault]:
    """What is wrong with the names of the members and their parts, before anything is looked for."""
    fusion = config.fusion
    if fusion is None:
        return []
    functions = [one.function for one in config.user_features]
    faults = []
    if not 2 <= len(fusion.members) <= MOST:
        text = f"expected 2 to {MOST} members, found {len(fusion.members)}"
        faults.append(Fault("E-FUS-001", config.name, "fusion.members", text, "name another member, or leave `fusion` out"))
    if config.samples.table is not None:
        text = "a table of series goes with one input: there is nothing to fuse"
        faults.append(Fault("E-FUS-005", config.name, "fusion", text, "leave `fusion` out, or learn from polygons"))
    for name in sorted({name for name in functions if name in config.inputs or functions.count(name) > 1}):
        text = f"`{name}` is the name of several inputs or functions"
        faults.append(Fault("E-FUS-006", config.name, "user_features", text, "give the function another name"))
    for member, parts in fusion.members.items():
        where = f"fusion.members.{member}"
        for part in dict.fromkeys(parts):
            if part not in config.inputs and part not in functions:
                have = ", ".join([*config.inputs, *functions])
                faults.append(
                    Fault("E-FUS-002", config.name, where, f"`{part}` is no input and no function of user_features", f"known: {have}")
                )
            if parts.count(part) > 1:
                faults.append(Fault("E-FUS-004", config.name, where, f"`{part}` is named twice", "name it once"))
    return faults


def column_faults(config: RunConfig, inventory: Inventory) -> list[Fault]:
    """Inputs whose columns no member would see, and members without columns."""
    if config.fusion is None:
        return []
    named = {part for parts in config.fusion.members.values() for part in parts}
    parts = [*((layer.source, layer.names) for layer in inventory.layers), *((call.function, call.names) for call in inventory.user)]
    unseen = dict.fromkeys(part for part, names in parts if names and part not in named)
    faults = [
        Fault("E-FUS-003", config.name, "fusion.members", f"`{part}` is in no member", "add it to a member, or leave it out of the run")
        for part in unseen
    ]
    for one in planned_members(config, inventory):
        if one.places and not one.names:
            text = "its parts have no columns"
            faults.append(Fault("E-FUS-007", config.name, f"fusion.members.{one.name}", text, "keep bands or indices of them"))
    return faults

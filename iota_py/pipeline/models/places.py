"""Where each column of the feature matrix stands: its input, its band or index, its date. Taken from the layers, never from the names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Protocol

from iota_py.features.indices import IndexPlan
from iota_py.features.relative import relative_word
from iota_py.pipeline.inputs.recipe import Recipe
from iota_py.pipeline.inputs.usercode import UserCall

TABLE = "table"  # stands for the input of ready features
USER = "user"  # stands for the input of features that functions of users make


@dataclass(frozen=True)
class Place:
    """A column. input: as in the names of columns. band: band or index, or what a function of a user makes. date: ISO, "" without one."""

    name: str
    input: str
    band: str
    date: str = ""


class Columns(Protocol):
    """What is known of the columns of a series: an inventory's Layer."""

    @property
    def input(self) -> str: ...
    @property
    def dates(self) -> tuple[dt.date, ...]: ...
    @property
    def bands(self) -> tuple[str, ...]: ...
    @property
    def indices(self) -> IndexPlan: ...
    @property
    def recipe(self) -> Recipe | None: ...
    @property
    def names(self) -> tuple[str, ...]: ...


def places_of(layers: Iterable[Columns], user: Iterable[UserCall] = (), ready: Iterable[str] = ()) -> tuple[Place, ...]:
    """The place of every column, in the order of the feature matrix. ready: features of a table, each a band of its own."""
    found: list[Place] = []
    for layer in layers:
        spots = list(_spots(layer))
        if len(spots) != len(layer.names):
            raise AssertionError(f"{layer.input}: {len(spots)} places for {len(layer.names)} columns")
        found += [Place(name, layer.input, band.lower(), date) for name, (band, date) in zip(layer.names, spots)]
    found += [Place(name, USER, name) for call in user for name in call.names]
    return (*found, *(Place(name, TABLE, name) for name in ready))


def _spots(layer: Columns) -> Iterator[tuple[str, str]]:
    """Band or index, and date, of each column: dates outside, bands inside, then indices outside, dates inside, then what sums up."""
    recipe, dates, bands, indices = layer.recipe, [day.isoformat() for day in layer.dates] or [""], layer.bands, layer.indices.names
    if recipe is not None:
        dates = [dates[position] for position in recipe.dated]
        bands = tuple(relative_word(band, recipe.relative) if recipe.relative else band for band in recipe.bands)
        indices = indices[: recipe.indices]
    yield from ((band, date) for date in dates for band in bands)
    yield from ((index, date) for index in indices for date in dates)
    yield from ((name, "") for name, words in (recipe.parts if recipe is not None else ()) for _ in words)


def _dated(place: Place) -> str:
    return f"{place.input}_{place.date.replace('-', '') or 'undated'}"


_KEYS: Mapping[str, Callable[[Place], str]] = {
    "global": lambda place: "all",
    "date": _dated,
    "band": lambda place: place.band if place.input in (USER, TABLE) else f"{place.input}_{place.band}",
    "sensor": lambda place: place.input,
}
GROUPINGS = tuple(_KEYS)


def groups_of(places: Sequence[Place], grouping: str) -> dict[str, tuple[int, ...]]:
    """Positions of the columns of each group, groups in the order of their first column.

    grouping: `global` all together; `date` those of one input and date, and those of an input that have no date; `band` those of one input
    and band or index, what sums it up included; `sensor` those of one input. Features of users are an input of their own.
    """
    found: dict[str, list[int]] = {}
    for position, place in enumerate(places):
        found.setdefault(_KEYS[grouping](place), []).append(position)
    return {name: tuple(positions) for name, positions in found.items()}


def places_document(places: Iterable[Place]) -> list[Any]:
    """Places as plain values, for a file."""
    return [list(astuple(place)) for place in places]


def places_from_document(document: Iterable[Sequence[str]]) -> tuple[Place, ...]:
    """The inverse of places_document."""
    return tuple(Place(*entry) for entry in document)

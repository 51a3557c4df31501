"""What a series is made into beyond every band and index on every target date: the options of `features`, checked against the series."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from iota_py.config.features import Features, Smoothing
from iota_py.errors import ConfigError, Fault
from iota_py.features.harmonics import Harmonics
from iota_py.features.indices import IndexPlan, index_named
from iota_py.features.names import optical_names, static_names
from iota_py.features.phenology import Season
from iota_py.features.relative import relative_word
from iota_py.features.snow import SnowYear
from iota_py.features.statistics import Statistics
from iota_py.features.texture import Texture
from iota_py.timeseries.dates import EPOCH, days
from iota_py.timeseries.fills import Fill


@dataclass(frozen=True)
class Recipe:
    """Columns of a series that needs more than the compiled path gives: plain values, names as the series and the index plan spell them.

    read: bands of the series. bands: those with columns. indices: how many of the plan have columns; those after serve the rest. dated:
    positions of the targets that have columns.
    """

    read: tuple[str, ...]
    bands: tuple[str, ...]
    indices: int
    dated: tuple[int, ...]
    fill: Fill
    relative: str | None = None
    statistics: Statistics | None = None
    harmonics: Harmonics | None = None
    season: Season | None = None
    texture: Texture | None = None
    snow: SnowYear | None = None

    @property
    def margin(self) -> int:
        """Pixels around a window that its features need."""
        return self.texture.radius if self.texture else 0

    @property
    def parts(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Name of a band or index, and ends of the names of its columns, in order: statistics, harmonics, season, snow, texture."""
        many = [(name, part.words) for part in (self.statistics, self.harmonics) if part is not None for name in part.of]
        return (*many, *((part.of, part.words) for part in (self.season, self.snow, self.texture) if part is not None))

    @property
    def columns(self) -> int:
        """Number of features."""
        return len(self.dated) * (len(self.bands) + self.indices) + sum(len(words) for _, words in self.parts)

    def names(self, series: str, plan: IndexPlan, dates: Sequence[dt.date]) -> tuple[str, ...]:
        """Columns, in order. dates: the targets, none for a series without dates."""
        bands = [relative_word(band, self.relative) if self.relative else band for band in self.bands]
        indices = plan.names[: self.indices]
        if not dates:
            return static_names(series, (*bands, *indices))
        dated = optical_names(series, bands, indices, [dates[position] for position in self.dated])
        return (*dated, *static_names(series, [f"{name}_{word}" for name, words in self.parts for word in words]))


_PLAIN = TypeAdapter(Recipe)


def recipe_document(recipe: Recipe | None) -> Any:
    """A recipe as plain values, for a file or a fingerprint."""
    return None if recipe is None else _PLAIN.dump_python(recipe, mode="json")


def recipe_from_document(document: Any) -> Recipe | None:
    """The inverse of recipe_document."""
    return None if document is None else _PLAIN.validate_python(document)


@dataclass(frozen=True)
class Ground:
    """What a recipe is checked against. bands: of the series. dates: the targets, none for a series without dates.

    clouds: the cloud share of an acquisition is known. neighbours: pixels have neighbours, as those of rasters have and series of a table
    have not. where: named in messages.
    """

    bands: tuple[str, ...]
    dates: tuple[dt.date, ...]
    clouds: bool
    neighbours: bool
    where: str


def helpers(options: Features, bands: Sequence[str], indices: Sequence[str]) -> tuple[str, ...]:
    """Indices that statistics and the like need beside `indices`, which have columns of their own."""
    known = {name.upper() for name in (*bands, *indices)}
    return tuple({name.upper(): name for name in options.summed_up if name.upper() not in known}.values())


def check_names(options: Features, ground: Ground) -> None:
    """Raise ConfigError with every name that is no band, or neither band nor index: E-FEA-010, E-FEA-011."""
    faults = []
    known = {band.upper() for band in ground.bands}
    asked = [("bands", name) for name in (() if options.bands == "all" else options.bands)]
    if options.relative is not None:
        asked.append(("relative", options.relative))
    for field, name in asked:
        if name.upper() not in known:
            faults.append(Fault("E-FEA-010", ground.where, field, f"the input reads no band {name}", f"bands: {', '.join(ground.bands)}"))
    for name in dict.fromkeys(options.summed_up):
        if name.upper() not in known and not _is_index(name):
            text = f"{name} is neither a band nor an index"
            faults.append(Fault("E-FEA-011", ground.where, "of", text, f"bands: {', '.join(ground.bands)}; indices: as for `indices`"))
    if faults:
        raise ConfigError(*faults)


def _is_index(name: str) -> bool:
    try:
        return index_named(name) is not None
    except ValueError:
        return True  # known, but impossible: to be said with the reason where indices are resolved


def make_recipe(options: Features, plan: IndexPlan, indices: int, ground: Ground) -> Recipe | None:
    """The recipe of a series, None when the compiled path does all that is asked. indices: how many of the plan have columns.

    Raises ConfigError with every fault, E-FEA-012 to E-FEA-019.
    """
    faults = list(_faults(options, plan, ground))
    if faults:
        raise ConfigError(*faults)
    spelled = {name.upper(): name for name in (*plan.names, *ground.bands)}
    bands = ground.bands if options.bands == "all" else tuple(spelled[name.upper()] for name in options.bands)
    every = tuple(range(max(len(ground.dates), 1)))
    kept = every if options.keep_dates == "all" else tuple(i for i, day in enumerate(ground.dates) if day in options.keep_dates)
    smoothing = options.smoothing or Smoothing()
    recipe = Recipe(
        read=ground.bands,
        bands=bands,
        indices=indices,
        dated=kept,
        fill=Fill(options.fill, smoothing.window, smoothing.order, smoothing.strength),
        relative=spelled[options.relative.upper()] if options.relative else None,
        **_summaries(options, spelled),
    )
    if recipe.columns == 0:
        raise ConfigError(Fault("E-FEA-017", ground.where, "features", "no column is left", "keep a band, an index or a date"))
    plain = Recipe(ground.bands, ground.bands, len(plan.names), every, recipe.fill)
    return None if options.fill == "linear" and recipe == plain and not plan.formulas else recipe


def _summaries(options: Features, spelled: dict[str, str]) -> dict[str, Any]:
    """Statistics, harmonics, season, snow year and texture as the stages know them."""
    found: dict[str, Any] = {}
    if options.statistics is not None:
        found["statistics"] = Statistics(**{**dict(options.statistics), "of": _spelled(options.statistics.of, spelled)})
    if options.harmonics is not None:
        found["harmonics"] = Harmonics(_spelled(options.harmonics.of, spelled), options.harmonics.count)
    if options.phenology is not None:
        season = options.phenology
        found["season"] = Season(spelled[season.of.upper()], season.threshold, season.least_amplitude)
    if options.texture is not None:
        texture = options.texture
        found["texture"] = Texture(spelled[texture.of.upper()], (texture.date - EPOCH).days, texture.radius)
    if options.snow_year is not None:
        year = options.snow_year
        found["snow"] = SnowYear(spelled[year.of.upper()], (year.start - EPOCH).days, (year.end - EPOCH).days)
    return found


def _spelled(names: Sequence[str], spelled: dict[str, str]) -> tuple[str, ...]:
    return tuple(spelled[name.upper()] for name in names)


def _faults(options: Features, plan: IndexPlan, ground: Ground) -> Iterator[Fault]:
    if not ground.dates:
        yield from _undated(options, ground)
        return
    yield from _other_dates(options, ground)
    if options.fill == "savitzky-golay":
        yield from _uneven(options.smoothing or Smoothing(), ground)
    if options.fill == "least-cloud" and not ground.clouds:
        text = "least-cloud needs the share of acquisitions under cloud, which these do not give"
        yield Fault("E-FEA-015", ground.where, "fill", text, "use fill median")
    if options.texture is not None:
        yield from _textureless(options.texture.of, plan, ground)


def _undated(options: Features, ground: Ground) -> Iterator[Fault]:
    given = [name for name in ("statistics", "harmonics", "phenology", "texture", "snow_year") if getattr(options, name) is not None]
    given += [name for name, default in (("fill", "linear"), ("keep_dates", "all")) if getattr(options, name) != default]
    for name in given:
        yield Fault("E-FEA-013", ground.where, name, "this input has no dates", f"leave `{name}` out")


def _other_dates(options: Features, ground: Ground) -> Iterator[Fault]:
    asked = [("keep_dates", day) for day in (() if options.keep_dates == "all" else options.keep_dates)]
    if options.texture is not None:
        asked.append(("texture.date", options.texture.date))
    for field, day in asked:
        if day not in ground.dates:
            nearest = min(ground.dates, key=lambda one: abs((one - day).days))
            yield Fault("E-FEA-012", ground.where, field, f"{day} is no target date", f"the nearest one is {nearest}")


def _uneven(smoothing: Smoothing, ground: Ground) -> Iterator[Fault]:
    """Its polynomials count in dates."""
    if len(set(np.diff(days(ground.dates)).tolist())) > 1:
        yield Fault("E-FEA-014", ground.where, "fill", "savitzky-golay needs evenly spaced target dates", "use `dates: grid`, or whittaker")
    if len(ground.dates) < smoothing.window:
        text = f"{len(ground.dates)} target dates are fewer than the window of savitzky-golay, {smoothing.window}"
        yield Fault("E-FEA-014", ground.where, "smoothing.window", text, "take a smaller one, or more dates")


def _textureless(name: str, plan: IndexPlan, ground: Ground) -> Iterator[Fault]:
    if not ground.neighbours:
        yield Fault("E-FEA-019", ground.where, "texture", "series of a table have no neighbours", "leave `texture` out")
    position = next((i for i, one in enumerate(plan.names) if one.upper() == name.upper()), None)
    if position is None or plan.kind_of(position) == "norm":
        text = f"texture needs an index whose values lie about -1 to 1, found {name}"
        yield Fault("E-FEA-016", ground.where, "texture.of", text, "for instance NDVI")

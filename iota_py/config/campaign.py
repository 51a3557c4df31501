"""Schema of a campaign: one configuration, the zones, tiles and years that it is run for, and what a map must hold to be delivered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from iota_py.config.section import Name, Positive, Section, Share, TileName

Changes = dict[str, Any]
Year = Annotated[int, Field(ge=1900, le=2999)]
Measure = Literal["overall_accuracy", "kappa", "f1_macro"]


class ClearDates(Section):
    """Enough clear observations."""

    minimum: Positive = Field(12, description="clear observations that a pixel needs")
    share: Share = Field(0.95, description="of the pixels of the tiles that must have them")


class ClassDrift(Section):
    """The classes against those of the map before. Half the sum of the absolute differences of their shares is the total variation."""

    total_variation: Share = Field(0.1, description="at most, between the shares of the classes of both maps")
    class_change: Annotated[float, Field(gt=0)] | None = Field(
        None, description="relative change of the area of a class, at most: 0.5 for half as much again or less; default: not looked at"
    )
    class_share: Share = Field(0.01, description="of the map that a class must have in one of both to be looked at alone")
    against: str = Field(
        "previous",
        description="`previous`: the last delivered order of the same place and an earlier year; or a run's folder, with {zone}, {tile}, {year}, {last_year}",
    )
    required: bool = Field(False, description="whether an order without a map before it is held")


class AccuracyGate(Section):
    """The skill of the models against that of the champion."""

    champion: float | str = Field(description="a score, or the folder of a run, with {zone}, {tile}, {year} and {last_year}")
    measure: Measure = "overall_accuracy"
    margin: Annotated[float, Field(ge=0, le=1)] = Field(0.02, description="that the mean over draws may lie below the champion's")


class Gates(Section):
    """What a map must hold to be delivered; a gate that is not there is open."""

    nodata: Annotated[float, Field(ge=0, le=1)] | None = Field(
        0.05, description="share of the pixels of the tiles without a class, at most"
    )
    clear_dates: ClearDates | None = None
    drift: ClassDrift | None = None
    accuracy: AccuracyGate | None = None
    verify: Literal["full", "quick", "off"] = Field("full", description="whether every byte and pixel is read again before delivery")


class Zone(Section):
    """A zone that a map is made of."""

    tiles: Annotated[tuple[TileName, ...], Field(min_length=1)] | None = Field(None, description="default: those of the base")
    changes: Changes = Field(default_factory=dict, description="of the base, for this zone")
    priority: int = Field(0, description="orders of higher priority are taken first")


class Override(Section):
    """What holds for the orders that match every key given."""

    zone: Name | None = None
    tile: TileName | None = None
    year: Year | None = None
    priority: int | None = None
    retries: Annotated[int, Field(ge=0, le=20)] | None = None
    skip: bool = Field(False, description="no such order")
    changes: Changes = Field(default_factory=dict)
    gates: Changes = Field(default_factory=dict, description="laid upon the gates of the campaign")

    @model_validator(mode="after")
    def _matches_something(self) -> Override:
        if self.zone is None and self.tile is None and self.year is None:
            raise ValueError("expected at least one of zone, tile and year")
        return self


def _everywhere() -> dict[str, Zone | None]:
    """The one zone of a campaign that names none."""
    return {"all": Zone()}


class Orders(Section):
    """Zones × years, or tiles × years: one order each."""

    zones: dict[Name, Zone | None] = Field(default_factory=_everywhere, min_length=1)
    years: Annotated[tuple[Year, ...], Field(min_length=1)] = Field(
        description="the period of the base is moved to each, and so is the year of its product"
    )
    by: Literal["zone", "tile"] = Field("zone", description="a map for each zone, or for each tile of the zones")
    overrides: tuple[Override, ...] = Field((), description="in this order, a later one upon the earlier")

    @field_validator("zones")
    @classmethod
    def _not_empty(cls, zones: dict[str, Zone | None]) -> dict[str, Zone]:
        return {name: zone or Zone() for name, zone in zones.items()}

    @model_validator(mode="after")
    def _each_once(self) -> Orders:
        if len(set(self.years)) != len(self.years):
            raise ValueError("years: one is given twice")
        if self.by == "tile" and (without := [name for name, zone in self.zones.items() if zone is None or zone.tiles is None]):
            raise ValueError(f"zones.{without[0]}.tiles: `by: tile` needs the tiles of every zone")
        return self


class Campaign(Section):
    """Everything that a campaign says. Paths are absolute here; in the file they are relative to it."""

    name: Name
    base: Path = Field(description="configuration that every order changes")
    output: Path = Field(description="folder of the orders, of the dashboard, and of the state by default")
    title: str | None = None
    deliver: Path | None = Field(None, description="folder for the packages of what passes; default: nothing is copied")
    copies: bool = Field(False, description="deliver copies; default: hard links where the file system allows them")
    state: str | None = Field(
        None, description="SQLite file or postgresql:// URL, environment variables as ${NAME}; default: <output>/campaign.db"
    )
    retries: Annotated[int, Field(ge=0, le=20)] = Field(
        2, description="further tries of an order that failed; none after a fault of its inputs"
    )
    retry_after: Annotated[float, Field(ge=0)] = Field(60.0, description="seconds before such a try")
    lease: Annotated[float, Field(ge=2)] = Field(
        300.0, description="seconds without a sign of life after which another process takes an order over"
    )
    engine: Changes = Field(default_factory=dict, description="laid upon the section `engine` of the base")
    changes: Changes = Field(
        default_factory=dict, description="laid upon the base for every order; texts may hold {zone}, {tile} and {year}"
    )
    orders: Orders
    gates: Gates = Gates()

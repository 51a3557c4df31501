"""Sections `samples.years` and `samples.annual`: samples whose labels hold for another year than that of the map."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from iota_py.config.section import Day, Positive, Section, TileName, Word

CalendarYear = Annotated[int, Field(ge=1972, le=2200)]


class SeasonInput(Section):
    """Where the products of an input are for another year; all else is as in the input."""

    path: Path
    exclude_dates: tuple[Day, ...] = ()


class Year(Section):
    """A year that is learnt from: its products on its own target dates, which have the days of the year of those of `period`."""

    year: CalendarYear = Field(description="in which its period ends")
    polygons: Path = Field(description="reference of that year")
    layer: str | None = None
    label: str | None = Field(None, description="field that holds the class; default: that of `samples`")
    inputs: dict[Word, SeasonInput] = Field(default_factory=dict, description="inputs that are elsewhere; others are read where they are")
    tiles: Annotated[tuple[TileName, ...], Field(min_length=1)] | None = Field(None, description="default: those of the run, or all found")


class Annual(Section):
    """Classes whose labels hold for one year only, that before the year of the map unless `year` says another."""

    classes: Annotated[tuple[int | str, ...], Field(min_length=1)] = Field(description="codes, aliases or names of the nomenclature")
    method: Literal["previous_year", "last_map"] = Field(
        description="previous_year: their polygons, with the products of that year; last_map: pixels drawn from the map of that year"
    )
    year: CalendarYear | None = Field(None, description="year of the labels; default: the one before that in which `period` ends")
    inputs: dict[Word, SeasonInput] = Field(default_factory=dict, description="inputs that are elsewhere; others are read where they are")
    map: Path | None = Field(None, description="last_map: raster of classes of that year")
    validity: Path | None = Field(None, description="last_map: raster of the number of clear observations beneath that map")
    threshold: Positive | None = Field(None, description="last_map: least value of `validity`")
    number: Positive | None = Field(None, description="last_map: pixels to draw of each class, in each region and run")
    majority: Annotated[int, Field(ge=0, le=50)] = Field(
        1, description="last_map: a pixel takes the most frequent class within so many pixels; none where two are equally frequent"
    )
    distance: Annotated[float, Field(ge=0)] = Field(0.0, description="last_map: metres at least from polygons of the other classes")

    @model_validator(mode="after")
    def _complete(self) -> Annual:
        own = self.method == "last_map"
        for key in ("map", "number"):
            if (getattr(self, key) is not None) != own:
                raise ValueError(f"method {self.method} needs `{key}`" if own else f"method {self.method} has no use for `{key}`")
        if (self.validity is None) != (self.threshold is None):
            raise ValueError("`validity` and `threshold` go together")
        if not own and self.validity is not None:
            raise ValueError(f"method {self.method} has no use for `validity`")
        return self

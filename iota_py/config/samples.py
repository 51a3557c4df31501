"""Section `samples`: the reference data, and what is made of it before anything is learnt."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from iota_py.config.section import Positive, Section, Share


class Regions(Section):
    """Polygons of the ecoregions; one model each."""

    path: Path
    field: str
    layer: str | None = None


class Split(Section):
    """Draws of polygons into learning and validation, per region and class."""

    runs: Positive = 1
    ratio: Share = 0.7
    seed: Annotated[int, Field(ge=0)] = 0


class Selection(Section):
    """How many usable pixels are learnt from, per class, region and run."""

    strategy: Literal["all", "constant", "percent", "total", "smallest", "byclass"] = "all"
    number: Positive | None = Field(None, description="pixels per class (constant) or in all (total)")
    percent: Annotated[float, Field(gt=0, le=100)] | None = None
    table: dict[int, Annotated[int, Field(ge=0)]] | None = Field(None, description="class code -> pixels (byclass)")

    @model_validator(mode="after")
    def _complete(self) -> Selection:
        needs = {"constant": "number", "total": "number", "percent": "percent", "byclass": "table"}.get(self.strategy)
        for key in ("number", "percent", "table"):
            if (getattr(self, key) is not None) != (key == needs):
                raise ValueError(
                    f"strategy {self.strategy} needs `{key}`" if key == needs else f"strategy {self.strategy} has no use for `{key}`"
                )
        return self


class SeriesTable(Section):
    """Ready series in a table, one row per series and date; taken onto the dates of the map by day since the start of each series."""

    path: Path
    series: str = Field("sample_id", description="column that names the series")
    date: str = "date"
    label: str = "label"
    bands: dict[str, str] = Field(description="band of the input -> column", min_length=1)
    scale: Annotated[float, Field(gt=0)] = Field(1.0, description="stored value = round(value × scale), the unit of the input")
    x: str | None = None
    y: str | None = None


class Samples(Section):
    """Reference data, and what is made of it."""

    polygons: Path | None = None
    layer: str | None = None
    table: SeriesTable | None = None
    label: str = Field("code", description="field that holds the class: a code, an alias or a name of the nomenclature")
    ignore: tuple[str | int, ...] = Field((), description="labels to leave out")
    regions: Regions | None = None
    split: Split = Split()
    selection: Selection = Selection()
    minimum_validity: Annotated[int, Field(ge=1, le=255)] = Field(1, description="clear observations that a usable pixel has at least")
    allow_lost_classes: bool = Field(False, description="go on when a class loses all its learning pixels")

    @model_validator(mode="after")
    def _one_source(self) -> Samples:
        if (self.polygons is None) == (self.table is None):
            raise ValueError("give either `polygons` (a vector file) or `table` (ready series)")
        if self.table is not None and self.regions is not None:
            raise ValueError("a table of series has no regions")
        return self

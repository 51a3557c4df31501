"""Section `samples.table`: ready samples in a table, as series to be taken onto target dates, or as features."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from iota_py.config.inputs import Role
from iota_py.config.section import Section, Word

Scale = Annotated[float, Field(gt=0)]
Bands = dict[str, str]
MARKS = ("date", "doy", "month")
_MARK = re.compile(r"\{(\w*)\}")
_OF_SERIES = ("series", "date", "bands", "scale", "nodata", "roles", "sensors")
_OF_FEATURES = ("id", "columns", "scales", "missing")


class SensorColumns(Section):
    """Columns of one sensor; a date is missing for a series where one of its bands is."""

    bands: Bands = Field(description="band -> column", min_length=1)
    scale: Scale = Field(1.0, description="stored value = round(value × scale), a 16-bit integer")
    nodata: float | None = Field(None, description="value of missing numbers, beside empty ones")
    roles: dict[Role, str] = Field(default_factory=dict, description="red, nir, swir and the like -> band, for indices")


class ColumnScale(Section):
    """How the numbers of a column are stored: round(value × scale + shift), a 16-bit integer."""

    scale: Scale
    shift: float = 0.0


class Missing(Section):
    """What stands for a missing number of a column of features."""

    fill: Literal["median", "below"] = Field(
        "median", description="median of the learning samples of the run; or a value below all of theirs, which trees can part from them"
    )
    indicator: bool = Field(False, description="a column `<name>_missing` (0 or 1) for each column in which a number is missing")


class Join(Section):
    """Further columns, from another table."""

    path: Path
    on: str = Field(description="column of both tables, unique in this one")


class SampleTable(Section):
    """Samples from a Parquet, GeoParquet or CSV file.

    kind series: one row per series and date, or, where the names of columns hold `{date}`, `{doy}` or `{month}`, one row per series.
    kind features: one row per sample, numbers ready to be learnt from; in a run without `inputs` only.
    """

    path: Path
    kind: Literal["series", "features"] = "series"
    label: str = "label"
    join: Join | None = Field(None, description="a table with further columns; rows without a partner in it are left out")
    keep: dict[str, tuple[str | int, ...]] = Field(default_factory=dict, description="column -> values; other rows are left out")
    region: str | None = Field(None, description="column of the region; one model each. In a run without `inputs` only")
    x: str | None = Field(None, description="column of the place: easting or longitude")
    y: str | None = Field(None, description="column of the place: northing or latitude")
    crs: str = Field("EPSG:4326", description="coordinate reference system of x and y")
    series: str = Field("sample_id", description="series: column that names the series")
    date: str = Field("date", description="series, one row per date: column of the day")
    bands: Bands = Field(default_factory=dict, description="series: band of the input -> column, or pattern of the columns of its dates")
    scale: Scale = Field(1.0, description="series: stored value = round(value × scale), the unit of the input")
    nodata: float | None = Field(None, description="series: value of missing numbers, beside empty ones")
    roles: dict[Role, str] = Field(default_factory=dict, description="series, in a run without `inputs`: role -> band, for indices")
    sensors: dict[Word, SensorColumns] = Field(
        default_factory=dict,
        description="series, in a run without `inputs`: several sensors, each with gaps of its own, in place of `bands`",
    )
    id: str | None = Field(None, description="features: column that names the samples; default: rows are numbered from 0")
    columns: tuple[str, ...] = Field((), description="features: columns to learn from, by name or with `*` for any letters")
    scales: dict[str, ColumnScale] = Field(
        default_factory=dict, description="features: column -> how it is stored; default: its learning samples fill -30000 to 30000"
    )
    missing: Missing = Missing()

    @model_validator(mode="after")
    def _of_its_kind(self) -> SampleTable:
        strange = _OF_FEATURES if self.kind == "series" else _OF_SERIES
        for key in strange:
            if getattr(self, key) != SampleTable.model_fields[key].get_default(call_default_factory=True):
                raise ValueError(f"kind {self.kind} has no use for `{key}`")
        if self.kind == "features" and not self.columns:
            raise ValueError("kind features needs `columns`, those to learn from")
        if self.kind == "series" and bool(self.bands) == bool(self.sensors):
            raise ValueError("kind series needs `bands`, or `sensors` with bands each")
        if (self.x is None) != (self.y is None):
            raise ValueError("`x` and `y` go together")
        return self

    @model_validator(mode="after")
    def _one_form(self) -> SampleTable:
        patterns = [column for sensor in self.by_sensor.values() for column in sensor.bands.values()]
        found = [_MARK.findall(pattern) for pattern in patterns]
        for pattern, marks in zip(patterns, found):
            if len(marks) > 1 or any(mark not in MARKS for mark in marks):
                raise ValueError(f"`{pattern}`: expected the name of a column, or one with one of {', '.join(f'{{{m}}}' for m in MARKS)}")
        if len({bool(marks) for marks in found}) > 1:
            raise ValueError("either all bands have a column for each date, or none")
        return self

    @property
    def by_sensor(self) -> dict[str, SensorColumns]:
        """Columns by sensor; a table that names none has one, called `series`."""
        if self.kind == "features":
            return {}
        return dict(self.sensors) or {
            "series": SensorColumns.model_construct(bands=self.bands, scale=self.scale, nodata=self.nodata, roles=self.roles)
        }

    @property
    def wide(self) -> bool:
        """One row holds a whole series."""
        return any(_MARK.search(column) for sensor in self.by_sensor.values() for column in sensor.bands.values())

    @property
    def key(self) -> str | None:
        """Column that names the samples."""
        return self.series if self.kind == "series" else self.id

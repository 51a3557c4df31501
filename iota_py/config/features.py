"""Section `features`: what is computed from the series of an input. Names of bands and indices ignore letter case."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from iota_py.config.section import Day, Positive, Section

Named = Annotated[tuple[str, ...], Field(min_length=1)]


class Smoothing(Section):
    """Numbers of the fills that smooth."""

    window: Annotated[int, Field(ge=3, le=99)] = Field(5, description="savitzky-golay: target dates under a polynomial, an odd number")
    order: Annotated[int, Field(ge=0, le=9)] = Field(2, description="savitzky-golay: degree of the polynomials, below the window")
    strength: Annotated[float, Field(gt=0)] = Field(
        1000.0, description="whittaker: weight of the squared second differences of the daily series; larger is smoother"
    )

    @model_validator(mode="after")
    def _fits(self) -> Smoothing:
        if self.window % 2 == 0:
            raise ValueError(f"window {self.window}: expected an odd number of dates")
        if self.order >= self.window:
            raise ValueError(f"order {self.order}: expected one below the window, {self.window}")
        return self


class Statistics(Section):
    """Statistics over the target dates, one set of columns for each band or index."""

    of: Named = Field(description="bands or indices")
    percentiles: tuple[Annotated[int, Field(ge=0, le=100)], ...] = Field((), description="columns `p10`, …: whole numbers 0–100")
    amplitude: bool = Field(False, description="column `amplitude`: highest less lowest")
    mean: bool = Field(False, description="column `mean`")
    deviation: bool = Field(False, description="column `deviation`: standard deviation")
    extremes: bool = Field(False, description="columns `min_day`, `max_day`: days of the extremes, since the first target date")

    @model_validator(mode="after")
    def _something(self) -> Statistics:
        if not (self.percentiles or self.amplitude or self.mean or self.deviation or self.extremes):
            raise ValueError("ask for `percentiles`, `amplitude`, `mean`, `deviation` or `extremes`")
        if len(set(self.percentiles)) != len(self.percentiles):
            raise ValueError("percentiles: one is given twice")
        return self


class Harmonics(Section):
    """Waves of the year fitted by least squares to the usable observations, before any filling."""

    of: Named = Field(description="bands or indices")
    count: Annotated[int, Field(ge=1, le=6)] = Field(1, description="waves: columns `cos0` (the constant), `cos1`, `sin1`, `cos2`, …")


class Phenology(Section):
    """Season by the midpoint method: columns `season` (a flag), `season_start`, `season_peak`, `season_end`, `season_length`, in days."""

    of: str = Field("ndvi", description="a band or an index")
    threshold: Annotated[float, Field(gt=0, lt=1)] = Field(0.5, description="share of the amplitude at which the season starts and ends")
    least_amplitude: Annotated[float, Field(ge=0)] = Field(
        100.0, description="no season below it, in the stored unit: 100 is 0.1 of an index"
    )


class Texture(Section):
    """Texture of an index on one target date: columns `texture_mean`, `texture_deviation`, `texture_entropy`."""

    of: str = Field("ndvi", description="an index")
    date: Day = Field(description="one of the target dates")
    radius: Annotated[int, Field(ge=1, le=10)] = Field(2, description="pixels on each side of the pixel")


class SnowYear(Section):
    """Layers of a snow year made from single dates: columns `scd`, `smod`, `sod`, `nsp`, `nobs`, `season`, as LIS makes its L3B."""

    of: str = Field("snow", description="a band, not 0 where there is snow")
    start: Day = Field(description="first day, 1 September in the north")
    end: Day = Field(description="last day, 31 August in the north")

    @model_validator(mode="after")
    def _ordered(self) -> SnowYear:
        if self.start > self.end:
            raise ValueError(f"start {self.start} is after end {self.end}")
        return self


class Features(Section):
    """Features of one input."""

    bands: Literal["all"] | tuple[str, ...] = Field(
        "all", description="bands that have columns, of those that the input reads; indices may use the others"
    )
    indices: tuple[str, ...] | None = Field(
        None, description="names; those of spyndex too, where it is installed. Default: NDVI, NDWI, BRIGHTNESS, or what suits the family"
    )
    relative: str | None = Field(None, description="a band: the others are divided by it, ×1000, in columns `b8_by_b4`; indices are not")
    dates: Literal["grid", "own"] | None = Field(
        None, description="grid: the target dates of `period`, the default for most families; own: the dates of the input, as they are"
    )
    step: Positive | None = Field(None, description="days between the target dates of this input; default: that of `period`")
    keep_dates: Literal["all"] | tuple[Day, ...] = Field(
        "all", description="target dates that have columns of bands and indices; what sums the series up sees all of them"
    )
    fill: Literal["linear", "akima", "savitzky-golay", "whittaker", "median", "least-cloud"] = Field(
        "linear", description="how gaps are filled; median and least-cloud make a composite from each target date to the next"
    )
    smoothing: Smoothing | None = Field(None, description="numbers of savitzky-golay and whittaker")
    statistics: Statistics | None = Field(
        None, description="percentiles, amplitude, mean, deviation, days of extremes over the target dates"
    )
    harmonics: Harmonics | None = Field(None, description="waves of the year in the usable observations")
    phenology: Phenology | None = Field(None, description="start, peak, end and length of the season")
    texture: Texture | None = Field(None, description="what the neighbourhood of a pixel looks like on a date")
    snow_year: SnowYear | None = Field(None, description="layers of a snow year, of an input of snow masks")

    @model_validator(mode="after")
    def _smoothing_is_used(self) -> Features:
        if self.smoothing is not None and self.fill not in ("savitzky-golay", "whittaker"):
            raise ValueError(f"fill {self.fill} has no use for `smoothing`")
        return self

    @property
    def summed_up(self) -> tuple[str, ...]:
        """Bands or indices of which the whole series, or the neighbourhood, makes columns."""
        many = [name for part in (self.statistics, self.harmonics) if part is not None for name in part.of]
        return (*many, *(part.of for part in (self.phenology, self.texture, self.snow_year) if part is not None))

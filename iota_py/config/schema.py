"""Schema of a run's configuration. Values are frozen; unknown keys are refused.

This module, with `inputs`, `features`, `samples` and `models` beside it for the sections of these names, is the one reference of the names.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from iota_py.config.features import Features
from iota_py.config.inputs import Input
from iota_py.config.models import Model, RandomForest
from iota_py.config.samples import Samples
from iota_py.config.section import Day, Name, Positive, Section, TileName, Word


class Grid(Section):
    """Grid of the map. Default: the grid of the tiles, when they share one."""

    crs: str | None = Field(None, description="coordinate reference system, e.g. EPSG:2154")
    resolution: Annotated[float, Field(gt=0)] | None = Field(None, description="pixel size in units of the CRS")


class Period(Section):
    """Target dates of the gap-filled series. Default: first to last acquisition over all tiles."""

    start: Day | None = None
    end: Day | None = None
    step: Positive = Field(10, description="days between target dates")
    margin: Annotated[int, Field(ge=0)] = Field(0, description="days before start and after end whose acquisitions are used too")

    @model_validator(mode="after")
    def _ordered(self) -> Period:
        if self.start and self.end and self.start > self.end:
            raise ValueError(f"start {self.start} is after end {self.end}")
        return self


class Tracking(Section):
    """Where experiments are recorded."""

    experiment: Name = "iota_py"
    uri: str | None = Field(None, description="MLflow tracking URI; default: mlflow.db beside the folder of the run's output")
    enabled: bool = True


class Engine(Section):
    """Where tasks run."""

    kind: Literal["joblib", "dask"] = "joblib"
    workers: Positive | Literal["all"] = "all"
    window: Positive | None = Field(None, description="pixels on a side of a window; default: from the blocks of the files")
    window_pixels: Positive = Field(262_144, description="pixels of a window at most, when its shape comes from the files")
    address: str | None = Field(None, description="of a running Dask scheduler")
    store: Path | None = Field(
        None, description="folder where acquisitions are kept decoded, masked and on the grid of their tile, for runs that read them again"
    )

    @property
    def worker_count(self) -> int:
        """Number of processes."""
        return self.workers if isinstance(self.workers, int) else len(os.sched_getaffinity(0))


class Limits(Section):
    """How much may go wrong before a run stops."""

    max_bad_dates: Annotated[float, Field(ge=0, le=1)] = Field(
        0.25, description="share of a tile's acquisitions that may be set aside as unreadable"
    )
    min_dates: Positive = Field(1, description="acquisitions that a tile needs")


class UserFeatures(Section):
    """Features that a function of your own computes from a window."""

    file: Path = Field(description="Python file, in the folder of this configuration or below")
    function: Annotated[str, Field(pattern=r"^[A-Za-z_]\w*$")] = Field(
        description="called as function(view, **options), gives (features, names)"
    )
    margin: Annotated[int, Field(ge=0, le=256)] = Field(0, description="pixels around a window that the function needs")
    options: dict[str, Any] = Field(default_factory=dict, description="further arguments")


class RunConfig(Section):
    """Everything a run needs. Paths are absolute here; in the file they are relative to it."""

    name: Name
    output: Path
    title: str | None = None
    tiles: tuple[TileName, ...] | None = Field(None, description="default: all that the inputs hold")
    grid: Grid = Grid()
    nomenclature: Path
    period: Period = Period()
    inputs: dict[Word, Input] = Field(min_length=1)
    features: dict[Word, Features] = Field(default_factory=dict)
    user_features: tuple[UserFeatures, ...] = ()
    allow_user_code: bool = Field(False, description="functions of `user_features` may run, if the command line says so too")
    samples: Samples
    model: Model = RandomForest(kind="random_forest")
    tracking: Tracking = Tracking()
    engine: Engine = Engine()
    limits: Limits = Limits()

    @model_validator(mode="after")
    def _consistent(self) -> RunConfig:
        for name in self.features:
            if name not in self.inputs:
                raise ValueError(f"features.{name}: no input has that name; inputs are {', '.join(self.inputs)}")
        if self.tiles is not None and len(set(self.tiles)) != len(self.tiles):
            raise ValueError("tiles: a tile is named twice")
        if self.tiles == ():
            raise ValueError("tiles: expected at least one tile; leave the key out for all")
        return self

    def features_of(self, name: str) -> Features:
        """Feature options of an input."""
        return self.features.get(name, Features())


PATH_FIELDS = re.compile(
    r"^(output|nomenclature|inputs\.[^.]+\.path|inputs\.[^.]+\.series\.masks\.\d+\.path|samples\.polygons|samples\.table\.path|samples\.regions\.path|engine\.store|user_features\.\d+\.file)$"
)


def dump(config: RunConfig) -> dict[str, Any]:
    """The configuration as plain values, defaults included."""
    return config.model_dump(mode="json")

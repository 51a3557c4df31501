"""Schema of a run's configuration. Values are frozen; unknown keys are refused.

This module, with `inputs`, `features`, `samples` and `models` beside it for the sections of these names, is the one reference of the names.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from iota_py.config.assessment import Assessment
from iota_py.config.calibration import Calibration
from iota_py.config.engine import Engine
from iota_py.config.features import Features
from iota_py.config.fusion import Fusion
from iota_py.config.importance import Importance
from iota_py.config.inputs import Input
from iota_py.config.map_layers import MapLayers
from iota_py.config.models import Model, RandomForest
from iota_py.config.objects import Objects
from iota_py.config.product import Product
from iota_py.config.reduction import Reduction
from iota_py.config.regularisation import Regularisation
from iota_py.config.samples import Samples
from iota_py.config.search import Search
from iota_py.config.section import Day, Language, Name, Positive, Section, TileName, Word
from iota_py.config.tracking import Tracking
from iota_py.config.vector import Vector


class Grid(Section):
    """Grid of the map. Default: the grid of the tiles, when they share one."""

    crs: str | None = Field(None, description="coordinate reference system, e.g. EPSG:2154")
    resolution: Annotated[float, Field(gt=0)] | None = Field(None, description="pixel size in units of the CRS")


class Period(Section):
    """Target dates of the gap-filled series. Default: first to last acquisition over all tiles."""

    start: Day | None = None
    end: Day | None = None
    step: Positive | None = Field(None, description="days between target dates; default: that of the family, 16 for Landsat, else 10")
    margin: Annotated[int, Field(ge=0)] = Field(0, description="days before start and after end whose acquisitions are used too")

    @model_validator(mode="after")
    def _ordered(self) -> Period:
        if self.start and self.end and self.start > self.end:
            raise ValueError(f"start {self.start} is after end {self.end}")
        return self


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
    nomenclature: Path | None = Field(description="file of the classes; of no use, and not needed, with samples.target")
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = Field(
        ("en",),
        description="of the names in styles and legends: the first in map/legend.png, others in files of their own (map/legend.fr.png)",
    )
    period: Period = Period()
    inputs: dict[Word, Input] = Field(default_factory=dict, description="none: no map, models and scores of the samples of a table")
    features: dict[Word, Features] = Field(default_factory=dict)
    user_features: tuple[UserFeatures, ...] = ()
    allow_user_code: bool = Field(False, description="functions of `user_features` may run, if the command line says so too")
    samples: Samples
    model: Model = RandomForest(kind="random_forest")
    reuse: str | None = Field(
        None,
        description="written `model: {from: runs/x}`: the folder of a run whose models are used as they are, or models:/<name>/<version> or "
        "models:/<name>@<alias> in MLflow's registry",
    )
    fusion: Fusion | None = Field(
        None, description="several models, each on inputs of its own, whose labels are combined; default: one model on all"
    )
    keep_columns: Path | None = Field(
        None, description="text file of the columns to learn from, one a line, such as assessment/columns.txt of another run; default: all"
    )
    reduction: Reduction | None = Field(None, description="principal components of groups of columns; default: the columns themselves")
    objects: Objects | None = Field(None, description="segments that are classified in place of pixels; default: pixels")
    search: Search | None = Field(None, description="parameters of the estimator, found by trial; default: those of `model`")
    calibration: Calibration | None = Field(
        None, description="correction of the probabilities of the models; default: as the estimators give them"
    )
    map: MapLayers | None = Field(
        None, description="probabilities, uncertainty, borders of regions, smoothing, fusion of draws; default: a class and a confidence"
    )
    regularisation: Regularisation | None = Field(None, description="a second map without its smallest patches; default: none")
    vector: Vector | None = Field(None, description="the map as polygons; default: none")
    product: Product | None = Field(None, description="the map as a package with name, version, metadata and checksums; default: none")
    catalogue: bool | None = Field(None, description="a STAC catalogue of what is handed over; default: where there is a section `product`")
    importance: Importance = Importance()
    assessment: Assessment = Assessment()
    tracking: Tracking = Tracking()
    engine: Engine = Engine()
    limits: Limits = Limits()

    @model_validator(mode="before")
    @classmethod
    def _models_of_another_run(cls, values: Any) -> Any:
        """`model: {from: X}` is `reuse: X`."""
        model = values.get("model") if isinstance(values, dict) else None
        if not isinstance(model, dict) or "from" not in model:
            return values
        if len(model) > 1:
            raise ValueError(
                f"model.from: models of another run are used as they are; leave {', '.join(k for k in model if k != 'from')} out"
            )
        if not isinstance(model["from"], str) or not model["from"]:
            raise ValueError("model.from: expected the folder of a run, or a name of MLflow's registry")
        return {**{key: value for key, value in values.items() if key != "model"}, "reuse": model["from"]}

    @model_validator(mode="before")
    @classmethod
    def _no_classes_with_a_target(cls, values: Any) -> Any:
        samples = values.get("samples") if isinstance(values, dict) else None
        return {"nomenclature": None, **values} if isinstance(samples, dict) and samples.get("target") is not None else values

    @model_validator(mode="after")
    def _consistent(self) -> RunConfig:
        if self.nomenclature is None and self.samples.target is None:
            raise ValueError("nomenclature: expected a file of classes; only a run with samples.target needs none")
        if not self.inputs and self.samples.table is None:
            raise ValueError("inputs: expected at least one; only a table of samples is learnt from without")
        known = self.inputs or self.samples.table.by_sensor  # type: ignore[union-attr]
        for name in self.features:
            if name not in known:
                raise ValueError(f"features.{name}: no input has that name; inputs are {', '.join(known)}")
        if self.tiles is not None and len(set(self.tiles)) != len(self.tiles):
            raise ValueError("tiles: a tile is named twice")
        if self.tiles == ():
            raise ValueError("tiles: expected at least one tile; leave the key out for all")
        return self

    def features_of(self, name: str) -> Features:
        """Feature options of an input."""
        return self.features.get(name, Features())


REGISTERED = "models:/"  # how names of models in MLflow's registry begin
PATH_FIELDS = re.compile(
    r"^(output|nomenclature|inputs\.[^.]+\.path|inputs\.[^.]+\.series\.masks\.\d+\.path|samples\.polygons|samples(\.sources\.\d+)?\.relabel|samples\.sources\.\d+\.path|samples\.table\.path|samples\.table\.join\.path|samples\.regions\.path|samples\.(selection(\.regions\..+)?|augmentation)\.table|samples\.annual\.(map|validity|inputs\.[^.]+\.path)|samples\.years\.\d+\.(polygons|inputs\.[^.]+\.path)|regularisation\.recode(\.\d+)?\.polygons|vector\.zones\.path|product\.releases|objects\.segments\.path|assessment\.map_accuracy\.points|keep_columns|assessment\.baseline|reuse|model\.from|engine\.store|engine\.cluster\.(python|tls\.(authority|certificate|key))|user_features\.\d+\.file)$"
)


def dump(config: RunConfig) -> dict[str, Any]:
    """The configuration as plain values, defaults included."""
    return config.model_dump(mode="json")

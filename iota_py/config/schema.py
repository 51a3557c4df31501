"""Schema of a run's configuration. Values are frozen; unknown keys are refused.

This module, with `config/features.py` for the section of that name, is the one reference of the names.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from iota_py.config.features import Features
from iota_py.config.section import Day, Positive, Section

NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
WORD = r"^[a-z][a-z0-9_]{0,31}$"
TILE = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$"

Name = Annotated[str, Field(pattern=NAME)]
Word = Annotated[str, Field(pattern=WORD)]
TileName = Annotated[str, Field(pattern=TILE)]
Share = Annotated[float, Field(gt=0, le=1)]


def _file_name(pattern: str) -> str:
    """Refuse what could never match a file, or not be told apart."""
    holders = re.findall(r"\{[^}]*\}", pattern)
    known = ("{date}", "{time}", "{tile}", "{band}")
    for holder in holders:
        if holder not in known:
            raise ValueError(f"unknown placeholder {holder}; placeholders are {' '.join(known)} and *")
        if holders.count(holder) > 1:
            raise ValueError(f"the pattern has {holder} twice; put * in the place of one")
    if "{date}" not in holders:
        raise ValueError("the pattern needs {date}")
    if "/" in pattern:
        raise ValueError("expected the name of a file, without folders; folders go to `path`")
    return pattern


FilePattern = Annotated[str, AfterValidator(_file_name)]
Role = Literal[
    "blue", "green", "red", "nir", "swir", "swir2", "aerosol", "green1", "yellow", "rededge1", "rededge2", "rededge3", "nir2", "watervapour",
    "vv", "vh", "hh", "hv",
]  # fmt: skip


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


class Validity(Section):
    """What makes a pixel of an acquisition unusable, beside nodata and the edge of the swath."""

    cloud: Literal["strict", "summary", "none"] | tuple[Annotated[int, Field(ge=0, le=15)], ...] = Field(
        "strict", description="strict: any bit of the cloud mask; summary: its bit 0; or a list of bits"
    )
    saturation: bool = Field(True, description="pixels saturated in a band are unusable")
    topographic_shadow: bool = Field(False, description="pixels in the shadow of the relief, or hidden by it, are unusable")
    snow: bool = Field(False, description="pixels under snow are unusable, where the product has a snow mask")
    snow_from: str | None = Field(None, description="an input of snow products; where it saw snow on the day, the pixel is unusable")


class MaskFile(Section):
    """A mask beside the bands of a raster series."""

    path: Path | None = Field(None, description="folder, when not that of the bands")
    pattern: FilePattern = Field(description="file name with the same placeholders as the bands'")
    band: Positive = 1
    invalid: tuple[int, ...] | None = Field(None, description="values that mean unusable")
    bits: tuple[Annotated[int, Field(ge=0, le=15)], ...] | None = Field(None, description="bits, any of which means unusable")

    @model_validator(mode="after")
    def _one_meaning(self) -> MaskFile:
        if (self.invalid is None) == (self.bits is None):
            raise ValueError("give either `invalid` (values) or `bits`")
        return self


class SeriesFiles(Section):
    """Layout of a series of rasters already on disk."""

    pattern: FilePattern = Field(description="file name; placeholders {date} {time} {tile} {band} and * for anything")
    tile: TileName = Field("tile", description="name of the tile when the pattern has none")
    bands: dict[str, Positive] = Field(description="band name -> band number in the file (or 1 when the pattern has {band})", min_length=1)
    scale: Annotated[float, Field(gt=0)] = Field(1.0, description="stored value = round(value × scale), a 16-bit integer")
    nodata: float | None = Field(None, description="value of missing pixels, when the files do not say it; `.nan` is always missing")
    minimum: float | None = Field(None, description="smaller values are unusable")
    maximum: float | None = Field(None, description="larger values are unusable")
    roles: dict[Role, str] = Field(default_factory=dict, description="role in indices -> band")
    masks: tuple[MaskFile, ...] = ()


class Radar(Section):
    """What is read of a radar; each orbit is a series with its own dates."""

    polarisations: Annotated[tuple[Literal["vv", "vh", "hh", "hv"], ...], Field(min_length=1)] = ("vv", "vh")
    direction: Literal["ascending", "descending", "both"] = "both"
    orbits: tuple[Annotated[int, Field(ge=1, le=175)], ...] | None = Field(None, description="relative orbits; default: all found")
    unit: Literal["decibel", "linear"] = Field("decibel", description="stored as hundredths of a decibel, or as power × 10,000")
    filtered: bool = Field(False, description="read the files that S1Tiling has filtered, in the folder `filtered`")
    speckle: Annotated[int, Field(ge=3, le=31)] | None = Field(
        None, description="side of the window, in pixels and odd, of a multi-temporal speckle filter (Quegan and Yu 2001); default: none"
    )

    @model_validator(mode="after")
    def _odd(self) -> Radar:
        if self.speckle is not None and self.speckle % 2 == 0:
            raise ValueError(f"speckle {self.speckle}: expected an odd number of pixels")
        return self


class Catalogue(Section):
    """Items of a STAC catalogue, on disk or behind an address."""

    collections: tuple[str, ...] = Field((), description="collections asked for; needed for an API")
    query: dict[str, Any] = Field(default_factory=dict, description="further conditions, as the API takes them")
    dialect: Literal["auto", "earth-search", "planetary-computer", "geodes"] = Field(
        "auto", description="names of assets and rule of the offset"
    )


class RasterFiles(Section):
    """Rasters without a date: one for each tile, or one for all."""

    bands: dict[str, Positive] = Field(description="name of the column -> band number in the file", min_length=1)
    scale: Annotated[float, Field(gt=0)] = Field(1.0, description="stored value = round(value × scale), a 16-bit integer")
    nodata: float | None = Field(None, description="value of missing pixels, when the file does not say it")
    minimum: float | None = None
    maximum: float | None = None
    terrain: tuple[Literal["slope", "northness", "eastness"], ...] = Field(
        (), description="derived from the first band, an elevation in metres"
    )


class Input(Section):
    """One family of products, on disk or in a catalogue."""

    family: str
    path: Path | None = Field(None, description="folder of the products; for family raster a file, `{tile}` standing for the tile")
    url: str | None = Field(None, description="address of a STAC API, for family stac")
    bands: Literal["all"] | Annotated[tuple[str, ...], Field(min_length=1)] = "all"
    reflectance: Literal["FRE", "SRE"] = Field("FRE", description="with (FRE) or without (SRE) slope correction")
    resampling: Literal["nearest", "bilinear", "cubic", "average"] | None = Field(
        None, description="of bands onto the grid of the tile; default: nearest, or what suits the family"
    )
    resolution: Annotated[float, Field(gt=0)] | None = Field(
        None, description="pixel size of the tiles that the first input defines; default: that of its finest band"
    )
    valid: Validity = Validity()
    exclude_dates: tuple[Day, ...] = ()
    season: int | None = Field(
        None, description="for yearly snow layers: the year in which the season ends; default: that of the period's end"
    )
    series: SeriesFiles | None = Field(None, description="layout of the files, for family raster-series")
    raster: RasterFiles | None = Field(None, description="what the files hold, for family raster")
    radar: Radar | None = Field(None, description="what is read, for family s1tiling")
    stac: Catalogue | None = Field(None, description="where the items are, for family stac")

    @model_validator(mode="after")
    def _layout(self) -> Input:
        sections = {"raster-series": "series", "raster": "raster", "s1tiling": "radar", "stac": "stac"}
        for family, key in sections.items():
            given = getattr(self, key) is not None
            if given and self.family != family:
                raise ValueError(f"`{key}` is for family {family}, and only for it")
            if not given and self.family == family and family in ("raster-series", "raster"):
                raise ValueError(f"family {family} needs `{key}`, which says what the files hold")
        if (self.path is None) == (self.url is None):
            raise ValueError("give either `path` or, for family stac, `url`")
        if self.url is not None and self.family != "stac":
            raise ValueError("`url` is for family stac, and only for it")
        return self


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


class RandomForest(Section):
    """Random forest (scikit-learn, or its Intel extension)."""

    kind: Literal["random_forest"]
    trees: Positive = 100
    max_depth: Positive | None = 25
    min_samples_leaf: Positive = 5
    max_features: Literal["sqrt", "log2"] | Share | Positive = "sqrt"
    class_weight: Literal["balanced"] | None = None
    bins: Annotated[int, Field(ge=2, le=255)] | None = Field(255, description="values of a feature that the forest tells apart; null: all")
    trainer: Literal["auto", "scikit-learn", "intel"] = Field(
        "scikit-learn",
        description="library that grows the trees; auto: the Intel extension where it is installed, else, and for class weights or "
        "`bins: null`, scikit-learn",
    )


class LightGBM(Section):
    """Gradient boosted trees (LightGBM)."""

    kind: Literal["lightgbm"]
    rounds: Positive = 100
    leaves: Annotated[int, Field(ge=2)] = 31
    learning_rate: Share = 0.1
    min_samples_leaf: Positive = 20
    feature_fraction: Share = 0.3
    bagging_fraction: Share = 1.0
    lambda_l2: Annotated[float, Field(ge=0)] = 0.0
    max_bin: Annotated[int, Field(ge=2, le=255)] = 255


Model = Annotated[RandomForest | LightGBM, Field(discriminator="kind")]


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

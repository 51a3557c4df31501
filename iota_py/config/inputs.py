"""Section `inputs`: families of products, where they are, what is read of them and what makes a pixel unusable."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from iota_py.config.section import Day, Positive, Section, Share, TileName


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


CATALOGUES = ("stac", "stac-landsat")  # families that are read through a STAC catalogue
FilePattern = Annotated[str, AfterValidator(_file_name)]
Role = Literal[
    "blue", "green", "red", "nir", "swir", "swir2", "aerosol", "green1", "yellow", "rededge1", "rededge2", "rededge3", "nir2", "watervapour",
    "vv", "vh", "hh", "hv",
]  # fmt: skip


class Validity(Section):
    """What makes a pixel of an acquisition unusable, beside nodata and the edge of the swath."""

    cloud: Literal["strict", "summary", "none"] | tuple[Annotated[int, Field(ge=0, le=15)], ...] = Field(
        "strict", description="strict: any bit of the cloud mask; summary: its bit 0; or a list of bits"
    )
    saturation: bool = Field(True, description="pixels saturated in a band are unusable")
    topographic_shadow: bool = Field(False, description="pixels in the shadow of the relief, or hidden by it, are unusable")
    snow: bool = Field(False, description="pixels under snow are unusable, where the product has a snow mask")
    snow_from: str | None = Field(None, description="an input of snow products; where it saw snow on the day, the pixel is unusable")
    share: Share = Field(
        0.5,
        description="with `resampling: average`: share of the area of a pixel of the tile that must be usable; the mean is over that part",
    )


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

    bands: Annotated[dict[str, Positive], Field(min_length=1)] | Annotated[tuple[Positive, ...], Field(min_length=1)] | None = Field(
        None,
        description="name of the column -> band number in the file; or numbers, whose columns are band_0, band_1, …; default: all bands",
    )
    scale: Annotated[float, Field(gt=0)] = Field(1.0, description="stored value = round(value × scale), a 16-bit integer")
    nodata: float | None = Field(None, description="value of missing pixels, when the file does not say it")
    minimum: float | None = None
    maximum: float | None = None
    terrain: tuple[Literal["slope", "northness", "eastness"], ...] = Field(
        (), description="derived from the first band, an elevation in metres"
    )

    @model_validator(mode="after")
    def _once(self) -> RasterFiles:
        if isinstance(self.bands, tuple) and len(set(self.bands)) < len(self.bands):
            raise ValueError("bands: a number is given twice")
        return self


class Input(Section):
    """One family of products, on disk or in a catalogue."""

    family: str
    path: Path | None = Field(None, description="folder of the products; for family raster a file, `{tile}` standing for the tile")
    url: str | None = Field(None, description="address of a STAC API, for families stac and stac-landsat")
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
    threshold: Annotated[int, Field(ge=1, le=100)] | None = Field(
        None, description="for snow of single dates: percent of a pixel from which it is snow, and masked as snow; default: any"
    )
    series: SeriesFiles | None = Field(None, description="layout of the files, for family raster-series")
    raster: RasterFiles | None = Field(None, description="what the files hold, for family raster")
    radar: Radar | None = Field(None, description="what is read, for family s1tiling")
    stac: Catalogue | None = Field(None, description="where the items are, for families stac and stac-landsat")

    @model_validator(mode="after")
    def _layout(self) -> Input:
        sections = {"series": ("raster-series",), "raster": ("raster",), "radar": ("s1tiling",), "stac": CATALOGUES}
        for key, families in sections.items():
            given = getattr(self, key) is not None
            if given and self.family not in families:
                raise ValueError(f"`{key}` is for family {' or '.join(families)}, and only for it")
            if not given and self.family in families and key in ("series", "raster"):
                raise ValueError(f"family {self.family} needs `{key}`, which says what the files hold")
        if (self.path is None) == (self.url is None):
            raise ValueError("give either `path` or, for a catalogue, `url`")
        if self.url is not None and self.family not in CATALOGUES:
            raise ValueError(f"`url` is for family {' or '.join(CATALOGUES)}, and only for it")
        if self.threshold is not None and self.family != "lis-l2b":
            raise ValueError("`threshold` is for family lis-l2b, and only for it")
        return self

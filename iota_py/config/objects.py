"""Section `objects`: segments, or given polygons, that are learnt from and classified as a whole, in place of pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from iota_py.config.section import Section

SIZE, COMPACTNESS = 100, 0.1
Statistic = Literal["mean", "std", "min", "max", "median"]


class Segments(Section):
    """Where the segments come from: SLIC where no file is named."""

    path: Path | None = Field(None, description="vector file of polygons, in any CRS; a pixel is of the first that contains its centre")
    layer: str | None = Field(None, description="needed when the file has several layers")

    @model_validator(mode="after")
    def _named(self) -> Segments:
        if self.layer is not None and self.path is None:
            raise ValueError("a layer of no file: give `path` too")
        return self


def _segments(value: Any) -> Any:
    """`slic` stands for the section without a file."""
    if value == "slic":
        return {}
    if isinstance(value, str):
        raise ValueError(f"expected `slic`, or {{path: FILE}} for given polygons, found `{value}`")
    return value


class Objects(Section):
    """Segments in place of pixels: one class for each, from statistics of its pixels."""

    segments: Annotated[Segments, BeforeValidator(_segments)] = Field(
        Segments(), description="slic: made from the features; or `{path: parcels.gpkg, layer: …}`: polygons that are there"
    )
    size: Annotated[int, Field(ge=4, le=10_000)] | None = Field(None, description=f"slic: pixels of a segment, about; default: {SIZE}")
    compactness: Annotated[float, Field(gt=0)] | None = Field(
        None,
        description="slic: the difference of features, as a share of their range, that weighs as much as one segment's width; more makes squarer "
        f"segments; default: {COMPACTNESS}",
    )
    features: tuple[str, ...] = Field(
        (),
        description="slic: columns that segments are made from, by name or pattern such as `sentinel2_ndvi_*` or `*_20230701`; default: the indices "
        "of the first series with dates (its bands, where it has none) on four dates spread over it",
    )
    statistics: Annotated[tuple[Statistic, ...], Field(min_length=1)] = Field(
        ("mean", "std"), description="of each feature over the pixels of a segment; the median is for slic only"
    )
    purity: Annotated[float, Field(gt=0.5, le=1)] = Field(
        0.8, description="share of a segment's pixels that lie in learning polygons of its class, for it to be learnt from"
    )
    outside: Literal["pixel", "nodata"] | None = Field(
        None, description="pixels that no given polygon contains: classified by pixel, or left without a class; default: nodata"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Objects:
        if len(set(self.statistics)) != len(self.statistics):
            raise ValueError("statistics: one is named twice")
        if self.given:
            needless = [key for key in ("size", "compactness") if getattr(self, key) is not None] + ["features"] * bool(self.features)
            if needless:
                raise ValueError(f"{', '.join(needless)}: polygons of a file are taken as they are; leave it out")
            if "median" in self.statistics:
                raise ValueError("statistics: the median of a polygon of any size cannot be computed by windows; it goes with slic only")
        elif self.outside is not None:
            raise ValueError("outside: slic leaves no pixel outside; it goes with polygons of a file")
        return self

    @property
    def given(self) -> bool:
        """True when the segments are polygons of a file."""
        return self.segments.path is not None

    @property
    def by_pixel(self) -> bool:
        """True when pixels are classified too, where no polygon is."""
        return self.outside == "pixel"

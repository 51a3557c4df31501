"""Section `vector`: the map as polygons, with the attributes of OSO."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from iota_py.config.regularisation import AREA
from iota_py.config.section import Positive, Section

Metres = Annotated[float, Field(ge=0)]
Format = Literal["gpkg", "parquet", "shapefile"]


class Zones(Section):
    """Polygons that the map is cut by, such as départements: one product for each of their names."""

    path: Path = Field(description="vector file, in any CRS")
    field: str = Field(description="field with the name of the zone, which its files take; rows of one name are one zone")
    layer: str | None = Field(None, description="needed when the file has several layers")


class Vector(Section):
    """Polygons of the regularised map, of the classification itself where there is no section `regularisation`."""

    simplify: Metres = Field(10, description="metres by which a line may leave that of the pixels (Douglas-Peucker); 0: not simplified")
    smooth: Metres = Field(10, description="metres within which corners are rounded; 0: not smoothed")
    minimum_mapping_unit: Positive | Annotated[str, Field(pattern=AREA.pattern)] | None = Field(
        None, description="that of regularisation.minimum_size, which makes it; may be left out"
    )
    zones: Zones | None = Field(None, description="default: one product for the whole map")
    formats: Annotated[tuple[Format, ...], Field(min_length=1)] = Field(("gpkg",), description="files of each zone; shapefiles are zipped")

    @field_validator("formats")
    @classmethod
    def _each_once(cls, value: tuple[Format, ...]) -> tuple[Format, ...]:
        return tuple(dict.fromkeys(value))

"""Section `product`: the map as a package with a name, a version, metadata and checksums."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from iota_py.config.section import Day, Section, Word
from iota_py.delivery.naming import Version


class Product(Section):
    """What is handed over: `product/OSO_20230101_RASTER_V1-0/`, and one such folder for each zone of the polygons."""

    year: Annotated[int, Field(ge=1900, le=2999)] = Field(description="that is mapped; the name bears its first of January")
    version: str = Field("1-0", description="major-minor: the major one changes with the method, the minor one with the data")
    project: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{0,15}$")] = Field("OSO", description="first word of the names")
    division: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{0,31}$")] = Field(
        "departement", description="what a zone of the polygons is called in names"
    )
    zone: str | None = Field(None, description="what is covered, for the metadata; default: the title of the run")
    zone_type: str = Field("Region", description="of that zone: Country, Region, Tile, Site…")
    producer: str = Field("", description="who made it")
    licence: Annotated[str, Field(pattern=r"^[A-Za-z0-9.+-]+$")] = Field(
        "other", description="SPDX identifier such as etalab-2.0 or CC-BY-4.0, or `other`"
    )
    produced: Day | None = Field(None, description="day of the making, for the metadata; default: none is stated")
    layers: tuple[Word, ...] = Field((), description="further layers of map/ to hand over, such as regularised")
    releases: Path | None = Field(
        None, description="JSON file where all deliveries are noted, of this run and of others; default: only those in product/ are known"
    )

    @field_validator("version")
    @classmethod
    def _is_version(cls, value: str) -> str:
        return str(Version.of(value))

    @field_validator("layers")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value))

"""Names of delivered packages, as those of OSO: `OSO_20230101_RASTER_V1-0`, `OSO_20230101_VECTOR_departement_31_V1-0`.

Polygons of a map that is not cut by zones, which OSO has none of: `OSO_20230101_VECTOR_V1-0`.

The date is that of the year which is mapped, not of the making. Versions are compared as numbers: V1-10 comes after V1-9.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["raster", "vector"]

_NAME = re.compile(
    r"^(?P<project>[A-Z][A-Z0-9]*)_(?P<year>\d{4})0101_"
    r"(?:RASTER|(?P<vector>VECTOR)(?:_(?P<division>[a-z][a-z0-9]*)_(?P<zone>[A-Za-z0-9_-]+))?)_V(?P<major>\d+)-(?P<minor>\d+)$"
)
_VERSION = re.compile(r"^(0|[1-9]\d{0,3})-(0|[1-9]\d{0,3})$")


@dataclass(frozen=True, order=True)
class Version:
    """Version of a product. major: the method changed. minor: its data did."""

    major: int
    minor: int

    @classmethod
    def of(cls, text: str) -> Version:
        """From `1-0`. Raises ValueError for anything else."""
        found = _VERSION.fullmatch(text)
        if found is None:
            raise ValueError(f"`{text}` is not a version; write it as 1-0")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.major}-{self.minor}"

    def next(self, bump: Literal["major", "minor"]) -> Version:
        """The version that follows."""
        return Version(self.major + 1, 0) if bump == "major" else Version(self.major, self.minor + 1)


@dataclass(frozen=True)
class PackageName:
    """Name of a package. division: what a zone is, such as `departement`. zone: of polygons, both empty where they cover the whole map."""

    project: str
    year: int
    version: Version
    kind: Kind = "raster"
    division: str = ""
    zone: str = ""

    @classmethod
    def of(cls, text: str) -> PackageName:
        """From the name of a folder. Raises ValueError for one that is no name of a package."""
        found = _NAME.fullmatch(text)
        if found is None:
            raise ValueError(f"`{text}` is not the name of a package, such as OSO_20230101_RASTER_V1-0")
        version = Version(int(found["major"]), int(found["minor"]))
        kind: Kind = "vector" if found["vector"] else "raster"
        return cls(found["project"], int(found["year"]), version, kind, found["division"] or "", found["zone"] or "")

    @property
    def identifier(self) -> str:
        """The name without its version: what all versions of a product share."""
        return "_".join(part for part in (self.project, f"{self.year:04d}0101", self.kind.upper(), self.division, self.zone) if part)

    def __str__(self) -> str:
        return f"{self.identifier}_V{self.version}"

    def data_file(self, layer: str, suffix: str) -> str:
        """Place of a file of the data in the package: `DATA/OCS_2023.tif`; of a zone `DATA/departement_31.gpkg`. suffix: with its dot."""
        return f"DATA/{self.division}_{self.zone}{suffix}" if self.zone else f"DATA/{layer}_{self.year}{suffix}"

    @property
    def metadata_file(self) -> str:
        """The metadata document."""
        return f"{self}_MTD_ALL.xml"

    @property
    def quicklook_file(self) -> str:
        """The small picture."""
        return f"{self}_QKL_ALL.jpg"

    @property
    def manifest_file(self) -> str:
        """What the package says of itself for programs: files, grid, accuracy, fingerprints of what made it."""
        return f"{self}_MANIFEST.json"


CHECKSUMS = "CHECKSUMS.sha256"
MAP_LAYERS = {"classification": "OCS", "confidence": "CONFIDENCE", "validity": "VALIDITY"}


def layer_name(layer: str) -> str:
    """How a layer of the map is called in a package: `OCS` for the classes."""
    return MAP_LAYERS.get(layer, layer.upper())


def package_folder(text: str) -> PackageName | None:
    """The name that a folder bears, None when it is no package's."""
    try:
        return PackageName.of(text)
    except ValueError:
        return None

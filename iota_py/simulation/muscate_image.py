"""A product of the MUSCATE layout before it is written: what its name, its rasters and its metadata hold, whatever the sensor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from odc.geo.geobox import GeoBox

NODATA = -10000


@dataclass(frozen=True)
class View:
    """Mean direction of view of a band or of a detector, degrees. attribute: `band_id` or `detector_id`, and its value."""

    attribute: str
    value: str
    zenith: float
    azimuth: float


@dataclass(frozen=True, eq=False)
class MuscateImage:
    """One product to write.

    prefix: first part of the name (`VENUS-XS`). zone_kind: `Tile`, `Site` or `Path-Row`. sensed: UTC. grids: by group of bands (`R1`, `R2`,
    `XS`). bands: group -> names, in order. images: kind (`FRE`, `SRE`, `FRC`) -> band -> int16 (row, col), NODATA where missing. masks: name
    -> group -> whole numbers (row, col). sun: zenith and azimuth, degrees. quantification: stored number per unit of reflectance; None
    leaves it out of the metadata. quality: index -> value. described: with metadata. packing: `folder`, `zip`, `tar`, or `bare zip` for
    an archive whose name lacks the version.
    """

    prefix: str
    platform: str
    level: str
    zone: str
    zone_kind: str
    sensed: datetime
    grids: Mapping[str, GeoBox]
    bands: Mapping[str, tuple[str, ...]]
    images: Mapping[str, Mapping[str, np.ndarray]]
    masks: Mapping[str, Mapping[str, np.ndarray]]
    project: str
    orbit: tuple[str, int] = ("Orbit", -1)
    version: tuple[int, int] = (3, 1)
    flag: str = "C"
    sun: tuple[float, float] | None = None
    views: tuple[View, ...] = ()
    quantification: int | None = 10000
    quality: Mapping[str, object] = field(default_factory=dict)
    described: bool = True
    packing: str = "folder"

    @property
    def identifier(self) -> str:
        """`PRODUCT_ID` of the metadata, and name of the folder."""
        stamp = f"{self.sensed:%Y%m%d-%H%M%S}-{self.sensed.microsecond // 1000:03d}"
        return f"{self.prefix}_{stamp}_{self.level}_{self.zone}_{self.flag}_V{self.version[0]}-{self.version[1]}"

    @property
    def file_name(self) -> str:
        """Name of the folder or archive, according to the packing."""
        if self.packing == "folder":
            return self.identifier
        return f"{self.identifier.rsplit('_V', 1)[0]}.zip" if self.packing == "bare zip" else f"{self.identifier}.{self.packing}"

    @property
    def every_band(self) -> tuple[str, ...]:
        """Bands of all groups, by number: B8 before B8A."""
        names = [name for group in self.bands.values() for name in group]
        return tuple(sorted(names, key=lambda name: (int(name[1:].rstrip("A")), name)))


def clear_masks(grid: GeoBox, outside: np.ndarray, saturation: str = "uint8") -> dict[str, np.ndarray]:
    """Masks of an image without clouds. outside: bool (row, col), True where there is no data. saturation: type of the mask SAT."""
    nothing = np.zeros(grid.shape, np.uint8)
    return {"CLM": nothing, "MG2": nothing, "EDG": outside.astype(np.uint8), "SAT": nothing.astype(saturation)}

"""Sentinel-1 backscatter in the layout of S1Tiling: a file per polarisation of a pass, border masks beside them, tags in the files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.grid.windows import whole
from iota_py.io.raster import write_raster


@dataclass(frozen=True)
class RadarPass:
    """A pass over a tile. tile: without `T`. direction: `ASC` or `DES`. images: of how many it is put together; of several, the name says no time.

    named: calibration in the name, which S1Tiling writes for `NormLim` and `GammaNaughtRTC` alone. calibration: that of the tags, none when
    empty. tags: further ones, or others in place of those that belong there.
    """

    tile: str
    geobox: GeoBox
    sensed: dt.datetime
    direction: str = "DES"
    orbit: int = 7
    unit: str = "s1a"
    images: int = 2
    calibration: str = "sigma"
    named: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    def stem(self, polarisation: str) -> str:
        """Name of a file without what is added for filters and masks."""
        time = f"{self.sensed:%H%M%S}" if self.images == 1 else "xxxxxx"
        parts = (self.unit, self.tile, polarisation, self.direction, f"{self.orbit:03d}", f"{self.sensed:%Y%m%d}t{time}", self.named)
        return "_".join(part for part in parts if part)


def write_pass(
    folder: str | Path, one: RadarPass, power: Mapping[str, np.ndarray], seen: np.ndarray | None = None, *, filtered: bool = False
) -> list[Path]:
    """Write the files of a pass under `folder`, in its tile's folder, and return them.

    power: polarisation -> linear power (row, col), 0 where there is none, stored as float32. seen: bool (row, col); with it each
    polarisation has a border mask. filtered: as files that S1Tiling has filtered, in `filtered/`, which have no masks.
    """
    place = Path(folder) / "filtered" / one.tile if filtered else Path(folder) / one.tile
    place.mkdir(parents=True, exist_ok=True)
    written = []
    for polarisation, values in power.items():
        stem = one.stem(polarisation) + ("_filtered" if filtered else "")
        written.append(_write(place / f"{stem}.tif", one, polarisation, np.asarray(values, np.float32)))
        if seen is not None and not filtered:
            written.append(_write(place / f"{stem}_BorderMask.tif", one, polarisation, np.asarray(seen, np.uint8)))
    return written


def _write(path: Path, one: RadarPass, polarisation: str, values: np.ndarray) -> Path:
    tags = _tags(one, polarisation, "MASK" if values.dtype == np.uint8 else "BACKSCATTERING")
    blocks = [(whole(values.shape), values)]
    write_raster(path, one.geobox, values.dtype.name, blocks, finish=lambda dataset: dataset.update_tags(**tags))
    return path


def _tags(one: RadarPass, polarisation: str, kind: str) -> dict[str, str]:
    known = {
        "ACQUISITION_DATETIME": f"{one.sensed:%Y:%m:%dT%H:%M:%SZ}",
        "CALIBRATION": one.calibration,
        "FLYING_UNIT_CODE": one.unit,
        "IMAGE_TYPE": kind,
        "ORBIT_DIRECTION": one.direction,
        "POLARIZATION": polarisation,
        "RELATIVE_ORBIT_NUMBER": f"{one.orbit:03d}",
        "S2_TILE_CORRESPONDING_CODE": one.tile,
    }
    return {name: value for name, value in {**known, **one.tags}.items() if value}

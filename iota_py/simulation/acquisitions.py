"""Passes of Sentinel-2A and 2B over south-western France in 2023, and what is delivered of them for a tile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
from odc.geo.geobox import GeoBox
from pyproj import Transformer

from iota_py.simulation.noise import stream

# First pass of 2023 and its absolute orbit number; an orbit is repeated every 10 days, after 143 revolutions. The two satellites
# follow each other by 5 days, orbit 8 (next to the east) is flown 43 revolutions, 3 days, before orbit 51.
_FIRST = {
    ("SENTINEL2A", 51): (date(2023, 1, 5), 39373),
    ("SENTINEL2B", 51): (date(2023, 1, 10), 30536),
    ("SENTINEL2A", 8): (date(2023, 1, 2), 39330),
    ("SENTINEL2B", 8): (date(2023, 1, 7), 30493),
}
_CYCLE, _REVOLUTIONS = 10, 143
_CROSSING = {51: time(10, 58, 50), 8: time(10, 48, 50)}
TRACK_SLOPE = 0.21  # metres eastwards per metre northwards of the edge of a swath


@dataclass(frozen=True)
class Overflight:
    """One pass of a satellite.

    orbit: relative orbit; revolution: absolute one. cloud: share of the sky covered, 0–1. cirrus: share under thin high cloud.
    """

    platform: str
    sensed: datetime
    orbit: int
    revolution: int
    cloud: float = 0.0
    cirrus: float = 0.0

    @property
    def day(self) -> int:
        """Day of the year, 1 is 1 January."""
        return self.sensed.timetuple().tm_yday

    @property
    def name(self) -> str:
        """Names the pass, for its random streams."""
        return f"{self.platform}-{self.sensed:%Y%m%d}-{self.orbit}"


@dataclass(frozen=True)
class Swath:
    """Half-plane that an orbit sees: what lies on a side, `west` or `east`, of a slanted line through (x, y), in metres."""

    side: str
    x: float
    y: float

    def misses(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """True where the points are off the swath."""
        beyond = x - self.x - TRACK_SLOPE * (y - self.y)
        return beyond > 0 if self.side == "west" else beyond < 0


@dataclass(frozen=True)
class Tile:
    """A tile, its name with the leading T, and its 10 m grid (an even number of rows and columns)."""

    name: str
    geobox: GeoBox


@dataclass(frozen=True)
class Delivery:
    """One product of a pass over a tile.

    swath: None where the pass sees the whole tile. piece: `whole`, or `north` / `south` of a pass cut in two across its track, the
    south `gap` seconds later. version: (major, minor). flag: the distribution letter. bias: reflectance that this version of the
    processing adds. packing: `folder`, `zip`, or `bare zip` for an archive whose name lacks the version.
    """

    tile: Tile
    overflight: Overflight
    swath: Swath | None = None
    piece: str = "whole"
    version: tuple[int, int] = (3, 1)
    flag: str = "C"
    bias: float = 0.0
    packing: str = "folder"
    gap: float = 14.2

    @property
    def sensed(self) -> datetime:
        """Time of the product, UTC."""
        return self.overflight.sensed + timedelta(seconds=self.gap if self.piece == "south" else 0.0)


def overflight(day: date, *, orbit: int = 51, cloud: float = 0.0, cirrus: float = 0.0) -> Overflight:
    """The pass of an orbit (51 or 8) on a day. Raises ValueError on a day without one."""
    for (platform, number), (first, revolution) in _FIRST.items():
        cycles, rest = divmod((day - first).days, _CYCLE)
        if number == orbit and rest == 0:
            shift = stream(0, "time", platform, orbit, day).uniform(-4.0, 8.0)
            sensed = datetime.combine(day, _CROSSING[orbit]) + timedelta(milliseconds=round(1000 * shift))
            return Overflight(platform, sensed, orbit, revolution + _REVOLUTIONS * cycles, cloud, cirrus)
    raise ValueError(f"no satellite flies orbit {orbit} on {day}")


def sun(sensed: datetime, geobox: GeoBox) -> tuple[float, float]:
    """Zenith and azimuth of the sun over the middle of a grid, degrees (declination and hour angle, accurate to about a degree)."""
    box = geobox.boundingbox
    to_degrees = Transformer.from_crs(geobox.crs.to_wkt(), "EPSG:4326", always_xy=True)
    longitude, latitude = to_degrees.transform((box.left + box.right) / 2, (box.bottom + box.top) / 2)
    year_angle = 2 * np.pi * (sensed.timetuple().tm_yday - 81) / 365.0
    equation_of_time = 9.87 * np.sin(2 * year_angle) - 7.53 * np.cos(year_angle) - 1.5 * np.sin(year_angle)  # minutes
    hours = sensed.hour + sensed.minute / 60 + sensed.second / 3600 + longitude / 15 + equation_of_time / 60
    hour_angle, declination, phi = np.radians(15 * (hours - 12)), np.radians(23.45) * np.sin(year_angle), np.radians(latitude)
    cosine = np.sin(phi) * np.sin(declination) + np.cos(phi) * np.cos(declination) * np.cos(hour_angle)
    east = -np.cos(declination) * np.sin(hour_angle)
    north = np.cos(phi) * np.sin(declination) - np.sin(phi) * np.cos(declination) * np.cos(hour_angle)
    return float(np.degrees(np.arccos(cosine))), float(np.degrees(np.arctan2(east, north)) % 360)

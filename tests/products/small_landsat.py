"""Landsat scenes of 12 × 12 pixels of 30 m whose every number is known."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.grid.windows import Window
from iota_py.products.discovery import discover
from iota_py.products.family import load_family
from iota_py.products.reader import read_cube
from iota_py.products.source import Choice, Interval, Source
from iota_py.simulation.landsat import LandsatImage, write_landsat
from tests.products.small import GRID

FAMILY = load_family("landsat-c2-l2")
SEEN = dt.datetime(2023, 7, 4, 10, 36, 29, 123456, tzinfo=dt.UTC)
SIDE = 12
NEAR = GeoBox((SIDE, SIDE), Affine(30, 0, 399885, 0, -30, 4800135), "EPSG:32631")  # origin at 15 m off the lattice of Sentinel-2
FAR = GeoBox((SIDE, SIDE), Affine(30, 0, -86535, 0, -30, 4824885), "EPSG:32632")  # the same ground in the next zone
WHOLE = Window(0, 0, SIDE, SIDE)
NUMBERS = (8000 + 40 * np.arange(SIDE * SIDE)).reshape(SIDE, SIDE).astype(np.uint16)  # each 11 stored units after the one before
CLEAR = np.full((SIDE, SIDE), 1 << 6, np.uint16)
NO_BITS = np.zeros((SIDE, SIDE), np.uint16)


def write(folder: Path, days: int = 0, **changes) -> Path:
    """A clear scene of 12 × 12 pixels. changes: of the image, or numbers of single bands."""
    seen = SEEN + dt.timedelta(days=days)
    numbers = {f"B{n}": (NUMBERS + n).astype(np.uint16) for n in range(1, 8)}
    numbers.update({key: changes.pop(key) for key in list(changes) if key in numbers})
    made = LandsatImage("199030", NEAR, numbers, CLEAR, NO_BITS, seen, (seen + dt.timedelta(days=12)).date())
    return write_landsat(folder, replace(made, **changes))


def source(folder: Path, **changes) -> Source:
    choice = {"bands": ("red", "swir1")} | {key: changes.pop(key) for key in list(changes) if key in Choice.__dataclass_fields__}
    return Source("landsat", folder, FAMILY, Choice(**choice), **changes)


def series(folder: Path, **changes):
    (found,) = discover(source(folder, **changes), Interval()).values()
    return found


def cube(folder: Path, **changes):
    return read_cube(series(folder, **changes), WHOLE)


def on_tile(folder: Path, **changes):
    return discover(source(folder, **changes), Interval(), None, {"31TCJ": GRID})["31TCJ"]


def stored(numbers: np.ndarray) -> np.ndarray:
    """Reflectance × 10,000, the reflectance being number × 0.0000275 − 0.2."""
    return np.rint(numbers * 0.275 - 2000).astype(np.int64)

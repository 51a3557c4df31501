"""SAFE products of 8 × 8 pixels of 10 m whose every number is known."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np

from iota_py.products.discovery import discover
from iota_py.products.family import load_family
from iota_py.products.reader import read_cube
from iota_py.products.source import Choice, Interval, Source
from iota_py.simulation.safe import SafeImage, write_safe
from tests.products.small import ALL, COARSE, FINE, GRID, file

FAMILY = load_family("sen2cor-l2a")
DATATAKE = dt.datetime(2023, 7, 4, 10, 50, 39, tzinfo=dt.UTC)
SENSED = dt.datetime(2023, 7, 4, 10, 58, 51, 24508, tzinfo=dt.UTC)
CLEAR = np.full((4, 4), 4, np.uint8)
EVERY_CLASS = (np.arange(16) % 12).astype(np.uint8).reshape(4, 4)  # 0 to 11, then 0 to 3 again
NUMBERS = {b: FINE.astype(np.uint16) for b in ("B2", "B3", "B4", "B8")} | {
    b: COARSE.astype(np.uint16) for b in ("B5", "B6", "B7", "B8A", "B11", "B12")
}


def write(folder: Path, days: int = 0, **changes) -> Path:
    """A clear product, processed ten hours after the datatake. changes: of the image, or numbers of single bands."""
    day = dt.timedelta(days=days)
    numbers = {**NUMBERS, **{key: changes.pop(key) for key in list(changes) if key in NUMBERS}}
    made = SafeImage(
        tile="31TCJ", geobox=GRID, numbers=numbers, classes=CLEAR, datatake=DATATAKE + day, sensed=SENSED + day,
        strip=DATATAKE + day - dt.timedelta(seconds=5), processed=DATATAKE + day + dt.timedelta(hours=10),
    )  # fmt: skip
    return write_safe(folder, replace(made, **changes))


def series(folder: Path, **changes):
    choice = {"bands": ("B4", "B11")} | {key: changes.pop(key) for key in list(changes) if key in Choice.__dataclass_fields__}
    (found,) = discover(Source("s2", folder, FAMILY, Choice(**choice), **changes), Interval()).values()
    return found


def cube(folder: Path, **changes):
    return read_cube(series(folder, **changes), ALL)


def doubled(coarse: np.ndarray) -> np.ndarray:
    return coarse.repeat(2, 0).repeat(2, 1)


def edit(product: Path, name: str, change) -> None:
    path = file(product, name)
    before = path.read_text(encoding="utf-8")
    assert change(before) != before
    path.write_text(change(before), encoding="utf-8")

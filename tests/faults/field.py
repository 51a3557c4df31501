"""A field of 40 × 40 pixels of 10 m, three classes in bands, seen six times, with reference polygons and a configuration: the smallest whole run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import yaml
from affine import Affine
from odc.geo.geobox import GeoBox
from shapely.geometry import box

from iota_py.grid.windows import whole
from iota_py.io.raster import write_raster
from iota_py.io.vectors import write_gpkg
from iota_py.simulation.acquisitions import Delivery, Overflight, Tile
from iota_py.simulation.muscate import write_product
from iota_py.simulation.observation import FINE_BANDS, Observation
from iota_py.simulation.phenology import BANDS
from iota_py.simulation.weather import Weather

SIDE, LEFT, TOP = 40, 400000.0, 4800000.0
GRID = GeoBox((SIDE, SIDE), Affine(10, 0, LEFT, 0, -10, TOP), "EPSG:32631")
FIRST = dt.datetime(2023, 4, 5, 10, 58, 51, 24000)
DAYS = tuple(range(0, 180, 30))  # after FIRST
CODES = (5, 13, 16)  # of OSO-23: rapeseed, grassland, broad-leaved forest; of the rows from the north, in turns of four
TURN = 4  # rows of a class
REGIONS = ("north", "south")


def classes() -> np.ndarray:
    """Position in CODES of each pixel, (row, col)."""
    return np.repeat(np.arange(SIDE) // TURN % len(CODES), SIDE).reshape(SIDE, SIDE)


def seen(day: int, *, tile: str = "T31TCJ", platform: str = "SENTINEL2A", grid: GeoBox = GRID, **changes: Any) -> Observation:
    """What is seen some days after FIRST: in each class another course of reflectance. changes: of the delivery, or `second` of the time."""
    sensed = FIRST + dt.timedelta(days=day, seconds=changes.pop("second", 0))
    delivery = Delivery(Tile(tile, grid), Overflight(platform, sensed, 51, 40000 + day), **changes)
    clear = np.zeros((SIDE, SIDE), bool)
    weather = Weather(*[np.zeros((SIDE, SIDE), np.float32)] * 3, *[clear] * 6)
    noise = np.random.default_rng(day).normal(0, 0.01, (SIDE, SIDE))
    bands = {}
    for number, band in enumerate(BANDS):
        values = 0.1 + 0.1 * classes() + 0.02 * number + 0.0005 * day * (1 + classes()) + noise
        bands[band] = (values if band in FINE_BANDS else values[::2, ::2]).astype(np.float32)
    return Observation(delivery, bands, weather, clear, clear, np.zeros((SIDE // 2, SIDE // 2), bool), (30.0, 150.0))


def put(folder: Path, day: int, **changes: Any) -> Path:
    """Write the product of a day."""
    return write_product(folder, seen(day, **changes))


def polygons(label: str = "code") -> gpd.GeoDataFrame:
    """Forty squares of 3 × 3 pixels, each inside one class, west to east and north to south; the rows of the file are in this order."""
    shapes, codes = [], []
    for turn in range(SIDE // TURN):
        for place in range(4):
            x, y = LEFT + 20 + 100 * place, TOP - 40 * turn
            shapes.append(box(x, y - 30, x + 30, y))
            codes.append(CODES[turn % len(CODES)])
    return gpd.GeoDataFrame({label: codes}, geometry=shapes, crs=GRID.crs)


def regions(middle: float = TOP - 200) -> gpd.GeoDataFrame:
    """Two halves of the field."""
    right, bottom = LEFT + 10 * SIDE, TOP - 10 * SIDE
    return gpd.GeoDataFrame(
        {"region": list(REGIONS)}, geometry=[box(LEFT, middle, right, TOP), box(LEFT, bottom, right, middle)], crs=GRID.crs
    )


def sow(folder: Path) -> None:
    """Write products, reference and regions into a folder."""
    for day in DAYS:
        put(folder / "s2", day)
    write_gpkg(folder / "reference.gpkg", polygons(), "reference")
    write_gpkg(folder / "regions.gpkg", regions(), "regions")


def document(nomenclature: Path, /, **changes: Any) -> dict[str, Any]:
    """The configuration of the field. changes: laid upon it, section by section."""
    plain: dict[str, Any] = {
        "name": "field",
        "output": "run",
        "tiles": ["31TCJ"],
        "nomenclature": str(nomenclature),
        "period": {"start": "2023-04-01", "end": "2023-09-30", "step": 30},
        "inputs": {"s2": {"family": "theia-s2-l2a", "path": "s2", "bands": ["B4", "B8", "B11"]}},
        "samples": {"polygons": "reference.gpkg", "label": "code", "split": {"runs": 1, "seed": 1}},
        "model": {"kind": "random_forest", "trees": 5, "max_depth": 8},
        "tracking": {"enabled": False},
        "engine": {"workers": 1, "window": 20},
    }
    return laid(plain, changes)


def laid(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` upon `base`, section by section; None takes a key away."""
    merged = dict(base)
    for key, value in over.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = laid(merged[key], value)
        else:
            merged[key] = value
    return merged


def yaml_of(content: Mapping[str, Any]) -> str:
    """A document as YAML."""
    return yaml.safe_dump(dict(content), sort_keys=False)


def raster(path: Path, values: np.ndarray, grid: GeoBox, **options: Any) -> None:
    """Put a raster in the place of another one."""
    path.unlink(missing_ok=True)
    write_raster(path, grid, values.dtype.name, [(whole(grid.shape), values)], options=options)

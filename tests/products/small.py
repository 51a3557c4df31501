"""Products of 8 × 8 pixels of 10 m whose every number is known, in the layout of MUSCATE."""

from __future__ import annotations

import datetime as dt
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.grid.windows import Window, whole
from iota_py.io.raster import write_raster
from iota_py.products.discovery import discover
from iota_py.products.family import load_family
from iota_py.products.product import Series
from iota_py.products.reader import Cube, read_cube
from iota_py.products.source import Choice, Interval, Source
from iota_py.simulation.acquisitions import Delivery, Overflight, Tile
from iota_py.simulation.muscate import write_product
from iota_py.simulation.observation import FINE_BANDS, Observation
from iota_py.simulation.phenology import BANDS
from iota_py.simulation.weather import Weather

GRID = GeoBox((8, 8), Affine(10, 0, 400000, 0, -10, 4800000), "EPSG:32631")
ALL = Window(0, 0, 8, 8)
FAMILY = load_family("theia-s2-l2a")
FINE = 1000 + 50 * np.arange(64).reshape(8, 8)  # numbers of a 10 m band
COARSE = 2000 + 100 * np.arange(16).reshape(4, 4)  # numbers of a 20 m band
NOTHING = np.zeros((8, 8), bool)
NOON = dt.datetime(2023, 7, 4, 10, 58, 51, 24000)


def observation(sensed: dt.datetime = NOON, platform: str = "SENTINEL2A", offset: int = 0, **changes) -> Observation:
    """A clear observation; `offset` is added to every number. changes: of the delivery, or masks of the weather, or of the observation."""
    passed = Overflight(platform, sensed, 51, 40000)
    delivery = Delivery(Tile("T31TCJ", GRID), passed)
    weather = Weather(*[np.zeros((8, 8), np.float32)] * 3, *[NOTHING] * 6)
    numbers = {band: (FINE if band in FINE_BANDS else COARSE) + offset for band in BANDS}
    bands = {band: (values / 10000).astype(np.float32) for band, values in numbers.items()}
    seen = Observation(delivery, bands, weather, NOTHING, NOTHING, np.zeros((4, 4), bool), (30.0, 150.0))
    for part in ("delivery", "weather"):
        own = {key: value for key, value in changes.items() if hasattr(getattr(seen, part), key)}
        seen = replace(seen, **{part: replace(getattr(seen, part), **own)})
    return replace(seen, **{key: value for key, value in changes.items() if key in ("outside", "saturated")})


def write(folder: Path, *args, **changes) -> Path:
    """Write such a product and give its folder or archive."""
    return write_product(folder, observation(*args, **changes))


def at(*places: tuple[int, int]) -> np.ndarray:
    """Bool (row, col), True at these places of a tile."""
    mask = np.zeros((8, 8), bool)
    for row, col in places:
        mask[row, col] = True
    return mask


def file(product: Path, name: str) -> Path:
    """A file of a product by the end of its name."""
    (found,) = product.rglob(f"*{name}")
    return found


def rewrite(product: Path, name: str, values: np.ndarray, step: float = 10.0, *, left: float = 400000.0, **more) -> None:
    """Put other pixels, or another grid, in the place of a raster."""
    crs, top = more.pop("crs", "EPSG:32631"), more.pop("top", 4800000.0)
    box = GeoBox(values.shape, Affine(step, 0, left, 0, -step, top), crs)
    write_raster(file(product, name), box, values.dtype.name, [(whole(box.shape), values)], options=more)


def edit_metadata(product: Path, change: Callable[[str], str]) -> None:
    """Change the text of the metadata."""
    path = file(product, "MTD_ALL.xml")
    before = path.read_text(encoding="utf-8")
    assert change(before) != before
    path.write_text(change(before), encoding="utf-8")


def source(folder: Path, **changes) -> Source:
    """What to read of a folder. changes: of the choice (bands, reflectance, what is unusable) or of the source."""
    choice = {
        "bands": ("B4", "B11"), "reflectance": "FRE", "cloud": "strict", "saturation": True, "topographic_shadow": False, "snow": False,
    }  # fmt: skip
    choice.update({key: changes.pop(key) for key in list(changes) if key in choice})
    return Source("s2", folder, FAMILY, Choice(**choice), **changes)


def series(folder: Path, interval: Interval | None = None, **changes) -> Series:
    """The one series of a folder."""
    (found,) = discover(source(folder, **changes), interval or Interval(), None).values()
    return found


def cube(folder: Path, window: Window = ALL, **changes) -> Cube:
    """Pixels of a window of the one series of a folder."""
    return read_cube(series(folder, **changes), window)


def assert_same(part: Cube, everything: Cube, window: Window) -> None:
    """A cube is the part of another one under a window: validity everywhere, values where they are valid."""
    valid = everything.valid[(..., *window.slices)]
    assert np.array_equal(part.valid, valid)
    usable = np.broadcast_to(valid[:, None], part.values.shape)
    assert np.array_equal(part.values[usable], everything.values[(..., *window.slices)][usable])


def packed(product: Path, suffix: str, **options) -> Path:
    """The archive `.zip`, `.tar`, `.tar.gz` or `.tgz` that takes the place of the folder of a product. options: of the tar."""
    archive = product.with_name(product.name + suffix)
    if suffix == ".zip":
        with zipfile.ZipFile(archive, "w") as stream:
            for path in sorted(p for p in product.rglob("*") if p.is_file()):
                stream.write(path, path.relative_to(product.parent).as_posix())
    else:
        with tarfile.open(archive, "w:gz" if suffix.endswith("gz") else "w", **options) as tar:
            tar.add(product, product.name)
    shutil.rmtree(product)
    return archive

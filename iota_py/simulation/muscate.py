"""Sentinel-2 L2A products in the native layout of MAJA / MUSCATE: `*_FRE_*.tif`, `MASKS/`, `*_MTD_ALL.xml`, as a folder or a zip.

Bits of the masks are numbered from 0. Edges: the mask R1 is the mask R2 repeated, so a pixel is nodata in all bands or in none.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.grid.windows import whole
from iota_py.io.publish import published, write_text
from iota_py.io.raster import write_raster
from iota_py.simulation.acquisitions import Delivery
from iota_py.simulation.muscate_metadata import GROUPS, NODATA, SCALE, metadata
from iota_py.simulation.observation import SATURATED_BANDS, Observation, observe
from iota_py.simulation.scene import Scene

# Radiometric resolution: digital numbers are multiples of it. It is near the noise of each band; finer steps would store noise.
STEPS = {"B2": 25, "B3": 25, "B4": 25, "B5": 25, "B6": 50, "B7": 50, "B8": 50, "B8A": 50, "B11": 50, "B12": 25}
_STRIP = 32768  # bytes of a strip of rows before compression; one row of a full tile is 22 kB
_ZIP_TIME = (2023, 1, 1, 0, 0, 0)


def write_products(
    folder: str | Path, scene: Scene, deliveries: Iterable[Delivery], progress: Callable[[str], None] | None = None
) -> list[Path]:
    """Write one product per delivery under `folder`; the folders and archives made. progress: called with the name of each."""
    paths = []
    for delivery in deliveries:
        paths.append(write_product(folder, observe(scene, delivery)))
        if progress is not None:
            progress(paths[-1].name)
    return paths


def write_product(folder: str | Path, observation: Observation) -> Path:
    """Write one product under `folder` and return its folder or archive."""
    folder = Path(folder)
    identifier, path = product_id(observation.delivery), folder / product_name(observation.delivery)
    if path.suffix != ".zip":
        _write_files(path, observation)
        return path
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".packing-") as place:
        _write_files(Path(place) / identifier, observation)
        _pack(Path(place), path)
    return path


def product_id(delivery: Delivery) -> str:
    """Identifier of a product, `PRODUCT_ID` of its metadata."""
    sensed, version = delivery.sensed, "{}-{}".format(*delivery.version)
    stamp = f"{sensed:%Y%m%d-%H%M%S}-{sensed.microsecond // 1000:03d}"
    return f"{delivery.overflight.platform}_{stamp}_L2A_{delivery.tile.name}_{delivery.flag}_V{version}"


def product_name(delivery: Delivery) -> str:
    """Name of the folder or archive of a product, according to its packing."""
    identifier = product_id(delivery)
    return {"folder": identifier, "zip": f"{identifier}.zip", "bare zip": f"{identifier.rsplit('_V', 1)[0]}.zip"}[delivery.packing]


def digital_numbers(reflectance: np.ndarray, outside: np.ndarray, step: int) -> np.ndarray:
    """int16 of reflectances, rounded to multiples of `step`; NODATA outside."""
    numbers = step * np.round(reflectance * (SCALE / step))
    return np.where(outside, NODATA, np.clip(numbers, -1000, 32000)).astype(np.int16)


def masks(observation: Observation) -> dict[str, dict[str, np.ndarray]]:
    """Masks by name then group (R1, R2), uint8 (row, col)."""
    weather, outside = observation.weather, observation.outside
    shadow = weather.shadow_inside | weather.shadow_outside
    clouds = _bits(
        weather.cloud | shadow, weather.cloud, weather.cloud & weather.bright, weather.cloud,
        weather.fringe, weather.shadow_inside, weather.shadow_outside, weather.cirrus,
    )  # fmt: skip
    nothing = np.zeros_like(outside)
    ground = _bits(observation.water, weather.cloud, nothing, shadow)
    fine = {"CLM": np.where(outside, 0, clouds), "MG2": np.where(outside, 0, ground), "EDG": outside.astype(np.uint8)}
    found = {name: {"R1": values.astype(np.uint8), "R2": _coarsen(values).astype(np.uint8)} for name, values in fine.items()}
    found["SAT"] = {group: _saturation(observation.saturated, group) for group in GROUPS}
    return found


def _write_files(folder: Path, observation: Observation) -> None:
    identifier, geobox = folder.name, observation.delivery.tile.geobox
    grids = {"R1": geobox, "R2": geobox.zoom_out(2)}
    found = masks(observation)
    for group, bands in GROUPS.items():
        outside = found["EDG"][group] > 0
        for band in bands:
            _write(
                folder / f"{identifier}_FRE_{band}.tif",
                grids[group],
                digital_numbers(observation.bands[band], outside, STEPS[band]),
                predictor=2,
            )
        for name, values in found.items():
            _write(folder / "MASKS" / f"{identifier}_{name}_{group}.tif", grids[group], values[group])
    seen = found["EDG"]["R1"] == 0
    cloudy = (found["CLM"]["R1"] & 2 > 0) & seen
    percent = int(100 * cloudy.sum() / max(int(seen.sum()), 1))
    # last, since readers take a folder with metadata for a product
    write_text(folder / f"{identifier}_MTD_ALL.xml", metadata(observation, identifier, grids, percent))


def _write(path: Path, geobox: GeoBox, values: np.ndarray, predictor: int = 1) -> None:
    rows = max(1, _STRIP // (values.shape[1] * values.itemsize))
    options = {"zlevel": 9, "predictor": predictor, "blockysize": min(rows, values.shape[0])}
    write_raster(path, geobox, values.dtype.name, [(whole(values.shape), values)], options=options)


def _pack(place: Path, archive: Path) -> None:
    """Zip everything under `place`, in the order of the names and with fixed dates: equal contents give equal archives."""
    with published(archive) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as stream:
        for path in sorted(p for p in place.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(place).as_posix(), _ZIP_TIME)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            stream.writestr(entry, path.read_bytes())


def _bits(*layers: np.ndarray) -> np.ndarray:
    return np.sum([layer.astype(np.uint8) << bit for bit, layer in enumerate(layers)], axis=0, dtype=np.uint8)


def _coarsen(values: np.ndarray) -> np.ndarray:
    """Bits set in any of 2 × 2 pixels."""
    return values[::2, ::2] | values[1::2, ::2] | values[::2, 1::2] | values[1::2, 1::2]


def _saturation(saturated: np.ndarray, group: str) -> np.ndarray:
    """One bit per band of the group, in the order of the group."""
    value = sum(1 << bit for bit, band in enumerate(GROUPS[group]) if band in SATURATED_BANDS)
    coarse = np.where(saturated, value, 0).astype(np.uint8)
    return coarse.repeat(2, 0).repeat(2, 1) if group == "R1" else coarse

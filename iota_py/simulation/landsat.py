"""Landsat scenes of Collection 2 Level 2 of the USGS, from arrays: one GeoTIFF per band and mask, metadata as XML, JSON and text."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.grid.windows import whole
from iota_py.io.publish import write_text
from iota_py.io.raster import write_raster
from iota_py.simulation.observation import FINE_BANDS, Observation
from iota_py.simulation.packing import pack_tar

SCALE, SHIFT = 2.75e-05, -0.2
_SEEN_AS = {"B2": "B2", "B3": "B3", "B4": "B4", "B5": "B8A", "B6": "B11", "B7": "B12"}  # file band of Landsat 8 -> band of Sentinel-2
_SENSORS = {"LC": "OLI_TIRS", "LO": "OLI", "LE": "ETM", "LT": "TM"}


@dataclass(frozen=True, eq=False)
class LandsatImage:
    """One scene to write.

    place: WRS path and row, six digits. geobox: 30 m grid. numbers: uint16 (row, col) by file band (B1, …). pixel_quality: QA_PIXEL,
    saturation: QA_RADSAT, uint16 (row, col), the latter None for none. seen: UTC. satellite: letters and number, `LC08`. forms: of the
    metadata. packing: `folder` or `tar`.
    """

    place: str
    geobox: GeoBox
    numbers: Mapping[str, np.ndarray]
    pixel_quality: np.ndarray
    saturation: np.ndarray | None
    seen: dt.datetime
    processed: dt.date
    satellite: str = "LC08"
    level: str = "L2SP"
    tier: str = "T1"
    law: tuple[float, float] = (SCALE, SHIFT)
    forms: tuple[str, ...] = field(default=("xml", "json", "txt"))
    packing: str = "folder"

    @property
    def name(self) -> str:
        """Name of the image."""
        return f"{self.satellite}_{self.level}_{self.place}_{self.seen:%Y%m%d}_{self.processed:%Y%m%d}_02_{self.tier}"


def digital_numbers(reflectance: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """uint16 of reflectances as Collection 2 stores them: (reflectance + 0.2) / 0.0000275, at least 1; 0 outside."""
    return np.where(outside, 0, np.clip(np.round((reflectance - SHIFT) / SCALE), 1, 65535)).astype(np.uint16)


def observed(observation: Observation, place: str = "199030", packing: str = "folder") -> LandsatImage:
    """What Landsat 8 would see in the place of a simulated Sentinel-2: means of 3 × 3 pixels of 10 m, whole ones from the upper left."""
    grid, weather = observation.delivery.tile.geobox, observation.weather
    rows, cols = (side // 3 for side in grid.shape)
    outside = _coarse(observation.outside, rows, cols).any(axis=(1, 3))
    numbers = {}
    for number, band in _SEEN_AS.items():
        seen = observation.bands[band]
        fine = seen if band in FINE_BANDS else seen.repeat(2, 0).repeat(2, 1)
        numbers[number] = digital_numbers(_coarse(fine, rows, cols).mean(axis=(1, 3)), outside)
    shadow = weather.shadow_inside | weather.shadow_outside
    flags = {1: weather.fringe, 2: weather.cirrus, 3: weather.cloud, 4: shadow, 7: observation.water}
    quality = sum(_coarse(mask, rows, cols).any(axis=(1, 3)).astype(np.uint16) << bit for bit, mask in flags.items())
    quality |= np.where(quality & 0b11110, 0, 1 << 6).astype(np.uint16)
    saturated = _coarse(observation.saturated.repeat(2, 0).repeat(2, 1), rows, cols).any(axis=(1, 3))
    seen_at = observation.delivery.sensed
    return LandsatImage(
        place=place,
        geobox=grid[: 3 * rows, : 3 * cols].zoom_out(3),
        numbers=numbers,
        pixel_quality=np.where(outside, 1, quality).astype(np.uint16),
        saturation=np.where(outside, 0, saturated * 0b1110).astype(np.uint16),
        seen=seen_at,
        processed=(seen_at + dt.timedelta(days=12)).date(),
        packing=packing,
    )


def _coarse(values: np.ndarray, rows: int, cols: int) -> np.ndarray:
    """Values of 10 m by pixel of 30 m: (row, 3, col, 3)."""
    return values[: 3 * rows, : 3 * cols].reshape(rows, 3, cols, 3)


def write_landsat(folder: str | Path, image: LandsatImage) -> Path:
    """Write a scene under `folder`; its folder, or the archive that holds its files, which have no folder there."""
    folder = Path(folder)
    if image.packing == "folder":
        _write_files(folder / image.name, image)
        return folder / image.name
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"{image.name}.tar"
    with tempfile.TemporaryDirectory(dir=folder, prefix=".packing-") as place:
        _write_files(Path(place), image)
        pack_tar(place, archive)
    return archive


def _write_files(folder: Path, image: LandsatImage) -> None:
    rasters = {f"SR_{band}": values for band, values in image.numbers.items()}
    rasters["QA_PIXEL"] = image.pixel_quality
    if image.saturation is not None:
        rasters["QA_RADSAT"] = image.saturation
    for name, values in rasters.items():
        write_raster(folder / f"{image.name}_{name}.TIF", image.geobox, "uint16", [(whole(values.shape), values)])
    groups = _metadata(image)
    texts = {"xml": _as_xml, "json": _as_json, "txt": _as_text}
    for form in image.forms:
        write_text(folder / f"{image.name}_MTL.{form}", texts[form](groups))


def _metadata(image: LandsatImage) -> dict[str, dict[str, str]]:
    mult, add = image.law
    bands = [band[1:] for band in image.numbers]
    return {
        "PRODUCT_CONTENTS": {"LANDSAT_PRODUCT_ID": image.name, "PROCESSING_LEVEL": image.level, "COLLECTION_NUMBER": "02"},
        "IMAGE_ATTRIBUTES": {
            "SPACECRAFT_ID": f"LANDSAT_{int(image.satellite[2:])}",
            "SENSOR_ID": _SENSORS[image.satellite[:2]],
            "WRS_PATH": image.place[:3],
            "WRS_ROW": image.place[3:],
            "DATE_ACQUIRED": f"{image.seen:%Y-%m-%d}",
            "SCENE_CENTER_TIME": f"{image.seen:%H:%M:%S.%f}0Z",
            "CLOUD_COVER": f"{100 * float((image.pixel_quality & 8 > 0).mean()):.2f}",
            "SUN_AZIMUTH": "112.20059080",
            "SUN_ELEVATION": "57.75",
        },
        "LEVEL2_SURFACE_REFLECTANCE_PARAMETERS": {
            **{f"REFLECTANCE_MULT_BAND_{band}": str(mult) for band in bands},
            **{f"REFLECTANCE_ADD_BAND_{band}": str(add) for band in bands},
        },
        # the same keys for the reflectance at the top of the atmosphere
        "LEVEL1_RADIOMETRIC_RESCALING": {
            **{f"REFLECTANCE_MULT_BAND_{band}": "2.0000E-05" for band in bands},
            **{f"REFLECTANCE_ADD_BAND_{band}": "-0.100000" for band in bands},
        },
    }


def _as_xml(groups: Mapping[str, Mapping[str, str]]) -> str:
    root = ET.Element("LANDSAT_METADATA_FILE")
    for name, entries in groups.items():
        group = ET.SubElement(root, name)
        for key, value in entries.items():
            ET.SubElement(group, key).text = value
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _as_json(groups: Mapping[str, Mapping[str, str]]) -> str:
    return json.dumps({"LANDSAT_METADATA_FILE": groups}, indent=2) + "\n"


def _as_text(groups: Mapping[str, Mapping[str, str]]) -> str:
    """Words in quotation marks, numbers, times and days without, as the USGS writes them."""
    lines = ["GROUP = LANDSAT_METADATA_FILE"]
    for name, entries in groups.items():
        lines.append(f"  GROUP = {name}")
        lines += [f"    {key} = {value if value[0] in '-0123456789' else chr(34) + value + chr(34)}" for key, value in entries.items()]
        lines.append(f"  END_GROUP = {name}")
    return "\n".join([*lines, "END_GROUP = LANDSAT_METADATA_FILE", "END", ""])

"""Writing of products in the MUSCATE layout: `*_FRE_*.tif`, `MASKS/`, `*_MTD_ALL.xml`, as a folder or an archive."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.grid.windows import whole
from iota_py.io.publish import write_text
from iota_py.io.raster import write_raster
from iota_py.simulation.muscate_image import MuscateImage
from iota_py.simulation.muscate_metadata import metadata
from iota_py.simulation.packing import pack_tar, pack_zip

_STRIP = 32768  # bytes of a strip of rows before compression; one row of a full tile is 22 kB


def write_image(folder: str | Path, image: MuscateImage) -> Path:
    """Write one product under `folder` and return its folder or archive."""
    folder = Path(folder)
    path = folder / image.file_name
    if image.packing == "folder":
        _write_files(path, image)
        return path
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".packing-") as place:
        _write_files(Path(place) / image.identifier, image)
        (pack_tar if image.packing == "tar" else pack_zip)(place, path)
    return path


def _write_files(folder: Path, image: MuscateImage) -> None:
    name = image.identifier
    group_of = {band: group for group, bands in image.bands.items() for band in bands}
    for kind, bands in image.images.items():
        for band, numbers in bands.items():
            _write(folder / f"{name}_{kind}_{band}.tif", image.grids[group_of[band]], numbers, predictor=2)
    for mask, groups in image.masks.items():
        for group, values in groups.items():
            _write(folder / "MASKS" / f"{name}_{mask}_{group}.tif", image.grids[group], values)
    if image.described:  # last, since readers take a folder with metadata for a product
        write_text(folder / f"{name}_MTD_ALL.xml", metadata(image))


def _write(path: Path, geobox: GeoBox, values: np.ndarray, predictor: int = 1) -> None:
    rows = max(1, _STRIP // (values.shape[1] * values.itemsize))
    options = {"zlevel": 9, "predictor": predictor, "blockysize": min(rows, values.shape[0])}
    write_raster(path, geobox, values.dtype.name, [(whole(values.shape), values)], options=options)

"""Maps of a few pixels, their nomenclature and what is beside them, for the commands on class maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import yaml
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.config import load_config
from iota_py.config.schema import dump
from iota_py.grid.windows import whole
from iota_py.io.documents import yaml_text
from iota_py.io.publish import write_text
from iota_py.io.raster import write_raster
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from tests.conftest import DEMO
from tests.nomenclature.samples import THREE

LEFT, TOP = 500_000, 4_800_000


def grid_of(shape: tuple[int, int], row: int = 0, col: int = 0, size: float = 10.0, crs: str = "EPSG:32631") -> GeoBox:
    """A grid whose upper left corner is at (row, col) of the lattice of the tests."""
    return GeoBox(shape, Affine(size, 0, LEFT + 10 * col, 0, -size, TOP - 10 * row), crs)


def write_map(path: Path, values: object, **place: object) -> Path:
    """A raster of these codes, uint8 unless they are an array of another type."""
    codes = values if isinstance(values, np.ndarray) else np.array(values, np.uint8)
    grid = grid_of(codes.shape, **place)  # type: ignore[arg-type]
    write_raster(path, grid, str(codes.dtype), [(whole(codes.shape), codes)], options={"nodata": 0})
    return path


def write_run(folder: Path, values: object, **place: object) -> Path:
    """The folder of a run that is finished, as far as its map goes: the configuration of the demonstration (OSO-23) and a map of these codes."""
    config = load_config(DEMO)
    write_text(folder / paths.CONFIG, yaml_text(dump(config)))
    write_map(folder / paths.map_layer("classification"), values, **place)
    return folder


def write_nomenclature(path: Path, nomenclature: Nomenclature = THREE) -> Path:
    """The file of a nomenclature."""
    classes = [
        {"code": c.code, "alias": c.alias, "name": dict(c.names), "colour": list(c.colour), **({"group": c.group} if c.group else {})}
        for c in nomenclature.classes
    ]
    document = {"name": nomenclature.name, "classes": classes, "groups": {k: dict(v) for k, v in nomenclature.groups.items()}}
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return path

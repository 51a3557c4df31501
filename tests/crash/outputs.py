"""One file of each kind that a run writes, small but of several blocks, written by the package's own writers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.grid.windows import Window, whole
from iota_py.io.assembly import assemble_cog
from iota_py.io.copies import published_folder
from iota_py.io.geopackage import write_layers
from iota_py.io.layers import write_geoparquet, write_polygon_gpkg, write_shapefile
from iota_py.io.parts import Layout, part_writer
from iota_py.io.publish import write_bytes, write_json
from iota_py.io.raster import write_cog, write_raster
from iota_py.io.tables import write_csv, write_table
from iota_py.io.vectors import write_geojson, write_gpkg
from iota_py.training.bundle import save
from iota_py.training.fit import fit
from iota_py.training.options import RandomForestOptions
from tests.training.kinds import NAMES, samples

GRID = GeoBox((600, 600), Affine(10, 0, 400000, 0, -10, 4800000), "EPSG:32631")


def _pixels(content: int) -> np.ndarray:
    return np.random.default_rng(content).integers(1, 24, GRID.shape).astype(np.uint8)


def _frame(content: int) -> pd.DataFrame:
    random = np.random.default_rng(content)
    return pd.DataFrame({"id": np.arange(3000), "value": random.normal(size=3000), "name": [f"n{k % 7}" for k in range(3000)]})


def _polygons(content: int) -> gpd.GeoDataFrame:
    left = np.arange(800) * 20.0 + 400000 + content
    shapes = shapely.box(left, 4799000.0, left + 10, 4799010.0)
    return gpd.GeoDataFrame({"code": np.arange(800) % 9}, geometry=shapes, crs="EPSG:32631")


def _part(path: Path, content: int) -> None:
    with part_writer(path, GRID, whole(GRID.shape), Layout(), reduced=False) as put:
        for row in range(0, 600, 200):
            put(Window(row, 0, 200, 600), _pixels(content)[row : row + 200])


def _assembled(path: Path, content: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "part.tif"
        _part(part, content)
        assemble_cog(path, GRID, Layout(), [(whole(GRID.shape), part)])


def _folder(path: Path, content: int) -> None:
    with published_folder(path) as part:
        write_csv(part / "a.csv", _frame(content))
        write_bytes(part / "b.bin", bytes([content]) * 5000)


def _layers(path: Path, content: int) -> None:
    write_layers(path, {"layer": _polygons(content), "notes": _frame(content)}, {"layer": "Polygon"})


def _shapefile(path: Path, content: int) -> None:
    write_shapefile(path, _polygons(content), "layer", {"code": (3, 0)})


def _bundle(path: Path, content: int) -> None:
    features, labels = samples()
    fitted = fit("random_forest", RandomForestOptions(trees=3), features, labels, NAMES, content)
    save(fitted, path)


WRITERS: dict[str, Callable[[Path, int], None]] = {
    "raster.tif": lambda path, content: write_raster(path, GRID, "uint8", [(whole(GRID.shape), _pixels(content))]),
    "part.tif": _part,
    "cog.tif": lambda path, content: write_cog(path, GRID, "uint8", [(whole(GRID.shape), _pixels(content))], overviews="mode"),
    "assembled.tif": _assembled,
    "table.parquet": lambda path, content: write_table(path, _frame(content)),
    "table.csv": lambda path, content: write_csv(path, _frame(content)),
    "vectors.gpkg": lambda path, content: write_gpkg(path, _polygons(content), "layer"),
    "polygons.gpkg": lambda path, content: write_polygon_gpkg(path, _polygons(content), "layer"),
    "polygons.parquet": lambda path, content: write_geoparquet(path, _polygons(content)),
    "polygons.zip": _shapefile,
    "polygons.geojson": lambda path, content: write_geojson(path, _polygons(content)),
    "document.json": lambda path, content: write_json(path, {"numbers": list(range(content, content + 4000))}),
    "layers.gpkg": _layers,
    "bundle": _bundle,
    "package": _folder,
}


def write_output(kind: str, path: Path, content: int = 0) -> None:
    """Publish an output of a kind of WRITERS; content: tells one from another."""
    WRITERS[kind](path, content)

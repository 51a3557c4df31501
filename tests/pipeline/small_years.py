"""A land of forty pixels on a side in several years: forest and water stay, wheat and maize change fields; runs of a few seconds."""

from __future__ import annotations

import datetime as dt
import zlib
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.config import RunConfig, load_config
from iota_py.grid.windows import whole
from iota_py.io.raster import write_raster
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.plan import Plan, make_plan
from iota_py.pipeline.plans.train import make_train_plan
from iota_py.pipeline.preflight import external_digests
from iota_py.pipeline.progress import Progress
from iota_py.pipeline.run import Summary, run

ROOT = Path(__file__).resolve().parents[2]
SIZE, FIELD = 40, 8  # pixels on a side of the land, of a field
GRID = GeoBox((SIZE, SIZE), Affine(10, 0, 400000, 0, -10, 4800000), "EPSG:32631")
FOREST, WATER, WHEAT, MAIZE = 16, 23, 6, 10
DAYS = {
    2021: (5, 50, 95, 140, 190, 235, 280, 330),
    2022: (12, 60, 100, 150, 185, 240, 290, 340),
    2023: (8, 55, 105, 145, 195, 230, 285, 335),
}
PEAK = {WHEAT: 140.0, MAIZE: 220.0}  # day of the year of the greenest

# One field in five is forest, one water; the others change from year to year.
_LASTING = {0: FOREST, 1: WATER}


def fields(year: int) -> np.ndarray:
    """Class of each of the 5 × 5 fields, uint8."""
    rows, cols = np.indices((SIZE // FIELD, SIZE // FIELD))
    kind = (rows + 2 * cols) % 5
    crop = np.where((rows * 3 + cols + year) % 2 == 0, WHEAT, MAIZE)
    return np.select([kind == 0, kind == 1], [FOREST, WATER], crop).astype(np.uint8)


def classes(year: int) -> np.ndarray:
    """Class of each pixel, uint8 (row, col)."""
    return np.kron(fields(year), np.ones((FIELD, FIELD), np.uint8))


def write_year(folder: Path, year: int, *, size: int = SIZE) -> Path:
    """Images of a year: red and near infrared, reflectance × 10,000, one GeoTIFF a date."""
    truth, random = classes(year)[:size, :size], np.random.default_rng(year)
    box = GeoBox((size, size), GRID.transform, GRID.crs)
    for day in DAYS[year]:
        green = np.full(truth.shape, 0.15)
        for code, peak in PEAK.items():
            green[truth == code] = 0.15 + 0.7 * np.exp(-(((day - peak) / 45.0) ** 2))
        green[truth == FOREST] = 0.8
        red, nir = 600 + 1500 * (1 - green), 800 + 3000 * green
        red[truth == WATER], nir[truth == WATER] = 300, 150
        values = np.stack([red, nir]) + random.normal(0, 60, (2, *truth.shape))
        name = f"{dt.date(year, 1, 1) + dt.timedelta(days=day - 1):%Y%m%d}.tif"
        write_raster(folder / name, box, "int16", [(whole(box.shape), np.rint(values).astype(np.int16))], count=2)
    return folder


def write_reference(path: Path, year: int) -> Path:
    """One polygon inside each field, with the class of the year."""
    rows = []
    for (row, col), code in np.ndenumerate(fields(year)):
        left, top = 400000 + col * FIELD * 10, 4800000 - row * FIELD * 10
        rows.append((int(code), shapely.box(left + 10, top - FIELD * 10 + 10, left + FIELD * 10 - 10, top - 10)))
    frame = gpd.GeoDataFrame({"code": [code for code, _ in rows]}, geometry=[shape for _, shape in rows], crs="EPSG:32631")
    frame.to_file(path, layer="reference", driver="GPKG")
    return path


def write_regions(path: Path) -> Path:
    """West and East, half of the land each."""
    half = SIZE * 5
    boxes = [shapely.box(400000, 4799600, 400000 + half, 4800000), shapely.box(400000 + half, 4799600, 400000 + 2 * half, 4800000)]
    gpd.GeoDataFrame({"name": ["West", "East"]}, geometry=boxes, crs="EPSG:32631").to_file(path, layer="regions", driver="GPKG")
    return path


SETTINGS = """
name: small
output: run
nomenclature: {root}/configs/nomenclatures/oso-23.yaml
period: {{start: 2023-01-01, end: 2023-12-31, step: 40}}
inputs:
  images:
    family: raster-series
    path: "2023"
    series: {{pattern: "{{date}}.tif", bands: {{red: 1, nir: 2}}, roles: {{red: red, nir: nir}}}}
features:
  images: {{indices: [NDVI]}}
model: {{kind: random_forest, trees: 5, max_depth: 8, min_samples_leaf: 1}}
tracking: {{enabled: false}}
engine: {{workers: 1}}
"""


def write_land(folder: Path, *years: int) -> Path:
    """Images, reference and regions in a folder, and the settings that configurations there extend."""
    for year in years:
        write_year(folder / str(year), year)
        write_reference(folder / f"reference_{year}.gpkg", year)
    write_regions(folder / "regions.gpkg")
    (folder / "base.yaml").write_text(SETTINGS.format(root=ROOT), encoding="utf-8")
    return folder


def configured(land: Path, output: Path, more: str) -> RunConfig:
    """A configuration on this land: further lines of YAML, relative to it."""
    name = f"config_{zlib.crc32((str(output) + more).encode())}.yaml"
    (land / name).write_text(f"extends: base.yaml\noutput: {output}\n{more}", encoding="utf-8")
    return load_config(land / name)


def map_of(config: RunConfig, progress: Progress | None = None) -> Summary:
    """A run up to the scores and the map, without figures and report."""

    def planner(given: RunConfig, inventory: Inventory) -> Plan:
        pages = ("summary", "importance_tables", "report")
        return Plan(tuple(task for task in make_plan(given, inventory, external_digests(given)).tasks if task.stage not in pages))

    return run(config, progress, planner)


def models_of(config: RunConfig) -> Summary:
    """A run up to the models and their scores on samples."""
    return run(config, None, lambda given, inventory: make_train_plan(given, inventory, external_digests(given)))

"""A real patch of Belgium, twelve months of Sentinel-2 and Sentinel-1 with elevation: three inputs of one run, up to the feature matrix.

Source: WorldCereal (NetCDF). Sentinel-2 as a raster series, reflectance × 10,000, 65535 being no data; Sentinel-1, stored there as
amplitudes whose 20·log10 − 83 is the backscatter in decibels, as S1Tiling delivers it, in linear power; elevation as a user's raster.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import yaml
from odc.geo.geobox import GeoBox
from shapely.geometry import box

from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.grid.windows import whole
from iota_py.io.raster import read_header, read_window, write_raster
from iota_py.io.vectors import write_gpkg
from iota_py.pipeline import paths
from iota_py.pipeline.inputs.reading import feature_source, features_of, read_observed
from iota_py.pipeline.inventory import Inventory, take_inventory
from iota_py.pipeline.plan import make_feature_plan
from iota_py.pipeline.run import run
from iota_py.simulation.radar import RadarPass, write_pass
from tests.conftest import ROOT
from tests.products.conftest import unsynced  # noqa: F401 - a fixture
from tests.products.real import real

pytestmark = pytest.mark.shared
TILE = "31UFS"
BANDS = ("B2", "B3", "B4", "B5", "B6", "B7", "B8", "B11", "B12")
GONE = 65535
EPOCH = dt.date(1990, 1, 1)


class Patch:
    """Numbers of the file by variable, uint16 (month, row, col); its months; its grid."""

    def __init__(self, file: Path) -> None:
        self.file = file
        with rasterio.open(f"netcdf:{file}:S2-L2A-B02") as dataset:
            days = dataset.tags()["NETCDF_DIM_t_VALUES"].strip("{}").split(",")
            self.dates = [EPOCH + dt.timedelta(days=int(day)) for day in days]
            self.grid = GeoBox(dataset.shape, dataset.transform, dataset.crs)
        self.optical = {band: self.read(f"S2-L2A-B{band[1:]:0>2}") for band in BANDS}
        self.amplitude = {pol: self.read(f"S1-SIGMA0-{pol.upper()}") for pol in ("vv", "vh")}
        self.elevation = self.read("elevation")[0]

    def read(self, name: str) -> np.ndarray:
        with rasterio.open(f"netcdf:{self.file}:{name}") as dataset:
            return dataset.read()

    @property
    def usable(self) -> np.ndarray:
        """Bool (month, row, col): no band is missing."""
        return np.all([numbers != GONE for numbers in self.optical.values()], axis=0)


@pytest.fixture(scope="module")
def patch() -> Patch:
    return Patch(next(real("belgium_s1s2").glob("*.nc")))


@pytest.fixture(scope="module")
def settings(patch: Patch, tmp_path_factory: pytest.TempPathFactory) -> RunConfig:
    """A run of the three, each with its own dates, over the files written as their chains would."""
    folder = tmp_path_factory.mktemp("belgium")
    (folder / "s2").mkdir()
    for month, date in enumerate(patch.dates):
        cube = np.stack([patch.optical[band][month] for band in BANDS])
        write_raster(folder / "s2" / f"S2_{date:%Y%m%d}.tif", patch.grid, "uint16", [(whole(patch.grid.shape), cube)], count=len(BANDS))
        sensed = dt.datetime(date.year, date.month, date.day, 5, 50, tzinfo=dt.UTC)
        one = RadarPass(TILE, patch.grid, sensed, "DES", 37)
        write_pass(folder / "s1", one, {pol: power(numbers[month]) for pol, numbers in patch.amplitude.items()})
    write_raster(folder / "dem.tif", patch.grid, "uint16", [(whole(patch.grid.shape), patch.elevation)])
    outline = patch.grid.extent.boundingbox
    halves = [
        box(outline.left, outline.bottom, outline.left + 500, outline.top),
        box(outline.left + 500, outline.bottom, outline.right, outline.top),
    ]
    write_gpkg(folder / "reference.gpkg", gpd.GeoDataFrame({"code": [1, 5]}, geometry=halves, crs="EPSG:32631"), "reference")
    series = {
        "pattern": "S2_{date}.tif", "tile": TILE, "bands": {band: number for number, band in enumerate(BANDS, start=1)}, "nodata": GONE,
        "roles": {"red": "B4", "nir": "B8", "swir": "B11"},
    }  # fmt: skip
    document = {
        "name": "belgium", "output": "run", "nomenclature": str(ROOT / "configs" / "nomenclatures" / "oso-23.yaml"),
        "inputs": {
            "s2": {"family": "raster-series", "path": "s2", "series": series},
            "s1": {"family": "s1tiling", "path": "s1"},
            "relief": {"family": "raster", "path": "dem.tif", "raster": {"bands": {"elevation": 1}, "terrain": ["slope"]}},
        },
        "features": {"s2": {"dates": "own", "indices": ["NDVI"]}, "s1": {"dates": "own"}},
        "samples": {"polygons": "reference.gpkg", "label": "code"}, "tracking": {"enabled": False}, "engine": {"workers": 1},
    }  # fmt: skip
    (folder / "run.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return load_config(folder / "run.yaml")


def power(amplitude: np.ndarray) -> np.ndarray:
    """Linear power, as S1Tiling writes it."""
    return (10 ** ((20 * np.log10(amplitude.astype(np.float64)) - 83) / 10)).astype(np.float32)


@pytest.fixture(scope="module")
def inventory(settings: RunConfig) -> Inventory:
    return take_inventory(settings)


@pytest.fixture(scope="module")
def matrix(inventory: Inventory) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Columns (row, col) by name, and the validity (row, col)."""
    (tile,) = inventory.tiles
    sources = [feature_source(tile.series[x.input], x.dates, x.indices, x.counts, x.recipe, x.speckle) for x in inventory.layers]
    observed, validity = read_observed(sources, whole(tile.geobox.shape))
    features = features_of(observed)
    assert features.shape == (10_000, len(inventory.feature_names))
    columns = {name: features[:, i].reshape(100, 100) for i, name in enumerate(inventory.feature_names)}
    return columns, validity.reshape(100, 100)


def test_what_is_found(inventory: Inventory, patch: Patch) -> None:
    (tile,) = inventory.tiles
    assert (tile.name, tile.geobox) == (TILE, patch.grid)
    assert {name: (series.kind, len(series.observations), series.set_aside) for name, series in tile.series.items()} == {
        "s2": ("optical", 12, ()),
        "s1_des": ("radar", 12, ()),
        "relief": ("static", 1, ()),
    }
    assert tile.series["s2"].dates == tile.series["s1_des"].dates == tuple(patch.dates)
    names = inventory.feature_names
    assert (names[0], names[9 * 12], names[10 * 12]) == ("s2_b2_20201101", "s2_ndvi_20201101", "s1_des_vv_20201101")
    assert names[-2:] == ("relief_elevation", "relief_slope")
    assert len(names) == 10 * 12 + 2 * 12 + 2


def test_two_months_have_no_image(patch: Patch) -> None:
    assert [int(month.sum()) for month in patch.usable].count(0) == 2


def test_reflectances_are_those_of_the_file_and_gaps_are_filled_in_days(matrix, patch: Patch) -> None:
    columns, validity = matrix
    usable = patch.usable
    assert validity.tolist() == usable.sum(axis=0).tolist()
    days = np.array([(date - EPOCH).days for date in patch.dates], np.float64)
    for band, numbers in patch.optical.items():
        found = np.stack([columns[f"s2_{band.lower()}_{date:%Y%m%d}"] for date in patch.dates])
        assert np.array_equal(found[usable], numbers[usable])
        assert not usable.all()
        for month in np.flatnonzero(~usable.any(axis=(1, 2))):  # filled from its neighbours, constant at the ends of the year
            before, after = (next((m for m in some if usable[m].all()), None) for some in (range(month - 1, -1, -1), range(month + 1, 12)))
            if before is None or after is None:
                expected = numbers[after if before is None else before].astype(np.float64)
            else:
                share = (days[month] - days[before]) / (days[after] - days[before])
                expected = numbers[before] + share * (numbers[after].astype(np.float64) - numbers[before])
            assert np.abs(found[month] - expected).max() <= 0.51  # rounded to whole numbers


def test_the_index_of_each_month(matrix, patch: Patch) -> None:
    columns, _ = matrix
    for month in np.flatnonzero(patch.usable.all(axis=(1, 2))):
        red, nir = (patch.optical[band][month].astype(np.float64) for band in ("B4", "B8"))
        ndvi = 1000 * (nir - red) / np.where(nir + red == 0, 1, nir + red)
        assert np.abs(columns[f"s2_ndvi_{patch.dates[month]:%Y%m%d}"] - ndvi).max() <= 0.51


def test_backscatter_is_that_of_the_file_in_hundredths_of_a_decibel(matrix, patch: Patch) -> None:
    columns, _ = matrix
    for pol, amplitude in patch.amplitude.items():
        for month, date in enumerate(patch.dates):
            decibel = 20 * np.log10(amplitude[month].astype(np.float64)) - 83
            assert np.abs(columns[f"s1_des_{pol}_{date:%Y%m%d}"] - 100 * decibel).max() <= 0.51
    assert -2500 < np.median(columns["s1_des_vh_20210701"]) < np.median(columns["s1_des_vv_20210701"]) < 0


def test_elevation_and_its_slope(matrix, patch: Patch) -> None:
    columns, _ = matrix
    assert np.array_equal(columns["relief_elevation"], patch.elevation)
    z = patch.elevation.astype(np.float64)
    east = ((z[:-2, 2:] + 2 * z[1:-1, 2:] + z[2:, 2:]) - (z[:-2, :-2] + 2 * z[1:-1, :-2] + z[2:, :-2])) / 80
    south = ((z[2:, :-2] + 2 * z[2:, 1:-1] + z[2:, 2:]) - (z[:-2, :-2] + 2 * z[:-2, 1:-1] + z[:-2, 2:])) / 80
    slope = 100 * np.degrees(np.arctan(np.hypot(east, south)))
    assert np.abs(columns["relief_slope"][1:-1, 1:-1] - slope).max() <= 0.51
    assert slope.max() > 300
    edge = np.ones((100, 100), bool)
    edge[1:-1, 1:-1] = False
    assert 0 < np.median(columns["relief_slope"][edge]) < 300  # the file ends with the tile


def test_maps_of_features_of_all_three(settings: RunConfig, inventory: Inventory, matrix, patch: Patch) -> None:
    columns, _ = matrix
    wanted = ["s2_b8_20210701", "s2_ndvi_20210201", "s1_des_vh_20210301", "relief_elevation"]
    run(settings, planner=lambda _, found: make_feature_plan(found, wanted))
    for name in wanted:
        path = str(settings.output / paths.feature_map(TILE, name))
        assert read_header(path).geobox == patch.grid
        assert np.array_equal(read_window(path), columns[name])

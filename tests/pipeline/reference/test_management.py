"""Names of regions and classes, tables and sections that do not go together: found before any work, a line each."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.errors import IotaError
from iota_py.grid.windows import whole
from iota_py.io.raster import write_raster
from iota_py.pipeline.inventory import load_nomenclature
from iota_py.pipeline.preflight import examine
from iota_py.pipeline.reference.management import augmentation_of, copy_rules
from iota_py.samples.augmentation import Augmentation
from iota_py.samples.copies import CopyRule
from tests.pipeline.small_years import GRID, classes, configured, write_land

BASE = "samples:\n  polygons: reference_2023.gpkg\n  regions: {path: regions.gpkg, field: name}\n  "


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_land(tmp_path_factory.mktemp("land"), 2021, 2023)


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (
            "selection: {regions: {North: {strategy: smallest}}}",
            "E-SEL-004 small: samples.selection.regions.North: no region is called `North`. Fix: regions: East, West",
        ),
        (
            "copies: [{from: North, to: West}]",
            "E-SEL-004 small: samples.copies.0.from: no region is called `North`. Fix: regions: East, West",
        ),
        (
            "copies: [{from: West, to: South}]",
            "E-SEL-004 small: samples.copies.0.to: no region is called `South`. Fix: regions: East, West",
        ),
        (
            "augmentation: {method: jitter, target: balance, regions: [West, North]}",
            "E-SEL-004 small: samples.augmentation.regions: no region is called `North`. Fix: regions: East, West",
        ),
        (
            "copies: [{from: West, to: East, classes: [Mais, wood]}]",
            "E-SEL-005 small: samples.copies.0.classes: classes that are not in nomenclature OSO-23: wood.",
        ),
        (
            "copies: [{from: West, to: East, classes: [10]}, {from: West, to: East}]",
            "E-SEL-007 small: samples.copies.1: an earlier rule copies Mais from West to East already. Fix: give each class one rule",
        ),
        ("selection: {strategy: byclass, table: absent.csv}", "E-TAB-001 absent.csv"),
        ("augmentation: {method: jitter, target: byclass, table: bad.csv}", "E-SEL-001 bad.csv: table: no column number (columns: class)."),
        (
            "annual: {classes: [corn], method: last_map, map: map.tif, number: 3}",
            "E-SEL-005 small: samples.annual.classes: classes that are not in nomenclature OSO-23: corn.",
        ),
        ("annual: {classes: [10], method: last_map, year: 2023, map: absent.tif, number: 3}", "E-RAS-"),
    ],
)
def test_names_and_files(land: Path, tmp_path: Path, more: str, line: str) -> None:
    (land / "bad.csv").write_text("class\n10\n", encoding="utf-8")
    write_raster(land / "map.tif", GRID, "uint8", [(whole(GRID.shape), classes(2023))])
    config = configured(land, tmp_path / "run", BASE + more)
    with pytest.raises(IotaError) as caught:
        examine(config)
    (found,) = str(caught.value).replace(f"{land}/", "").splitlines()
    assert found.startswith(line)


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (
            "fusion: {members: {one: [images], two: [images]}}",
            "E-ANN-006 small: samples.years: samples of other years are scored by one model for each region and run, and `fusion` has several. "
            "Fix: leave one of them out",
        ),
        (
            "assessment: {cross_validation: {folds: 2}}",
            "E-ANN-006 small: assessment.cross_validation: folds are made of polygons of the year that is mapped, and it has none. "
            "Fix: give samples.polygons, or leave it out",
        ),
    ],
)
def test_what_years_do_not_go_with(land: Path, tmp_path: Path, more: str, line: str) -> None:
    years = 'samples: {years: [{year: 2021, polygons: reference_2021.gpkg, inputs: {images: {path: "2021"}}}]}\n'
    with pytest.raises(IotaError) as caught:
        examine(configured(land, tmp_path / "run", years + more))
    assert str(caught.value) == line


def test_metres_need_a_grid_in_metres(land: Path, tmp_path: Path) -> None:
    box = GeoBox((4, 4), Affine(0.001, 0, 1.7, 0, -0.001, 43.4), "EPSG:4326")
    for day in ("20230110", "20230601"):
        write_raster(land / "degrees" / f"{day}.tif", box, "int16", [(whole(box.shape), np.full((2, 4, 4), 900, np.int16))], count=2)
    text = "annual: {classes: [10], method: last_map, year: 2023, map: map.tif, number: 3, distance: 10}"
    polygons = land / "degrees.gpkg"
    gpd.GeoDataFrame({"code": [10]}, geometry=[shapely.box(1.7, 43.396, 1.704, 43.4)], crs="EPSG:4326").to_file(polygons, driver="GPKG")
    write_raster(land / "map.tif", GRID, "uint8", [(whole(GRID.shape), classes(2023))])
    more = f"inputs: {{images: {{path: degrees}}}}\nsamples:\n  polygons: degrees.gpkg\n  {text}"
    with pytest.raises(IotaError) as caught:
        examine(configured(land, tmp_path / "run", more))
    assert str(caught.value) == "E-ANN-008 small: samples.annual.distance: tile tile has no grid in metres. Fix: leave `distance` out"


def test_rules_are_of_the_regions_that_the_run_has(land: Path, tmp_path: Path) -> None:
    more = BASE + "copies: [{from: West, to: East, classes: [Mais, 23], number: 3}, {from: East, to: West, percent: 10}]\n"
    config = configured(land, tmp_path / "run", more)
    nomenclature = load_nomenclature(config)
    assert copy_rules(config, {1: "East", 2: "West"}, nomenclature) == (CopyRule(2, 1, (10, 23), 3), CopyRule(1, 2, None, None, 10.0))
    assert copy_rules(config, {1: "East"}, nomenclature) == ()


def test_augmentation_by_a_table(land: Path, tmp_path: Path) -> None:
    (land / "more.csv").write_text("class,number\nMais,30\n23,5\n", encoding="utf-8")
    config = configured(land, tmp_path / "run", BASE + "augmentation: {method: jitter, target: byclass, table: more.csv, jitter: 0.2}")
    found = augmentation_of(config.samples.augmentation, load_nomenclature(config))
    assert found == Augmentation("jitter", "byclass", None, {10: 30, 23: 5}, 0.2)

"""Bytes that a run is expected to write, counted by hand, and held against those that it writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from iota_py.config import RunConfig, load_config
from iota_py.grid.parts import covered_pixels
from iota_py.pipeline.disk import OVERVIEWS, disk_estimate, polygon_estimate
from iota_py.pipeline.inventory import Inventory, load_nomenclature, take_inventory
from iota_py.pipeline.run import run

Writer = Callable[[Path, str], Path]
PRODUCT = 'product: {year: 2023, version: "1-0", layers: [LAYERS]}\n'


@pytest.fixture(scope="module")
def inventory(light_config: Writer, tmp_path_factory: pytest.TempPathFactory) -> Inventory:
    return take_inventory(load_config(light_config(tmp_path_factory.mktemp("disk"), "")))


def mapped(inventory: Inventory) -> int:
    return covered_pixels(inventory.grid, [tile.geobox for tile in inventory.tiles])


def config_of(light_config: Writer, folder: Path, more: str) -> RunConfig:
    return load_config(light_config(folder, more))


def test_a_package_is_a_copy_of_its_layers(light_config: Writer, tmp_path: Path, inventory: Inventory) -> None:
    wish = "regularisation: {minimum_size: 4}\nmap: {probabilities: true, uncertainty: [entropy]}\n"
    plain = disk_estimate(inventory, config_of(light_config, tmp_path / "a", wish))
    product = PRODUCT.replace("LAYERS", "regularised, probabilities")
    packaged = disk_estimate(inventory, config_of(light_config, tmp_path / "b", wish + product))
    classes = len(load_nomenclature(config_of(light_config, tmp_path / "c", "")).classes)
    # classes, confidence, validity and the regular map have a byte, probabilities two for each class
    assert packaged - plain == pytest.approx(mapped(inventory) * OVERVIEWS * (4 + 2 * classes), abs=2)


def test_layers_are_counted_in_windows_tiles_and_the_map(light_config: Writer, tmp_path: Path, inventory: Inventory) -> None:
    pixels = sum(t.geobox.shape[0] * t.geobox.shape[1] for t in inventory.tiles)
    plain = disk_estimate(inventory, config_of(light_config, tmp_path / "a", ""))
    found = disk_estimate(inventory, config_of(light_config, tmp_path / "b", "map: {uncertainty: [entropy, margin]}\n"))
    assert found - plain == pytest.approx(4 * (2 * pixels + OVERVIEWS * mapped(inventory)), abs=2)


def test_polygons_are_counted_for_each_format_and_twice_where_they_are_packed(
    light_config: Writer, tmp_path: Path, inventory: Inventory
) -> None:
    plain = config_of(light_config, tmp_path / "a", "")
    assert polygon_estimate(inventory, plain) == 0
    vector = config_of(light_config, tmp_path / "b", "vector: {formats: [gpkg, parquet]}\n")
    assert polygon_estimate(inventory, vector) == 19 * mapped(inventory)
    assert disk_estimate(inventory, vector) - disk_estimate(inventory, plain) == 19 * mapped(inventory)
    product = PRODUCT.replace("LAYERS", "")
    packed, alone = (
        disk_estimate(inventory, config_of(light_config, tmp_path / k, w + product)) for k, w in zip("cd", ("vector: {}\n", ""))
    )
    assert packed - alone == 2 * 16 * mapped(inventory)


def test_a_run_writes_less(light_config: Writer, tmp_path: Path, inventory: Inventory) -> None:
    more = "samples: {split: {runs: 1}}\nregularisation: {minimum_size: 0.1 ha}\nvector: {formats: [gpkg, parquet, shapefile]}\n"
    config = config_of(light_config, tmp_path, more)
    run(config)
    polygons = sum(path.stat().st_size for path in (config.output / "vector").iterdir() if path.suffix != ".qml")
    assert 0.4 * polygon_estimate(inventory, config) < polygons < polygon_estimate(inventory, config)
    rasters = sum(path.stat().st_size for folder in ("tiles", "map") for path in (config.output / folder).rglob("*.tif"))
    assert polygons + rasters < disk_estimate(inventory, config)

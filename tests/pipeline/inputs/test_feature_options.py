"""Options of `features` through the inventory, the plan and the workspace, on the data of the demonstration."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from iota_py.config import RunConfig, load_config
from iota_py.config.features import Features
from iota_py.config.schema import dump
from iota_py.errors import ConfigError
from iota_py.grid.windows import Window, split, whole
from iota_py.io.documents import yaml_text
from iota_py.io.publish import write_text
from iota_py.pipeline import inventory as inventory_module
from iota_py.pipeline import paths
from iota_py.pipeline.inputs.reading import features_of, read_observed
from iota_py.pipeline.inputs.sources import FoundInput
from iota_py.pipeline.inventory import Inventory, Layer, take_inventory
from iota_py.pipeline.plan import Plan, make_plan
from iota_py.pipeline.preflight import external_digests
from iota_py.pipeline.run import run
from iota_py.pipeline.workspace import Workspace, write_inventory
from iota_py.products.family import load_family

Writer = Callable[[Path, str], Path]
DATE = "2023-05-16"  # 135 days, three steps of 45, after the start
RICH = f"""
features:
  sentinel2:
    bands: [B8, B4]
    keep_dates: [{DATE}]
    indices: [ndvi]
    relative: B4
    statistics: {{of: [ndvi, ndwi], percentiles: [10, 90], extremes: true}}
    harmonics: {{of: [ndvi], count: 1}}
    phenology: {{least_amplitude: 50}}
    texture: {{date: {DATE}, radius: 1}}
"""
NAMES = (
    f"sentinel2_b8_by_b4_{DATE.replace('-', '')}", f"sentinel2_b4_{DATE.replace('-', '')}", f"sentinel2_ndvi_{DATE.replace('-', '')}",
    "sentinel2_ndvi_p10", "sentinel2_ndvi_p90", "sentinel2_ndvi_min_day", "sentinel2_ndvi_max_day",
    "sentinel2_ndwi_p10", "sentinel2_ndwi_p90", "sentinel2_ndwi_min_day", "sentinel2_ndwi_max_day",
    "sentinel2_ndvi_cos0", "sentinel2_ndvi_cos1", "sentinel2_ndvi_sin1",
    "sentinel2_ndvi_season", "sentinel2_ndvi_season_start", "sentinel2_ndvi_season_peak", "sentinel2_ndvi_season_end",
    "sentinel2_ndvi_season_length",
    "sentinel2_ndvi_texture_mean", "sentinel2_ndvi_texture_deviation", "sentinel2_ndvi_texture_entropy",
)  # fmt: skip


@pytest.fixture(scope="module")
def config(light_config: Writer, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], RunConfig]:
    def load(features: str) -> RunConfig:
        return load_config(light_config(tmp_path_factory.mktemp("features"), features))

    return load


@pytest.fixture(scope="module")
def rich(config: Callable[[str], RunConfig]) -> tuple[RunConfig, Inventory]:
    loaded = config(RICH)
    return loaded, take_inventory(loaded)


def keys(config: RunConfig, inventory: Inventory) -> dict[str, str]:
    plan: Plan = make_plan(config, inventory, external_digests(config))
    return {task.id: task.key for task in plan.tasks if not task.transient}


def test_names_of_the_run(rich: tuple[RunConfig, Inventory]) -> None:
    assert rich[1].feature_names == NAMES


def test_a_workspace_computes_what_the_inventory_names(rich: tuple[RunConfig, Inventory]) -> None:
    config, inventory = rich
    write_text(config.output / paths.CONFIG, yaml_text(dump(config)))
    write_inventory(config.output, inventory)
    ws = Workspace(config.output, "")
    tile = inventory.tiles[0]
    (source,), layer = ws.sources(tile.name), inventory.layers[0]
    assert source.recipe == layer.recipe
    assert source.indices.content == layer.indices.content
    assert ws.feature_names == NAMES
    assert source.clouds is not None
    assert np.isfinite(source.clouds).all()
    shape = (40, 50)
    area = Window(30, 20, *shape)
    observed, validity = read_observed([source], area)
    expected = features_of(observed)
    assert expected.shape == (area.pixels, len(NAMES))
    assert len(np.unique(expected[:, NAMES.index("sentinel2_ndvi_texture_mean")])) > 100
    pixels = np.arange(area.pixels).reshape(shape)
    for part in split(shape, (13, 27)):
        inside = Window(area.row + part.row, area.col + part.col, part.height, part.width)
        observed, found = read_observed([source], inside)
        assert np.array_equal(features_of(observed), expected[pixels[part.slices].ravel()])
        assert np.array_equal(found, validity[pixels[part.slices].ravel()])
    assert source.around(whole(tile.geobox.shape)) == whole(tile.geobox.shape)


CHANGES = [
    ("bands: [B8, B4]", "bands: [B4]"),
    ("relative: B4", "relative: B8"),
    ("percentiles: [10, 90]", "percentiles: [10, 80]"),
    ("count: 1", "count: 2"),
    ("least_amplitude: 50", "least_amplitude: 60"),
    ("radius: 1", "radius: 2"),
    ("indices: [ndvi]", "indices: [ndwi]"),
    ("indices: [ndvi]", "fill: akima\n    indices: [ndvi]"),
    ("indices: [ndvi]", "fill: whittaker\n    smoothing: {strength: 7}\n    indices: [ndvi]"),
]


@pytest.mark.parametrize(("old", "new"), CHANGES)
def test_every_option_redoes_what_depends_on_it(
    rich: tuple[RunConfig, Inventory], config: Callable[[str], RunConfig], old: str, new: str
) -> None:
    assert old in RICH
    other = config(RICH.replace(old, new))
    before, after = keys(*rich), keys(other, take_inventory(other))
    changed = {name.split("/")[0] for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert {"samples", "train", "assemble"} <= changed
    assert not {"footprint", "polygons", "candidates", "selection"} & changed


def test_writing_out_the_defaults_redoes_no_features(config: Callable[[str], RunConfig]) -> None:
    plain, spelt = (
        config(""),
        config("features: {sentinel2: {bands: all, fill: linear, keep_dates: all, indices: [NDVI, NDWI, BRIGHTNESS]}}\n"),
    )
    found = take_inventory(plain)
    assert found.layers[0].recipe is None
    before, after = keys(plain, found), keys(spelt, take_inventory(spelt))
    assert {name for name in before if before[name] != after[name]} <= {"report"}


@pytest.mark.parametrize(
    ("features", "code"),
    [
        ("{bands: [B9]}", "E-FEA-010"),
        ("{statistics: {of: [ndvj], mean: true}}", "E-FEA-011"),
        ("{keep_dates: [2023-05-17]}", "E-FEA-012"),
        ("{dates: own, fill: savitzky-golay}", "E-FEA-014"),
        ("{indices: [RATIO]}", "E-FEA-001"),
    ],
)
def test_faults_name_the_input(config: Callable[[str], RunConfig], features: str, code: str) -> None:
    with pytest.raises(ConfigError, match=f"{code} features.sentinel2"):
        take_inventory(config(f"features: {{sentinel2: {features}}}\n"))


def radar(unit: str, indices: str) -> tuple[str, ...]:
    """Indices of a radar of this unit, asked for as in a configuration."""
    family = load_family("s1tiling")
    options = Features.model_validate({"indices": indices.split()} if indices else {})
    return inventory_module._wanted_indices(options, FoundInput("s1", family, "", {}), family.roles, unit)


def test_the_ratio_of_a_radar_is_one_of_decibels() -> None:
    assert radar("decibel", "RATIO") == ("RATIO",)
    assert radar("linear", "") == ()
    with pytest.raises(ConfigError, match="ratio is a difference of decibels, and the unit of this radar is linear"):
        radar("linear", "ratio")


def test_a_sensor_whose_bands_have_no_roles_has_no_indices_unless_asked() -> None:
    found = FoundInput("x", load_family("raster-series"), "", {})
    assert inventory_module._wanted_indices(Features(), found, {}, "decibel") == ()
    assert inventory_module._wanted_indices(Features(), found, {"red": "r"}, "decibel") == inventory_module.DEFAULT_INDICES


def test_layers_without_recipe_keep_their_names(config: Callable[[str], RunConfig]) -> None:
    layer: Layer = take_inventory(config("")).layers[0]
    assert layer.names[0] == "sentinel2_b2_20230101"
    assert layer.names[-1].startswith("sentinel2_brightness_")


@pytest.mark.slow
def test_a_run_with_everything_gives_the_same_map_from_any_windows(light_config: Writer, tmp_path: Path) -> None:
    maps = []
    for window in (100, 64):
        path = light_config(tmp_path / str(window), f"{RICH}engine: {{window: {window}}}\n")
        loaded = load_config(path)
        assert run(loaded).failed == ()
        maps.append([(loaded.output / "map" / f"{layer}.tif").read_bytes() for layer in ("classification", "confidence", "validity")])
    assert maps[0] == maps[1]

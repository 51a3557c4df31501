"""Inputs of a configuration: what the options say, from the file to the series and the columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import yaml
from affine import Affine
from odc.geo.geobox import GeoBox
from shapely.geometry import box

from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.errors import ConfigError, InputError
from iota_py.grid.windows import Window, whole
from iota_py.io.publish import read_json
from iota_py.io.raster import read_window, write_raster
from iota_py.io.vectors import write_gpkg
from iota_py.pipeline import paths
from iota_py.pipeline.inputs.listing import describe_inputs
from iota_py.pipeline.inputs.sources import find_inputs
from iota_py.pipeline.inventory import Inventory, take_inventory
from iota_py.pipeline.plan import make_feature_plan
from iota_py.pipeline.run import run
from iota_py.products.reader import read_cube
from iota_py.simulation.radar import RadarPass, write_pass
from iota_py.simulation.snow import write_snow_fraction
from tests.conftest import ROOT, Command
from tests.products import small_landsat, test_stac_landsat
from tests.products.conftest import unsynced  # noqa: F401 - a fixture
from tests.products.small import ALL, FINE, GRID, NOON, file, write

DAY = dt.timedelta(days=1)
S2 = {"family": "theia-s2-l2a", "path": "s2", "bands": ["B4", "B8", "B11"]}


@pytest.fixture
def config(tmp_path: Path) -> Callable[..., RunConfig]:
    """A configuration of these inputs; more: further sections."""

    def make(inputs: dict[str, Any], **more: Any) -> RunConfig:
        document = {
            "name": "small", "output": "run", "nomenclature": str(ROOT / "configs" / "nomenclatures" / "oso-23.yaml"), "inputs": inputs,
            "samples": {"polygons": "reference.gpkg", "label": "code"}, "tracking": {"enabled": False}, "engine": {"workers": 1}, **more,
        }  # fmt: skip
        path = tmp_path / "run.yaml"
        path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        return load_config(path)

    return make


def columns(settings: RunConfig) -> tuple[str, ...]:
    return take_inventory(settings).feature_names


def raster(path: Path, values: np.ndarray, grid: GeoBox = GRID, **options: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    count = len(values) if values.ndim == 3 else 1
    write_raster(path, grid, values.dtype.name, [(whole(grid.shape), values)], count=count, options=options)


# Rasters of the user


@pytest.mark.parametrize(
    ("bands", "names", "values"),
    [
        (None, ["band_0", "band_1", "band_2"], [1, 2, 3]),
        ([3, 1], ["band_2", "band_0"], [3, 1]),
        ({"clay": 2}, ["clay"], [2]),
    ],
)
def test_bands_of_a_users_raster(config, tmp_path, bands, names, values):
    write(tmp_path / "s2")
    raster(tmp_path / "soil.tif", np.stack([np.full((8, 8), number, np.int16) for number in (1, 2, 3)]))
    own = {"family": "raster", "path": "soil.tif", "raster": {} if bands is None else {"bands": bands}}
    settings = config({"s2": S2, "soil": own})
    assert columns(settings)[-len(names) :] == tuple(f"soil_{name}" for name in names)
    read = read_cube(find_inputs(settings)["soil"].by_tile["31TCJ"], ALL)
    assert read.values[0, :, 0, 0].tolist() == values
    assert read.valid.all()


def test_terrain_of_a_raster_whose_bands_have_no_names(config, tmp_path):
    write(tmp_path / "s2")
    raster(tmp_path / "dem.tif", np.full((8, 8), 150, np.float32))
    settings = config({"s2": S2, "relief": {"family": "raster", "path": "dem.tif", "raster": {"terrain": ["slope"]}}})
    assert columns(settings)[-2:] == ("relief_band_0", "relief_slope")


@pytest.mark.parametrize(
    ("section", "line"),
    [
        ({"bands": [1, 1]}, "raster: bands: a number is given twice"),
        ({"bands": [0]}, "greater than or equal to 1"),
        ({"bands": []}, "at least 1"),
        ({"bands": {}}, "at least 1"),
    ],
)
def test_bands_that_are_none(config, section, line):
    with pytest.raises(ConfigError) as caught:
        config({"s2": S2, "soil": {"family": "raster", "path": "soil.tif", "raster": section}})
    assert "inputs.soil.raster" in str(caught.value)
    assert line in str(caught.value)


def test_a_raster_without_names_that_is_not_there(config, tmp_path):
    write(tmp_path / "s2")
    with pytest.raises(InputError, match=r"E-PRD-060 .*soil\.tif: inputs\.soil\.path: no such file"):
        find_inputs(config({"s2": S2, "soil": {"family": "raster", "path": "soil.tif", "raster": {}}}))


def test_a_band_that_the_file_has_not(config, tmp_path):
    write(tmp_path / "s2")
    raster(tmp_path / "soil.tif", np.ones((8, 8), np.int16))
    with pytest.raises(InputError, match=r"E-PRD-012 .*E-PRD-016 .*soil\.tif: expected a band 4, the file has 1"):
        columns(config({"s2": S2, "soil": {"family": "raster", "path": "soil.tif", "raster": {"bands": [4]}}}))


def test_terrain_on_tiles_in_degrees_is_found_before_any_work(config, tmp_path, command: Command):
    degrees = GeoBox((4, 4), Affine(1e-4, 0, 2, 0, -1e-4, 43), "EPSG:4326")
    raster(tmp_path / "own" / "S_20230704.tif", np.ones((4, 4), np.int16), degrees)
    raster(tmp_path / "dem.tif", np.ones((4, 4), np.float32), degrees)
    own = {"family": "raster-series", "path": "own", "series": {"pattern": "S_{date}.tif", "bands": {"red": 1}}}
    relief = {"family": "raster", "path": "dem.tif", "raster": {"bands": {"elevation": 1}, "terrain": ["slope"]}}
    with pytest.raises(InputError, match=r"E-PRD-062 .*needs a grid in metres"):
        find_inputs(config({"own": own, "relief": relief}))
    done = command("check", str(tmp_path / "run.yaml"))
    assert (done.returncode, "E-PRD-062" in done.stderr) == (1, True)


# Target dates


@pytest.mark.parametrize(
    ("period", "step", "expected"),
    [
        ({}, None, {"s2": 10, "s1_des": 10, "landsat": 16}),
        ({"step": 20}, None, {"s2": 20, "s1_des": 20, "landsat": 20}),
        ({"step": 20}, 8, {"s2": 20, "s1_des": 20, "landsat": 8}),
    ],
)
def test_days_between_target_dates(config, tmp_path, period, step, expected):
    """definitions.md: 10 days for Sentinel-2 and Sentinel-1, 16 for Landsat."""
    write(tmp_path / "s2")
    small_landsat.write(tmp_path / "landsat")
    write_pass(tmp_path / "s1", RadarPass("31TCJ", GRID, NOON.replace(tzinfo=dt.UTC)), {pol: np.ones((8, 8)) for pol in ("vv", "vh")})
    inputs = {"s2": S2, "s1": {"family": "s1tiling", "path": "s1"}, "landsat": {"family": "landsat-c2-l2", "path": "landsat"}}
    more = {"features": {"landsat": {"step": step}}} if step else {}
    inventory = take_inventory(config(inputs, period={"start": dt.date(2023, 6, 1), "end": dt.date(2023, 8, 1), **period}, **more))
    dates = {layer.input: layer.dates for layer in inventory.layers}
    assert {name: (days[1] - days[0]).days for name, days in dates.items()} == expected
    assert {days[0] for days in dates.values()} == {dt.date(2023, 6, 1)}


def test_every_family_of_landsat_has_its_step(config, tmp_path):
    write(tmp_path / "s2")
    test_stac_landsat.put(tmp_path / "stac")
    settings = config(
        {"s2": S2, "landsat": {"family": "stac-landsat", "path": "stac"}}, period={"start": "2023-06-01", "end": "2023-08-01"}
    )
    layer = take_inventory(settings).layers[1]
    assert (layer.dates[1] - layer.dates[0], layer.indices.names) == (16 * DAY, ("NDVI", "NDWI", "BRIGHTNESS"))


def test_dates_of_its_own_have_no_step(config, tmp_path):
    write(tmp_path / "s2")
    with pytest.raises(ConfigError, match=r"E-PRD-066 features\.s2: step: the target dates are the input's own.*Fix: leave it out"):
        take_inventory(config({"s2": S2}, features={"s2": {"dates": "own", "step": 5}}))


# Snow, shares


def test_the_threshold_of_snow(config, tmp_path):
    write(tmp_path / "s2")
    coarse = GRID.zoom_out(2)
    percent = np.array([[0, 1, 49, 50]] * 2 + [[51, 100, 0, 0]] * 2, np.uint8)
    write_snow_fraction(tmp_path / "snow", "31TCJ", coarse, NOON.replace(tzinfo=dt.UTC), percent)
    for threshold, least in ((None, 1), (50, 50), (100, 100)):
        snow = {"family": "lis-l2b", "path": "snow", **({} if threshold is None else {"threshold": threshold})}
        found = find_inputs(config({"s2": {**S2, "valid": {"snow_from": "snow"}}, "snow": snow}))
        expected = (percent >= least).repeat(2, 0).repeat(2, 1)
        assert read_cube(found["snow"].by_tile["31TCJ"], ALL).values[0, 0].tolist() == expected.astype(int).tolist()
        assert read_cube(found["s2"].by_tile["31TCJ"], ALL).valid[0].tolist() == (~expected).tolist()


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ({**S2, "threshold": 50}, "inputs.s2: `threshold` is for family lis-l2b, and only for it"),
        ({"family": "lis-l2b", "path": "snow", "threshold": 0}, "inputs.s2.threshold"),
        ({"family": "lis-l2b", "path": "snow", "threshold": 101}, "inputs.s2.threshold"),
        ({**S2, "valid": {"share": 0}}, "inputs.s2.valid.share"),
        ({**S2, "valid": {"share": 1.5}}, "inputs.s2.valid.share"),
    ],
)
def test_numbers_that_mean_nothing(config, entry, line):
    with pytest.raises(ConfigError) as caught:
        config({"s2": entry})
    assert line in str(caught.value)


def test_the_share_of_a_mean_reaches_the_reader(config, tmp_path):
    """Bands of 10 m on tiles of 20 m: one of four pixels is under a cloud."""
    cloud = np.zeros((8, 8), bool)
    cloud[0, 0] = True
    write(tmp_path / "s2", cloud=cloud)
    for share, usable in ((None, True), (0.75, True), (0.8, False)):
        valid = {} if share is None else {"valid": {"share": share}}
        found = find_inputs(config({"s2": {**S2, "resampling": "average", "resolution": 20, **valid}}))
        read = read_cube(found["s2"].by_tile["31TCJ"], Window(0, 0, 4, 4))
        assert read.valid[0, 0, 0] == usable
        assert read.valid[0, 1:].all()
        if usable:
            assert read.values[0, 0, 0, 0] == round(FINE[:2, :2].ravel()[1:].mean())


# Landsat of a catalogue


def test_landsat_of_a_catalogue_on_the_tiles_of_sentinel(config, tmp_path):
    write(tmp_path / "s2")
    test_stac_landsat.put(tmp_path / "stac", 1)
    found = find_inputs(config({"s2": S2, "landsat": {"family": "stac-landsat", "path": "stac", "bands": ["red"]}}))
    series = found["landsat"].by_tile["31TCJ"]
    assert (series.geobox, series.resampling, series.dates) == (GRID, "cubic", (dt.date(2023, 7, 5),))


# Older deliveries


def test_a_date_is_kept_by_its_older_delivery_and_does_not_count_as_bad(config, tmp_path):
    older, newer = write(tmp_path / "s2", version=(1, 9)), write(tmp_path / "s2", version=(1, 10))
    file(newer, "FRE_B4.tif").unlink()
    settings = config({"s2": S2}, limits={"max_bad_dates": 0})
    (tile,) = take_inventory(settings).tiles
    assert [piece.id for pieces in tile.series["s2"].observations for piece in pieces] == [older.name]
    file(older, "FRE_B4.tif").unlink()
    with pytest.raises(InputError, match=r"E-PRD-012 .*2 of 2 acquisitions of tile 31TCJ cannot be used"):
        take_inventory(settings)


def feature_run(settings: RunConfig, wanted: str) -> tuple[Inventory, np.ndarray]:
    """Make one map of features: inventory, and its numbers."""
    summary = run(settings, planner=lambda _, inventory: make_feature_plan(inventory, [wanted]))
    return summary.inventory, read_window(str(settings.output / paths.feature_map("31TCJ", wanted)))


def test_a_file_that_is_cut_is_replaced_by_the_older_delivery_in_the_run(config, tmp_path):
    older = write(tmp_path / "s2", version=(1, 9), offset=100)
    newer = write(tmp_path / "s2", version=(1, 10))
    write(tmp_path / "s2", NOON + 10 * DAY, offset=300)
    band = file(newer, "FRE_B4.tif")
    band.write_bytes(band.read_bytes()[:-8])
    corners = [box(400000 + 40 * i, 4799960, 400040 + 40 * i, 4800000) for i in range(2)]
    write_gpkg(tmp_path / "reference.gpkg", gpd.GeoDataFrame({"code": [1, 5]}, geometry=corners, crs="EPSG:32631"), "reference")
    settings = config({"s2": S2}, period={"start": "2023-07-04", "end": "2023-07-14"}, limits={"max_bad_dates": 0})
    inventory, values = feature_run(settings, "s2_b4_20230704")
    assert values.tolist() == (FINE + 100).tolist()
    series = inventory.tiles[0].series["s2"]
    assert series.dates == (dt.date(2023, 7, 4), dt.date(2023, 7, 14))
    (aside,) = series.set_aside
    assert (aside.id, aside.kind) == (newer.name, "bad")
    assert "E-RAS-007" in aside.reason
    assert aside.reason.endswith(f"; {older.name} is used in its place")
    assert list(read_json(settings.output / paths.BAD)) == [aside.key]
    assert describe_inputs(inventory) == "31TCJ 2 dates (1 unusable set aside)"


# What is said on screen


def test_inputs_in_words(config, tmp_path):
    write(tmp_path / "s2")
    write(tmp_path / "s2", NOON + dt.timedelta(seconds=14))
    raster(tmp_path / "soil.tif", np.ones((2, 8, 8), np.int16))
    own = {"family": "raster", "path": "soil.tif", "raster": {}}
    assert describe_inputs(take_inventory(config({"s2": S2}))) == "31TCJ 1 date (1 merged from pieces)"
    write(tmp_path / "s2", NOON + 5 * DAY, version=(1, 9))
    write(tmp_path / "s2", NOON + 5 * DAY, version=(1, 10))
    both = take_inventory(config({"s2": S2, "soil": own}))
    assert describe_inputs(both) == "31TCJ: s2 2 dates (1 duplicate set aside; 1 merged from pieces), soil 2 layers"
    one = take_inventory(config({"s2": S2, "soil": {**own, "raster": {"bands": [2]}}}, period={"end": "2023-07-05"}))
    assert describe_inputs(one) == "31TCJ: s2 1 date (1 duplicate, 1 outside the period set aside; 1 merged from pieces), soil 1 layer"

"""A run that predicts a number, from the products to the report: the same bytes whatever the windows, and nothing done twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import geopandas as gpd
import mlflow
import numpy as np
import pandas as pd
import pytest
import rasterio

from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.errors import InputError
from iota_py.io.publish import read_json
from iota_py.pipeline import paths
from iota_py.pipeline.models.regressors import region_values, value_engine_at
from iota_py.pipeline.preflight import examine
from iota_py.pipeline.run import run
from iota_py.pipeline.workspace import Workspace
from tests.conftest import Command
from tests.end_to_end.covers import write_covers

Writer = Callable[[Path, str], Path]
MODEL = "model: {kind: extra_trees, trees: 10}\n"


def configuration(write: Writer, folder: Path, more: str = "") -> Path:
    covers = write_covers(folder / "covers.gpkg")
    target = f"samples: {{polygons: {covers}, target: {{field: cover, bins: 4, scale: 100, unit: '%'}}}}\nnomenclature: null\n"
    return write(folder, target + more)


@pytest.fixture(scope="module")
def made(light_config: Writer, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunConfig]:
    """A finished run of extra trees: its configuration. Not to be changed."""
    path = configuration(light_config, tmp_path_factory.mktemp("cover"), MODEL)
    config = load_config(path)
    run(config)
    return path, config


def read(path: Path) -> np.ndarray:
    """Numbers of a map in 16 bits with its scale, not-a-number where it has none."""
    with rasterio.open(path) as dataset:
        assert (dataset.dtypes[0], dataset.nodata, dataset.scales, dataset.units) == ("int16", -32768, (0.01,), ("%",))
        values = dataset.read(1)
        return np.where(values == -32768, np.nan, values / 100)


def test_the_map_is_the_mean_of_the_runs_and_has_their_deviation(made: tuple[Path, RunConfig]) -> None:
    root = made[1].output / "map"
    runs = np.stack([read(root / f"run_{k}" / "value.tif") for k in (0, 1)])
    mean, deviation = read(root / "value.tif"), read(root / "deviation.tif")
    with rasterio.open(root / "validity.tif") as dataset:
        assert np.array_equal(np.isnan(mean), dataset.read(1) == 0)
    np.testing.assert_allclose(mean, runs.mean(axis=0), atol=0.0101)  # the maps of the runs are rounded before
    np.testing.assert_allclose(deviation, runs.std(axis=0, ddof=1), atol=0.0151)
    assert deviation.max() > 0.5
    assert 5 < np.nanmin(mean) < np.nanmax(mean) < 47  # the reference runs from 5.5 to 46
    assert sorted(path.name for path in root.glob("*.qml")) == ["deviation.qml", "validity.qml", "value.qml"]


def test_the_scores_are_those_of_the_table_of_polygons(made: tuple[Path, RunConfig]) -> None:
    root = made[1].output
    metrics, polygons = read_json(root / paths.METRICS), pd.read_csv(root / paths.POLYGON_VALUES)
    assert metrics["kind"] == "regression"
    for k, part in polygons.groupby("run"):
        error = part.value - part.target
        assert metrics["polygons"]["rmse"]["values"][k] == pytest.approx(np.sqrt((error**2).mean()))
        assert metrics["polygons"]["bias"]["values"][k] == pytest.approx(error.mean())
    assert metrics["polygons"]["r2"]["mean"] > 0.7  # the number follows from the class
    split = pd.read_csv(root / paths.SPLIT)
    for k in (0, 1):
        assert set(polygons.polygon[polygons.run == k]) == set(split.polygon[split[f"run_{k}"] == 2])
    assert set(metrics["regions"]) == {"1", "2"}
    assert set(metrics["strata"]) == {f"stratum_{k}" for k in range(1, 5)}


def test_the_report_shows_numbers_in_place_of_classes(made: tuple[Path, RunConfig]) -> None:
    text = (made[1].output / paths.REPORT).read_text(encoding="utf-8")
    for there in ("figure-value", "figure-deviation", "figure-scatter", "figure-residuals", "figure-importance", "RMSE (%)", "cover: RMSE"):
        assert there in text, there
    for absent in ("Confusion matrix", "Accuracy per class", "kappa", "This figure was not drawn", "Further figures"):
        assert absent not in text, absent


def content(root: Path) -> Iterator[tuple[str, bytes]]:
    """Files that may not depend on the windows: not the settings, nor the page that prints them."""
    for folder in ("samples", "models", "tiles", "map", "assessment"):
        for path in sorted((root / folder).rglob("*")):
            if path.is_file():
                yield path.relative_to(root).as_posix(), path.read_bytes()


def test_windows_change_no_byte(made: tuple[Path, RunConfig], light_config: Writer, tmp_path: Path) -> None:
    config = load_config(configuration(light_config, tmp_path, MODEL + "engine: {window: 73}\n"))
    assert config.engine.window != made[1].engine.window
    run(config)
    here, there = dict(content(config.output)), dict(content(made[1].output))
    assert here.keys() == there.keys()
    assert [name for name in here if here[name] != there[name]] == []


def test_a_second_run_does_nothing_and_says_the_scores(made: tuple[Path, RunConfig], command: Command) -> None:
    done = command("run", str(made[0]), "--quiet")
    assert done.returncode == 0, done.stderr
    first, line, *rest = filter(None, done.stdout.splitlines())
    assert first == "nothing to do: every output is there and up to date"
    assert line.startswith("cover: RMSE ")
    assert all(word in line for word in ("MAE", "R²", "bias", "2 draws of polygons"))
    assert any(one.startswith("map ") and one.endswith("value.tif") for one in rest)


@pytest.mark.slow
def test_lightgbm_is_scored_without_a_map_then_mapped_in_32_bits(light_config: Writer, tmp_path: Path, command: Command) -> None:
    path = configuration(
        light_config,
        tmp_path,
        "model: {kind: lightgbm, rounds: 20}\ntracking: {enabled: true}\nimportance: {permutation: true, repeats: 2}\n",
    )
    text = path.read_text(encoding="utf-8").replace("scale: 100, ", "")
    path.write_text(text.replace("samples: {", "samples: {split: {runs: 1}, "), encoding="utf-8")
    trained = command("train", str(path), "--quiet")
    assert trained.returncode == 0, trained.stderr
    config = load_config(path)
    assert not (config.output / "map").exists()
    before = read_json(config.output / paths.SAMPLE_METRICS)
    done = command("run", str(path), "--quiet")
    assert done.returncode == 0, done.stderr
    assert read_json(config.output / paths.METRICS) == before  # the map says what the models say
    assert done.stdout.split("\n")[1] == trained.stdout.split("\n")[1]  # the line of the scores
    with rasterio.open(config.output / "map" / "value.tif") as dataset:
        assert dataset.dtypes[0] == "float32"
        assert np.isnan(dataset.nodata)
        assert dataset.descriptions == ("cover",)
    assert not (config.output / "map" / "deviation.tif").exists()
    falls = pd.read_csv(config.output / paths.PERMUTATION)
    assert set(falls.kind) == {"column", "band", "date"}
    best = falls[falls.kind == "band"].sort_values("r2").iloc[-1]
    assert best.r2 > 0.02  # a band that is shuffled at all dates is missed
    assert best.rmse > 0
    assert "Fall of R²" in (config.output / paths.REPORT).read_text(encoding="utf-8")
    client = mlflow.MlflowClient(f"sqlite:///{config.output.parent / 'mlflow.db'}")
    (experiment,) = [one for one in client.search_experiments() if one.name == "demo"]
    recorded = {one.info.run_name: one.data.metrics for one in client.search_runs([experiment.experiment_id])}
    assert recorded["demo"]["rmse"] == pytest.approx(before["polygons"]["rmse"]["mean"])
    assert recorded["demo"]["pixel_r2"] == pytest.approx(before["pixels"]["r2"]["mean"])
    assert set(recorded["region 1, draw 0"]) == {"rmse", "mae", "r2", "bias"}


def test_points_divided_regions_components_and_another_grid(light_config: Writer, tmp_path: Path) -> None:
    covers = gpd.read_file(write_covers(tmp_path / "covers.gpkg"))
    covers.set_geometry(covers.representative_point()).to_file(tmp_path / "points.gpkg", driver="GPKG", engine="pyogrio")
    samples = (
        f"samples: {{polygons: {tmp_path / 'points.gpkg'}, point_radius: 15, target: {{field: cover, bins: 4}}, "
        "split: {runs: 1}, regions: {maximum_area: 10}, augmentation: {method: jitter, target: minimum, number: 90}}\n"
    )
    more = "nomenclature: null\nreduction: {components: 5}\ngrid: {crs: 'EPSG:2154', resolution: 10}\nmodel: {min_samples_leaf: 2}\n"
    config = load_config(light_config(tmp_path, samples + more))
    run(config)
    ws = Workspace(config.output, "")
    parts = {region: count for region, count in ws.parts.items() if count > 1}
    assert parts
    region, count = next(iter(parts.items()))
    features = np.random.default_rng(0).integers(0, 5000, (50, len(ws.feature_names))).astype(np.int16)
    alone = [
        value_engine_at(ws.path(paths.model_part(region, 0, part, count)), ws.feature_names).predict(features) for part in range(count)
    ]
    found = region_values(ws, region, features)
    np.testing.assert_allclose(found[0], np.mean(alone, axis=0), rtol=1e-6)
    assert np.ptp(alone, axis=0).max() > 0.1
    with rasterio.open(ws.path(paths.map_layer("value"))) as dataset:
        assert dataset.crs.to_epsg() == 2154
        values = dataset.read(1)
    assert np.isnan(values).any()  # the corners of the other grid lie in no tile
    assert np.isin(values[~np.isnan(values)], _numbers(ws)).all()  # nearest: no number is mixed
    assert read_json(config.output / paths.METRICS)["polygons"]["r2"]["mean"] > 0.5


def _numbers(ws: Workspace) -> np.ndarray:
    """All numbers of the maps of the tiles."""
    found = []
    for tile in ws.tiles:
        with rasterio.open(ws.path(paths.tile_layer(tile, "value", 0))) as dataset:
            found.append(np.unique(dataset.read(1)))
    return np.concatenate(found)


def test_models_of_numbers_are_no_models_of_classes(made: tuple[Path, RunConfig], light_config: Writer, tmp_path: Path) -> None:
    config = load_config(light_config(tmp_path, ""))
    with pytest.raises(InputError, match=r"E-TGT-009.*the model predicts cover, a number, not classes"):
        examine(config.model_copy(update={"reuse": str(made[1].output)}))

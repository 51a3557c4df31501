"""Runs of a table without inputs: from rows to models, scores and report; and what is wrong with tables, one line each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from iota_py.config import load_config
from iota_py.errors import IotaError
from iota_py.features.names import optical_names
from iota_py.io.publish import read_json
from iota_py.io.tables import read_table
from iota_py.pipeline import paths
from iota_py.pipeline.preflight import examine
from iota_py.pipeline.run import run

CLASSES = """
name: two
classes:
  - {code: 1, alias: Crop, name: {en: crop}, colour: [200, 100, 0]}
  - {code: 2, alias: Other, name: {en: other}, colour: [0, 100, 0]}
"""
HEAD = "name: small\noutput: run\nnomenclature: classes.yaml\ntracking: {enabled: false}\nengine: {workers: 1}\n"
FOREST = "model: {kind: random_forest, trees: 5, min_samples_leaf: 1}\n"
FEATURES = "kind: features, path: t.csv, id: name, columns: ['n_*', wet], label: crop"
Write = Callable[..., Path]


def rows() -> pd.DataFrame:
    """120 samples in two zones; n_1 tells the classes apart in zone a, wet in zone b, with numbers missing."""
    rng = np.random.default_rng(3)
    number = np.arange(120)
    crop, zone = number % 2, np.where(number < 70, "a", "b")
    frame = pd.DataFrame({"name": [f"s{i:03d}" for i in number], "crop": np.where(crop == 1, "crop", "other"), "zone": zone})
    frame["n_1"] = np.where(zone == "a", crop, 0.5) + rng.normal(0, 0.2, 120)
    frame["n_2"] = rng.normal(0, 1e-4, 120)
    frame["wet"] = (np.where(zone == "b", crop, 0.5) + rng.normal(0, 0.2, 120)) * 1e5
    frame.loc[number % 10 == 7, "wet"] = np.nan
    return frame.assign(code=number, east=number * 10.0, north=np.where(number % 4 < 2, 0.0, 5000.0))


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writer of a configuration with its table `t.csv` and folds `f.csv`: text of the table, further lines, the table itself."""

    def call(table: str = FEATURES, more: str = "", frame: pd.DataFrame | None = None, samples: str = "") -> Path:
        (tmp_path / "classes.yaml").write_text(CLASSES, encoding="utf-8")
        given = rows() if frame is None else frame
        given.to_csv(tmp_path / "t.csv", index=False)
        folds = given[[given.columns[0]]].drop_duplicates().assign(fold=lambda f: np.arange(len(f)) // 3 % 4)
        folds.sample(frac=1, random_state=0).to_csv(tmp_path / "f.csv", index=False)
        path = tmp_path / "run.yaml"
        path.write_text(f"{HEAD}samples: {{table: {{{table}}}{samples}}}\n{more or FOREST}", encoding="utf-8")
        return path

    return call


FOLDS = ", join: {path: f.csv, on: name}"
COLUMN = ", split: {kind: column, column: fold, folds: 4}"


def test_features_are_learnt_by_zone_on_given_folds(write: Write, command) -> None:
    path = write(FEATURES + FOLDS + ", region: zone, missing: {indicator: true}", samples=COLUMN)
    done = command("run", str(path))
    assert done.returncode == 0, done.stderr
    assert "120 samples of t.csv" in done.stdout
    assert "scores   on validation samples, not on a map" in done.stdout
    config = load_config(path)
    root = config.output
    assert read_json(root / paths.METRICS)["overall_accuracy"]["mean"] > 0.8
    assert not (root / "map").exists()
    folds = read_table(path.with_name("f.csv")).set_index("name").fold
    for fold in range(4):  # run k validates on the k-th value of the column
        predicted = read_table(root / paths.predicted(fold))
        assert sorted(predicted.series) == sorted(folds.index[folds == fold])
        assert set(predicted.region) == {"a", "b"}
        assert predicted.confidence.between(0, 1).all()
        assert (root / paths.model(2, fold) / "bundle.json").exists()
    report = (root / paths.REPORT).read_text(encoding="utf-8")
    assert "No map was made: all the scores of this page are on validation samples, not on a map." in report
    assert 'id="map"' not in report
    assert "values of `fold`" in report
    assert "missing numbers, filled by the median of the learning samples, kept" in report


def test_what_is_stored_is_fitted_on_what_each_run_learns_from(write: Write) -> None:
    path = write(FEATURES + FOLDS, samples=COLUMN)
    config = load_config(path)
    run(config)
    storage, table = read_json(config.output / paths.TABLE_STORAGE), read_table(config.output / paths.TABLE_SAMPLES)
    assert list(table.columns[-3:]) == ["n_1", "n_2", "wet"]
    for k in range(4):
        learning = table[table[f"run_{k}"] == 1]
        scale, shift = storage[f"run_{k}"]["scale"], storage[f"run_{k}"]["shift"]
        assert learning.n_2.min() * scale[1] + shift[1] == pytest.approx(-30_000)
        assert learning.wet.max() * scale[2] + shift[2] == pytest.approx(30_000)
        assert storage[f"run_{k}"]["fill"][2] == round(learning.wet.median() * scale[2] + shift[2])
    assert storage["run_0"] != storage["run_1"]


def test_train_does_what_run_would_and_nothing_twice(write: Write, command) -> None:
    path = write(FEATURES + FOLDS, samples=COLUMN)
    first = command("train", str(path))
    assert first.returncode == 0, first.stderr
    assert "overall accuracy" in first.stdout
    assert "models   " in first.stdout
    assert not (load_config(path).output / paths.REPORT).exists()
    assert "nothing to do: every model is there" in command("train", str(path), "-q").stdout
    done = command("run", str(path)).stdout
    assert "train " not in done
    assert "report" in done


def test_the_scores_of_train_on_polygons_are_those_of_the_map(light_config, light_run, tmp_path, command) -> None:
    path = light_config(tmp_path, "")
    done = command("train", str(path))
    assert done.returncode == 0, done.stderr
    assert "scores   on validation samples, not on a map" in done.stdout
    config = load_config(path)
    assert not (config.output / "map").exists()
    found, mapped = read_json(config.output / paths.SAMPLE_METRICS), read_json(light_run.output / paths.METRICS)
    assert found["per_class"] == mapped["per_class"]
    assert found["overall_accuracy"] == mapped["overall_accuracy"]


def wide() -> pd.DataFrame:
    """60 series of red and near infrared of four months; one month of red is missing in a third of them."""
    number = np.arange(60)
    crop = number % 2
    frame = pd.DataFrame({"name": number, "crop": np.where(crop == 1, "crop", "other")})
    for month in (1, 4, 7, 10):
        frame[f"r{month:02d}"] = 500 + 10 * number
        frame[f"n{month:02d}"] = 1000 + number + 3000 * crop * (month == 7)
    frame.loc[number % 3 == 0, "r04"] = -1
    return frame


SENSORS = "path: t.csv, series: name, label: crop, sensors: {s2: {bands: {red: 'r{month}', nir: 'n{month}'}, nodata: -1, roles: {red: red, nir: nir}}}"


def test_wide_series_are_filled_and_get_every_feature_of_an_input(write: Write) -> None:
    features = "features: {s2: {indices: [NDVI], statistics: {of: [NDVI], amplitude: true}, phenology: {of: NDVI}}}\n"
    path = write(SENSORS, features + FOREST, wide())
    config = load_config(path)
    inventory = examine(config)
    dates = [pd.Timestamp(2001, month, 15).date() for month in (1, 4, 7, 10)]
    names = inventory.feature_names
    assert names[:12] == optical_names("s2", ("red", "nir"), ("ndvi",), dates)
    assert names[12] == "s2_ndvi_amplitude"
    run(config)
    table = read_table(config.output / paths.TABLE_SAMPLES)
    assert (table.s2_red_20010415 == 500 + 10 * np.arange(60)).all()  # as before and after, where it is missing too
    ndvi = 1000 * (4000 + 1 - 510) / (4000 + 1 + 510)
    assert table.s2_ndvi_20010715[1] == round(ndvi)
    assert read_json(config.output / paths.METRICS)["overall_accuracy"]["mean"] == 1


def test_target_dates_may_be_a_grid_of_the_period(write: Write) -> None:
    more = "period: {start: 2023-02-01, end: 2023-06-30, step: 30}\nfeatures: {s2: {dates: grid}}\n" + FOREST
    inventory = examine(load_config(write(SENSORS, more, wide())))
    assert [day.isoformat() for day in inventory.layers[0].dates] == ["2023-02-01", "2023-03-03", "2023-04-02", "2023-05-02", "2023-06-01"]


def test_blocks_of_ground_are_never_cut(write: Write) -> None:
    places = ", x: east, y: north, crs: 'EPSG:32631'"
    path = write(FEATURES + places, samples=", split: {kind: blocks, block: 1000, folds: 2}, allow_lost_classes: true")
    config = load_config(path)
    run(config)
    table = read_table(config.output / paths.TABLE_SAMPLES)
    block = (table.x // 1000).astype(int).astype(str) + "_" + (table.y // 1000).astype(int).astype(str)
    assert block.nunique() == 4
    assert table.run_0.groupby(block).nunique().tolist() == [1, 1, 1, 1]


USER = "allow_user_code: true\nuser_features: [{file: own.py, function: f}]\n"
RELABEL = ", relabel: {crop: Crop, other: Wood}"


@pytest.mark.parametrize(
    ("table", "samples", "more", "line"),
    [
        (FEATURES + ", region: area", "", "", "E-TBL-001 t.csv: samples.table: no column area (columns: name, crop, zone,"),
        (FEATURES.replace("id: name", "id: zone"), "", "", "E-TBL-003 t.csv: zone: sample a has several rows"),
        (FEATURES.replace("wet", "zone"), "", "", "E-TBL-005 t.csv: zone: expected numbers, found `a` in 120 rows"),
        (
            FEATURES + ", keep: {zone: [c]}",
            "",
            "",
            "E-TBL-006 t.csv: samples.table: no row is left: 120 rows with another zone than those kept",
        ),
        (FEATURES + ", join: {path: t.csv, on: zone}", "", "", "E-TBL-007 t.csv: zone: zone a is there several times"),
        (FEATURES + ", region: wet", "", "", "E-TBL-008 t.csv: wet: 12 samples have no value, the first in row 7"),
        (
            FEATURES,
            ", split: {kind: tiles, folds: 2}",
            "",
            "E-SPL-008 small: samples.split.kind: the samples of a table are not split by tiles",
        ),
        (
            FEATURES,
            ", split: {kind: blocks, block: 9}",
            "",
            "E-SPL-010 small: samples.split.kind: kind blocks needs samples.table.`x` and `y`, the place",
        ),
        (FEATURES, RELABEL, "", "E-SAM-022 small: samples.relabel: classes that are not in nomenclature two: Wood (for other)"),
        (
            FEATURES.replace("wet", "code"),
            "",
            "",
            "E-TBL-017 t.csv: samples.table.columns: features cannot be called code, which are names of",
        ),
        (FEATURES + ", scales: {n_3: {scale: 2}}", "", "", "E-TBL-001 t.csv: samples.table.scales: no chosen column is called n_3"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(write: Write, tmp_path, table, samples, more, line) -> None:
    with pytest.raises(IotaError) as caught:
        examine(load_config(write(table, more, samples=samples)))
    assert any(found.replace(f"{tmp_path}/", "").startswith(line) for found in str(caught.value).splitlines()), str(caught.value)


LONG = "path: t.csv, series: name, label: crop, date: day, bands: {ndvi: v}"


def long() -> pd.DataFrame:
    """Two series of two dates."""
    days = ["2020-01-01", "2020-02-01"] * 2
    return pd.DataFrame({"name": [1, 1, 2, 2], "crop": ["crop"] * 2 + ["other"] * 2, "day": days, "v": [1, 2, 3, 4], "zone": [1, 2, 3, 3]})


@pytest.mark.parametrize(
    ("table", "more", "line"),
    [
        (LONG + ", region: zone", "", "E-TBL-004 t.csv: zone: several values in one series: 1"),
        (LONG + ", roles: {red: b4}", "", "E-TBL-010 t.csv: samples.table.roles: no band is called so: red: b4. Fix: bands: ndvi"),
        (
            LONG,
            "period: {start: 2020-04-01, end: 2020-06-01}\n",
            "E-TBL-011 t.csv: period: no date of the series (2020-01-01 to 2020-02-01) is in",
        ),
        (LONG, USER, "E-TBL-009 small: user_features: functions of users need windows of images, which a table has not"),
        (LONG, "features: {series: {indices: [NDVI]}}\n", "E-FEA-001 features.series"),
    ],
)
def test_what_is_wrong_with_series(write: Write, tmp_path, table, more, line) -> None:
    (tmp_path / "own.py").write_text("", encoding="utf-8")
    with pytest.raises(IotaError) as caught:
        examine(load_config(write(table, more, long()), allow_user_code=True))
    assert any(found.replace(f"{tmp_path}/", "").startswith(line) for found in str(caught.value).splitlines()), str(caught.value)


@pytest.mark.parametrize(
    ("region", "line"),
    [
        ("", "E-TBL-012 t.csv: samples: run 0 has no learning sample of 2 Other"),
        (", region: zone", "E-TBL-013 t.csv: samples.table.region: run 0 has no learning sample in region b"),
    ],
)
def test_a_class_or_a_region_that_vanishes_stops_the_run(write: Write, tmp_path, region, line) -> None:
    frame = rows().assign(fold=lambda f: np.where(f.crop == "crop" if not region else f.zone == "a", "x", "y"))
    allowed = ", allow_lost_classes: true" if region else ""
    path = write(FEATURES + region, frame=frame, samples=f", split: {{kind: column, column: fold, held_out: [y]}}{allowed}")
    with pytest.raises(IotaError) as caught:
        run(load_config(path))
    assert str(caught.value).replace(f"{tmp_path}/", "").startswith(line)


def test_features_of_a_table_are_not_for_a_map(light_config, tmp_path) -> None:
    path = light_config(tmp_path, "")
    text = (
        path.read_text(encoding="utf-8") + "samples: {polygons: null, regions: null, table: {kind: features, path: t.csv, columns: [a]}}\n"
    )
    path.write_text(text, encoding="utf-8")
    with pytest.raises(
        IotaError, match=r"E-TBL-014 .*samples\.table\.kind: only in a run without `inputs`, whose models are not for a map"
    ):
        examine(load_config(path))


def test_train_says_that_members_of_a_fusion_need_a_map(light_config, tmp_path, command) -> None:
    path = light_config(tmp_path, "fusion: {members: {one: [sentinel2], two: [sentinel2]}}\n")
    done = command("train", str(path))
    assert done.returncode == 1
    assert "E-TBL-016 demo: train: the members of a fusion answer together on a map only" in done.stderr


def test_the_other_commands_know_a_run_without_a_map(write: Write, command) -> None:
    path = str(write(FEATURES + FOLDS, samples=COLUMN))
    assert "no map, 3 features, 1 regions × 4 runs" in command("plan", path).stdout
    assert "inputs    120 samples of t.csv" in command("check", path).stdout
    assert command("features", path, "--list").stdout.split() == ["n_1", "n_2", "wet"]
    assert "E-TBL-015" in command("features", path, "-c", "wet").stderr

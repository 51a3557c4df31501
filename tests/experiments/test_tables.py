"""The experiments on tables of samples: the classes that are scored are those of the reference figures, and a small version of each."""

from __future__ import annotations

import pytest
import yaml

from iota_py.config import load_config
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline.experiments.compare import compare_study
from iota_py.pipeline.experiments.document import read_study
from iota_py.pipeline.experiments.execution import execute, look
from iota_py.pipeline.inventory import load_nomenclature
from iota_py.pipeline.preflight import examine
from tests.experiments.conftest import EXPERIMENTS

CONFIGS = {
    "africa_cropmask": ("base.yaml",),
    "brazil_modis": ("modis_ndvi.yaml", "modis_4bands.yaml", "cerrado_2classes.yaml", "l8_rondonia.yaml"),
    "central_asia_fields": ("base.yaml", "features.yaml", "seasons.yaml", "season_features.yaml"),
    "france_parcels": ("base.yaml",),
}


@pytest.mark.parametrize(("name", "file"), [(name, file) for name, files in CONFIGS.items() for file in files])
def test_the_configurations_load_and_name_their_classes(name: str, file: str) -> None:
    config = load_config(EXPERIMENTS / name / file)
    assert config.name == name
    assert config.inputs == {}
    nomenclature = load_nomenclature(config)
    assert isinstance(nomenclature, Nomenclature)
    given = config.samples.relabel or {}
    assert all(nomenclature.code_of(label) for label in given.values())


@pytest.mark.parametrize("name", CONFIGS)
def test_every_variant_is_a_change_of_the_base(name: str) -> None:
    for path in (EXPERIMENTS / name).glob("*variants.yaml"):
        plan = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert "blocks" in plan["folds"]
        assert "random" in plan["folds"]
        for changes in plan["variants"].values():
            assert set(changes) <= {"samples", "features", "model"}


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "file", "said", "features"),
    [
        ("africa_cropmask", "base.yaml", "19666 samples of training_samples.parquet", 33),
        ("brazil_modis", "modis_ndvi.yaml", "1218 samples of samples_modis_ndvi.parquet", 12),
        ("brazil_modis", "modis_4bands.yaml", "1218 samples of samples_modis_4bands.parquet", 4 * 23),
        ("brazil_modis", "cerrado_2classes.yaml", "746 samples of cerrado_2classes.parquet", 2 * 23),
        ("brazil_modis", "l8_rondonia.yaml", "160 samples of samples_l8_rondonia_2bands.parquet", 2 * 25),
        ("central_asia_fields", "base.yaml", "7183 samples of field_ndvi_series.parquet", 23),
        ("central_asia_fields", "season_features.yaml", "7151 samples of field_ndvi_series.parquet", 23),
    ],
)
def test_the_samples_are_those_of_the_reference(data, name: str, file: str, said: str, features: int) -> None:
    data(name)
    inventory = examine(load_config(EXPERIMENTS / name / file))
    assert inventory.described == said
    assert len(inventory.feature_names) == features


def test_the_experiment_of_africa_spans_folds_zones_and_models() -> None:
    study = read_study(EXPERIMENTS / "africa_cropmask" / "experiment.yaml")
    assert len(study.runs) == 2 * 2 * 3
    assert study.baselines == {("random",): "random-global-forest", ("blocks",): "blocks-global-forest"}
    by_name = {run.name: run.config for run in study.runs}
    assert by_name["random-per_zone-lightgbm"].samples.table.region == "region"
    assert by_name["random-per_zone-lightgbm"].model.kind == "lightgbm"
    assert by_name["blocks-global-extra_trees"].samples.table.keep == {"region": ("eastern", "northern", "western")}
    assert by_name["blocks-global-extra_trees"].model == load_config(EXPERIMENTS / "africa_cropmask" / "base.yaml").model


@pytest.mark.shared
@pytest.mark.slow
def test_zones_of_africa_with_few_trees(data, tmp_path) -> None:
    data("africa_cropmask")
    source = EXPERIMENTS / "africa_cropmask" / "experiment.yaml"
    text = source.read_text(encoding="utf-8").replace("base: base.yaml", f"base: {source.parent / 'base.yaml'}")
    text = (
        text.replace("../../runs/africa_cropmask", "out")
        .replace("trees: 300", "trees: 5")
        .replace("extra_trees: {}", "extra_trees: {model.trees: 5}")
    )
    path = tmp_path / "experiment.yaml"
    path.write_text(text, encoding="utf-8")
    study = read_study(path)
    outlook = look(study, ["extra_trees"])
    assert all(one.ok for one in execute(outlook, ["extra_trees"]))
    found = compare_study(study)
    assert set(found.regions.index) == {"central", "eastern", "northern", "sahel", "western"}
    per_zone = found.regions["random-per_zone-extra_trees"]
    assert per_zone.min() > 0.7
    assert (found.regions["blocks-per_zone-extra_trees"].dropna() < per_zone[["eastern", "northern", "western"]]).all()
    paired = {(one.axis, one.choice): one.contrast for one in found.effects}
    assert paired["folds", "blocks"].differences["overall_accuracy"].difference < 0
    assert paired["folds", "blocks"].differences["overall_accuracy"].polygons == 10_004


@pytest.mark.shared
@pytest.mark.slow
def test_parcels_of_france_are_scored_on_blocks_that_are_never_cut(data, script, tmp_path) -> None:
    data("france_parcels")
    found = script("france_parcels/experiment.py").main(["--out", str(tmp_path), "--trees", "5", "--only", "bands"])
    assert found["variants"]["bands"]["blocks"]["samples"] == 401
    assert found["variants"]["bands"]["blocks"]["classes"] == 7
    folds = [line.split(",") for line in (tmp_path / "folds.csv").read_text(encoding="utf-8").splitlines()[1:]]
    by_block: dict[str, set[str]] = {}
    for _, block, fold in folds:
        by_block.setdefault(block, set()).add(fold)
    assert all(len(values) == 1 for values in by_block.values())


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize(("name", "only"), [("brazil_modis", "forest"), ("central_asia_fields", "filled")])
def test_the_other_tables_with_few_trees(data, script, tmp_path, name: str, only: str) -> None:
    data(name)
    found = script(f"{name}/experiment.py").main(["--out", str(tmp_path), "--trees", "5", "--only", only])
    tables = [found[key] for key in found if key != "reference"]
    assert tables
    for table in tables:
        assert 0.5 < table[only]["blocks"]["overall_accuracy"] <= table[only]["random"]["overall_accuracy"] + 0.05


def test_scores_by_hand(script) -> None:
    variants = script("variants.py")
    rows = variants.pd.DataFrame(
        {"series": list("abcdef"), "code": [1, 1, 1, 1, 2, 2], "mapped": [1, 1, 1, 2, 2, 1], "run": [0, 0, 0, 1, 1, 1]}
    )
    found = variants.scores(rows)
    assert (found["overall_accuracy"], found["balanced_accuracy"]) == (4 / 6, (3 / 4 + 1 / 2) / 2)
    assert found["overall_accuracy_of_folds"] == [1.0, 1 / 3]
    assert variants.by_group(rows, variants.pd.Series({name: name < "d" for name in "abcdef"})) == {"False": 1 / 3, "True": 1.0}
    other = rows.assign(mapped=[2, 1, 1, 2, 2, 1])
    assert variants.gain(rows, other)["difference"] == pytest.approx(1 / 6)

"""Importance where the truth is known: in zone a only `n_1` tells the classes apart, in zone b only `wet`, and `n_2` says nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.errors import InputError
from iota_py.io.publish import read_json
from iota_py.pipeline import paths
from iota_py.pipeline.preflight import examine
from iota_py.pipeline.run import run
from iota_py.training.bundle import load
from tests.pipeline.reference.test_tables import CLASSES, COLUMN, FEATURES, FOLDS, HEAD, rows

STUDIES = "importance: {permutation: true, repeats: 4, shap: true, pixels_per_class: 40, shap_pixels_per_class: 6, elimination: {folds: 2, drop: 0.5}}\n"
BOOSTED = "model: {kind: lightgbm, rounds: 20, min_samples_leaf: 2}\n"


def written(folder: Path, more: str) -> RunConfig:
    (folder / "classes.yaml").write_text(CLASSES, encoding="utf-8")
    given = rows()
    given.to_csv(folder / "t.csv", index=False)
    given[["name"]].assign(fold=np.arange(len(given)) // 3 % 4).to_csv(folder / "f.csv", index=False)
    path = folder / "run.yaml"
    path.write_text(f"{HEAD}samples: {{table: {{{FEATURES + FOLDS}, region: zone}}{COLUMN}}}\n{BOOSTED}{more}", encoding="utf-8")
    return load_config(path)


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> RunConfig:
    config = written(tmp_path_factory.mktemp("studied"), STUDIES)
    run(config)
    return config


def by_zone(table: pd.DataFrame, value: str, name: str = "column") -> pd.DataFrame:
    return table.pivot_table(index="region", columns=name, values=value, aggfunc="mean")


def test_every_way_of_asking_finds_the_column_that_tells_classes_apart(studied: RunConfig) -> None:
    own = by_zone(pd.read_csv(studied.output / paths.IMPORTANCE), "importance")
    falls = pd.read_csv(studied.output / paths.PERMUTATION)
    shuffled = by_zone(falls[falls.kind == "column"], "f1_macro", "name")
    shap = by_zone(pd.read_csv(studied.output / paths.SHAP), "mean_absolute")
    for found in (own, shuffled, shap):
        assert list(found.columns) == ["n_1", "n_2", "wet"]
        assert found.loc["a"].idxmax() == "n_1"
        assert found.loc["b"].idxmax() == "wet"
    assert shuffled.loc["a", "n_1"] > 0.2 > shuffled.loc["a", "wet"]
    assert set(falls.kind) == {"column", "band"}, "ready features have no date, and are of one sensor"
    assert falls.groupby(["region", "run"]).pixels.first().groupby("region").sum().to_dict() == {"a": 70, "b": 50}, (
        "each zone on its own, once"
    )


def test_the_column_that_says_nothing_leaves_first(studied: RunConfig) -> None:
    document = read_json(studied.output / paths.ELIMINATION)
    assert document["order"][0] == "n_2"
    assert sorted(document["kept"]) == ["n_1", "wet"], "one zone needs each of them"
    assert [step["columns"] for step in document["steps"]] == [3, 2, 1]
    scores = [step["f1_macro"] for step in document["steps"]]
    assert scores[1] > scores[2] + 0.1


def test_columns_of_a_table_can_be_kept_and_reduced(studied: RunConfig, tmp_path: Path) -> None:
    more = f"keep_columns: {studied.output / paths.COLUMNS}\nreduction: {{components: 1}}\n"
    config = written(tmp_path, more)
    run(config)
    for zone in (1, 2):
        fitted = load(config.output / paths.model(zone, 0))
        assert fitted.names == ("n_1", "n_2", "wet")
        assert fitted.projection.names == ("pca_all_1",)
        assert fitted.projection.groups[0].columns.tolist() == [0, 2]
    own = by_zone(pd.read_csv(config.output / paths.IMPORTANCE), "importance")
    assert own["n_2"].eq(0).all()
    np.testing.assert_allclose(own.sum(axis=1), 1)
    with pytest.raises(InputError, match=r"E-RED-005 small: reduction\.components: 3 are asked for, the largest group, all, has 2 columns"):
        examine(written(tmp_path, more.replace("components: 1", "components: 3")))

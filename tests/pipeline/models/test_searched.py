"""Search of parameters: planned, done, reused, and refused with reasons."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from iota_py.config import load_config
from iota_py.errors import IotaError
from iota_py.io.publish import read_json
from iota_py.io.tables import write_table
from iota_py.pipeline.run import run
from iota_py.training.bundle import describe

pytest.importorskip("optuna", reason="Optuna is not installed: extra `search`")

NOMENCLATURE = {
    "name": "two",
    "classes": [
        {"code": 1, "alias": "Left", "name": {"en": "left"}, "colour": [255, 0, 0]},
        {"code": 2, "alias": "Right", "name": {"en": "right"}, "colour": [0, 0, 255]},
    ],
}

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a configuration of a table of two zones and two classes that a little depth is needed for."""
    rng = np.random.default_rng(4)
    a, b = rng.uniform(-1, 1, (2, 240))
    frame = pd.DataFrame(
        {"id": np.arange(240), "label": np.where(a * b > 0, 1, 2), "zone": np.where(np.arange(240) % 2, "N", "S"), "a": a, "b": b}
    )
    write_table(tmp_path / "table.parquet", frame)
    (tmp_path / "classes.yaml").write_text(yaml.safe_dump(NOMENCLATURE))

    def config(name: str = "searched", **changes: Any) -> Path:
        table = {"path": "table.parquet", "kind": "features", "id": "id", "columns": ["a", "b"], "region": "zone"}
        document = {
            "name": name,
            "output": f"runs/{name}",
            "nomenclature": "classes.yaml",
            "samples": {"table": table, "split": {"runs": 2}},
            "model": {"kind": "random_forest", "trees": 10, "max_depth": 1, "max_features": 1, "min_samples_leaf": 1},
            "search": {"trials": 4, "folds": 2, "space": {"max_depth": [1, 8], "min_samples_leaf": {"low": 1, "high": 3, "whole": True}}},
            "tracking": {"enabled": False},
            "engine": {"workers": 1},
            **changes,
        }
        path = tmp_path / f"{name}.yaml"
        path.write_text(yaml.safe_dump({key: value for key, value in document.items() if value is not None}))
        return path

    return config


def test_models_take_the_best_parameters_of_their_region(write: Write, tmp_path: Path) -> None:
    done = run(load_config(write()))
    root = tmp_path / "runs/searched"
    assert done.executed["search"] == 2
    for region in (1, 2):
        found = read_json(root / f"models/search_region_{region}.json")
        first, best = found["trials"][0], found["best"]
        assert first["values"] == {"max_depth": 1, "min_samples_leaf": 1}
        assert best["score"] == max(trial["score"] for trial in found["trials"])
        assert best["values"]["max_depth"] == 8
        for number in (0, 1):
            options = describe(root / f"models/region_{region}_run_{number}")["options"]
            assert {name: options[name] for name in best["values"]} == best["values"]
    assert run(load_config(write())).nothing


def test_the_section_found_makes_the_same_models_in_another_run(write: Write, tmp_path: Path) -> None:
    run(load_config(write()))
    section = yaml.safe_load((tmp_path / "runs/searched/assessment/search/model_region_1.yaml").read_text())
    run(load_config(write("again", search=None, **section)))
    one, two = (describe(tmp_path / f"runs/{name}/models/region_1_run_1") for name in ("searched", "again"))
    assert one["files"] == two["files"]


def test_a_change_of_the_search_does_it_again_and_no_sample(write: Write) -> None:
    run(load_config(write()))
    done = run(load_config(write(search={"trials": 5, "folds": 2, "space": {"max_depth": [1, 8]}})))
    assert done.executed["search"] == 2
    assert "selection" not in done.executed


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"search": {"space": {"leaves": [3, 4]}}}, "E-SRC-003.*search.space.leaves.*random_forest has no such parameter"),
        ({"search": {"space": {"max_depth": [0, 4]}}}, "E-SRC-003.*search.space.max_depth.*does not take 0"),
        ({"search": {"space": {"trees": {"low": 5, "high": 2}}}}, "search.space.trees.*low 5 is not below high 2"),
        ({"model": {"kind": "voting", "members": {"a": {"kind": "knn"}, "b": {"kind": "random_forest"}}}}, "E-SRC-002.*voting has several"),
    ],
)
def test_impossible_searches_are_refused_before_any_work(write: Write, tmp_path: Path, changes: dict[str, Any], line: str) -> None:
    with pytest.raises(IotaError, match=line):
        run(load_config(write(**changes)))
    assert not (tmp_path / "runs/searched/models").exists()

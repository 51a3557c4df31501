"""Suspicious polygons in a run: found, drawn, and dropped only where that is wished for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from iota_py.config import load_config
from iota_py.errors import IotaError
from iota_py.io.tables import read_table, write_table
from iota_py.pipeline import paths
from iota_py.pipeline.run import run
from iota_py.pipeline.steps.cleaning import evenly
from iota_py.training.bundle import describe
from tests.pipeline.models.test_searched import NOMENCLATURE

WRONG = (4, 61)
METHODS = ["knn", "cross_validation", "som", "outlier"]
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a configuration of a table of two classes, two of whose samples have the wrong label."""
    rng = np.random.default_rng(8)
    truth = np.repeat([1, 2], 40)
    columns = {f"c{i}": rng.normal(0, 1, 80) + 7 * (truth == 2) for i in range(4)}
    label = np.where(np.isin(np.arange(80), WRONG), 3 - truth, truth)
    write_table(tmp_path / "table.parquet", pd.DataFrame({"id": np.arange(80), "label": label, **columns}))
    (tmp_path / "classes.yaml").write_text(yaml.safe_dump(NOMENCLATURE))

    def config(name: str = "cleaned", **cleaning: Any) -> Path:
        table = {"path": "table.parquet", "kind": "features", "id": "id", "columns": ["c*"]}
        samples = {
            "table": table,
            "split": {"runs": 2, "ratio": 0.8},
            "cleaning": {"methods": METHODS, "agree": 3, "som": {"side": 3}, **cleaning},
        }
        document = {
            "name": name,
            "output": f"runs/{name}",
            "nomenclature": "classes.yaml",
            "samples": samples,
            "model": {"kind": "random_forest", "trees": 20, "min_samples_leaf": 1},
            "tracking": {"enabled": False},
            "engine": {"workers": 1},
        }
        path = tmp_path / f"{name}.yaml"
        path.write_text(yaml.safe_dump(document))
        return path

    return config


def learnt(root: Path, number: int) -> int:
    return int(describe(root / paths.model(1, number))["extra"]["samples"])


def test_wrong_labels_are_listed_and_drawn_and_stay_unless_dropped(write: Write, tmp_path: Path) -> None:
    run(load_config(write()))
    root = tmp_path / "runs/cleaned"
    found = read_table(root / paths.SUSPICIOUS)
    split = read_table(root / paths.SPLIT)
    learning = {int(p) for p in split.polygon[(split[["run_0", "run_1"]] == 1).any(axis=1)]}
    assert set(found.polygon) == learning & set(WRONG)
    assert (found.resembles != found["class"]).all()
    assert not found.dropped.any()
    assert (root / paths.SUSPICIOUS_FIGURE).stat().st_size > 1000
    assert "suspicious" in (root / paths.REPORT).read_text(encoding="utf-8")
    before = [learnt(root, number) for number in (0, 1)]
    done = run(load_config(write(drop=True)))
    assert "cleaning" not in done.executed  # the scores are the same
    for number in (0, 1):
        bad = int(read_table(root / paths.cleaning(1, number)).suspicious.sum())
        assert learnt(root, number) == before[number] - bad
    ledger = read_table(root / paths.LEARNING_LEDGER)
    after = ledger[(ledger.step == "learning samples after cleaning") & (ledger.run.astype(str) == "0")]
    assert after.pixels.sum() == learnt(root, 0)


def test_validation_samples_are_never_scored(write: Write, tmp_path: Path) -> None:
    run(load_config(write()))
    root = tmp_path / "runs/cleaned"
    split = read_table(root / paths.SPLIT)
    for number in (0, 1):
        scored = set(read_table(root / paths.cleaning(1, number)).polygon)
        assert scored == set(split.polygon[split[f"run_{number}"] == 1])


def test_what_is_asked_for_must_be_possible(write: Write) -> None:
    with pytest.raises(IotaError, match="agree 5: there are 4 methods"):
        load_config(write(agree=5))
    with pytest.raises(IotaError, match=r"samples\.cleaning\.methods"):
        load_config(write(methods=["luck"], agree=1))


def test_samples_are_thinned_evenly_over_polygons() -> None:
    samples = pd.DataFrame({"polygon": [0] * 10 + [1] * 2 + [2] * 4, "row": range(16)})
    found = evenly(samples, 8)
    assert found.groupby("polygon").size().to_list() == [3, 2, 3]
    assert found.row[found.polygon == 0].to_list() == [3, 6, 9]
    assert len(evenly(samples, 100)) == 16

"""The comparison of trainers: its arithmetic, and a tiny run where the extension is installed."""

from __future__ import annotations

import json
import sys
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import pytest

from iota_py.training import trainers

try:
    EXTENSION = version("scikit-learn-intelex")
except PackageNotFoundError:
    EXTENSION = None


@pytest.fixture(scope="module")
def training(script):
    """The script."""
    return script("performance/training.py")


def test_the_difference_of_the_means_and_welchs_interval(training) -> None:
    """Means 3 and 5, variances 1 and 4 of three seeds: error (5/3)^½, freedom (5/3)² / ((1/3)²/2 + (4/3)²/2) = 50/17."""
    scores = {"scikit-learn": [2.0, 3.0, 4.0], "intel": [3.0, 5.0, 7.0]}
    records = [{"trainer": t, "seed": s, "x": v} for t, found in scores.items() for s, v in enumerate(found)]
    found = training.difference(records, "x")
    assert (found["difference"], found["sd_scikit_learn"], found["sd_intel"]) == (2.0, 1.0, 2.0)
    assert found["half_width"] == pytest.approx(training.student.ppf(0.975, 50 / 17) * (5 / 3) ** 0.5)
    assert training.verdict(found) == "equal within noise"
    assert training.verdict({"difference": -2.0, "half_width": 1.0}) == "worse"
    assert training.verdict({"difference": 2.0, "half_width": 1.0}) == "better"


def test_thinning_keeps_a_falling_share_of_each_class(training) -> None:
    labels = np.repeat(np.arange(1, 4, dtype=np.uint8), 10_000)
    features = labels[:, None].astype(np.int16)
    assert training.thin((features, labels), 1.0)[1].tolist() == labels.tolist()
    kept, left = training.thin((features, labels), 0.5)
    np.testing.assert_allclose(np.bincount(left)[1:], [10_000, 5000, 2500], rtol=0.05)
    np.testing.assert_array_equal(kept[:, 0], left)


def test_without_the_extension_the_way_out_is_said(training, monkeypatch) -> None:
    monkeypatch.setattr(trainers, "_extension", lambda: None)
    monkeypatch.setattr(sys, "argv", ["training.py", "--quick"])
    with pytest.raises(SystemExit, match=r"E-CFG-018 .*pip install"):
        training.main()


@pytest.mark.skipif(EXTENSION is None, reason="the Intel extension is not installed (pip install 'iota-py[intel]')")
def test_a_tiny_run_writes_tables_and_records(training, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(sys, "argv", ["training.py", "--quick", "--skew", "0.9", "--out", str(tmp_path / "t.md")])
    training.main()
    text = (tmp_path / "t.md").read_text(encoding="utf-8")
    assert f"scikit-learn-intelex {EXTENSION}" in text
    assert text.count("| yes |") == 2  # the same forest with one thread and with two, of both
    case = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))["cases"][0]
    assert len(case["records"]) == 2 * 2 * 2
    assert min(r["accuracy"] for r in case["records"] if "accuracy" in r) > 0.5

"""Regressors of a run: what is none is refused, and the parts of a region are averaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from iota_py.errors import InputError
from iota_py.pipeline.models.regressors import mean_of_parts, value_engine_at
from iota_py.training.bundle import save
from iota_py.training.fit import fit
from iota_py.training.options import RandomForestOptions


def test_a_classifier_predicts_no_number(tmp_path: Path) -> None:
    features, labels = np.arange(20, dtype=np.int16)[:, None], np.repeat([3, 7], 10).astype(np.uint8)
    save(fit("random_forest", RandomForestOptions(trees=1), features, labels, ("f",), 0), tmp_path / "model")
    with pytest.raises(InputError, match=r"E-TGT-021.*predicts classes, not a number"):
        value_engine_at(tmp_path / "model", ("f",))


def test_the_parts_of_each_run_are_averaged() -> None:
    found = np.array([[1, 2], [3, 5], [10, 10], [20, 40]], np.float32)  # two runs of two parts, two pixels
    assert mean_of_parts(found, 2).tolist() == [[2, 3.5], [15, 25]]
    assert mean_of_parts(found, 4).tolist() == found.tolist()

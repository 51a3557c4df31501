"""Figures of probabilities: drawn for every shape of the tables, the same bytes twice, words in the language."""

from __future__ import annotations

import math
import struct

import numpy as np
import pandas as pd
import pytest

from iota_py.assessment.probability_figures import MOST_CLASSES, class_figure, coverage_figure, reliability_figure
from iota_py.assessment.reliability import reliability_table


def table(seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    confidence = rng.random(500)
    return reliability_table(confidence, rng.random(500) < confidence)


def height(png: bytes) -> int:
    return struct.unpack(">II", png[16:24])[1]


def test_reliability_before_and_after() -> None:
    both = reliability_figure({"raw": table(1), "p": table(2)})
    assert both == reliability_figure({"p": table(2), "raw": table(1)})
    assert both != reliability_figure({"p": table(2)})
    assert reliability_figure({"p": table(2)}, "fr") != reliability_figure({"p": table(2)})


def test_intervals_of_a_few_pixels_are_left_out() -> None:
    few = table(2)
    few.loc[3, ["samples", "accuracy"]] = [9, 0.99]
    without = few.assign(accuracy=few.accuracy.where(few.samples >= 10, 0.01))
    few_bars, bars = (class_figure({"a": {"p": frame.assign(samples=frame.samples)}}) for frame in (few, without))
    assert few_bars != bars, "the error in the title counts them all"
    title = few.assign(accuracy=few.accuracy.where(few.samples >= 10, few.confidence + (0.99 - few.confidence[3])))
    assert class_figure({"a": {"p": title}}) == few_bars, "the point is not drawn"


def test_no_more_classes_than_can_be_read() -> None:
    many = {f"class {k}": {"p": table()} for k in range(MOST_CLASSES + 1)}
    drawn = class_figure(many)
    assert drawn == class_figure(dict(list(many.items())[:MOST_CLASSES]))
    assert height(drawn) > height(class_figure(dict(list(many.items())[:3])))
    with pytest.raises(ValueError, match="no class"):
        class_figure({})


def test_coverage_with_and_without_intervals() -> None:
    rows = [{"name": "all", "coverage": 0.91, "low": 0.88, "high": 0.95, "set_size": 1.3}]
    single = {"name": "a", "coverage": 1.0, "low": math.nan, "high": math.nan, "set_size": 2.0}
    assert height(coverage_figure([*rows, single], 0.9)) > height(coverage_figure(rows, 0.9))
    assert coverage_figure(rows, 0.9, "fr") != coverage_figure(rows, 0.9)
    with pytest.raises(ValueError, match="coverage of nothing"):
        coverage_figure([], 0.9)

"""Sections `reduction` and `importance`, and the file of columns."""

from __future__ import annotations

import pytest

from iota_py.config.importance import Elimination, Importance
from iota_py.config.reduction import Reduction


def test_nothing_is_asked_for_by_default(load):
    config = load()
    assert (config.reduction, config.keep_columns, config.importance) == (None, None, Importance())
    assert not config.importance.held_out


def test_what_can_be_asked_for(load, tmp_path):
    config = load(
        "reduction: {groups: date, components: 3}\nkeep_columns: some/columns.txt\nimportance: {permutation: true, elimination: true}"
    )
    assert config.reduction == Reduction(groups="date", components=3)
    assert config.keep_columns == tmp_path / "some/columns.txt"
    assert config.importance.held_out
    assert config.importance.elimination == Elimination(folds=3, drop=0.2)
    assert load("reduction: {components: 0.95}").reduction == Reduction(kind="pca", groups="global", components=0.95)
    assert load("importance: {elimination: false}").importance.elimination is None
    assert load("importance: {elimination: {drop: 0.5}}").importance.elimination == Elimination(drop=0.5)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "reduction: {components: 1.0}",
            "E-CFG-012 run.yaml: reduction.components: input should be a valid integer; or input should be less than 1",
        ),
        ("reduction: {components: 0}", "E-CFG-012 run.yaml: reduction.components: "),
        ("reduction: {groups: date}", "run.yaml: reduction.components: "),
        ("reduction: {components: 3, groups: pixel}", "reduction.groups: input should be 'global', 'date', 'band' or 'sensor'"),
        ("importance: {repeats: 0}", "importance.repeats: input should be greater than or equal to 1"),
        ("importance: {shap_pixels_per_class: 600}", "importance: shap_pixels_per_class 600 is above pixels_per_class 500"),
        ("importance: {elimination: {folds: 1}}", "importance.elimination.folds: input should be greater than or equal to 2"),
        ("importance: {elimination: {drop: 1}}", "importance.elimination.drop: input should be less than 1"),
    ],
)
def test_faults(lines, text, line):
    (found,) = lines(text)
    assert line in found

"""A run against its baseline: numbers worked out by hand, and the words for them."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iota_py.assessment.baseline import (
    baseline_line,
    compared_scores,
    difference_table,
    holm,
    interval_texts,
    map_changes,
    moved,
    moved_line,
    settings_changes,
)
from iota_py.assessment.transitions import transition_table
from iota_py.assessment.wording import p_value
from iota_py.nomenclature import Nomenclature


def test_holm_by_hand() -> None:
    """Holm 1979: of four, the smallest times 4, the next times 3 …, never below the one before."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []
    found = holm([0.01, math.nan, 0.02])
    assert found[0] == pytest.approx(0.02)
    assert math.isnan(found[1])
    assert found[2] == pytest.approx(0.02)


@given(st.lists(st.floats(0, 1), max_size=30))
def test_holm_keeps_the_order_and_makes_nothing_smaller(values: list[float]) -> None:
    found = np.array(holm(values))
    assert (found >= np.array(values) - 1e-12).all()
    assert (found <= 1).all()
    order = np.argsort(values, kind="stable")
    assert (np.diff(found[order]) >= 0).all()


def scores_of(right: list[int], codes: list[int], regions: list[str]) -> pd.DataFrame:
    """Polygons of ten pixels each, `right` of which have their class, the others that of the first other class."""
    rows = []
    for polygon, (good, code, region) in enumerate(zip(right, codes, regions, strict=True)):
        other = next(one for one in sorted(set(codes)) if one != code)
        rows += [(0, polygon, "T", region, code, code, good), (0, polygon, "T", region, code, other, 10 - good)]
    frame = pd.DataFrame(rows, columns=["run", "polygon", "tile", "region", "code", "mapped", "pixels"])
    return frame[frame.pixels > 0].reset_index(drop=True)


@pytest.fixture
def document(ten: Nomenclature) -> dict[str, object]:
    """24 polygons of two classes in two regions; the second run has two pixels more right in each polygon of class 2, and none elsewhere."""
    codes, regions = [2, 4] * 12, ["east"] * 12 + ["west"] * 12
    before, after = scores_of([6, 8] * 12, codes, regions), scores_of([8, 8] * 12, codes, regions)
    found = compared_scores(before, after, ten.subset((2, 4)), draws=200)
    none = {"compared": False, "reason": "this run makes no map"}
    return {"name": "v1", "path": "/runs/v1", "comparable": True, "notes": [], "held_out": 24, **found, "map": none, "settings": []}


def test_differences_by_hand(document: dict[str, object]) -> None:
    assert document["polygons"] == 24
    overall = document["measures"][0]
    assert overall["measure"] == "overall_accuracy"
    assert (overall["baseline"], overall["other"]) == pytest.approx((0.7, 0.8))
    assert overall["difference"] == pytest.approx(0.1)
    assert overall["moved"]
    # class 2: recall 0.8 of 120, mapped 96 + 24; F1 0.8, from 2 × 72 / (120 + 96) = 2/3
    first = next(one for one in document["classes"] if one["code"] == 2)
    assert (first["baseline"], first["other"]) == pytest.approx((2 / 3, 0.8))
    assert [one["region"] for one in document["regions"]] == ["east", "west"]
    assert all(one["difference"] == pytest.approx(0.1) for one in document["regions"])
    assert all(one["p_holm"] >= one["p_value"] for one in (*document["classes"], *document["regions"]))


def test_the_table_holds_every_difference(document: dict[str, object]) -> None:
    table = difference_table(document)
    assert table.level.tolist() == ["all"] * 3 + ["class"] * 2 + ["region"] * 2
    assert table.p_holm.isna().tolist() == [True] * 3 + [False] * 4


def entry(low: float | None, high: float | None) -> dict[str, float | None]:
    middle = None if low is None else (low + high) / 2
    return {
        "measure": "overall_accuracy", "baseline": 0.9, "other": 0.9 + (middle or 0), "difference": middle or 0.0, "low": low, "high": high,
        "p_value": 0.0004,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high", "english", "french"),
    [
        (0.004, 0.02, "better than v1: overall accuracy +0.012 [+0.004, +0.020] (24 polygons)",
         "meilleur que v1 : précision globale +0,012 [+0,004 ; +0,020] (24 polygones)"),
        (-0.02, -0.004, "worse than v1: overall accuracy −0.012 [−0.020, −0.004] (24 polygons)",
         "moins bon que v1 : précision globale −0,012 [−0,020 ; −0,004] (24 polygones)"),
        (-0.01, 0.03, "no difference from v1 that these polygons can show: overall accuracy +0.010 [−0.010, +0.030] (24 polygons)",
         "aucune différence avec v1 que ces polygones puissent montrer : précision globale +0,010 [−0,010 ; +0,030] (24 polygones)"),
        (None, None, "against v1: overall accuracy 0.000, too few polygons to say how sure that is (24)",
         "face à v1 : précision globale 0,000, trop peu de polygones pour dire combien c'est sûr (24)"),
    ],
)  # fmt: skip
def test_verdicts(document: dict[str, object], low: float | None, high: float | None, english: str, french: str) -> None:
    said = {**document, "measures": [entry(low, high)]}
    assert baseline_line(said) == english
    assert baseline_line(said, "fr") == french


def test_what_cannot_be_compared_is_said_with_its_reason() -> None:
    said = {"name": "v1", "comparable": False, "reason": "no polygon is held out in both, in the same draw"}
    assert baseline_line(said) == "not compared with v1: no polygon is held out in both, in the same draw"
    assert baseline_line(said, "fr") == "non comparé à v1 : aucun polygone n'est mis de côté dans les deux au même tirage"
    assert moved_line(said) == ""


def test_what_moved_in_words(document: dict[str, object]) -> None:
    text = moved_line({**document, "map": {"compared": True, "share": 0.0421}})
    assert text.startswith("F1 moved in 2 of 2 classes: discontinuous urban fabric (+0.133), ")
    assert text.endswith("Accuracy moved: region east (+0.100), region west (+0.100). 4.2\u202f% of the pixels of the map changed class.")
    still = {**document, "classes": [{**one, "moved": False} for one in document["classes"]], "regions": []}
    assert moved_line(still, "fr") == "Le F1 d'aucune classe n'a bougé au-delà de son intervalle."
    many = {**document, "classes": document["classes"] * 5, "regions": []}
    assert moved_line(many).endswith(" and 4 more.")


def test_an_interval_that_touches_nought_has_not_moved() -> None:
    assert not moved(entry(0.0, 0.02))
    assert not moved(entry(None, None))
    assert moved(entry(-0.02, -0.001))


def test_texts_of_numbers() -> None:
    assert interval_texts(entry(-0.02, -0.004), "fr")["interval"] == "[−0,020 ; −0,004]"
    assert interval_texts(entry(None, None))["interval"] == ""
    assert p_value(0.0004) == "< 0.001"
    assert p_value(0.0004, "fr") == "< 0,001"
    assert p_value(0.25) == "0.250"
    assert p_value(None) == "undefined"


def test_transitions_by_hand(ten: Nomenclature) -> None:
    classes = ten.subset((2, 4, 5))
    matrix = np.array([[50, 3, 0], [7, 30, 1], [0, 0, 9]])
    found = map_changes(matrix, transition_table(matrix, np.zeros((256, 256), bool), classes, 0.01))
    assert (found["pixels"], found["changed"], found["kinds"]) == (100, 11, 3)
    assert found["share"] == 0.11
    assert [(row["from_code"], row["to_code"], row["pixels"]) for row in found["transitions"]] == [(4, 2, 7), (2, 4, 3), (4, 5, 1)]
    assert found["transitions"][0]["share_of_from"] == 7 / 38


def test_settings_that_differ() -> None:
    before = {"model": {"kind": "random_forest", "trees": 100}, "period": {"step": 10}, "output": "/a", "map": None}
    after = {"model": {"kind": "lightgbm", "trees": 100}, "period": {"step": 10}, "output": "/b", "map": {"smoothing": {"radius": 2}}}
    assert settings_changes(before, after, ("output",)) == [
        {"key": "model.kind", "baseline": "random_forest", "other": "lightgbm"},
        {"key": "map.smoothing.radius", "baseline": "", "other": "2"},
    ]
    assert settings_changes(before, before) == []

from __future__ import annotations

import json
import math

import pandas as pd
import pytest

from iota_py.assessment.rivals import p_text, rival_document, rival_rows, rival_sentence, rival_table, rivals
from iota_py.nomenclature import Nomenclature

from .test_bootstrap import polygon_table


@pytest.fixture(scope="module")
def classes(oso: Nomenclature) -> Nomenclature:
    return oso.subset([5, 10, 23])


def one_run(right: int) -> pd.DataFrame:
    """Twenty polygons of 10 pixels of two classes, each with so many right."""
    rows = [(0, k, code, code, right) for k, code in enumerate([5, 10] * 10)]
    return polygon_table([*rows, *((0, k, code, 15 - code, 10 - right) for k, code in enumerate([5, 10] * 10) if right < 10)])


def test_the_better_one_is_named(classes: Nomenclature) -> None:
    found = rivals(("old", "new"), one_run(7), one_run(9), classes)
    assert rival_sentence(found) == (
        "new is better on the 20 polygons that both held out: overall accuracy 0.900 for new, 0.700 for old "
        "(difference +0.200, 95 % interval +0.200 to +0.200, p < 0.001; clustered McNemar test p < 0.001)"
    )
    assert rival_sentence(rivals(("old", "new"), one_run(9), one_run(7), classes)).startswith("old is better on the 20 polygons")


def test_two_that_cannot_be_told_apart(classes: Nomenclature) -> None:
    found = rivals(("a", "b"), one_run(8), one_run(8), classes)
    assert rival_sentence(found).startswith(
        "the two cannot be told apart on the 20 polygons that both held out: overall accuracy 0.800 for b"
    )
    assert "p 1.000" in rival_sentence(found)


def test_too_few_polygons_and_other_pixels(classes: Nomenclature) -> None:
    alone = polygon_table([(0, 1, 5, 5, 4), (1, 1, 5, 5, 2), (1, 1, 5, 10, 2)])
    found = rivals(("a", "b"), alone, alone, classes)
    assert rival_sentence(found) == (
        "on the 1 polygons that both held out, over 2 draws: overall accuracy 0.750 for b, 0.750 for a; too few polygons to say which is better"
    )
    fewer = one_run(7).assign(pixels=lambda t: t.pixels + (t.polygon == 3))
    assert "McNemar" not in rival_sentence(rivals(("a", "b"), one_run(7), fewer, classes))


def test_a_class_that_only_a_map_gives_is_counted(classes: Nomenclature) -> None:
    strange = one_run(9).assign(mapped=lambda t: t.mapped.where((t.code == t.mapped) | (t.polygon > 3), 23))
    table = rival_table(rivals(("a", "b"), one_run(9), strange, classes))
    assert table["class"].tolist()[3:] == [classes[code].alias for code in (5, 10, 23)]
    last = table.iloc[-1]
    assert (last.measure, last.other, last.polygons) == ("f1", 0.0, 0)
    assert math.isnan(last.baseline)
    assert table.iloc[0].other == pytest.approx(0.9)  # its pixels are wrong, not left out


def test_what_the_page_and_the_document_hold(classes: Nomenclature) -> None:
    found = rivals(("a", "b"), one_run(7), one_run(9), classes)
    rows = rival_rows(found)
    assert [row["name"] for row in rows] == ["overall accuracy", "kappa", "mean F1", *(f"F1 of {classes[c].label()}" for c in (5, 10))]
    assert all(row["sure"] for row in rows)
    assert (rows[0]["difference"], rows[0]["interval"], rows[0]["p_value"]) == ("+0.200", "+0.200 to +0.200", "< 0.001")
    document = json.loads(json.dumps(rival_document(found), allow_nan=False))
    assert (document["polygons"], document["runs"], document["draws"]) == (20, 1, 2000)
    assert document["differences"][0]["difference"] == pytest.approx(0.2)


def test_p_values_are_written_as_they_are_read() -> None:
    assert [p_text(p) for p in (0.0344, 0.0005, math.nan)] == ["p 0.034", "p < 0.001", "p undefined"]

"""What is said of where models apply: areas, accuracy by dissimilarity, folds; and the pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from iota_py.assessment.applicability import FOLD_COLUMNS, accuracy_document, area_document, area_table, fold_means, fold_row
from iota_py.assessment.applicability_figures import dissimilarity_figure, distances_figure
from iota_py.nomenclature import LandCoverClass, Nomenclature

CLASSES = Nomenclature(
    "two", (LandCoverClass(1, "water", {"en": "Water"}, (0, 0, 255)), LandCoverClass(5, "wood", {"en": "Wood"}, (0, 99, 0)))
)


def test_areas_by_region_and_class() -> None:
    counts = np.zeros((3, 256, 2), np.int64)
    counts[1, 1], counts[1, 5], counts[2, 5] = (10, 30), (0, 20), (40, 0)
    table = area_table(counts, {1: "north", 2: "south"}, CLASSES, 0.01)
    assert table[["region", "class", "pixels", "inside", "share"]].to_numpy().tolist() == [
        ["north", "water", 40, 30, 0.75], ["north", "wood", 20, 20, 1.0], ["south", "wood", 40, 0, 0.0],
    ]  # fmt: skip
    document = area_document(table)
    assert document["map"] == {"pixels": 100, "inside": 50, "share": 0.5, "hectares": pytest.approx(1.0)}
    assert [(one["name"], one["share"]) for one in document["regions"]] == [("north", pytest.approx(50 / 60)), ("south", 0.0)]
    assert [(one["name"], one["share"]) for one in document["classes"]] == [("water", 0.75), ("wood", pytest.approx(1 / 3))]


def test_accuracy_inside_and_outside() -> None:
    found = accuracy_document(np.array([0.0, 0.2, 1.0, 1.2, 5.0]), np.array([True, True, False, False, True]))
    assert found["inside"] == {"samples": 3, "overall_accuracy": pytest.approx(2 / 3)}
    assert found["outside"] == {"samples": 2, "overall_accuracy": 0.5}
    assert [(one["low"], one["high"], one["samples"]) for one in found["classes"]] == [
        (0.0, 0.25, 2), (0.25, 0.5, 0), (0.5, 0.75, 0), (0.75, 1.0, 1), (1.0, 1.5, 1), (1.5, 2.0, 0), (2.0, None, 1),
    ]  # fmt: skip
    assert found["classes"][1]["overall_accuracy"] is None


def test_folds_and_their_means() -> None:
    rows = [
        fold_row(("north", "polygon", 0), np.array([0.1, 0.2, 0.3]), 0.25, np.array([10.0, np.nan, 30]), 0.9),
        fold_row(("north", "polygon", 1), np.array([0.4]), 0.25, np.array([40.0]), None),
        fold_row(("north", "blocks", 0), np.array([np.inf]), 0.25, np.array([np.nan]), None),
    ]
    assert rows[0] == ("north", "polygon", 0, 3, 0.2, pytest.approx(0.28), pytest.approx(2 / 3), 20.0, 0.9)
    table = pd.DataFrame(rows, columns=FOLD_COLUMNS).astype(dict.fromkeys(FOLD_COLUMNS[4:], float))
    random, spatial = fold_means(table)
    assert random == {"kind": "polygon", "folds": 2, "median": pytest.approx(0.3), "distance": 30.0, "inside": 0.5, "overall_accuracy": 0.9}
    assert spatial == {"kind": "blocks", "folds": 1, "median": None, "distance": None, "inside": None, "overall_accuracy": None}


def test_the_map_of_dissimilarity() -> None:
    index = np.full((20, 30), 0.1)
    index[:5] = np.nan
    inside = np.ones((20, 30), bool)
    png = dissimilarity_figure(index, inside, 0.3)
    inside[10:] = False
    hatched = dissimilarity_figure(index, inside, 0.3)
    assert png.startswith(b"\x89PNG")
    assert hatched != png, "what is outside looks otherwise"
    assert dissimilarity_figure(index, inside, 0.3) == hatched
    assert dissimilarity_figure(index, inside, 0.3, "fr") != hatched


def curve(*values: float) -> dict[str, Any]:
    return {"number": len(values), "quantiles": list(values)}


def test_curves_of_distances() -> None:
    ground = {"distributions": {"pixel_to_sample": curve(0, 50, 100), "polygon": curve(10, 20, 30), "blocks": curve(50, 70, 400)}}
    feature = {"distributions": {"pixel_to_sample": curve(0.1, 0.2, 0.4)}}
    both = distances_figure({"ground": ground, "feature": feature})
    assert both.startswith(b"\x89PNG")
    alone = distances_figure({"ground": {"distributions": {}}, "feature": feature})
    assert int.from_bytes(alone[16:20]) < int.from_bytes(both[16:20]), "one panel is narrower than two"
    with pytest.raises(ValueError, match="no distance is known"):
        distances_figure({"ground": {"distributions": {}}, "feature": {"distributions": {"polygon": curve()}}})

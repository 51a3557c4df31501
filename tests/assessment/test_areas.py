from __future__ import annotations

import math

import numpy as np
import pytest

from iota_py.assessment.areas import class_areas
from iota_py.nomenclature import Nomenclature


@pytest.fixture(scope="module")
def three_classes(oso: Nomenclature) -> Nomenclature:
    return oso.subset([5, 10, 23])


def test_hectares_and_shares_by_hand(three_classes: Nomenclature) -> None:
    areas = class_areas({23: 300, 5: 100, 0: 999}, 100.0, three_classes)
    assert list(areas.columns) == ["code", "alias", "name", "pixels", "hectares", "share"]
    assert areas["code"].tolist() == [5, 10, 23]
    assert areas["name"].tolist() == ["rapeseed", "maize", "water bodies"]
    assert areas["pixels"].tolist() == [100, 0, 300]
    assert areas["hectares"].tolist() == [1.0, 0.0, 3.0]
    assert areas["share"].tolist() == [0.25, 0.0, 0.75]


def test_array_of_counts_by_code_is_the_same(three_classes: Nomenclature) -> None:
    classes = np.array([0, 5, 5, 23, 10, 5], dtype=np.uint8)
    counted = class_areas(np.bincount(classes, minlength=256), 400.0, three_classes)
    assert counted.equals(class_areas({5: 3, 10: 1, 23: 1}, 400.0, three_classes))


def test_empty_map_has_undefined_shares(three_classes: Nomenclature) -> None:
    areas = class_areas({}, 100.0, three_classes)
    assert areas["pixels"].sum() == 0
    assert all(math.isnan(share) for share in areas["share"])


@pytest.mark.parametrize(
    ("counts", "pixel", "message"),
    [({7: 1}, 100.0, r"codes \[7\]"), ({5: -1}, 100.0, "negative"), ({5: 1}, 0.0, "pixel area"), ({5: 1}, math.nan, "pixel area")],
)
def test_bad_inputs_are_refused(three_classes: Nomenclature, counts: dict[int, int], pixel: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        class_areas(counts, pixel, three_classes)

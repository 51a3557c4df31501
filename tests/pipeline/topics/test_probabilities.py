"""What the report says of thresholds that let classes into every set."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from iota_py.nomenclature import LandCoverClass, Nomenclature
from iota_py.pipeline.topics.probabilities import _short

CLASSES = Nomenclature("two", (LandCoverClass(2, "a", {"en": "maize"}, (0, 0, 0)), LandCoverClass(7, "b", {"en": "water"}, (9, 9, 9))))


def test_regions_with_too_few_polygons_and_classes_with_too_few() -> None:
    ws: Any = SimpleNamespace(region_names={1: "hills", 2: "plain", 3: "coast"}, nomenclature=CLASSES)
    entries = [
        {"run": 0, "region": 1, "polygons": 30, "short": [7]},
        {"run": 0, "region": 2, "polygons": 8, "short": [2, 7]},
        {"run": 0, "region": 3, "polygons": 30, "short": []},
        {"run": 1, "region": 1, "polygons": 31, "short": []},
    ]
    assert _short(ws, {"needed": 9, "thresholds": entries}) == [
        {"region": "hills", "all": False, "classes": ["water"]},
        {"region": "plain", "all": True, "classes": ["maize", "water"]},
    ]

"""The picture of a package."""

from __future__ import annotations

import numpy as np

from iota_py.delivery.quicklook import picture
from iota_py.nomenclature import Nomenclature


def test_classes_take_their_colours_and_the_rest_is_white():
    entries = [
        {"code": 3, "alias": "A", "name": {"en": "a"}, "colour": [1, 2, 3]},
        {"code": 255, "alias": "B", "name": {"en": "b"}, "colour": [9, 8, 7]},
    ]
    found = picture(np.array([[0, 3], [255, 4]], np.uint8), Nomenclature.from_document({"name": "n", "classes": entries}, "n.yaml"))
    assert found.tolist() == [[[255, 255, 255], [1, 2, 3]], [[9, 8, 7], [255, 255, 255]]]

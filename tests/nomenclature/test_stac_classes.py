import re

import pytest

from iota_py.io.documents import read_yaml
from iota_py.nomenclature import Nomenclature
from iota_py.nomenclature.stac_classes import stac_classes
from tests.nomenclature.samples import THREE


def test_classes_by_hand():
    assert stac_classes(THREE) == [
        {"value": 0, "name": "no_data", "title": "no data", "description": "no data", "nodata": True},
        {"value": 1, "name": "Ble", "title": "wheat", "description": "wheat; blé (fr)", "color_hint": "FFFF00"},
        {"value": 2, "name": "Mais", "title": "maize", "description": "maize; maïs (fr)", "color_hint": "FF5500"},
        {"value": 7, "name": "Eau", "title": "water", "description": "water", "color_hint": "0000FF"},
    ]


@pytest.mark.parametrize("size", [17, 23])
def test_what_the_extension_asks_for(project, size):
    """Its JSON schema: `value` a whole number, `name` of letters, digits, - and _, `color_hint` six hexadecimal digits."""
    path = project / f"configs/nomenclatures/oso-{size}.yaml"
    classes = stac_classes(Nomenclature.from_document(read_yaml(path), str(path)))
    assert len(classes) == size + 1
    assert all(type(c["value"]) is int and re.fullmatch(r"[0-9A-Za-z_-]+", c["name"]) and c["description"] for c in classes)
    assert all(re.fullmatch(r"[0-9A-F]{6}", c["color_hint"]) for c in classes if not c.get("nodata"))

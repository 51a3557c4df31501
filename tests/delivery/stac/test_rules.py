"""The rules see what is wrong: each is broken once."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from iota_py.delivery.stac import extensions as ext
from tests.delivery.stac.rules import faults

ITEM: dict[str, Any] = {
    "type": "Feature", "stac_version": "1.1.0", "id": "a", "geometry": {"type": "Point", "coordinates": [1.0, 2.0]}, "bbox": [1.0, 2.0, 1.0, 2.0],
    "properties": {
        "datetime": "2023-01-01T00:00:00Z", "version": "1.0", "proj:code": "EPSG:2154", "processing:level": "L3B", "bands": [{"name": "b"}],
        "mlm:name": "model", "mlm:architecture": "forest", "mlm:tasks": ["classification"],
        "mlm:input": [{"name": "x", "bands": ["b"], "input": {"shape": [-1, 1], "dim_order": ["batch", "feature"], "data_type": "float32"}}],
        "mlm:output": [
            {"name": "y", "tasks": ["classification"], "result": {"shape": [-1, 1], "dim_order": ["batch", "class"], "data_type": "float32"}}
        ],
    },
    "assets": {
        "map": {
            "href": "./a.tif", "file:size": 3, "file:checksum": "1220" + "ab" * 32, "raster:bands": [{"data_type": "uint8"}], "proj:shape": [2, 3],
            "classification:classes": [{"value": 1, "name": "one", "color_hint": "FF00AA"}],
            "table:columns": [{"name": "c", "type": "int"}], "roles": ["mlm:model"], "bands": [{"name": "b"}], "mlm:artifact_type": "other",
        }
    },
    "links": [],
    "stac_extensions": [ext.PROJECTION, ext.RASTER, ext.CLASSIFICATION, ext.FILE, ext.VERSION, ext.PROCESSING, ext.TABLE, ext.MLM],
}  # fmt: skip


def test_a_valid_item_has_no_fault():
    assert faults(ITEM) == []


@pytest.mark.parametrize(
    ("where", "value", "said"),
    [
        (("bbox",), [1.0], "core"),
        (("properties", "datetime"), None, "core"),
        (("id",), 3, "core"),
        (("stac_extensions", 0), "https://example.com/x.json", "unknown extension"),
        (("properties", "proj:code"), "2154", "projection: code"),
        (("properties", "proj:epsg"), 2154, "projection: proj:epsg"),
        (("assets", "map", "proj:shape"), [2], "projection: proj:shape"),
        (("assets", "map", "raster:bands", 0, "data_type"), "byte", "raster: band"),
        (("assets", "map", "classification:classes", 0, "color_hint"), "#ff00aa", "classification: colour"),
        (("assets", "map", "classification:classes", 0, "name"), "two words", "classification: value or name"),
        (("assets", "map", "file:checksum"), "ab" * 32, "file: checksum"),
        (("assets", "map", "file:size"), "3", "file: size"),
        (("properties", "version"), 1, "version:"),
        (("properties", "deprecated"), True, "version: deprecated"),
        (("properties", "processing:level"), "3B", "processing: level"),
        (("assets", "map", "table:columns", 0, "name"), "", "table: columns"),
        (("properties", "mlm:tasks"), ["mapping"], "mlm:"),
        (("properties", "mlm:input", 0, "bands"), ["other"], "mlm: bands"),
        (("assets", "map", "roles"), ["data"], "mlm: no asset"),
    ],
)
def test_what_is_wrong_is_seen(where: tuple[Any, ...], value: Any, said: str):
    broken = copy.deepcopy(ITEM)
    place: Any = broken
    for key in where[:-1]:
        place = place[key]
    place[where[-1]] = value
    if value is None:
        del place[where[-1]]
    assert any(text.startswith(said) for text in faults(broken)), faults(broken)


def test_fields_of_an_extension_that_is_not_declared():
    broken = {**ITEM, "stac_extensions": [one for one in ITEM["stac_extensions"] if one != ext.FILE]}
    assert faults(broken) == ["file: fields without the extension"]

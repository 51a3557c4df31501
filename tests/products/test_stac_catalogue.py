"""Documents of catalogues that are broken, hostile, or lead astray."""

import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iota_py.errors import InputError
from iota_py.products.stac_catalogue import item_of, locate
from iota_py.simulation.stac import Convention
from tests.products.stac_small import catalogue, edit, items, put, stac_series


@pytest.mark.parametrize(
    ("href", "reason"),
    [
        ("../../elsewhere/B4.tif", "leaves the folder of the catalogue"),
        ("/etc/passwd.tif", "leaves the folder of the catalogue"),
        ("file:///etc/passwd.tif", "leaves the folder of the catalogue"),
        ("s3://Bucket/B4.tif", "not the address of a file in a bucket"),
        ("ftp://host/B4.tif", "expected an address of the web or a file"),
        ("/vsicurl/http://host/B4.tif", "leaves the folder of the catalogue"),
        ("http://host/B4.tif?X-Amz-Signature=abc", "the address holds a credential (X-Amz-Signature)"),
        ("https://me:secret@host/B4.tif", "the address holds a credential (user:password@)"),
        ("https://host/a b.tif", "not an address of the web"),
        ("https://[host/B4.tif", "no asset of band"),
        ("x://[host/B4.tif", "no asset of band"),
    ],
)
def test_hrefs_that_are_refused(tmp_path, href, reason):
    item = put(tmp_path / "catalogue")
    edit(item, lambda document: document["assets"]["red"].update(href=href))
    (aside,) = items(tmp_path / "catalogue")
    assert "E-PRD-05" in aside.reason
    assert reason in aside.reason
    assert "abc" not in aside.reason
    assert "secret" not in aside.reason


def test_hrefs_of_files():
    root = Path("/data/catalogue")
    assert locate("./B4.tif", "/data/catalogue/x/item.json", root) == "/data/catalogue/x/B4.tif"
    assert locate("../B4.tif", "/data/catalogue/x/item.json", root) == "/data/catalogue/B4.tif"
    assert locate("file:///data/catalogue/a%20b.tif", "/data/catalogue/item.json", root) == "/data/catalogue/a b.tif"
    assert locate("../B4.tif", "https://host/x/item.json", None) == "https://host/B4.tif"
    with pytest.raises(InputError, match="E-PRD-057"):
        locate("file:///B4.tif", "https://host/x/item.json", None)


def test_rasters_of_unknown_formats_are_no_assets(tmp_path):
    item = put(tmp_path)
    edit(item, lambda document: document["assets"]["red"].update(href="./B4.vrt"))
    (aside,) = items(item)
    assert "no asset of band B4" in aside.reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "E-PRD-054 .*not a JSON document"),
        ('{"type": "Catalog", "stac_version": "1.0.0", "links": [{"rel": "item", "href": "../x.json"}]}', "E-PRD-057"),
        ("[" * 100_000, "E-PRD-054 .*not a JSON document .RecursionError"),
        ('{"type": "Feature", "id": NaN}', "E-PRD-054 .*NaN is not a JSON number"),
        ('{"type": "Polygon"}', "E-PRD-054 .*neither a catalogue nor an item"),
        (
            '{"type": "FeatureCollection", "features": [{"type": "Feature", "id": "x"}]}',
            "E-PRD-055 x: cannot be used: .*id, properties and assets",
        ),
    ],
)
def test_documents_that_are_refused(tmp_path, text, reason):
    path = tmp_path / "catalog.json"
    path.write_text(text)
    with pytest.raises(InputError, match=reason):
        items(path)


def test_documents_beyond_the_bounds_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("iota_py.products.stac_catalogue.DOCUMENT_BYTES", 1000)
    with pytest.raises(InputError, match="larger than 1000 bytes: refused"):
        items(_wrapped(put(tmp_path)))


def _wrapped(item):
    """The item in a collection of items, which cannot be set aside by its name."""
    path = item.parent / "all.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [json.loads(item.read_text())]}))
    return path


def test_catalogues_that_lead_in_a_circle_end(tmp_path):
    item = put(tmp_path)
    for name, other in (("catalog.json", "b.json"), ("b.json", "catalog.json")):
        links = [{"rel": "child", "href": other}, {"rel": "item", "href": f"{item.stem}/{item.name}"}]
        (tmp_path / name).write_text(json.dumps({"type": "Catalog", "stac_version": "1.0.0", "id": name, "links": links}))
    assert [p.id for p in items(tmp_path)] == [item.stem]


def test_a_broken_item_is_set_aside_by_its_name(tmp_path):
    catalogue(tmp_path, Convention(), Convention())
    (tmp_path / "S2A_31TCJ_20230704_0_L2A" / "S2A_31TCJ_20230704_0_L2A.json").write_text("{")
    bad, good = items(tmp_path)
    assert (bad.id, bad.tile, bad.kind, bad.when.date()) == ("S2A_31TCJ_20230704_0_L2A", "31TCJ", "bad", dt.date(2023, 7, 4))
    assert "E-PRD-054" in bad.reason
    assert good.id == "S2A_31TCJ_20230709_0_L2A"


def test_nothing_there(tmp_path):
    with pytest.raises(InputError, match=r"E-PRD-050 .*no such file or folder"):
        items(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"E-PRD-009 .*no acquisition found"):
        stac_series(tmp_path)


def test_a_file_that_is_missing_sets_its_item_aside(tmp_path):
    item = put(tmp_path)
    (item.parent / "B4.tif").unlink()
    (aside,) = items(item)
    assert "E-PRD-002" in aside.reason


_json = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_fields = st.sampled_from(
    [
        "datetime",
        "platform",
        "grid:code",
        "s2:sequence",
        "s2:processing_baseline",
        "s2:datastrip_id",
        "eo:cloud_cover",
        "updated",
        "proj:epsg",
    ]
)
_entries = st.sampled_from(["href", "raster:bands", "proj:transform", "proj:shape", "proj:code", "file:size", "gsd", "eo:bands", "bands"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.dictionaries(_fields, _json, max_size=3), entry=st.dictionaries(_entries, _json, max_size=3), remote=st.booleans())
def test_whatever_an_item_says_only_the_item_suffers(tmp_path, said, entry, remote):
    """Nothing but InputError, or an entry that is set aside, comes of an item whose fields are of any form."""
    folder = tmp_path / "fuzz"
    item = folder / "S2A_31TCJ_20230704_0_L2A" / "S2A_31TCJ_20230704_0_L2A.json"
    if not item.exists():
        put(folder)
    document = json.loads(item.read_text())
    if remote:
        for key, asset in document["assets"].items():
            asset["href"] = f"https://example.com/{key}.tif"
    document["properties"].update(said)
    document["assets"]["red"].update(entry)
    other = folder / "other" / "other.json"
    other.parent.mkdir(exist_ok=True)
    for asset in document["assets"].values():
        if isinstance(asset.get("href"), str):
            asset["href"] = asset["href"].replace("./", "../S2A_31TCJ_20230704_0_L2A/")
    other.write_text(json.dumps({"type": "FeatureCollection", "features": [document]}, allow_nan=True))
    try:
        found = items(folder)
    except InputError:
        return
    assert len(found) in (1, 2)
    assert json.dumps([f.id for f in found])


def test_form_of_an_item():
    with pytest.raises(InputError, match="E-PRD-054"):
        item_of({"type": "Catalog"}, "x.json", None)
    with pytest.raises(InputError, match="E-PRD-054"):
        item_of(["Feature"], "x.json", None)
    item = item_of(
        {"type": "Feature", "id": "x", "properties": {}, "assets": {"a": 3, "b": {"href": "b.tif"}}, "links": None}, "x.json", None
    )
    assert list(item.assets) == ["b"]

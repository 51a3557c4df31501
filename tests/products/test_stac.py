import datetime as dt
import json

import numpy as np
import pytest

from iota_py.errors import ConfigError, InputError
from iota_py.products.product import Product, series_document, series_from_document
from iota_py.products.reader import read_footprint
from iota_py.simulation.stac import Convention, write_catalogue, write_item
from tests.products.small import ALL, COARSE, FINE, NOON, at, observation
from tests.products.stac_small import catalogue, edit, items, one, put, stac_cube, stac_series

CONVENTIONS = {
    "applied": Convention(applied=True),
    "not applied": Convention(applied=False),
    "not said": Convention(),
    "before 04.00": Convention(baseline="02.11"),
    "flag without offset": Convention(baseline="03.01", applied=False),
    "planetary computer": Convention("planetary-computer", baseline="05.10"),
    "planetary computer, old": Convention("planetary-computer", baseline="02.12"),
    "maja": Convention("geodes"),
}


@pytest.mark.parametrize("name", CONVENTIONS)
def test_numbers_are_the_same_in_every_dialect(tmp_path, name):
    """Reflectance x 10,000, whatever was added to the numbers of the files and whatever raster:bands says of it."""
    write_catalogue(tmp_path, [put(tmp_path, CONVENTIONS[name])])
    read = stac_cube(tmp_path)
    assert read.valid.all()
    assert read.values[0, 0].tolist() == FINE.tolist()
    assert read.values[0, 1].tolist() == COARSE.repeat(2, 0).repeat(2, 1).tolist()


@pytest.mark.parametrize(
    ("baseline", "applied", "shift"),
    [("05.09", True, 0), ("05.09", False, -1000), ("04.00", None, -1000), ("03.01", None, 0), ("03.01", False, 0), ("03.01", True, 0)],
)
def test_rule_of_the_offset(tmp_path, baseline, applied, shift):
    item = put(tmp_path, Convention(baseline=baseline, applied=applied))
    assert {layer.shift for layer in one(item).bands.values()} == {shift}
    assert json.loads(item.read_text())["assets"]["red"]["raster:bands"][0]["offset"] == (-0.1 if baseline >= "04" else 0)


def test_baseline_from_the_name_of_the_product_or_not_at_all(tmp_path):
    item = put(tmp_path, Convention(applied=False))

    def forget(document):
        del document["properties"]["s2:processing_baseline"]
        document["properties"]["s2:product_uri"] = "S2A_MSIL2A_20230704T105851_N0509_R051_T31TCJ_20230704T150000.SAFE"

    edit(item, forget)
    assert one(item).bands["B4"].shift == -1000
    edit(item, lambda document: document["properties"].pop("s2:product_uri"))
    (aside,) = items(item)
    assert aside.kind == "bad"
    assert "E-PRD-058" in aside.reason
    assert "processing baseline is not stated" in aside.reason


def test_a_scale_that_is_not_that_of_sentinel2_is_refused(tmp_path):
    item = put(tmp_path)
    edit(item, lambda document: document["assets"]["red"]["raster:bands"][0].update(scale=0.001))
    (aside,) = items(item)
    assert "E-PRD-056" in aside.reason
    assert "asset red states a scale of 0.001, expected 0.0001" in aside.reason


def test_catalogue_collection_folder_and_file_hold_the_same(tmp_path):
    home = catalogue(tmp_path, Convention(), Convention(applied=True))
    documents = [json.loads(path.read_text()) for path in sorted(tmp_path.glob("*/S2*.json"))]
    together = tmp_path / "together.json"
    for document in documents:
        for asset in document["assets"].values():
            asset["href"] = f"{document['id']}/{asset['href'].removeprefix('./')}"
    together.write_text(json.dumps({"type": "FeatureCollection", "features": documents}))
    expected = [p.id for p in items(tmp_path)]
    assert expected == ["S2A_31TCJ_20230704_0_L2A", "S2A_31TCJ_20230709_0_L2A"]
    for place in (home, tmp_path / "collection.json", together):
        assert [p.id for p in items(place)] == expected
    for path in (home, tmp_path / "collection.json", together):
        path.unlink()
    assert [p.id for p in items(tmp_path)] == expected  # a folder of items


def test_other_json_files_in_a_folder_are_passed_over(tmp_path):
    item = put(tmp_path)
    (tmp_path / "notes.json").write_text('{"type": "notes"}')
    assert [p.id for p in items(tmp_path)] == [item.stem]


def test_one_item_is_a_catalogue(tmp_path):
    product = one(put(tmp_path))
    assert (product.id, product.tile, product.platform, product.level) == ("S2A_31TCJ_20230704_0_L2A", "31TCJ", "SENTINEL2A", "L2A")
    assert product.when == NOON.replace(microsecond=0, tzinfo=dt.UTC)
    assert product.about == {"sun_zenith": 30.0, "sun_azimuth": 150.0, "relative_orbit": 51.0, "processing_baseline": 5.09}
    assert product.cloud_share == 0
    assert product.headers == {}  # files on disk are opened


def test_collections_and_query_choose_items_of_a_static_catalogue(tmp_path):
    catalogue(tmp_path, Convention(), Convention(sequence=1))
    assert len(items(tmp_path, stac={"collections": ("sentinel-2-l2a",)})) == 2
    assert items(tmp_path, stac={"collections": ("landsat",)}) == []
    assert [p.version[2] for p in items(tmp_path, stac={"query": {"s2:sequence": {"eq": "1"}}})] == [1]
    assert len(items(tmp_path, stac={"query": {"eo:cloud_cover": {"lt": 60}}})) == 2
    assert items(tmp_path, stac={"query": {"eo:cloud_cover": {"gt": 60}}}) == []
    assert items(tmp_path, stac={"query": {"eo:cloud_cover": {"lt": "many"}}}) == []
    with pytest.raises(ConfigError, match=r"E-PRD-052 .*unknown operator `near`"):
        items(tmp_path, stac={"query": {"eo:cloud_cover": {"near": 3}}})


def test_pieces_of_a_pass_are_one_observation_and_versions_are_not(tmp_path):
    """Two data strips of one pass are pieces; the same strip made again is a version, even where `datetime` was changed."""
    strip = {"sensed": NOON}
    put(tmp_path, Convention(baseline="02.11"), **strip)
    again = put(tmp_path, Convention(baseline="05.00", sequence=1), **strip)
    edit(again, lambda document: document["properties"].update(datetime="2023-07-04T11:03:17.000Z"))
    put(tmp_path, Convention(baseline="05.00", sequence=2), sensed=NOON + dt.timedelta(seconds=14))
    found = stac_series(tmp_path)
    assert [[piece.version[2] for piece in pieces] for pieces in found.observations] == [[1, 2]]
    assert [(a.kind, a.reason) for a in found.set_aside] == [("duplicate", f"older version than {again.stem}")]


def test_publication_is_not_acquisition(tmp_path):
    product = one(put(tmp_path, Convention("geodes", updated="2024-05-01T08:00:00Z")))
    assert product.date == dt.date(2023, 7, 4)
    assert product.when.microsecond == 24000
    assert product.version[:2] == (3, 1)


@pytest.mark.parametrize(
    ("said", "tile"),
    [
        ({"grid:code": "MGRS-31TCJ"}, "31TCJ"),
        ({"grid:code": "MGRS-1WCP"}, "01WCP"),
        ({"grid:code": "T31TCJ"}, "31TCJ"),
        ({"s2:mgrs_tile": "31TCJ"}, "31TCJ"),
        ({"mgrs:utm_zone": 1, "mgrs:latitude_band": "W", "mgrs:grid_square": "CP"}, "01WCP"),
        ({"grid:code": "WRS2-199030"}, "31TCJ"),  # from the name
    ],
)
def test_tile_of_an_item(tmp_path, said, tile):
    item = put(tmp_path)

    def change(document):
        document["properties"].pop("grid:code")
        document["properties"].update(said)

    edit(item, change)
    assert one(item).tile == tile


def test_an_item_without_tile_or_time_is_an_error(tmp_path):
    item = put(tmp_path)
    edit(item, lambda document: (document["properties"].update({"grid:code": "WRS2-199030"}), document.update(id="LC08_L2SP")))
    with pytest.raises(InputError, match=r"E-PRD-055 .*LC08_L2SP: states no tile of the MGRS"):
        items(item)
    edit(item, lambda document: document["properties"].update({"grid:code": "MGRS-31TCJ", "datetime": None}))
    with pytest.raises(InputError, match="states no time of acquisition"):
        items(item)


CLASSES = np.array([[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11], [4, 4, 4, 4]], np.uint8)


@pytest.mark.parametrize(
    ("choice", "unusable"),
    [
        ({}, {0, 1, 3, 8, 9, 10}),
        ({"cloud": "summary"}, {0, 1, 3, 8, 9}),
        ({"cloud": "none"}, {0, 1}),
        ({"cloud": (9,), "saturation": False}, {0, 9}),
        ({"saturation": False}, {0, 3, 8, 9, 10}),
        ({"snow": True}, {0, 1, 3, 8, 9, 10, 11}),
        ({"topographic_shadow": True}, {0, 1, 2, 3, 8, 9, 10}),
    ],
)
def test_classes_that_make_a_pixel_unusable(tmp_path, monkeypatch, choice, unusable):
    monkeypatch.setattr("iota_py.simulation.stac.classes", lambda seen: CLASSES)
    item = write_item(tmp_path, observation())
    expected = ~np.isin(CLASSES, list(unusable)).repeat(2, 0).repeat(2, 1)
    assert stac_cube(item, **choice).valid[0].tolist() == expected.tolist()
    seen = read_footprint(stac_series(item, **choice), ALL)
    assert seen.tolist() == (CLASSES != 0).repeat(2, 0).repeat(2, 1).tolist()


def test_classes_of_an_observation(tmp_path):
    item = put(tmp_path, cloud=at((0, 0)), cirrus=at((0, 2)), shadow_inside=at((2, 0)), outside=at((6, 6), (6, 7), (7, 6), (7, 7)))
    read = stac_cube(item)
    expected = np.ones((4, 4), bool)
    expected[0, 0] = expected[0, 1] = expected[1, 0] = expected[3, 3] = False
    assert read.valid[0].tolist() == expected.repeat(2, 0).repeat(2, 1).tolist()
    assert one(item).cloud_share == pytest.approx(1 / 60, abs=1e-6)


@pytest.mark.parametrize(
    ("choice", "unusable"),
    [
        ({}, [(0, 0), (0, 1), (7, 7)]),  # cloud, cirrus, outside
        ({"cloud": "summary"}, [(0, 0), (7, 7)]),
        ({"cloud": "none"}, [(7, 7)]),
        ({"cloud": (7,)}, [(0, 1), (7, 7)]),
    ],
)
def test_masks_of_maja(tmp_path, choice, unusable):
    item = put(tmp_path, Convention("geodes"), cloud=at((0, 0)), cirrus=at((0, 1)), outside=at((7, 7)))
    valid = stac_cube(item, bands=("B4",), **choice).valid[0]
    assert [tuple(place) for place in np.argwhere(~valid)] == unusable


def test_masks_that_maja_may_lack(tmp_path):
    item = put(tmp_path, Convention("geodes"))
    edit(item, lambda document: [document["assets"].pop(name) for name in ("EDG_R1", "SAT_R1")])
    product = one(item)
    assert product.warnings == ("no asset of the mask EDG: it is not looked at", "no asset of the mask SAT: it is not looked at")
    assert [mask.layer.path.endswith("CLM_R1.tif") for mask in product.masks] == [True]
    (with_snow,) = one(item, cloud="none", snow=True).masks
    assert (with_snow.bits, with_snow.coarse) == (4, True)
    edit(item, lambda document: document["assets"].pop("CLM_R1"))
    (aside,) = items(item, stac={"dialect": "geodes"})
    assert "no asset of the mask CLM (geodes)" in aside.reason


def test_assets_by_the_names_of_files_and_by_kind(tmp_path):
    """Names of assets may be those of the files; FRE is not taken for SRE."""
    item = put(tmp_path, Convention("geodes"))

    def rename(document):
        document["assets"] = {asset["href"].removeprefix("./"): asset for asset in document["assets"].values()}

    edit(item, rename)
    assert stac_cube(item).values[0, 0].tolist() == FINE.tolist()
    (aside,) = items(item, reflectance="SRE")
    assert "E-PRD-056" in aside.reason
    assert "no asset of band B4, B11" in aside.reason


def test_assets_by_what_they_describe(tmp_path):
    """A catalogue with names of its own: bands by name or common name, STAC 1.0 and 1.1; the classification by its name."""
    item = put(tmp_path)

    def rename(document):
        old = document["assets"]
        red, swir, scl = old["red"], old["swir16"], old["scl"]
        red["eo:bands"] = [{"name": "B04"}]
        swir["bands"] = [{"name": "infrared", "eo:common_name": "swir16"}]
        del swir["eo:bands"]
        document["assets"] = {"first": red, "second": swir, "SCL_20m": scl, "thumbnail": {"href": "./look.png"}}
        document["assets"]["odd"] = {"href": "./B3.tif", "eo:bands": [{"name": ["B4"], "common_name": ["red"]}]}

    edit(item, rename)
    read = stac_cube(item)
    assert read.values[0, 0].tolist() == FINE.tolist()
    assert read.valid.all()


def test_missing_band_and_missing_classification(tmp_path):
    item = put(tmp_path)
    edit(item, lambda document: document["assets"].pop("red"))
    (aside,) = items(item)
    assert aside.kind == "bad"
    assert "no asset of band B4 (earth-search; assets: blue, green" in aside.reason
    assert [isinstance(found, Product) for found in items(item, bands=("B3",))] == [True]
    edit(item, lambda document: document["assets"].pop("scl"))
    (aside,) = items(item, bands=("B3",))
    assert "no asset of the mask scl (earth-search)" in aside.reason


def test_series_travel_as_documents(tmp_path):
    found = stac_series(put(tmp_path))
    assert series_from_document(json.loads(json.dumps(series_document(found)))) == found


def test_items_are_stac(tmp_path):
    pystac = pytest.importorskip("pystac", reason="pystac is not installed (extra `stac`)")
    home = catalogue(tmp_path, Convention(), Convention("planetary-computer"), Convention("geodes"))
    found = sorted(pystac.Catalog.from_file(str(home)).get_items(recursive=True), key=lambda item: item.id)
    assert len(found) == 3
    assert {item.collection_id for item in found} == {"sentinel-2-l2a"}


def test_writer_of_what_the_service_states(tmp_path):
    document = json.loads(write_item(tmp_path, observation(), Convention(applied=True)).read_text())
    assert document["properties"]["earthsearch:boa_offset_applied"] is True
    assert document["properties"]["grid:code"] == "MGRS-31TCJ"
    assert document["properties"]["datetime"] == "2023-07-04T10:58:51.024Z"
    assert document["assets"]["red"]["proj:transform"] == [10.0, 0.0, 400000.0, 0.0, -10.0, 4800000.0]
    assert document["assets"]["scl"]["proj:shape"] == [4, 4]


@pytest.mark.parametrize(("stored", "shift"), [("without the offset", 0), ("with the offset", -1000)])
def test_the_offset_is_not_taken_off_twice_whatever_the_item_says(tmp_path, stored, shift):
    """Land from 600 on: where the service has taken 1000 off and says that it has not, the darkest land would be at -400."""
    item = put(tmp_path, Convention(applied=stored == "without the offset"), offset=-400)
    edit(item, lambda document: document["properties"].update({"earthsearch:boa_offset_applied": False}))
    product = one(item)
    assert {layer.shift for layer in product.bands.values()} == {shift}
    assert any("the offset, said not to be applied, is taken to be" in text for text in product.warnings) == (shift == 0)


def test_without_land_the_item_is_believed(tmp_path):
    item = put(tmp_path, Convention(applied=True), offset=-400, cloud=np.ones((8, 8), bool))
    edit(item, lambda document: document["properties"].update({"earthsearch:boa_offset_applied": False}))
    assert {layer.shift for layer in one(item).bands.values()} == {-1000}


def test_a_file_that_the_check_cannot_read_sets_the_item_aside(tmp_path):
    item = put(tmp_path, Convention(applied=False))
    name = json.loads(item.read_text())["assets"]["nir"]["href"]
    (item.parent / name).write_bytes(b"nothing")
    (aside,) = items(item)
    assert aside.kind == "bad"

import datetime as dt
import json
from dataclasses import replace

import pytest

from iota_py.io.publish import json_text
from iota_py.products.product import Layer, MaskLayer, Product, SetAside, merge_passes, series_document, series_from_document
from iota_py.products.reader import read_cube
from tests.products.small import ALL, NOON, at, series, write

START = dt.datetime(2023, 7, 4, 10, 58, 51, tzinfo=dt.UTC)


def product(name: str, minutes: float = 0.0, platform: str = "SENTINEL2A") -> Product:
    return Product(
        id=name, family="f", platform=platform, level="L2A", when=START + dt.timedelta(minutes=minutes), tile="31TCJ", version=(1, 0),
        bands={"B4": Layer("b.tif", 2, 0.5, -3.0, "decibel")}, masks=(MaskLayer(Layer("m.tif"), (1, 2), 5, True, True),), nodata=None, valid_range=None,
        cloud_share=None, fingerprint=(("b.tif", 1, 2),), warnings=("careful",),
    )  # fmt: skip


def groups(*products: Product) -> list[list[str]]:
    return [[p.id for p in group] for group in merge_passes(list(products))]


def test_pieces_of_a_pass():
    assert groups(product("b", 0.2), product("a")) == [["a", "b"]]
    assert groups(product("a"), product("b", 15)) == [["a", "b"]]
    assert groups(product("a"), product("b", 15.1)) == [["a"], ["b"]]
    assert groups(product("a"), product("b", 10), product("c", 20)) == [["a", "b"], ["c"]]  # the pass is that of the first piece
    assert groups(product("a"), product("b", 1, "SENTINEL2B"), product("c", 2)) == [["a", "c"], ["b"]]
    assert groups(product("b"), product("a")) == [["a", "b"]]
    assert groups() == []


def test_a_series_survives_its_document(tmp_path):
    write(tmp_path, cloud=at((2, 2)))
    write(tmp_path, NOON + dt.timedelta(seconds=14), outside=at())
    write(tmp_path, NOON + dt.timedelta(days=5), version=(1, 9), packing="zip")
    write(tmp_path, NOON + dt.timedelta(days=5), version=(1, 10))
    found = series(tmp_path, resampling="cubic")
    copy = series_from_document(json.loads(json_text(series_document(found))))
    assert copy == found
    assert copy.geobox.crs.to_epsg() == 32631
    assert copy.dates == found.dates
    assert len(copy.set_aside) == 1
    assert (read_cube(copy, ALL).values == read_cube(found, ALL).values).all()


@pytest.mark.parametrize("valid_range", [None, (0.0, 1.0)])
def test_every_value_of_a_product_survives(tmp_path, valid_range):
    write(tmp_path)
    one = replace(product("a"), valid_range=valid_range)
    found = replace(series(tmp_path), observations=((one,),), set_aside=(SetAside("x", "31TCJ", START, "bad", "why", 0.5, "S2A"),))
    assert series_from_document(json.loads(json_text(series_document(found)))) == found


def test_what_is_lost_is_what_nothing_stands_for(tmp_path):
    write(tmp_path)
    aside = (
        SetAside("b", "31TCJ", START, "bad", "cut", platform="SENTINEL2A"),
        SetAside("c", "31TCJ", START, "bad", "cut", platform="S1A"),
    )
    aside += (SetAside("d", "31TCJ", START, "period", "too late", platform="SENTINEL2B"),)
    found = replace(series(tmp_path), observations=((product("a"),),), set_aside=aside)
    assert [s.id for s in found.lost] == ["c"]

import re
from pathlib import Path

import numpy as np
import pytest

from tests.products.small import file
from tests.products.small_landsat import CLEAR, NUMBERS, SEEN, SIDE, cube, on_tile, series, stored, write


def test_the_law_of_the_metadata_is_used_band_by_band(tmp_path):
    scene = write(tmp_path, law=(2e-5, -0.1))
    for path in scene.glob("*_MTL.*"):
        text = path.read_text()
        path.write_text(re.sub(r"(REFLECTANCE_ADD_BAND_6\W+)-0.1\b(?!0)", r"\g<1>-0.3", text, count=1))
    read = cube(tmp_path)
    assert read.values[0, 0, 0, 0] == round(8004 * 0.2 - 1000)
    assert read.values[0, 1, 0, 0] == round(8006 * 0.2 - 3000)


@pytest.mark.parametrize("form", ["xml", "json", "txt"])
def test_each_form_of_the_metadata_says_the_same(tmp_path, form):
    write(tmp_path, law=(2e-5, -0.1), forms=(form,), pixel_quality=np.where(np.arange(SIDE) < 3, 8, CLEAR).astype(np.uint16))
    (product,) = series(tmp_path).observations[0]
    assert (product.bands["red"].scale, product.bands["red"].shift) == (0.2, -1000)
    assert (product.when, product.cloud_share, product.warnings) == (SEEN, 0.25, ())
    assert product.about == {"sun_zenith": 32.25, "sun_azimuth": 112.2005908}


def test_the_xml_comes_first(tmp_path):
    scene = write(tmp_path)
    for form in ("json", "txt"):
        file(scene, f"_MTL.{form}").write_text("nothing to read")
    assert series(tmp_path).set_aside == ()
    assert {Path(entry[0]).name[-8:] for entry in series(tmp_path).observations[0][0].fingerprint if "MTL" in entry[0]} == {"_MTL.xml"}


def test_without_metadata_the_scale_is_that_of_the_collection(tmp_path):
    write(tmp_path, forms=())
    (product,) = series(tmp_path).observations[0]
    assert product.warnings == ("no metadata: the scale is that of Collection 2, the time of day is not known",)
    assert (product.date, product.cloud_share, dict(product.about)) == (SEEN.date(), None, {})
    assert cube(tmp_path).values[0, 0].tolist() == stored(NUMBERS + 4).tolist()


def test_metadata_without_a_scale(tmp_path):
    scene = write(tmp_path, forms=("xml",))
    path = file(scene, "_MTL.xml")
    path.write_text(re.sub(r"<(LEVEL2_SURFACE)(.*)</LEVEL2_SURFACE[A-Z_]*>", "", path.read_text(), flags=re.DOTALL))
    (product,) = series(tmp_path).observations[0]
    assert product.warnings == ("no scale in the metadata: that of Collection 2 is assumed",)
    assert (product.bands["red"].scale, product.bands["red"].shift) == (0.275, -2000)
    assert product.when == SEEN


def test_rows_without_metadata_are_not_taken_for_copies_of_each_other(tmp_path):
    for place in ("199030", "199031", "198030"):
        write(tmp_path, place=place, forms=())
    found = on_tile(tmp_path)
    assert found.set_aside == ()
    assert sorted(p.tile for pieces in found.observations for p in pieces) == ["31TCJ"] * 3
    assert {p.date for pieces in found.observations for p in pieces} == {SEEN.date()}

import datetime as dt
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from iota_py.errors import AcquisitionError, InputError
from iota_py.io.jpeg2000 import write_jpeg2000
from iota_py.products.discovery import discover
from iota_py.products.family import load_family
from iota_py.products.product import series_document, series_from_document
from iota_py.products.reader import read_cube, read_footprint, read_valid
from iota_py.products.safe import forbidden_classes
from iota_py.products.source import Choice, Interval, Source
from tests.products.small import ALL, COARSE, FINE, GRID, file
from tests.products.small_safe import CLEAR, DATATAKE, EVERY_CLASS, FAMILY, NUMBERS, SENSED, cube, doubled, edit, series, write


@pytest.mark.parametrize("packing", ["folder", "zip"])
@pytest.mark.parametrize("form", ["jp2", "tif"])
def test_the_offset_of_the_metadata_is_added(tmp_path, packing, form):
    write(tmp_path, packing=packing, form=form)
    found = series(tmp_path)
    assert (found.geobox, found.tile, found.set_aside) == (GRID, "31TCJ", ())
    read = read_cube(found, ALL)
    assert read.values.dtype == np.int16
    assert read.valid.all()
    assert read.values[0, 0].tolist() == (FINE - 1000).tolist()
    assert read.values[0, 1].tolist() == doubled(COARSE - 1000).tolist()


def test_there_is_no_offset_before_baseline_4(tmp_path):
    write(tmp_path, baseline="0212", offset=None)
    assert cube(tmp_path).values[0, 0].tolist() == FINE.tolist()
    assert series(tmp_path).observations[0][0].warnings == ()


def test_nodata_saturation_and_negative_reflectance(tmp_path):
    numbers = FINE.astype(np.uint16)
    numbers[0, :7] = [0, 1, 999, 1000, 21000, 21001, 65535]
    write(tmp_path, B4=numbers)
    read = cube(tmp_path, saturation=False)
    assert read.valid[0, 0].tolist() == [False, True, True, True, True, False, False, True]
    assert read.values[0, 0, 0, 1:5].tolist() == [-999, -1, 0, 20000]
    assert read.valid[0, 1:].all()


POLICIES = [
    ({}, {0, 1, 3, 8, 9, 10}),
    ({"cloud": "summary"}, {0, 1, 3, 8, 9}),
    ({"cloud": "none"}, {0, 1}),
    ({"cloud": "none", "saturation": False}, {0}),
    ({"saturation": False}, {0, 3, 8, 9, 10}),
    ({"cloud": (7, 10)}, {0, 1, 7, 10}),
    ({"cloud": (9,), "saturation": False}, {0, 9}),
    ({"snow": True}, {0, 1, 3, 8, 9, 10, 11}),
    ({"cloud": "none", "topographic_shadow": True}, {0, 1, 2}),
]


@pytest.mark.parametrize(("policy", "lost"), POLICIES)
def test_policies_of_the_scene_classification(tmp_path, policy, lost):
    assert set(forbidden_classes(FAMILY, Choice(("B4",), **policy))) == lost
    write(tmp_path, classes=EVERY_CLASS)
    expected = doubled(~np.isin(EVERY_CLASS, list(lost)))
    assert cube(tmp_path, **policy).valid[0].tolist() == expected.tolist()
    assert read_valid(series(tmp_path, **policy), ALL)[0].tolist() == expected.tolist()


def test_the_footprint_is_what_has_a_class(tmp_path):
    write(tmp_path, classes=EVERY_CLASS)
    assert read_footprint(series(tmp_path), ALL).tolist() == doubled(EVERY_CLASS != 0).tolist()


def test_bands_of_20_m_alone_lie_on_their_own_grid(tmp_path):
    write(tmp_path, classes=EVERY_CLASS)
    found = series(tmp_path, bands=("B5", "B12"))
    assert found.geobox == GRID.zoom_out(2)
    read = read_cube(found, replace(ALL, height=4, width=4))
    assert read.values[0, 0].tolist() == (COARSE - 1000).tolist()
    assert read.valid[0].tolist() == (~np.isin(EVERY_CLASS, (0, 1, 3, 8, 9, 10))).tolist()


def test_bands_are_those_of_the_other_sentinel2_family():
    other = load_family("theia-s2-l2a")
    assert (FAMILY.default_bands, FAMILY.roles) == (other.default_bands, other.roles)
    assert set(FAMILY.options["numbers"]) == set(FAMILY.bands)


def test_what_a_product_says(tmp_path):
    classes = CLEAR.copy()
    classes[0] = 9
    path = write(tmp_path, classes=classes)
    (product,) = series(tmp_path).observations[0]
    assert product.id == "S2A_MSIL2A_20230704T105039_N0509_R051_T31TCJ_20230704T205039"
    assert (product.platform, product.level, product.tile, product.when) == ("S2A", "L2A", "31TCJ", SENSED)
    assert (product.version, product.cloud_share, product.nodata) == ((509, 20230704205039), 0.25, 0)
    assert product.about == {"sun_zenith": 30.5, "sun_azimuth": 150.25, "relative_orbit": 51, "processing_baseline": 5.09}
    names = {Path(entry[0]).name for entry in product.fingerprint}
    stem = "T31TCJ_20230704T105039"
    assert names == {f"{stem}_B04_10m.jp2", f"{stem}_B11_20m.jp2", f"{stem}_SCL_20m.jp2", "MTD_MSIL2A.xml", "MTD_TL.xml"}
    assert all(entry[0].startswith(str(path)) for entry in product.fingerprint)
    found = series(tmp_path)
    assert series_from_document(series_document(found)) == found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"baseline": "0214", "offset": None, "processed": DATATAKE + dt.timedelta(days=900)}, {"baseline": "0500"}),
        ({"baseline": "0509"}, {"baseline": "0510"}),
        ({"baseline": "0509"}, {"baseline": "0509", "processed": DATATAKE + dt.timedelta(days=1)}),
    ],
)
def test_the_highest_baseline_then_the_latest_processing_is_used(tmp_path, old, new):
    """The two processings say times of the granule that differ by microseconds, and are one acquisition all the same."""
    older, newer = write(tmp_path, **old), write(tmp_path, sensed=SENSED + dt.timedelta(microseconds=7), **new)
    found = series(tmp_path)
    assert [[p.id for p in pieces] for pieces in found.observations] == [[newer.stem]]
    assert [(s.id, s.kind, s.reason) for s in found.set_aside] == [(older.stem, "duplicate", f"older processing than {newer.stem}")]


def test_a_newer_product_that_is_bad_leaves_the_older_one(tmp_path):
    older, newer = write(tmp_path, baseline="0400"), write(tmp_path, baseline="0509")
    file(newer, "B04_10m.jp2").unlink()
    found = series(tmp_path)
    assert [p.id for p in found.observations[0]] == [older.stem]
    assert [(s.id, s.kind) for s in found.set_aside] == [(newer.stem, "bad")]


def test_one_product_delivered_twice(tmp_path):
    folder, archive = write(tmp_path), write(tmp_path / "31TCJ", packing="zip")
    found = series(tmp_path)
    assert len(found.observations) == 1
    assert [(s.id, s.kind, s.reason) for s in found.set_aside] == [(folder.stem, "duplicate", f"delivered twice; {archive} is used")]


@pytest.mark.parametrize("apart", [0, 14])
def test_two_granules_of_one_datatake_are_pieces_of_it(tmp_path, apart):
    upper, lower = CLEAR.copy(), CLEAR.copy()
    upper[2:], lower[:1] = 0, 0
    later = dt.timedelta(seconds=14)
    write(tmp_path, classes=upper)
    other = {"strip": DATATAKE + later, "sensed": SENSED + dt.timedelta(seconds=apart), "processed": DATATAKE + dt.timedelta(hours=11)}
    write(tmp_path, classes=lower, B4=(FINE + 100).astype(np.uint16), **other)
    found = series(tmp_path)
    assert ([len(pieces) for pieces in found.observations], found.set_aside) == ([2], ())
    read = read_cube(found, ALL)
    assert read.valid.all()
    assert read.values[0, 0].tolist() == [*(FINE[:4] - 1000).tolist(), *(FINE[4:] - 900).tolist()]


def test_dates_in_order_and_what_is_no_product(tmp_path):
    late, early = write(tmp_path, 5), write(tmp_path)
    (tmp_path / "S2A_MSIL2A_20231304T105039_N0509_R051_T31TCJ_20230704T205039.SAFE").mkdir()
    (tmp_path / "S2A_MSIL1C_20230704T105039_N0509_R051_T31TCJ_20230704T205039.SAFE").mkdir()
    (tmp_path / f"{early.stem}.txt").write_text("")
    found = series(tmp_path)
    assert [pieces[0].id for pieces in found.observations] == [early.stem, late.stem]
    assert found.set_aside == ()


def test_a_folder_around_the_product_is_not_a_second_one(tmp_path):
    product = write(tmp_path)
    (tmp_path / product.stem).mkdir()
    shutil.move(product, tmp_path / product.stem / product.name)
    found = series(tmp_path)
    assert (len(found.observations), found.set_aside) == (1, ())
    assert read_cube(found, ALL).values[0, 0, 0, 0] == 0


@pytest.mark.parametrize(
    ("name", "tile"),
    [
        ("S2A_MSIL2A_20190506T105031_N0212_R051_T31TCJ_20190506T140834.SAFE", "31TCJ"),
        ("S2B_MSIL2A_20220413T150759_N0400_R025_T33XWJ_20220414T082126", "33XWJ"),
        ("S2C_MSIL2A_20250625T234621_N0511_R073_T01WCP_20250626T022158.SAFE", "01WCP"),
    ],
)
def test_names_of_products(tmp_path, name, tile):
    (tmp_path / name).mkdir()
    found = series(tmp_path)
    (entry,) = found.set_aside
    assert (found.tile, entry.id, entry.kind) == (tile, name.removesuffix(".SAFE"), "bad")
    assert "E-PRD-030" in entry.reason


def remove(name):
    return lambda product: file(product, name).unlink()


def metadata(change, name="MTD_MSIL2A.xml"):
    return lambda product: edit(product, name, change)


def empty(name):
    return lambda product: file(product, name).write_bytes(b"")


def bomb(text):
    return text.replace("?>\n", '?>\n<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>\n', 1).replace(">05.09<", ">&b;<")


BAD = {
    "no metadata": (remove("MTD_MSIL2A.xml"), r"E-PRD-030 .*MTD_MSIL2A\.xml: is missing: scale and offset are not known"),
    "cut XML": (metadata(lambda text: text[: len(text) // 2]), r"E-PRD-031 .*MTD_MSIL2A\.xml: not readable as metadata \(ParseError"),
    "entity bomb": (metadata(bomb), r"E-PRD-031 .*(DTDForbidden|EntitiesForbidden)"),
    "scale of nought": (metadata(lambda text: text.replace(">10000<", ">0<")), r"E-PRD-031 .*a quantification of 0"),
    "offset that is none": (metadata(lambda text: text.replace('"3">-1000<', '"3">nan<')), r"E-PRD-031 .*an offset of nan"),
    "offset of no band": (metadata(lambda text: text.replace('band_id="3"', "")), r"E-PRD-031 .*ValueError"),
    "metadata of another tile": (
        metadata(lambda text: text.replace("_T31TCJ_2023", "_T31TDJ_2023", 1)),
        r"E-PRD-032 .*PRODUCT_URI: the metadata are those of S2A_.*_T31TDJ_",
    ),
    "granule of another day": (
        metadata(lambda text: text.replace("2023-07-04T", "2023-07-05T"), "MTD_TL.xml"),
        r"E-PRD-032 .*SENSING_TIME: the granule was seen at 2023-07-05T10:58:51, the datatake began at 2023-07-04T10:50:39",
    ),
    "no offsets": (
        metadata(lambda text: re.sub("<BOA_ADD.*</BOA_ADD_OFFSET_VALUES_LIST>", "", text)),
        r"E-PRD-033 .*BOA_ADD_OFFSET: expected an offset for each band \(baseline 05\.09\), missing B2, B3, .*B12",
    ),
    "one offset missing": (metadata(lambda text: text.replace('band_id="3"', 'band_id="99"')), r"E-PRD-033 .*missing B4\."),
    "missing band": (
        lambda product: file(product, "B11_20m.jp2").rename(product / "T31TCJ_20230704T105039_B11_60m.jp2"),
        r"E-PRD-034 .*expected bands B4, B11, missing B11 at 20 m",
    ),
    "missing classification": (remove("SCL_20m.jp2"), r"E-PRD-035 .*the scene classification SCL_20m is missing"),
    "empty band": (empty("B04_10m.jp2"), r"E-RAS-002 .*B04_10m\.jp2"),
    "band that is something else": (
        lambda product: shutil.copy(file(product, "MTD_TL.xml"), file(product, "B04_10m.jp2")),
        r"E-RAS-002 .*B04_10m\.jp2: cannot be opened as JP2OpenJPEG",
    ),
    "band cut in its header": (
        lambda product: file(product, "B04_10m.jp2").write_bytes(file(product, "B04_10m.jp2").read_bytes()[:60]),
        r"E-RAS-00[2-5] .*B04_10m\.jp2",
    ),
    "shape of one band": (
        lambda product: write_jpeg2000(file(product, "B04_10m.jp2"), GRID[:6, :8], NUMBERS["B4"][:6]),
        r"E-PRD-010 .*(expected the grid|does not align)",
    ),
}


@pytest.mark.parametrize("damage", BAD)
def test_a_bad_product_is_set_aside_with_its_reason(tmp_path, damage):
    change, reason = BAD[damage]
    bad, good = write(tmp_path), write(tmp_path, 5)
    change(bad)
    found = series(tmp_path, bands=("B4", "B8", "B11") if damage == "shape of one band" else ("B4", "B11"))
    assert [p.id for pieces in found.observations for p in pieces] == [good.stem]
    (entry,) = found.set_aside
    assert (entry.id, entry.kind, entry.tile, entry.platform, entry.when.date()) == (bad.stem, "bad", "31TCJ", "S2A", DATATAKE.date())
    assert re.search(reason, entry.reason), entry.reason


@pytest.mark.parametrize("name", ["B04_10m.jp2", "SCL_20m.jp2"])
def test_an_image_cut_in_its_pixels_is_found_at_the_read(tmp_path, name):
    rng = np.random.default_rng(0)
    noise = rng.integers(1000, 9000, (8, 8)).astype(np.uint16)
    product = write(tmp_path, B4=noise, classes=rng.integers(4, 8, (4, 4)).astype(np.uint8))
    path = file(product, name)
    content = path.read_bytes()
    start = content.index(b"\xff\x93")  # the code stream's pixels begin
    path.write_bytes(content[: start + 4])
    found = series(tmp_path)
    with pytest.raises(AcquisitionError, match=rf"E-RAS-00[27] .*{re.escape(name)}") as caught:
        read_cube(found, ALL)
    assert caught.value.product == found.observations[0][0].key


def test_a_damaged_archive_is_set_aside(tmp_path):
    cut, good = write(tmp_path, packing="zip"), write(tmp_path, 5, packing="zip")
    cut.write_bytes(cut.read_bytes()[:-50])
    found = series(tmp_path)
    assert [p.id for pieces in found.observations for p in pieces] == [good.name.removesuffix(".SAFE.zip")]
    assert "E-ZIP-001" in found.set_aside[0].reason


def test_nothing_to_read(tmp_path):
    with pytest.raises(InputError, match=r"E-PRD-009 .*no acquisition found here \(looked for Sen2Cor Sentinel-2 L2A \(SAFE\)\)"):
        series(tmp_path)


def test_a_product_on_the_tile_of_another_input(tmp_path):
    """A finer grid that is there already: bands and classes are put on it by nearest neighbour."""
    write(tmp_path, classes=EVERY_CLASS)
    fine = GRID.zoom_out(0.5)
    source = Source("s2", tmp_path, FAMILY, Choice(("B4", "B11")))
    found = discover(source, Interval(), None, {"31TCJ": fine})["31TCJ"]
    read = read_cube(found, replace(ALL, height=16, width=16))
    assert found.geobox == fine
    assert read.values[0, 0].tolist() == doubled(FINE - 1000).tolist()
    assert read.valid[0].tolist() == doubled(doubled(~np.isin(EVERY_CLASS, (0, 1, 3, 8, 9, 10)))).tolist()

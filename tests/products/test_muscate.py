import re

import numpy as np
import pytest

from iota_py.grid.windows import Window
from iota_py.io.raster import read_window
from iota_py.products.container import Container
from iota_py.products.muscate import find_muscate, read_product
from iota_py.products.muscate_metadata import parse_document
from iota_py.products.reader import read_cube
from iota_py.products.source import Choice
from tests.products.real import real
from tests.products.small import (
    ALL,
    FAMILY,
    FINE,
    NOON,
    assert_same,
    at,
    cube,
    edit_metadata,
    file,
    packed,
    rewrite,
    series,
    source,
    write,
)  # fmt: skip

CLOUD = at((0, 0))  # bits 0 and 1
CIRRUS = at((0, 2))  # bit 7


@pytest.mark.parametrize("suffix", [".zip", ".tar", ".tar.gz"])
def test_files_of_no_bytes_in_an_archive(tmp_path, suffix):
    product = write(tmp_path, cloud=CLOUD)
    for name in ("EDG_R1.tif", "SAT_R1.tif", "SAT_R2.tif", "MTD_ALL.xml", "FRE_B8.tif"):
        file(product, name).write_bytes(b"")
    packed(product, suffix)
    found = series(tmp_path)
    said = " ".join(found.observations[0][0].warnings)
    for text in ("no metadata XML", "mask EDG of 10 m is missing: that of 20 m is used", "no mask SAT"):
        assert text in said
    assert ("is slow: unpack it" in said) == (suffix == ".tar.gz")
    assert read_cube(found, ALL).valid[0].tolist() == (~CLOUD).tolist()
    (aside,) = series(tmp_path, bands=("B4", "B8")).set_aside
    assert "E-PRD-006" in aside.reason
    assert "missing B8" in aside.reason


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tgz"])
def test_a_tar_is_read_as_its_folder(tmp_path, suffix):
    write(tmp_path / "a", cloud=CLOUD, cirrus=CIRRUS)
    archive = packed(write(tmp_path / "b", cloud=CLOUD, cirrus=CIRRUS), suffix)
    folder, found = series(tmp_path / "a"), series(tmp_path / "b")
    (plain,), (read,) = folder.observations[0], found.observations[0]
    assert (read.id, read.when, read.version, read.about, read.cloud_share) == (
        plain.id, plain.when, plain.version, plain.about, plain.cloud_share,
    )  # fmt: skip
    assert read.fingerprint == ((str(archive), archive.stat().st_size, archive.stat().st_mtime_ns),)
    slow = ("a compressed tar is unpacked from its beginning at every reading, which is slow: unpack it to a folder",)
    assert read.warnings == (() if suffix == ".tar" else slow)
    one, other = read_cube(folder, ALL), read_cube(found, ALL)
    assert np.array_equal(one.values, other.values)
    assert np.array_equal(one.valid, other.valid)
    assert list((tmp_path / "b").iterdir()) == [archive]


def test_letters_c_and_d_are_copies(tmp_path):
    archive, folder = packed(write(tmp_path, flag="C"), ".tar"), write(tmp_path, flag="D")
    found = series(tmp_path)
    assert [len(pieces) for pieces in found.observations] == [1]
    assert [(s.id, s.kind) for s in found.set_aside] == [(folder.name, "duplicate")]
    assert f"delivered twice; {archive} is used" in found.set_aside[0].reason


def test_scale_comes_from_the_metadata(tmp_path):
    product = write(tmp_path)
    edit_metadata(product, lambda text: re.sub(r"(<REFLECTANCE_QUANTIFICATION_VALUE>)[^<]*", "\\g<1>\n\t1000\n", text))
    rewrite(product, "FRE_B4.tif", (np.arange(64).reshape(8, 8) * 5).astype(np.int16))
    rewrite(product, "FRE_B11.tif", np.array([[2000, 2001, -1000, -1001]] * 4, np.int16), 20)  # the range is in reflectance: -1 to 2
    read = cube(tmp_path)
    assert series(tmp_path).observations[0][0].bands["B4"].scale == 10
    assert read.values[0, 0].tolist() == (np.arange(64).reshape(8, 8) * 50).tolist()
    assert read.values[0, 1, 0, [0, 4]].tolist() == [20000, -10000]
    assert read.valid[0].tolist() == [[True, True, False, False] * 2] * 8


def test_nodata_comes_from_the_metadata(tmp_path):
    product = write(tmp_path)
    values = FINE.astype(np.int16)
    values[2, 3], values[4, 5] = -9999, -10000
    rewrite(product, "FRE_B4.tif", values)
    assert cube(tmp_path).valid[0].tolist() == (~at((4, 5))).tolist()
    edit_metadata(product, lambda text: text.replace('name="nodata">-10000', 'name="nodata"> -9999\n'))
    assert cube(tmp_path).valid[0].tolist() == (~at((2, 3))).tolist()
    assert series(tmp_path).observations[0][0].nodata == -9999


def test_nodata_of_the_file_counts_too(tmp_path):
    product = write(tmp_path)
    values = FINE.astype(np.int16)
    values[2, 3] = 7
    rewrite(product, "FRE_B4.tif", values, nodata=7)
    assert cube(tmp_path).valid[0].tolist() == (~at((2, 3))).tolist()


def test_numbers_out_of_range_are_unusable(tmp_path):
    product = write(tmp_path)
    values = FINE.astype(np.int16)
    values[0, :4] = [20000, 20001, -9999, -10001]
    rewrite(product, "FRE_B4.tif", values)
    assert cube(tmp_path).valid[0, 0, :5].tolist() == [True, False, True, False, True]


def test_files_are_those_that_the_metadata_name(tmp_path):
    product = write(tmp_path)
    path = file(product, "FRE_B4.tif")
    path.rename(path.with_name("renamed.tif"))
    edit_metadata(product, lambda text: text.replace(path.name, "\n renamed.tif\n"))
    assert cube(tmp_path).values[0, 0].tolist() == FINE.tolist()


def test_reflectance_with_or_without_slope_correction(tmp_path):
    product = write(tmp_path)
    for band in ("B4", "B11"):
        path = file(product, f"FRE_{band}.tif")
        path.with_name(path.name.replace("FRE", "SRE")).write_bytes(path.read_bytes())
    rewrite(product, "SRE_B4.tif", (FINE + 1).astype(np.int16))
    assert cube(tmp_path, reflectance="FRE").values[0, 0].tolist() == FINE.tolist()
    assert cube(tmp_path, reflectance="SRE").values[0, 0].tolist() == (FINE + 1).tolist()


def test_a_product_without_slope_correction_says_what_it_has(tmp_path):
    product = write(tmp_path)
    for path in product.glob("*_FRE_*.tif"):
        path.rename(path.with_name(path.name.replace("FRE", "SRE")))
    (aside,) = series(tmp_path).set_aside
    assert re.search(r"E-PRD-006 .*missing B4, B11. Fix: set `reflectance: SRE`, which this product has", aside.reason)
    assert cube(tmp_path, reflectance="SRE").values[0, 0].tolist() == FINE.tolist()


def test_bands_come_in_the_order_asked_for(tmp_path):
    write(tmp_path)
    bands = ("B12", "B8", "B2")
    read = cube(tmp_path, bands=bands)
    assert series(tmp_path, bands=bands).bands == bands
    assert read.values[0, :, 0, 2].tolist() == [2100, 1100, 1100]
    assert read.values.dtype == np.int16


def test_what_a_product_says(tmp_path):
    path = write(tmp_path, cloud=at(*((0, c) for c in range(8))), version=(2, 15))
    product = read_product(Container(path), FAMILY, Choice(("B4", "B11"), "FRE", "strict", True))
    assert (product.id, product.platform, product.level, product.tile) == (path.name, "SENTINEL2A", "L2A", "31TCJ")
    assert product.when.isoformat() == "2023-07-04T10:58:51.024000+00:00"
    assert (product.version, product.bands["B4"].scale, product.nodata, product.valid_range) == ((2, 15), 1, -10000, (-10000, 20000))
    assert product.cloud_share == 0.12  # 8 of 64 pixels, in whole percent
    files = {entry[0].rpartition(f"{path.name}_")[2] for entry in product.fingerprint}
    assert files == {"FRE_B4.tif", "FRE_B11.tif", "CLM_R1.tif", "EDG_R1.tif", "SAT_R1.tif", "MTD_ALL.xml"}


def test_metadata_that_do_not_say_the_scale(tmp_path):
    product = write(tmp_path)
    edit_metadata(product, lambda text: re.sub(r"<REFLECTANCE_QUANTIFICATION_VALUE>.*?</REFLECTANCE_QUANTIFICATION_VALUE>", "", text))
    (read,) = series(tmp_path).observations[0]
    assert read.warnings == ("the metadata do not say the scale: 10000 is assumed",)
    assert read.bands["B4"].scale == 1


def test_two_products_in_one_folder_are_not_mixed(tmp_path):
    product = write(tmp_path)
    (second,) = write(tmp_path / "other", NOON.replace(day=5)).glob("*_MTD_ALL.xml")
    second.rename(product / second.name)
    (product / "DATA").mkdir()
    (aside,) = series(tmp_path).set_aside
    assert re.search(r"E-PRD-020 .*holds several products \(.*_MTD_ALL.xml, .*_MTD_ALL.xml\)", aside.reason)
    (product / second.name).rename(product / "DATA" / second.name)  # deeper: no matter
    assert series(tmp_path).observations[0][0].id == product.name


def test_the_fingerprint_tells_when_a_file_changes(tmp_path):
    product = write(tmp_path)
    before = series(tmp_path).observations[0][0].fingerprint
    assert series(tmp_path).observations[0][0].fingerprint == before
    rewrite(product, "FRE_B11.tif", np.full((4, 4), 7, np.int16), 20)
    assert series(tmp_path).observations[0][0].fingerprint != before
    assert cube(tmp_path).values[0, 1, 0, 0] == 7


def test_reading_a_window_is_reading_a_part_of_the_whole(tmp_path):
    write(tmp_path, cloud=at((3, 3), (4, 5)))
    everything = cube(tmp_path, ALL)
    for row in range(0, 8, 3):
        for col in range(0, 8, 3):
            part = type(ALL)(row, col, min(3, 8 - row), min(3, 8 - col))
            read = cube(tmp_path, part)
            assert_same(read, everything, part)


@pytest.mark.shared
def test_a_real_product_without_metadata_and_without_masks_of_20_m():
    """Cropped so that the grids of 10 and 20 m are offset by one pixel of 10 m."""
    folder = real("theia_s2_l2a_t30typ")
    (product,) = folder.glob("SENTINEL2B_*")
    found = series(folder, bands=("B4", "B8A"))
    (read,) = found.observations[0]
    assert (found.tile, read.version, read.platform, read.cloud_share) == ("30TYP", (1, 9), "SENTINEL2B", None)
    assert read.warnings == ("no metadata XML: scale, nodata and files are taken from the names",)
    window = Window(300, 400, 200, 250)
    cube_ = read_cube(found, window)
    red, clouds, edge, bright = (
        read_window(str(file(product, name)), window) for name in ("FRE_B4.tif", "CLM_R1.tif", "EDG_R1.tif", "SAT_R1.tif")
    )
    coarse = read_window(str(file(product, "FRE_B8A.tif")))
    rows, cols = (np.arange(300, 500) + 1) // 2, (np.arange(400, 650) + 1) // 2
    near = coarse[np.ix_(rows, cols)]
    clear = (clouds == 0) & (edge == 0) & (bright == 0) & (red != -10000) & (near != -10000)
    assert np.array_equal(cube_.valid[0], clear)
    assert np.array_equal(cube_.values[0, 0][clear], red[clear])
    assert np.array_equal(cube_.values[0, 1][clear], near[clear])
    (aside,) = series(folder, bands=("B5", "B8A")).set_aside
    assert "mask CLM_R2 is missing" in aside.reason
    (aside,) = series(folder, reflectance="SRE").set_aside
    assert "Fix: set `reflectance: FRE`" in aside.reason


@pytest.mark.shared
def test_real_products_whose_metadata_are_a_fragment_are_set_aside():
    folder = real("native_products") / "muscate_s2_l2a_stacks"
    found = find_muscate(source(folder))
    assert [(entry.tile, entry.kind) for entry in found] == [("38KPD", "bad")] * 2 + [("38KPE", "bad")] * 2
    assert all("E-PRD-005" in entry.reason for entry in found)
    fragment = next(folder.glob("T38KPE/*20170213*/*_MTD_ALL.xml")).read_text(encoding="utf-8")
    assert parse_document(f"<D>{fragment}</D>".encode()).cloud_share == 0.93

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from iota_py.products.container import Container
from iota_py.products.muscate import parse_metadata, read_product
from iota_py.products.source import Choice
from tests.products.small import ALL, FAMILY, FINE, assert_same, at, cube, edit_metadata, file, rewrite, series, write

CLOUD = at((0, 0))  # bits 0 and 1
FRINGE = at((0, 1))  # bit 4
CIRRUS = at((0, 2))  # bit 7
SHADOW = at((0, 3))  # bits 0 and 5


@pytest.mark.parametrize(
    ("cloud", "lost"),
    [
        ("strict", CLOUD | FRINGE | CIRRUS | SHADOW),
        ("summary", CLOUD | SHADOW),
        ("none", at()),
        ((4, 7), FRINGE | CIRRUS),
        ((1,), CLOUD),
        ((5, 5), SHADOW),
        ((2, 6), at()),
        ((), at()),
    ],
)
@pytest.mark.parametrize("packing", ["folder", "zip"])
def test_policies_of_the_cloud_mask(tmp_path, cloud, lost, packing):
    write(tmp_path, cloud=CLOUD, fringe=FRINGE, cirrus=CIRRUS, shadow_inside=SHADOW, packing=packing)
    assert cube(tmp_path, cloud=cloud).valid[0].tolist() == (~lost).tolist()


def test_bits_of_the_cloud_mask_one_by_one(tmp_path):
    product = write(tmp_path)
    rewrite(product, "CLM_R1.tif", np.array([[1 << bit for bit in range(8)]] * 8, np.uint8))
    for bit in range(8):
        assert np.flatnonzero(~cube(tmp_path, cloud=(bit,)).valid[0, 0]).tolist() == [bit]
    assert not cube(tmp_path, cloud="strict").valid.any()
    assert np.flatnonzero(~cube(tmp_path, cloud="summary").valid[0, 0]).tolist() == [0]


def test_saturation_can_be_kept(tmp_path):
    saturated = np.zeros((4, 4), bool)
    saturated[1, 2] = True
    write(tmp_path, saturated=saturated)
    lost = saturated.repeat(2, 0).repeat(2, 1)
    assert cube(tmp_path).valid[0].tolist() == (~lost).tolist()
    assert cube(tmp_path, saturation=False).valid.all()


def test_the_edge_is_always_left_out(tmp_path):
    outside = np.zeros((8, 8), bool)
    outside[:, 6:] = True
    write(tmp_path, outside=outside)
    assert cube(tmp_path, cloud="none", saturation=False).valid[0].tolist() == (~outside).tolist()


def test_masks_that_are_not_asked_for_need_not_be_there(tmp_path):
    product = write(tmp_path)
    for name in ("CLM_R1.tif", "SAT_R1.tif", "MG2_R1.tif"):
        file(product, name).unlink()
    found = series(tmp_path, cloud="none", saturation=False)
    assert [mask.footprint for mask in found.observations[0][0].masks] == [True]


def test_scale_comes_from_the_metadata(tmp_path):
    product = write(tmp_path)
    edit_metadata(product, lambda text: re.sub(r"(<REFLECTANCE_QUANTIFICATION_VALUE>)[^<]*", "\\g<1>\n\t1000\n", text))
    rewrite(product, "FRE_B4.tif", (np.arange(64).reshape(8, 8) * 5).astype(np.int16))
    read = cube(tmp_path)
    assert series(tmp_path).observations[0][0].bands["B4"].scale == 10
    assert read.values[0, 0].tolist() == (np.arange(64).reshape(8, 8) * 50).tolist()
    assert read.valid.all()


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


def test_the_fingerprint_tells_when_a_file_changes(tmp_path):
    product = write(tmp_path)
    before = series(tmp_path).observations[0][0].fingerprint
    assert series(tmp_path).observations[0][0].fingerprint == before
    rewrite(product, "FRE_B11.tif", np.full((4, 4), 7, np.int16), 20)
    assert series(tmp_path).observations[0][0].fingerprint != before
    assert cube(tmp_path).values[0, 1, 0, 0] == 7


def test_metadata_that_say_nothing():
    empty = parse_metadata(ET.fromstring("<Muscate_Metadata_Document/>"))
    assert (empty.product_id, empty.date, empty.quantification, empty.nodata, empty.cloud_share, dict(empty.bands)) == (
        "", "", None, None, None, {},
    )  # fmt: skip


def test_reading_a_window_is_reading_a_part_of_the_whole(tmp_path):
    write(tmp_path, cloud=at((3, 3), (4, 5)))
    everything = cube(tmp_path, ALL)
    for row in range(0, 8, 3):
        for col in range(0, 8, 3):
            part = type(ALL)(row, col, min(3, 8 - row), min(3, 8 - col))
            read = cube(tmp_path, part)
            assert_same(read, everything, part)

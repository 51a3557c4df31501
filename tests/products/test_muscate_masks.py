import re

import numpy as np
import pytest

from iota_py.grid.windows import Window
from iota_py.products.reader import read_cube, read_footprint, read_valid
from tests.products.small import ALL, COARSE, GRID, at, cube, file, rewrite, series, write

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


GROUND = np.array([[1 << bit for bit in range(8)]] * 8, np.uint8)  # of MG2: one bit a column


@pytest.mark.parametrize(
    ("asked", "lost"),
    [({}, []), ({"topographic_shadow": True}, [4, 5]), ({"snow": True}, [2]), ({"topographic_shadow": True, "snow": True}, [2, 4, 5])],
)
def test_shadow_of_the_relief_and_snow_are_left_out_where_asked(tmp_path, asked, lost):
    """Bits 4 and 5, shadow and hidden, go together: versions of the chain differ on which is which."""
    rewrite(write(tmp_path), "MG2_R1.tif", GROUND)
    found = series(tmp_path, **asked)
    assert [np.flatnonzero(~row).tolist() for row in read_cube(found, ALL).valid[0]] == [lost] * 8
    assert len(found.observations[0][0].masks) == 3 + bool(asked)  # the file is read once, or not at all


def test_the_geophysical_mask_is_needed_where_asked(tmp_path):
    product = write(tmp_path)
    for group in ("R1", "R2"):
        file(product, f"MG2_{group}.tif").unlink()
    assert cube(tmp_path).valid.all()
    for asked in ({"snow": True}, {"topographic_shadow": True}):
        (aside,) = series(tmp_path, **asked).set_aside
        assert re.search(r"E-PRD-007 .*mask MG2_R1 is missing. Fix: .*leave out valid.topographic_shadow and valid.snow", aside.reason)


@pytest.mark.parametrize("name", ["CLM", "SAT", "EDG"])
def test_a_missing_mask_of_10_m_is_that_of_20_m(tmp_path, name):
    product = write(tmp_path)
    file(product, f"{name}_R1.tif").unlink()
    mask = np.zeros((4, 4), np.uint8)
    mask[1, 2], mask[3, 0] = 1, 1
    rewrite(product, f"{name}_R2.tif", mask, 20)
    found = series(tmp_path)
    (read,) = found.observations[0]
    assert read.warnings == (f"mask {name} of 10 m is missing: that of 20 m is used",)
    assert [m.coarse for m in read.masks if name in m.layer.path] == [True]
    assert f"{name}_R2.tif" in " ".join(path for path, _, _ in read.fingerprint)
    assert read_cube(found, ALL).valid[0].tolist() == (mask == 0).repeat(2, 0).repeat(2, 1).tolist()
    assert np.array_equal(read_valid(found, ALL), read_cube(found, ALL).valid)


def test_a_coarse_mask_that_does_not_align_is_refused(tmp_path):
    product = write(tmp_path)
    file(product, "CLM_R1.tif").unlink()
    rewrite(product, "CLM_R2.tif", np.zeros((4, 4), np.uint8), 20, left=400005)
    (aside,) = series(tmp_path).set_aside
    assert re.search(r"E-PRD-010 .*CLM_R2\.tif: .*does not align", aside.reason)


def test_bands_of_20_m_alone_have_masks_of_20_m(tmp_path):
    product = write(tmp_path)
    clouds = np.zeros((4, 4), np.uint8)
    clouds[0, 3] = 2
    rewrite(product, "CLM_R2.tif", clouds, 20)
    found = series(tmp_path, bands=("B5", "B11"))
    assert found.geobox == GRID.zoom_out(2)
    (read,) = found.observations[0]
    assert read.warnings == ()
    assert all(mask.layer.path.endswith("_R2.tif") and not mask.coarse for mask in read.masks)
    both = read_cube(found, Window(0, 0, 4, 4))
    assert both.values[0, 1].tolist() == COARSE.tolist()
    assert both.valid[0].tolist() == (clouds == 0).tolist()
    for group in ("R1", "R2"):
        file(product, f"CLM_{group}.tif").unlink()
    (aside,) = series(tmp_path, bands=("B5", "B11")).set_aside
    assert "E-PRD-007" in aside.reason
    assert "mask CLM_R2 is missing" in aside.reason


def test_without_the_mask_of_edges_validity_comes_from_nodata(tmp_path):
    outside = np.zeros((8, 8), bool)
    outside[:, 6:] = True
    product = write(tmp_path, outside=outside)
    for group in ("R1", "R2"):
        file(product, f"EDG_{group}.tif").unlink()
    found = series(tmp_path)
    assert found.observations[0][0].warnings == ("no mask EDG: the edge of the swath is told by nodata alone",)
    assert read_cube(found, ALL).valid[0].tolist() == (~outside).tolist()
    assert read_valid(found, ALL)[0].tolist() == (~outside).tolist()
    assert read_footprint(found, ALL).tolist() == (~outside).tolist()


@pytest.mark.parametrize("trim", [lambda path: path.unlink(), lambda path: path.write_bytes(b"")])
def test_without_the_mask_of_saturation_nothing_is_saturated(tmp_path, trim):
    """A file of no bytes is a file that is missing."""
    product = write(tmp_path, saturated=np.ones((4, 4), bool))
    assert not cube(tmp_path).valid.any()
    for group in ("R1", "R2"):
        trim(file(product, f"SAT_{group}.tif"))
    (read,) = series(tmp_path).observations[0]
    assert read.warnings == ("no mask SAT: saturated pixels are not left out",)
    assert cube(tmp_path).valid.all()
    assert series(tmp_path, saturation=False).observations[0][0].warnings == ()


def test_masks_that_are_not_asked_for_need_not_be_there(tmp_path):
    product = write(tmp_path)
    for name in ("CLM_R1.tif", "SAT_R1.tif", "MG2_R1.tif"):
        file(product, name).unlink()
    found = series(tmp_path, cloud="none", saturation=False)
    assert [mask.footprint for mask in found.observations[0][0].masks] == [True]

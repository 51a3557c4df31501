import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iota_py.errors import AcquisitionError
from iota_py.grid.windows import Window, split
from iota_py.products.reader import read_cube, read_footprint, read_valid
from tests.products.small import ALL, COARSE, FINE, NOON, assert_same, at, cube, file, rewrite, series, write


def test_coarse_bands_by_nearest_are_repeated(tmp_path):
    write(tmp_path)
    read = cube(tmp_path)
    assert read.values.shape == (1, 2, 8, 8)
    assert read.values[0, 0].tolist() == FINE.tolist()
    assert read.values[0, 1].tolist() == COARSE.repeat(2, 0).repeat(2, 1).tolist()
    assert read.valid.all()


def test_coarse_bands_shifted_by_one_fine_pixel(tmp_path):
    """The crop of the real Theia product: the 20 m grid begins one 10 m pixel before, or after, the 10 m grid."""
    product = write(tmp_path)
    numbers = (100 * np.arange(25).reshape(5, 5)).astype(np.int16)
    rewrite(product, "FRE_B11.tif", numbers, 20, left=399990, top=4800010)
    read = cube(tmp_path)
    assert read.valid.all()
    assert read.values[0, 1, 0].tolist() == [0, 100, 100, 200, 200, 300, 300, 400]
    assert read.values[0, 1, :, 0].tolist() == [0, 500, 500, 1000, 1000, 1500, 1500, 2000]
    rewrite(product, "FRE_B11.tif", numbers[:4, :4], 20, left=400010, top=4800000)
    read = cube(tmp_path)
    assert read.values[0, 1, 0, 1:].tolist() == [0, 0, 100, 100, 200, 200, 300]
    assert read.values[0, 1, 7, 1:].tolist() == [1500, 1500, 1600, 1600, 1700, 1700, 1800]
    assert read.valid[0].tolist() == [[False] + [True] * 7] * 8


def test_coarse_bands_that_cover_a_part(tmp_path):
    product = write(tmp_path)
    rewrite(product, "FRE_B11.tif", np.full((2, 4), 7, np.int16), 20)
    read = cube(tmp_path)
    assert (read.values[0, 1, :4] == 7).all()
    assert read.valid[0].all(axis=1).tolist() == [True] * 4 + [False] * 4
    assert not read.valid[0, 4:].any()


@pytest.mark.parametrize(("left", "columns"), [(400000, [0, 0, 1, 1, 2, 2, 3, 3]), (399990, [0, 1, 1, 2, 2, 3, 3, 4])])
def test_negative_numbers_survive(tmp_path, left, columns):
    product = write(tmp_path)
    numbers = np.array([[-300, -1, 0, 20000, -9999]] * 4, np.int16)
    rewrite(product, "FRE_B11.tif", numbers, 20, left=left)
    for window in (ALL, Window(0, 0, 8, 1), Window(0, 1, 3, 7), Window(5, 2, 3, 5)):
        read = cube(tmp_path, window)
        assert read.valid.all()
        assert read.values[0, 1].tolist() == [numbers[0, columns[window.col : window.col + window.width]].tolist()] * window.height


def test_nodata_of_a_coarse_pixel(tmp_path):
    product = write(tmp_path)
    numbers = COARSE.astype(np.int16)
    numbers[1, 2] = -10000
    rewrite(product, "FRE_B11.tif", numbers, 20)
    lost = np.zeros((8, 8), bool)
    lost[2:4, 4:6] = True
    assert cube(tmp_path).valid[0].tolist() == (~lost).tolist()


def test_bilinear_by_hand(tmp_path):
    write(tmp_path)
    read = cube(tmp_path, resampling="bilinear").values[0, 1]
    # across 2000, 2100, 2200, 2300: ends are kept, then quarters between the centres; 400 more for each coarse row
    across = np.array([2000, 2025, 2075, 2125, 2175, 2225, 2275, 2300])
    down = np.array([0, 100, 300, 500, 700, 900, 1100, 1200])
    assert read.tolist() == (across[None, :] + down[:, None]).tolist()


@pytest.mark.parametrize("method", ["bilinear", "cubic"])
def test_smooth_resampling_keeps_planes_and_nodata(tmp_path, method):
    product = write(tmp_path)
    numbers = COARSE.astype(np.int16)
    numbers[1, 2] = -10000
    rewrite(product, "FRE_B11.tif", numbers, 20)
    read = cube(tmp_path, resampling=method)
    lost = np.zeros((8, 8), bool)
    lost[2:4, 4:6] = True
    assert read.valid[0].tolist() == (~lost).tolist()
    seen = read.values[0, 1][~lost]
    assert seen.min() >= 1900
    assert seen.max() <= 3600
    assert np.abs(seen - COARSE.repeat(2, 0).repeat(2, 1)[~lost]).max() <= 200
    assert read.values[0, 0].tolist() == FINE.tolist()  # fine bands are not touched


def test_a_flat_coarse_band_stays_flat(tmp_path):
    product = write(tmp_path)
    rewrite(product, "FRE_B11.tif", np.full((4, 4), 1234, np.int16), 20)
    for method in ("nearest", "bilinear", "cubic"):
        assert (cube(tmp_path, resampling=method).values[0, 1] == 1234).all()


@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["nearest", "bilinear", "cubic"]), st.integers(1, 8), st.integers(1, 8))
def test_windows_reassembled_are_the_whole(tmp_path_factory, method, rows, cols):
    folder = tmp_path_factory.getbasetemp() / "windows"
    if not folder.exists():
        product = write(folder, cloud=at((1, 1), (6, 2)))
        rng = np.random.default_rng(0)
        numbers = rng.integers(0, 9000, (4, 4)).astype(np.int16)
        numbers[2, 1] = -10000
        rewrite(product, "FRE_B11.tif", numbers, 20)
    found = series(folder, resampling=method)
    everything = read_cube(found, ALL)
    for window in split((8, 8), (rows, cols)):
        part = read_cube(found, window)
        assert_same(part, everything, window)


def test_validity_alone_is_that_of_the_masks(tmp_path):
    outside = np.zeros((8, 8), bool)
    outside[:2, :2] = True
    write(tmp_path, cloud=at((4, 4)), outside=outside)
    write(tmp_path, NOON.replace(second=58))
    found = series(tmp_path)
    assert len(found.observations) == 1  # pieces of one pass
    assert np.array_equal(read_valid(found, ALL), read_cube(found, ALL).valid)
    window = Window(1, 1, 4, 5)
    assert np.array_equal(read_valid(found, window), read_cube(found, ALL).valid[(..., *window.slices)])


def test_footprint_is_what_was_seen_clouds_or_not(tmp_path):
    left, right = np.zeros((8, 8), bool), np.zeros((8, 8), bool)
    left[:, :4], right[:, 2:] = True, True
    write(tmp_path, outside=left, cloud=at((0, 5), (7, 7)))
    assert read_footprint(series(tmp_path), ALL).tolist() == (~left).tolist()
    write(tmp_path, NOON.replace(day=9), outside=right)
    assert read_footprint(series(tmp_path), ALL).tolist() == (~(left & right)).tolist()
    assert read_footprint(series(tmp_path), Window(0, 0, 8, 3)).tolist() == [[True, True, False]] * 8


@pytest.mark.parametrize(("name", "code"), [("FRE_B4.tif", "E-RAS-007"), ("FRE_B11.tif", "E-RAS-007"), ("CLM_R1.tif", "E-RAS-007")])
def test_a_file_that_is_cut_is_found_at_the_read(tmp_path, name, code):
    write(tmp_path, NOON.replace(day=9))
    product = write(tmp_path)
    path = file(product, name)
    path.write_bytes(path.read_bytes()[:-8])
    found = series(tmp_path)
    assert len(found.observations) == 2
    with pytest.raises(AcquisitionError, match=rf"{code} .*{name}") as caught:
        read_cube(found, ALL)
    assert caught.value.product == found.observations[0][0].key
    rest = series(tmp_path, bad={caught.value.product: str(caught.value)})
    assert read_cube(rest, ALL).valid.all()
    assert [(s.id, s.kind) for s in rest.set_aside] == [(product.name, "bad")]


def test_a_file_that_goes_away_is_found_at_the_read(tmp_path):
    product = write(tmp_path)
    found = series(tmp_path)
    file(product, "EDG_R1.tif").unlink()
    for read in (read_cube, read_valid, read_footprint):
        with pytest.raises(AcquisitionError, match=r"E-RAS-002 .*EDG_R1\.tif") as caught:
            read(found, ALL)
        assert caught.value.product == found.observations[0][0].key

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.features.radar import despeckled, power, speckle_filtered, speckle_margin, stored_power


def slow(values, valid, window):
    """The definition, pixel by pixel."""
    half, out = window // 2, np.full(values.shape, np.nan)
    for band, row, col in np.ndindex(values.shape[1:]):
        rows, cols = slice(max(row - half, 0), row + half + 1), slice(max(col - half, 0), col + half + 1)
        means, ratios = [], []
        for date in range(len(values)):
            usable = valid[date, rows, cols] & np.isfinite(values[date, band, rows, cols])
            mean = values[date, band, rows, cols][usable].mean() if usable.any() else 0.0
            means.append(mean)
            if valid[date, row, col] and np.isfinite(values[date, band, row, col]) and mean > 0:
                ratios.append(values[date, band, row, col] / mean)
        for date in range(len(values)):
            if valid[date, row, col] and np.isfinite(values[date, band, row, col]):
                out[date, band, row, col] = means[date] * (np.mean(ratios) if ratios else 0)
    return out


def scene(seed: int, dates: int = 4, bands: int = 2, shape: tuple[int, int] = (9, 7), looks: float = 4.0, lost: float = 0.2):
    rng = np.random.default_rng(seed)
    values = rng.gamma(looks, 0.1 / looks, (dates, bands, *shape)).astype(np.float32)
    return values, rng.random((dates, *shape)) >= lost


def test_by_hand():
    """One row, window of 3: date 1 is 1 3 1 1, date 2 twice that with a bright second pixel.

    Local means of the second pixel: (1 + 3 + 1) / 3 = 5/3 and (2 + 12 + 2) / 3 = 16/3; ratios 9/5 and 9/4, 81/40 on average.
    """
    values = np.array([[[[1, 3, 1, 1]]], [[[2, 12, 2, 2]]]], np.float32)
    out = speckle_filtered(values, np.ones((2, 1, 4), bool), 3)
    assert out[:, 0, 0, 1] == pytest.approx([5 / 3 * 81 / 40, 16 / 3 * 81 / 40], rel=1e-6)
    # the first pixel has one neighbour: means 2 and 7, ratios 1/2 and 2/7, 11/28 on average
    assert out[:, 0, 0, 0] == pytest.approx([2 * 11 / 28, 7 * 11 / 28], rel=1e-6)


def test_dates_that_lack_a_pixel():
    """The second pixel of date 2 is lost: date 1 keeps its own ratio, so its own number; means leave the lost pixel out."""
    values = np.array([[[[1, 3, 1, 1]]], [[[2, 12, 2, 2]]]], np.float32)
    valid = np.array([[[True] * 4], [[True, False, True, True]]])
    out = speckle_filtered(values, valid, 3)
    assert np.isnan(out[1, 0, 0, 1])
    assert out[0, 0, 0, 1] == pytest.approx(3)
    assert out[:, 0, 0, 0] == pytest.approx([2 * (1 / 2 + 1) / 2, 2 * (1 / 2 + 1) / 2])
    values[1, 0, 0, 1] = np.nan
    assert np.array_equal(out, speckle_filtered(values, np.ones_like(valid), 3), equal_nan=True)


def test_no_power_anywhere_is_no_power():
    values = np.zeros((2, 1, 3, 3), np.float32)
    values[1] = 0.5
    out = speckle_filtered(values, np.ones((2, 3, 3), bool), 3)
    assert out[0].tolist() == np.zeros((1, 3, 3)).tolist()
    assert out[1] == pytest.approx(0.5)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), dates=st.integers(1, 5), window=st.sampled_from([3, 5, 7]), lost=st.sampled_from([0.0, 0.3, 0.9]))
def test_the_definition(seed, dates, window, lost):
    values, valid = scene(seed, dates, lost=lost)
    assert np.allclose(speckle_filtered(values, valid, window), slow(values, valid, window), rtol=1e-6, equal_nan=True)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 100), row=st.integers(0, 15), col=st.integers(0, 11), height=st.integers(1, 9), width=st.integers(1, 9))
def test_a_window_with_its_margin_has_the_bits_of_the_whole(seed, row, col, height, width):
    values, valid = scene(seed, shape=(16, 12))
    whole, margin = speckle_filtered(values, valid, 5), speckle_margin(5)
    top, left = max(0, row - margin), max(0, col - margin)
    part = (..., slice(top, row + height + margin), slice(left, col + width + margin))
    inner = (..., slice(row - top, row - top + height), slice(col - left, col - left + width))
    window = (..., slice(row, row + height), slice(col, col + width))
    assert np.array_equal(speckle_filtered(values[part], valid[part], 5)[inner], whole[window], equal_nan=True)


def test_one_date_gives_itself():
    values, valid = scene(1, dates=1)
    assert np.allclose(speckle_filtered(values, valid, 5), np.where(valid[:, None], values, np.nan), equal_nan=True)


def test_what_changes_alike_everywhere_is_kept():
    """A scene that grows brighter as a whole: every date is the same picture, and stays it."""
    picture = np.random.default_rng(3).gamma(4, 0.1, (8, 8))
    values = np.stack([picture * factor for factor in (1, 2, 5)])[:, None].astype(np.float32)
    assert np.allclose(speckle_filtered(values, np.ones((3, 8, 8), bool), 3), values, rtol=1e-6)


def test_speckle_of_even_ground_shrinks_and_its_mean_stays():
    """12 dates of 4 looks on even ground. With n dates and windows of k pixels about n·k / (n + k - 1) independent values are averaged."""
    values, valid = scene(5, dates=12, bands=1, shape=(60, 60), lost=0)
    out = speckle_filtered(values, valid, 7)
    assert out.mean() == pytest.approx(values.mean(), rel=0.01)
    gain = (values.std() / values.mean()) ** 2 / (out.std() / out.mean()) ** 2
    assert gain == pytest.approx(12 * 49 / (12 + 49 - 1), rel=0.15)


@pytest.mark.parametrize("unit", ["decibel", "linear"])
def test_stored_numbers(unit):
    values, valid = scene(2)
    kept = stored_power(values, unit)
    out = despeckled(kept, valid, unit, 5)
    assert out.dtype == np.int16
    assert (out[~np.broadcast_to(valid[:, None], out.shape)] == -32768).all()
    expected = stored_power(speckle_filtered(power(kept, unit), valid, 5), unit)
    assert np.array_equal(out, expected)


def test_power_of_stored_numbers():
    assert power(np.array([0, 1000, -1000, -2000], np.int16), "decibel") == pytest.approx([1, 10, 0.1, 0.01])
    assert power(np.array([10000, 1, 0], np.int16), "linear") == pytest.approx([1, 0.0001, 0])
    assert stored_power(np.array([1, 10, 0.1, 0, np.nan, 1e-40]), "decibel").tolist() == [0, 1000, -1000, -32768, -32768, -32767]
    assert stored_power(np.array([1, 4, 0.00025, 0, np.nan]), "linear").tolist() == [10000, 32767, 2, 0, -32768]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(-6000, 2000), min_size=1))
def test_decibels_there_and_back(numbers):
    stored = np.array(numbers, np.int16)
    assert np.array_equal(stored_power(power(stored, "decibel"), "decibel"), stored)


@pytest.mark.parametrize("window", [0, 1, 4, -3])
def test_windows_that_have_no_centre(window):
    values, valid = scene(0)
    with pytest.raises(ValueError, match="an odd window of at least 3 pixels"):
        speckle_filtered(values, valid, window)


def test_arrays_that_do_not_fit():
    values, valid = scene(0)
    with pytest.raises(ValueError, match=r"valid \(date, row, col\)"):
        speckle_filtered(values, valid[:, :3], 3)
    with pytest.raises(ValueError, match="decibel or linear"):
        power(np.zeros(1, np.int16), "amplitude")

"""Spectral indices: values worked out by hand, the plan, and the kernel against the reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from iota_py.errors import ConfigError
from iota_py.features.indices import INDICES, index_chunk, index_values, possible_indices, resolve

SENTINEL2 = {"blue": "B2", "green": "B3", "red": "B4", "nir": "B8", "swir": "B11", "swir2": "B12"}
BANDS = ("B4", "B8", "B11")
PROPERTY = settings(max_examples=60, deadline=None, derandomize=True)


def kernel_values(filled, plan):
    out = np.empty((len(plan.names), filled.shape[0], filled.shape[2]), np.float32)
    index_chunk(filled, plan.kinds, plan.first, plan.second, out)
    return out


COMPUTED = pytest.mark.parametrize("compute", [index_values, kernel_values], ids=["reference", "kernel"])


def pixel(*bands):
    """One target day, one pixel."""
    return np.array(bands, np.float32).reshape(1, -1, 1)


@COMPUTED
def test_the_three_indices_of_iota2(compute):
    plan = resolve(["NDVI", "NDWI", "BRIGHTNESS"], SENTINEL2, BANDS)
    # red 1000, nir 3000, swir 2000: NDVI 2000/4000, NDWI (swir first) -1000/5000, brightness sqrt(1 + 9 + 4) × 1000.
    found = compute(pixel(1000, 3000, 2000), plan).ravel()
    assert found[:2].tolist() == [500, -200]
    assert found[2] == pytest.approx(3741.6574, abs=1e-3)


@COMPUTED
def test_brightness_sums_all_the_bands_kept(compute):
    plan = resolve(["BRIGHTNESS"], {}, ("a", "b", "c", "d"))
    assert compute(pixel(2, 4, 5, 6), plan).ravel().tolist() == [9]


@COMPUTED
@pytest.mark.parametrize(
    ("nir", "red", "expected"), [(0, 0, 0), (100, -100, 0), (100, -99.75, 0), (100, -99, 199000), (0, 1, -1000), (5, 0, 1000)]
)
def test_a_sum_near_zero_gives_zero(compute, nir, red, expected):
    plan = resolve(["NDVI"], SENTINEL2, ("B4", "B8"))
    assert compute(pixel(red, nir), plan).item() == expected


@COMPUTED
def test_each_index_uses_its_own_bands(compute):
    plan = resolve(["GNDVI", "NDSI", "NBR"], SENTINEL2, ("B3", "B8", "B11", "B12"))
    # green 100, nir 300, swir 50, swir2 200.
    assert compute(pixel(100, 300, 50, 200), plan).ravel().tolist() == pytest.approx([500, 1000 / 3, 200])


@COMPUTED
def test_axes_are_index_target_pixel(compute):
    filled = np.array([[[1, 3], [3, 1]], [[0, 1], [1, 1]]], np.float32)  # two targets, bands red and nir, two pixels
    plan = resolve(["NDVI", "BRIGHTNESS"], SENTINEL2, ("B4", "B8"))
    found = compute(filled, plan)
    assert found[0].tolist() == [[500, -500], [1000, 0]]
    np.testing.assert_allclose(found[1] ** 2, [[10, 10], [1, 2]], rtol=1e-6)


def test_no_index_is_a_plan_too():
    plan = resolve([], SENTINEL2, BANDS)
    assert plan.names == ()
    assert kernel_values(pixel(1, 2, 3), plan).shape == (0, 1, 1)
    assert index_values(pixel(1, 2, 3), plan).shape == (0, 1, 1)


@PROPERTY
@given(hnp.arrays(np.float32, st.tuples(st.integers(0, 4), st.just(3), st.integers(1, 40)), elements=st.floats(-32768, 32767, width=32)))
def test_kernel_and_reference_give_the_same_bits(filled):
    plan = resolve(["BRIGHTNESS", "NDVI", "RATIO", "NDWI"], {**SENTINEL2, "vh": "B4", "vv": "B8"}, BANDS)
    assert kernel_values(filled, plan).tobytes() == index_values(filled, plan).tobytes()


@PROPERTY
@given(hnp.arrays(np.float32, (3, 3, 5), elements=st.floats(0, 32767, width=32)))
def test_positive_bands_keep_differences_within_a_thousand_and_brightness_above_each_band(filled):
    found = index_values(filled, resolve(["NDVI", "NDWI", "BRIGHTNESS"], SENTINEL2, BANDS))
    assert (np.abs(found[:2]) <= 1000).all()
    assert (found[2] >= filled.max(axis=1) * 0.999999).all()


@COMPUTED
def test_the_ratio_of_a_radar_is_a_difference_of_decibels(compute):
    plan = resolve(["RATIO"], {"vv": "VV", "vh": "VH"}, ("VV", "VH"))
    # -11.5 dB and -18.25 dB, in hundredths.
    assert compute(pixel(-1150, -1825), plan).ravel().tolist() == [-675]
    assert plan.kind_of(0) == "difference"


def test_a_sensor_without_roles_has_the_indices_that_need_none():
    assert resolve([], {}, ("snow",)).names == ()
    assert resolve(["BRIGHTNESS"], {}, ("a", "b")).names == ("BRIGHTNESS",)
    with pytest.raises(ConfigError, match="RATIO needs the vh band, which this sensor does not have"):
        resolve(["RATIO"], {}, ("a", "b"))


def test_some_of_the_indices_and_the_bands_that_they_need():
    plan = resolve(["NDVI", "BRIGHTNESS", "NDWI"], SENTINEL2, BANDS)
    filled = np.random.default_rng(0).uniform(1, 9000, (2, 3, 5)).astype(np.float32)
    assert np.array_equal(index_values(filled, plan.only([2, 0])), index_values(filled, plan)[[2, 0]])
    assert plan.bands_of(0, 3) == (1, 0)
    assert plan.bands_of(1, 3) == (0, 1, 2)
    assert plan.content[2] == ["NDWI", 0, 2, 1, None]


def test_the_plan_is_made_of_positions_among_the_bands_kept():
    plan = resolve(["ndwi", "Brightness", "NDVI"], SENTINEL2, ("B2", "B11", "B4", "B8"))
    assert plan.names == ("NDWI", "BRIGHTNESS", "NDVI")
    assert plan.kinds.tolist() == [0, 1, 0]
    assert plan.first.tolist() == [1, 0, 3]
    assert plan.second.tolist() == [3, 0, 2]
    assert plan.first.flags.c_contiguous
    assert plan.second.flags.c_contiguous


def test_possible_indices_follow_the_bands_kept():
    assert possible_indices(SENTINEL2, ("B4", "B8")) == ("NDVI", "BRIGHTNESS")
    assert possible_indices(SENTINEL2, tuple(SENTINEL2.values())) == tuple(name for name in INDICES if name != "RATIO")
    assert possible_indices({"vv": "vv", "vh": "vh"}, ("vv", "vh")) == ("BRIGHTNESS", "RATIO")
    assert possible_indices({}, ()) == ("BRIGHTNESS",)


def test_a_band_that_the_sensor_lacks_is_named_with_the_way_out():
    with pytest.raises(ConfigError) as caught:
        resolve(["NDWI", "NDVI"], {"red": "B3", "nir": "B4"}, ("B3", "B4"), "landsat.yaml")
    (fault,) = caught.value.faults
    assert fault.code == "E-FEA-001"
    assert fault.line() == (
        "E-FEA-001 landsat.yaml: indices: NDWI needs the swir band, which this sensor does not have."
        " Fix: possible with these bands: NDVI, BRIGHTNESS"
    )


def test_a_band_that_was_not_kept_is_named():
    with pytest.raises(ConfigError, match="NDVI needs the nir band B8, which is not among B4, B11"):
        resolve(["NDVI"], SENTINEL2, ("B4", "B11"))


def test_an_unknown_index_and_a_missing_band_are_reported_together():
    with pytest.raises(ConfigError) as caught:
        resolve(["NDXI", "NBR", "NDVI"], SENTINEL2, BANDS)
    assert [fault.message for fault in caught.value.faults] == [
        "unknown index NDXI",
        "NBR needs the swir2 band B12, which is not among B4, B8, B11",
    ]

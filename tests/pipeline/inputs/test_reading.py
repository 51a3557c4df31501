"""Samples and maps share one path: whichever way a number is computed, it is the same number."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.codes import TILE, CodeBook
from iota_py.features.indices import resolve
from iota_py.pipeline.inputs import reading
from iota_py.pipeline.inputs.reading import BookStack, Observed, codes_of, features_of, optical_features

BANDS = ("B4", "B8", "B11")
PLAN = resolve(["NDVI", "NDWI", "BRIGHTNESS"], {"red": "B4", "nir": "B8", "swir": "B11"}, BANDS)


def observed(pixels: int, dates: int = 6, targets: int = 4, seed: int = 0) -> Observed:
    rng = np.random.default_rng(seed)
    values = rng.integers(-200, 9000, (dates, len(BANDS), pixels)).astype(np.int16)
    valid = (rng.random((dates, pixels)) < 0.6).astype(np.uint8)
    days = np.sort(rng.integers(0, 90, dates)).astype(np.int32)
    return Observed(values, valid, days, np.linspace(0, 90, targets).astype(np.int32), PLAN)


def books(features: np.ndarray, count: int) -> list[CodeBook]:
    return [CodeBook.fit(features[i::count], 30 + i) for i in range(count)]


def test_columns_by_hand() -> None:
    """Two dates, one target between them: 5 of 10 days, so the mean; then the indices of the filled bands."""
    values = np.array([[[1000], [3000], [2000]], [[2000], [5000], [2000]]], np.int16)
    one = Observed(values, np.ones((2, 1), np.uint8), np.array([0, 10], np.int32), np.array([5], np.int32), PLAN)
    ndvi, ndwi = 1000 * (4000 - 1500) / 5500, 1000 * (2000 - 4000) / 6000
    expected = [1500, 4000, 2000, round(ndvi), round(ndwi), round((1500**2 + 4000**2 + 2000**2) ** 0.5)]
    assert features_of([one]).tolist() == [expected]


@settings(max_examples=25, deadline=None)
@given(pixels=st.integers(1, 700), cuts=st.lists(st.integers(0, 700), max_size=3), seed=st.integers(0, 5))
def test_parts_are_the_whole(pixels: int, cuts: list[int], seed: int) -> None:
    one = observed(pixels, seed=seed)
    edges = sorted({0, pixels, *(c for c in cuts if c < pixels)})
    parts = [features_of([one], a, b) for a, b in itertools.pairwise(edges)]
    assert np.array_equal(np.concatenate(parts), features_of([one]))


def test_some_pixels_are_those_of_the_whole() -> None:
    one = observed(600)
    some = np.array([3, 599, 17, 17, 256])
    assert np.array_equal(features_of([one.part(some)]), features_of([one])[some])


def pixel_rows(codes: np.ndarray, pixels: int) -> np.ndarray:
    """Codes (book, pixel, feature) of either layout."""
    if codes.ndim == 3:
        return codes
    assert codes.shape[1:] == (-(-pixels // TILE), codes.shape[2], TILE)
    return codes.swapaxes(2, 3).reshape(len(codes), -1, codes.shape[2])[:, :pixels]


@pytest.mark.parametrize("tiled", [False, True])
@pytest.mark.parametrize("inputs", [1, 2])
@pytest.mark.parametrize(("first", "last"), [(0, 600), (1, 2), (130, 470), (256, 512), (5, 5)])
def test_codes_are_the_codes_of_the_features(inputs: int, first: int, last: int, tiled: bool) -> None:
    series = [observed(600, seed=i) for i in range(inputs)]
    features = features_of(series)
    stack = BookStack.of(books(features, 3), tiled)
    codes = codes_of(series, stack, first, last)
    codes = pixel_rows(codes, last - first)
    assert codes.shape == (3, last - first, features.shape[1])
    for i, book in enumerate(stack.books):
        assert np.array_equal(codes[i], book.encode_by_search(features[first:last]))


@pytest.mark.parametrize("tiled", [False, True])
def test_without_a_compiler_the_numbers_are_the_same(monkeypatch: pytest.MonkeyPatch, tiled: bool) -> None:
    one = observed(300)
    stack = BookStack.of(books(features_of([one]), 2), tiled)
    compiled = features_of([one]), codes_of([one], stack, 10, 200)
    monkeypatch.setattr(reading, "NO_COMPILER", True)
    assert np.array_equal(features_of([one]), compiled[0])
    assert np.array_equal(pixel_rows(codes_of([one], stack, 10, 200), 190), pixel_rows(compiled[1], 190))


def test_series_from_elsewhere_are_checked() -> None:
    one = observed(5)
    with pytest.raises(ValueError, match="ascending days"):
        optical_features(one.values, one.valid.astype(bool), one.days[::-1].copy(), one.targets, PLAN)


def test_pixels_never_seen_are_zero() -> None:
    one = observed(40)
    blind = Observed(one.values, np.zeros_like(one.valid), one.days, one.targets, PLAN)
    assert not features_of([blind]).any()

"""Columns of series with a recipe: by hand, the same from any part, and without a recipe those of the compiled path."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.codes import CodeBook
from iota_py.config.features import Features
from iota_py.features.harmonics import harmonics
from iota_py.features.indices import resolve
from iota_py.features.phenology import season
from iota_py.features.statistics import statistics
from iota_py.features.texture import texture
from iota_py.grid.windows import Window, split
from iota_py.pipeline.inputs import reading
from iota_py.pipeline.inputs.columns import grown, inner_pixels, texture_columns
from iota_py.pipeline.inputs.observed import Observed
from iota_py.pipeline.inputs.reading import BookStack, codes_of, features_of, optical_features
from iota_py.pipeline.inputs.recipe import Ground, helpers, make_recipe
from iota_py.timeseries.dates import days
from iota_py.timeseries.fills import METHODS

BANDS = ("B4", "B8", "B11")
ROLES = {"red": "B4", "nir": "B8", "swir": "B11"}
DATES = tuple(dt.date(2023, 1, 1) + dt.timedelta(days=30 * i) for i in range(7))
FULL: dict[str, Any] = {
    "bands": ("B8", "B4"),
    "keep_dates": (DATES[1], DATES[4]),
    "statistics": {
        "of": ("ndvi", "ndwi", "B11"),
        "percentiles": (10, 50, 90),
        "amplitude": True,
        "mean": True,
        "deviation": True,
        "extremes": True,
    },
    "harmonics": {"of": ("ndvi", "B4"), "count": 2},
    "phenology": {"least_amplitude": 50},
}


def observed(
    pixels: int, options: dict[str, Any], indices: tuple[str, ...] = ("NDVI", "BRIGHTNESS"), dates: int = 25, seed: int = 0
) -> Observed:
    rng = np.random.default_rng(seed)
    asked = Features(**options)
    plan = resolve((*indices, *helpers(asked, BANDS, indices)), ROLES, BANDS)
    recipe = make_recipe(asked, plan, len(indices), Ground(BANDS, DATES, True, True, "features.s2"))
    values = rng.integers(-200, 9000, (dates, len(BANDS), pixels)).astype(np.int16)
    valid = (rng.random((dates, pixels)) < 0.5).astype(np.uint8)
    targets = days(DATES)
    when = np.sort(rng.integers(targets[0] - 10, targets[-1] + 40, dates)).astype(np.int32)
    clouds = rng.random(dates)
    one = Observed(values, valid, when, targets, plan, recipe, clouds)
    if recipe is not None and recipe.texture is not None:
        one = replace(one, texture=rng.integers(0, 900, (3, pixels)).astype(np.int16))
    return one


def names_of(one: Observed) -> list[str]:
    assert one.recipe is not None
    return list(one.recipe.names("s", one.indices, DATES))


def test_by_hand() -> None:
    """Two dates, seven targets between them and beyond: red falls, nir rises, so NDVI goes from 0 to 0.5."""
    values = np.array([[[2000], [2000], [0]], [[1000], [3000], [0]]], np.int16)
    one = observed(
        1,
        {
            "bands": ("B8",),
            "keep_dates": (DATES[2],),
            "relative": "B4",
            "statistics": {"of": ("ndvi",), "extremes": True, "amplitude": True},
        },
        (),
    )
    when = days([DATES[0], DATES[4]])
    one = replace(one, values=values, valid=np.ones((2, 1), np.uint8), days=when)
    assert names_of(one) == ["s_b8_by_b4_20230302", "s_ndvi_amplitude", "s_ndvi_min_day", "s_ndvi_max_day"]
    # Half way: nir 2500, red 1500.
    assert features_of([one]).tolist() == [[1667, 500, 0, 120]]


@pytest.mark.parametrize("indices", [(), ("NDVI", "BRIGHTNESS")])
def test_without_anything_special_the_columns_are_those_of_the_compiled_path(indices: tuple[str, ...]) -> None:
    plain = observed(700, {}, indices)
    assert plain.recipe is None
    special = observed(700, {"statistics": {"of": ("B4",), "mean": True}}, indices)
    assert np.array_equal(features_of([special])[:, :-1], features_of([plain]))


def test_dates_and_bands_left_out_change_nothing_in_the_others() -> None:
    whole, some = observed(100, {"statistics": {"of": ("B4",), "mean": True}}), observed(100, FULL)
    columns = dict(zip(names_of(whole), features_of([whole]).T))
    found = dict(zip(names_of(some), features_of([some]).T))
    shared = [name for name in found if name in columns]
    assert len(shared) == 8
    assert all(np.array_equal(columns[name], found[name]) for name in shared)


def test_each_part_is_what_its_function_gives() -> None:
    one = observed(60, FULL)
    plain = observed(60, {}, ("NDVI", "NDWI"))
    fast = features_of([plain]).T  # the compiled path, rounded
    ndvi = fast[len(DATES) * 3 : len(DATES) * 4].astype(np.float32)
    found = dict(zip(names_of(one), features_of([one]).T.astype(int)))
    assert one.recipe is not None
    assert one.recipe.statistics is not None
    assert one.recipe.season is not None
    expected = dict(zip(one.recipe.statistics.words, statistics(ndvi, one.targets, one.recipe.statistics)))
    for word in ("p10", "p50", "p90", "amplitude", "mean", "deviation"):
        assert np.abs(found[f"s_ndvi_{word}"] - expected[word]).max() <= 1.5
    flag = season(ndvi, one.targets, one.recipe.season)[0]
    assert (found["s_ndvi_season"] == flag).mean() > 0.9  # rounding may move a value over the level
    cosine = harmonics(one.values[:, 0].astype(np.float32), one.valid, one.days, int(one.targets[0]), 2)
    assert np.array_equal(found["s_b4_cos1"], np.rint(np.clip(cosine[1], -32768, 32767)))


@pytest.mark.parametrize("fill", METHODS)
@settings(max_examples=8, deadline=None, derandomize=True)
@given(pixels=st.integers(1, 700), cuts=st.lists(st.integers(0, 700), max_size=3), seed=st.integers(0, 3))
def test_parts_are_the_whole(fill: str, pixels: int, cuts: list[int], seed: int) -> None:
    one = observed(pixels, {**FULL, "fill": fill}, seed=seed)
    whole = features_of([one])
    edges = sorted({0, pixels, *(c for c in cuts if c < pixels)})
    assert np.array_equal(np.concatenate([features_of([one], a, b) for a, b in itertools.pairwise(edges)]), whole)
    some = np.random.default_rng(seed).integers(0, pixels, 5)
    assert np.array_equal(features_of([one.part(some)]), whole[some])


@pytest.mark.parametrize("tiled", [False, True])
@pytest.mark.parametrize(("first", "last"), [(0, 600), (1, 2), (130, 470), (5, 5)])
def test_codes_are_the_codes_of_the_features(first: int, last: int, tiled: bool) -> None:
    series = [observed(600, {}), observed(600, {**FULL, "texture": {"date": DATES[0]}}, seed=1), observed(600, {}, seed=2)]
    features = features_of(series)
    stack = BookStack.of([CodeBook.fit(features[i::3], 30 + i) for i in range(3)], tiled)
    codes = codes_of(series, stack, first, last)
    if tiled:
        codes = codes.swapaxes(2, 3).reshape(3, -1, codes.shape[2])[:, : last - first]
    for i, book in enumerate(stack.books):
        assert np.array_equal(codes[i], book.encode_by_search(features[first:last]))


@pytest.mark.parametrize("fill", METHODS)
def test_without_a_compiler_the_numbers_are_the_same(monkeypatch: pytest.MonkeyPatch, fill: str) -> None:
    from iota_py.timeseries import fills

    one = observed(300, {**FULL, "fill": fill})
    stack = BookStack.of([CodeBook.fit(features_of([one]), 30)])
    compiled = features_of([one]), codes_of([one], stack, 10, 200)
    monkeypatch.setattr(reading, "NO_COMPILER", True)
    monkeypatch.setattr(fills, "COMPILED", False)
    assert np.array_equal(features_of([one]), compiled[0])
    assert np.array_equal(codes_of([one], stack, 10, 200), compiled[1])


@pytest.mark.parametrize("fill", METHODS)
def test_pixels_never_seen_are_zero(fill: str) -> None:
    one = observed(40, {**FULL, "fill": fill})
    assert not features_of([replace(one, valid=np.zeros_like(one.valid))]).any()


def test_series_of_a_table_take_the_same_path() -> None:
    one = observed(30, FULL)
    found = optical_features(one.values, one.valid != 0, one.days, one.targets, one.indices, one.recipe)
    assert np.array_equal(found, features_of([one]))


def test_windows_grow_as_far_as_the_tile_goes() -> None:
    assert grown(Window(0, 5, 4, 4), 2, (20, 10)) == Window(0, 3, 6, 7)
    assert grown(Window(8, 0, 4, 4), 3, (20, 20)) == Window(5, 0, 10, 7)


def test_texture_is_the_same_from_every_window() -> None:
    shape = (23, 31)
    one = observed(shape[0] * shape[1], {"bands": (), "texture": {"date": DATES[2], "radius": 3}}, ())
    one = replace(one, texture=None, valid=one.valid * (np.arange(one.values.shape[2]) % 7 > 0).astype(np.uint8))
    whole = Window(0, 0, *shape)
    expected = texture_columns(one, whole, whole)
    everything = np.arange(whole.pixels).reshape(shape)
    for window in split(shape, (7, 9)):
        around = grown(window, 3, shape)
        part = one.part(everything[around.slices].ravel())
        found = texture_columns(part, around, window)
        assert np.array_equal(found, expected[:, everything[window.slices].ravel()])
        inner = inner_pixels(part, around, window)
        assert np.array_equal(inner.values, one.values[..., everything[window.slices].ravel()])
    ndvi = features_of([observed(whole.pixels, {}, ("NDVI",))])
    assert ndvi.shape[0] == whole.pixels


def test_texture_is_that_of_the_filled_index() -> None:
    shape = (6, 8)
    options = {"bands": (), "keep_dates": (DATES[2],), "texture": {"date": DATES[2], "radius": 1}}
    one = observed(48, options, ("NDVI",))
    whole = Window(0, 0, *shape)
    seen = (one.valid != 0).any(axis=0).reshape(shape)
    columns = texture_columns(one, whole, whole)
    ndvi = features_of([replace(one, texture=columns)])[:, 0].reshape(shape)
    expected = texture(ndvi.astype(np.float32), seen, 1)
    assert np.abs(columns.reshape(3, *shape)[:2] - expected[:2]).max() <= 1.5

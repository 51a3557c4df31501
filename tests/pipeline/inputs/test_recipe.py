"""From the options of `features` to the columns of a series, and the faults on the way."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from iota_py.config.features import Features
from iota_py.errors import ConfigError
from iota_py.features.indices import resolve
from iota_py.pipeline.inputs.recipe import Ground, Recipe, check_names, helpers, make_recipe, recipe_document, recipe_from_document

BANDS = ("B4", "B8", "B11")
ROLES = {"red": "B4", "nir": "B8", "swir": "B11"}
DATES = tuple(dt.date(2023, month, 1) for month in (4, 5, 6))
EVEN = tuple(dt.date(2023, 4, 1) + dt.timedelta(days=10 * i) for i in range(6))


def ground(**changes: Any) -> Ground:
    return Ground(**{"bands": BANDS, "dates": DATES, "clouds": True, "neighbours": True, "where": "features.s2", **changes})


def recipe(options: dict[str, Any], indices: tuple[str, ...] = ("NDVI",), **changes: Any) -> tuple[Recipe | None, tuple[str, ...]]:
    """The recipe and the names of its columns."""
    asked, place = Features(**options), ground(**changes)
    check_names(asked, place)
    plan = resolve((*indices, *helpers(asked, place.bands, indices)), ROLES, place.bands)
    made = make_recipe(asked, plan, len(indices), place)
    return made, () if made is None else made.names("s2", plan, place.dates)


def codes(options: dict[str, Any], **changes: Any) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        recipe(options, **changes)
    return [fault.code for fault in caught.value.faults]


@pytest.mark.parametrize("options", [{}, {"bands": BANDS}, {"keep_dates": DATES}, {"dates": "own"}, {"bands": ("b4", "B8", "b11")}])
def test_what_the_compiled_path_does_needs_no_recipe(options: dict[str, Any]) -> None:
    assert recipe(options)[0] is None


def test_a_subset_of_bands_and_dates() -> None:
    made, names = recipe({"bands": ("b8",), "keep_dates": (DATES[2], DATES[0])})
    assert made is not None
    assert (made.bands, made.dated, made.columns) == (("B8",), (0, 2), 4)
    assert names == ("s2_b8_20230401", "s2_b8_20230601", "s2_ndvi_20230401", "s2_ndvi_20230601")


def test_columns_of_whole_series_come_last() -> None:
    options = {
        "bands": (),
        "keep_dates": (DATES[0],),
        "statistics": {"of": ("ndvi", "b8"), "percentiles": (50,), "extremes": True},
        "harmonics": {"of": ("NDVI",), "count": 1},
        "phenology": {},
        "texture": {"date": DATES[1]},
    }
    made, names = recipe(options)
    assert made is not None
    assert names == (
        "s2_ndvi_20230401",
        "s2_ndvi_p50", "s2_ndvi_min_day", "s2_ndvi_max_day", "s2_b8_p50", "s2_b8_min_day", "s2_b8_max_day",
        "s2_ndvi_cos0", "s2_ndvi_cos1", "s2_ndvi_sin1",
        "s2_ndvi_season", "s2_ndvi_season_start", "s2_ndvi_season_peak", "s2_ndvi_season_end", "s2_ndvi_season_length",
        "s2_ndvi_texture_mean", "s2_ndvi_texture_deviation", "s2_ndvi_texture_entropy",
    )  # fmt: skip
    assert made.columns == len(names)
    assert made.margin == 2


def test_an_index_that_only_serves_statistics_has_no_dates() -> None:
    made, names = recipe({"bands": (), "statistics": {"of": ("ndwi", "NDVI"), "amplitude": True}, "phenology": {"of": "NDWI"}}, ("NDVI",))
    assert made is not None
    assert made.indices == 1
    assert names[:5] == ("s2_ndvi_20230401", "s2_ndvi_20230501", "s2_ndvi_20230601", "s2_ndwi_amplitude", "s2_ndvi_amplitude")
    assert names[5] == "s2_ndwi_season"


def test_the_same_statistics_twice_is_a_fault_of_names() -> None:
    assert codes({"statistics": {"of": ("ndvi", "NDVI"), "mean": True}}) == ["E-FEA-003"]


def test_relative_reflectance_is_in_the_names() -> None:
    assert recipe({"relative": "b4", "keep_dates": DATES[:1]}, ())[1] == ("s2_b4_20230401", "s2_b8_by_b4_20230401", "s2_b11_by_b4_20230401")


@pytest.mark.parametrize("fill", ["akima", "whittaker", "median", "least-cloud"])
def test_other_fills_need_a_recipe(fill: str) -> None:
    made, _ = recipe({"fill": fill})
    assert made is not None
    assert made.fill.method == fill


def test_an_input_without_dates_may_choose_its_bands() -> None:
    made, names = recipe({"bands": ("B8",)}, (), dates=())
    assert made is not None
    assert (names, made.columns, made.dated) == (("s2_b8",), 1, (0,))
    assert recipe({}, (), dates=())[0] is None


def test_a_recipe_goes_into_a_file_and_comes_back() -> None:
    options = {
        "fill": "whittaker", "smoothing": {"strength": 3}, "relative": "B4", "statistics": {"of": ("B8",), "percentiles": (10,)},
        "harmonics": {"of": ("B8",), "count": 2}, "phenology": {}, "texture": {"date": DATES[0]},
    }  # fmt: skip
    made, _ = recipe(options)
    assert recipe_from_document(recipe_document(made)) == made
    assert recipe_document(None) is recipe_from_document(None) is None


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"bands": ("B9", "B4"), "relative": "B1"}, ["E-FEA-010", "E-FEA-010"]),
        ({"statistics": {"of": ("ndvj",), "mean": True}}, ["E-FEA-011"]),
        ({"keep_dates": (dt.date(2023, 5, 3),), "texture": {"date": dt.date(2023, 5, 2)}}, ["E-FEA-012", "E-FEA-012"]),
        ({"fill": "savitzky-golay"}, ["E-FEA-014", "E-FEA-014"]),
        ({"bands": (), "keep_dates": ()}, ["E-FEA-017"]),
        ({"texture": {"of": "brightness", "date": DATES[0]}}, ["E-FEA-016"]),
        ({"texture": {"of": "B4", "date": DATES[0]}}, ["E-FEA-016"]),
    ],
)
def test_faults(options: dict[str, Any], expected: list[str]) -> None:
    assert codes(options) == expected


def test_the_nearest_date_is_named() -> None:
    with pytest.raises(ConfigError, match="2023-05-03 is no target date"):
        recipe({"keep_dates": (dt.date(2023, 5, 3),)})


def test_savitzky_golay_needs_even_dates_and_enough_of_them() -> None:
    assert recipe({"fill": "savitzky-golay"}, dates=EVEN)[0] is not None
    assert codes({"fill": "savitzky-golay", "smoothing": {"window": 7}}, dates=EVEN) == ["E-FEA-014"]


def test_clouds_and_neighbours_must_be_there() -> None:
    assert codes({"fill": "least-cloud"}, clouds=False) == ["E-FEA-015"]
    assert codes({"texture": {"date": DATES[0]}}, neighbours=False) == ["E-FEA-019"]


def test_what_needs_dates_is_refused_without() -> None:
    options = {
        "statistics": {"of": ("B4",), "mean": True},
        "harmonics": {"of": ("B4",)},
        "phenology": {"of": "B4"},
        "fill": "akima",
        "keep_dates": (),
    }
    assert codes(options, dates=()) == ["E-FEA-013"] * 5

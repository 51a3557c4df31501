"""Where columns stand: one place for each name, and the groups that follow from it."""

from __future__ import annotations

import datetime as dt

import pytest

from iota_py.config.features import Features, Harmonics, Statistics, Texture
from iota_py.features.indices import resolve
from iota_py.pipeline.inputs.recipe import Ground, helpers, make_recipe
from iota_py.pipeline.inventory import Layer
from iota_py.pipeline.models.places import GROUPINGS, Place, groups_of, places_document, places_from_document, places_of

DATES = (dt.date(2023, 1, 1), dt.date(2023, 2, 1))
ROLES = {"red": "B4", "nir": "B8"}
BANDS = ("B4", "B8")


def layer(
    options: Features | None = None, indices: tuple[str, ...] = ("NDVI",), dates: tuple[dt.date, ...] = DATES, name: str = "s2"
) -> Layer:
    if options is None:
        return Layer(name, dates, BANDS, resolve(indices, ROLES, BANDS), ROLES)
    ground = Ground(BANDS, dates, False, True, "features.s2")
    plan = resolve((*indices, *helpers(options, BANDS, indices)), ROLES, BANDS)
    return Layer(name, dates, BANDS, plan, ROLES, recipe=make_recipe(options, plan, len(indices), ground))


def test_dates_hold_bands_and_indices_hold_dates():
    found = places_of([layer()])
    assert [(p.name, p.band, p.date) for p in found] == [
        ("s2_b4_20230101", "b4", "2023-01-01"),
        ("s2_b8_20230101", "b8", "2023-01-01"),
        ("s2_b4_20230201", "b4", "2023-02-01"),
        ("s2_b8_20230201", "b8", "2023-02-01"),
        ("s2_ndvi_20230101", "ndvi", "2023-01-01"),
        ("s2_ndvi_20230201", "ndvi", "2023-02-01"),
    ]


def test_what_sums_a_band_up_belongs_to_the_band():
    options = Features(
        keep_dates=(DATES[1],),
        relative="B8",
        statistics=Statistics(of=("ndvi", "B4"), mean=True, amplitude=True),
        harmonics=Harmonics(of=("B8",)),
        texture=Texture(date=DATES[0]),
    )
    found = places_of([layer(options)])
    assert [p.name for p in found] == list(layer(options).names)
    assert [(p.band, p.date) for p in found[:3]] == [("b4_by_b8", "2023-02-01"), ("b8", "2023-02-01"), ("ndvi", "2023-02-01")]
    assert [p.band for p in found[3:]] == ["ndvi"] * 2 + ["b4"] * 2 + ["b8"] * 3 + ["ndvi"] * 3
    assert {p.date for p in found[3:]} == {""}


def test_several_inputs_features_of_users_and_ready_ones():
    class Call:
        names = ("roughness", "edge")

    static = Layer("terrain", (), ("elevation", "slope"), resolve((), {}, ("elevation", "slope")), {})
    found = places_of([layer(), static], [Call()], ["age"])  # type: ignore[list-item]
    assert [(p.name, p.input, p.band, p.date) for p in found[6:]] == [
        ("terrain_elevation", "terrain", "elevation", ""),
        ("terrain_slope", "terrain", "slope", ""),
        ("roughness", "user", "roughness", ""),
        ("edge", "user", "edge", ""),
        ("age", "table", "age", ""),
    ]
    assert groups_of(found, "global") == {"all": tuple(range(11))}
    assert groups_of(found, "sensor") == {"s2": (0, 1, 2, 3, 4, 5), "terrain": (6, 7), "user": (8, 9), "table": (10,)}
    assert groups_of(found, "date") == {
        "s2_20230101": (0, 1, 4), "s2_20230201": (2, 3, 5), "terrain_undated": (6, 7), "user_undated": (8, 9), "table_undated": (10,),
    }  # fmt: skip
    assert groups_of(found, "band") == {
        "s2_b4": (0, 2), "s2_b8": (1, 3), "s2_ndvi": (4, 5), "terrain_elevation": (6,), "terrain_slope": (7,), "roughness": (8,),
        "edge": (9,), "age": (10,),
    }  # fmt: skip


@pytest.mark.parametrize("grouping", GROUPINGS)
def test_groups_share_all_the_columns_out(grouping):
    found = places_of([layer(), layer(name="s1")])
    positions = [position for inside in groups_of(found, grouping).values() for position in inside]
    assert sorted(positions) == list(range(12))


def test_places_go_through_a_file():
    found = places_of([layer()])
    assert places_from_document(places_document(found)) == found
    assert found[0] == Place("s2_b4_20230101", "s2", "b4", "2023-01-01")

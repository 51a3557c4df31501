import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from iota_py.errors import InputError
from iota_py.samples.polygons import Source, prepare
from tests.samples.reference import CRS, box, footprints, frame


def clean(polygons, codes=None, regions=None):
    code = pd.Series([5] * len(polygons) if codes is None else codes, dtype=int)
    return prepare([Source("polygons", "ref.gpkg", polygons, code)], footprints(), regions, merge=False)


def drops(found) -> dict[str, tuple[int, str]]:
    return {reason: (n, ids) for reason, n, ids in found.drops.itertuples(index=False)}


def test_a_bow_tie_is_mended():
    # two triangles of 200 m² each that meet at (400010, 4799980)
    bow = shapely.Polygon([(400000, 4800000), (400020, 4799960), (400020, 4800000), (400000, 4799960)])
    assert not bow.is_valid
    found = clean(frame([box(5, 5), bow]))
    assert found.frame.polygon.tolist() == [0, 1]
    assert found.frame.geometry.is_valid.all()
    assert found.frame.area.tolist() == pytest.approx([400, 400])
    assert drops(found) == {"mended (invalid geometry), kept": (1, "1")}


def test_what_cannot_be_used_is_dropped_with_its_reason():
    with np.errstate(invalid="ignore"):
        nan = shapely.Polygon([(400000, 4800000), (float("nan"), 4799990), (400020, 4799980), (400000, 4800000)])
    line = shapely.Polygon([(400000, 4800000), (400020, 4799980), (400000, 4800000)])  # no area
    shapes = [box(0, 0), shapely.Polygon(), None, nan, box(50, 50), box(2, 2), *[box(4, 4)] * 60]
    found = clean(frame(shapes), [5, 5, 5, 5, 5, 0, *[5] * 60])
    assert found.read == 66
    assert drops(found) == {
        "empty, or without area": (3, "1, 2, 3"),
        "label ignored by the configuration": (1, "5"),
        "outside every tile": (1, "4"),
    }
    assert found.frame.polygon.tolist() == [0, *range(6, 66)]
    assert drops(clean(frame([box(0, 0), line]))) == {"empty, or without area": (1, "1")}


def test_too_many_empty_geometries_stop_the_run():
    shapes = [box(0, 0)] * 76
    assert len(clean(frame([*shapes, *[None] * 4])).frame) == 76  # 4 of 80 are 5 %
    with pytest.raises(InputError, match=r"E-SAM-005 ref\.gpkg: geometry: 5 of 81 geometries are empty"):
        clean(frame([*shapes, *[None] * 5]))


def test_polygons_that_are_all_outside_stop_the_run():
    with pytest.raises(InputError) as caught:
        clean(frame([box(50, 50), box(60, 60)]))
    assert str(caught.value) == (
        "E-SAM-006 ref.gpkg: geometry: 2 polygons, bounds 400500, 4799380, 400620, 4799500, none inside the tiles, "
        "bounds 400000, 4799900, 400100, 4800000. Fix: check the coordinate reference system and the place"
    )


def test_nothing_left_stops_the_run():
    with pytest.raises(InputError, match=r"E-SAM-006 .*none of the 2 polygons has a label and an area"):
        clean(frame([box(0, 0), box(1, 1)]), [0, 0])
    empty = gpd.GeoDataFrame({"label": []}, geometry=[], crs=CRS)
    with pytest.raises(InputError, match=r"E-SAM-006 .*none of the 0 polygons"):
        clean(empty, [])


@pytest.mark.parametrize("kind", ["LineString", "MultiLineString", "LinearRing"])
def test_lines_are_refused(kind):
    line = [(400000, 4800000), (400050, 4799950), (400000, 4799950), (400000, 4800000)]
    shape = shapely.MultiLineString([line]) if kind == "MultiLineString" else getattr(shapely, kind)(line)
    expected = rf"E-SAM-004 ref\.gpkg: geometry: expected polygons or points, found {kind}. Fix: give a layer of polygons or of points$"
    with pytest.raises(InputError, match=expected):
        clean(frame([box(0, 0), shape]))


def test_the_polygon_parts_of_collections_are_kept():
    mixed = shapely.GeometryCollection([box(0, 0), shapely.Point(400050, 4799950)])
    found = clean(frame([mixed, shapely.MultiPolygon([box(4, 4), box(7, 7)])]))
    assert found.frame.geom_type.tolist() == ["Polygon", "MultiPolygon"]
    assert found.frame.area.tolist() == [400, 800]


def test_polygons_are_brought_to_the_crs_of_the_map():
    polygons = frame([box(0, 0), box(3, 3)]).to_crs("EPSG:2154")
    found = clean(polygons)
    assert found.frame.crs.to_epsg() == 32631
    assert found.frame.area.tolist() == pytest.approx([400, 400], rel=1e-6)


def test_the_order_does_not_depend_on_that_of_the_file():
    shapes = [box(row, col) for row in (0, 3, 6) for col in (0, 3, 6)]
    first = clean(frame(shapes)).frame
    shuffled = np.random.default_rng(0).permutation(9)
    second = clean(frame([shapely.Polygon(list(shapes[i].exterior.coords)[::-1]) for i in shuffled])).frame  # drawn the other way round
    assert first.order.to_numpy()[shuffled].tolist() == second.order.tolist()
    assert sorted(second.order) == list(range(1, 10))
    assert first.polygon.tolist() == second.polygon.tolist() == list(range(9))


def test_a_polygon_is_of_the_region_that_holds_most_of_it():
    regions = gpd.GeoDataFrame({"region": [1, 2]}, geometry=[box(0, 0, 10, 5), box(0, 5, 10, 3)], crs=CRS)
    shapes = [box(0, 0), box(0, 4), box(0, 3.5), box(3, 4.2), box(0, 8)]
    found = clean(frame(shapes), regions=regions)
    assert dict(zip(found.frame.polygon, found.frame.region)) == {0: 1, 1: 1, 2: 1, 3: 2}  # a tie goes to the first region
    assert drops(found) == {"outside every region": (1, "4")}


def test_one_region_everywhere_without_regions():
    assert clean(frame([box(0, 0), box(1, 1)])).frame.region.tolist() == [1, 1]


def source(name, *entries, **options) -> Source:
    """Entries are (code, shape)."""
    codes, shapes = zip(*entries, strict=True)
    return Source(name, f"{name}.gpkg", frame(shapes, list(codes)), pd.Series(codes, dtype=int), **options)


def kept(found) -> dict[str, tuple[int, int]]:
    """source:row -> code, square metres of what is kept."""
    return {f"{s}:{r}": (c, round(a)) for s, r, c, a in zip(found.frame.source, found.frame.row, found.frame.code, found.frame.area)}


def test_sources_are_merged_by_priority():
    low = source("low", (5, box(0, 0, 4, 4)), (23, box(2, 2, 4, 4)), (1, box(8, 0)), (5, box(8, 8)))
    high = source("high", (1, box(3, 3, 2, 2)), (23, box(8, 8)), priority=3)
    found = prepare([low, high], footprints(), None)
    # of 1600 m²: the first two contest 400, of which the higher has taken 100; of the second the higher took 400 in all
    assert kept(found) == {"low:0": (5, 1200), "low:1": (23, 900), "low:2": (1, 400), "high:0": (1, 400), "high:1": (23, 400)}
    assert found.account.steps == ["in the sources", "inside the tiles", "outside sources of higher priority", "without overlap conflicts"]
    assert [round(areas.sum(), 4) for areas in found.account.areas] == [0.48, 0.48, 0.39, 0.33]
    assert drops(found) == {
        "covered by sources of higher priority": (1, "low:3"),
        "cut by sources of higher priority, kept (0.09 ha removed in all)": (2, "low:0, low:1"),
        "overlap conflicts removed, rest kept (0.06 ha removed in all)": (2, "low:0, low:1"),
    }
    assert found.frame.priority.tolist() == [3, 3, 0, 0, 0]


def test_the_same_twice():
    found = prepare([source("a", (5, box(0, 0)), (23, box(5, 5))), source("b", (5, box(0, 0)), (1, box(5, 5)))], footprints(), None)
    assert kept(found) == {"a:0": (5, 400)}
    assert drops(found) == {
        "covered by polygons of its class": (1, "b:0"),
        "covered by polygons of other classes (overlap conflict)": (2, "a:1, b:1"),
    }
    assert found.vanished() == [
        (1, "covered by polygons of other classes (overlap conflict)"),
        (23, "covered by polygons of other classes (overlap conflict)"),
    ]


def test_numbers_do_not_depend_on_the_order_of_rows():
    shapes = [(5, box(row, col, 3, 3)) for row in (0, 2, 4) for col in (0, 2, 4)]
    shuffled = [shapes[i] for i in np.random.default_rng(1).permutation(9)]
    first, second = (
        prepare([source("a", *entries), source("b", (1, box(7, 7)))], footprints(), None).frame for entries in (shapes, shuffled)
    )
    for name in ("polygon", "code", "order", "source"):
        assert first[name].tolist() == second[name].tolist()
    assert first.geometry.geom_equals(second.geometry).all()
    assert first.polygon.is_unique


def test_borders_then_minimum_areas_each_of_its_source():
    first = source("a", (5, box(0, 0, 4, 4)), (5, box(5, 0, 1, 4)), (5, box(7, 0, 3, 3)), border=5, minimum_area=500)
    second = source("b", (1, box(0, 6, 1, 1)), (1, box(5, 6, 2, 2)), minimum_area=300)
    found = prepare([first, second], footprints(), None)
    assert kept(found) == {"a:0": (5, 900), "b:1": (1, 400)}
    assert drops(found) == {
        "vanished inside a border of 5 m": (1, "a:1"),
        "smaller than 300 m²": (1, "b:0"),
        "smaller than 500 m²": (1, "a:2"),
    }
    assert found.account.steps[-2:] == ["inside the border", "of the minimum area"]
    assert found.after(2).groupby("code").polygon.nunique().to_dict() == {1: 2, 5: 3}
    assert found.after(4).groupby("code").polygon.nunique().to_dict() == {1: 1, 5: 1}
    lost = found.features[found.account.reason == "vanished inside a border of 5 m"]
    assert lost.area.tolist() == [400], "what vanished can still be drawn"
    assert found.vanished() == []


def test_borders_come_after_the_cut():
    found = prepare([source("a", (5, box(0, 0, 4, 4)), border=5), source("b", (1, box(0, 2, 4, 4)), priority=1)], footprints(), None)
    assert kept(found) == {"a:0": (5, 300), "b:0": (1, 1600)}  # 20 m × 40 m are left, 10 m × 30 m inside the border


def test_points_and_what_is_drawn_around_them():
    several = shapely.MultiPoint([(400015, 4799985), (400045, 4799985)])
    points = source("points", (5, several), (1, shapely.Point(400075, 4799985)), (1, shapely.Point(500000, 0)), border=5, minimum_area=10)
    found = prepare([points], footprints(), None)
    assert sorted(found.frame.row) == [0, 0, 1]
    assert found.frame.geom_type.tolist() == ["Point"] * 3
    assert found.frame.polygon.is_unique
    assert drops(found) == {"outside every tile": (1, "2")}
    around = prepare([source("points", (5, several), point_radius=8.0)], footprints(), None)
    assert around.frame.area.tolist() == pytest.approx([3.14 * 64] * 2, rel=0.02)


def test_points_inside_sources_of_higher_priority():
    high = source("high", (23, box(0, 0)), priority=1)
    found = prepare([source("low", (5, shapely.Point(400005, 4799995)), (5, shapely.Point(400055, 4799995))), high], footprints(), None)
    assert kept(found) == {"low:1": (5, 0), "high:0": (23, 400)}
    assert drops(found) == {"covered by sources of higher priority": (1, "low:0")}


def test_points_have_a_region():
    regions = gpd.GeoDataFrame({"region": [1, 2]}, geometry=[box(0, 0, 10, 5), box(0, 5, 10, 3)], crs=CRS)
    points = [(5, shapely.Point(400005, 4799995)), (5, shapely.Point(400055, 4799995)), (5, shapely.Point(400095, 4799995))]
    found = prepare([source("points", *points)], footprints(), regions)
    assert dict(zip(found.frame.row, found.frame.region)) == {0: 1, 1: 2}
    assert drops(found) == {"outside every region": (1, "2")}
    assert found.vanished() == []


def test_sources_of_other_reference_systems():
    other = source("other", (5, box(0, 0)))
    moved = Source("moved", "moved.gpkg", frame([box(5, 5), box(0, 1, 2, 2)]).to_crs("EPSG:4326"), pd.Series([5, 23]), priority=-1)
    found = prepare([other, moved], footprints(), None)
    assert found.frame.crs.to_epsg() == 32631
    assert kept(found) == {"other:0": (5, 400), "moved:0": (5, 400), "moved:1": (23, 200)}


def test_shapes_beyond_the_projection_of_the_map_are_outside():
    world = Source("world", "world.gpkg", frame([shapely.box(2, 43, 2.1, 43.1), shapely.box(-179, -90, 179, -89)], crs="EPSG:4326"),
                   pd.Series([5, 5]))  # fmt: skip
    near = Source("near", "near.gpkg", frame([box(0, 0)]), pd.Series([5]))
    found = prepare([near, world], footprints(), None)
    assert kept(found) == {"near:0": (5, 400)}
    assert drops(found) == {"outside every tile": (2, "world:0, world:1"), "no polygon of source world is inside the tiles": (0, "")}


def test_metres_need_a_map_in_metres():
    degrees = footprints().to_crs("EPSG:4326")
    for option in ("border", "minimum_area", "point_radius"):
        with pytest.raises(InputError) as caught:
            prepare([source("a", (5, box(0, 0)), **{option: 5.0})], degrees, None)
        assert str(caught.value) == (
            f"E-SAM-023 a.gpkg: samples: {option} in metres, and the map is in degrees. Fix: set grid.crs to a projected system"
        )
    found = prepare([source("a", (5, box(0, 0)))], degrees, None)
    assert found.after(1).hectares.tolist() == pytest.approx([0.04], rel=0.01)


def test_the_faults_of_all_sources_at_once():
    line = shapely.LineString([(400000, 4800000), (400050, 4799950)])
    empty = Source("none", "none.gpkg", frame([]), pd.Series([], dtype=int))
    with pytest.raises(InputError) as caught:
        prepare([source("a", (5, line)), source("b", (5, box(0, 0))), empty, source("c", *[(5, None)] * 5)], footprints(), None)
    assert [fault.line() for fault in caught.value.faults] == [
        "E-SAM-004 a.gpkg: geometry: expected polygons or points, found LineString. Fix: give a layer of polygons or of points",
        "E-SAM-006 none.gpkg: geometry: none of the 0 polygons has a label and an area",
        "E-SAM-005 c.gpkg: geometry: 5 of 5 geometries are empty. Fix: repair the file",
    ]


def test_flat_polygons_from_high_ones():
    high = shapely.force_3d(box(0, 0), 12.5)
    found = clean(frame([high, box(5, 5)]))
    assert not found.frame.has_z.any()
    assert found.frame.area.tolist() == [400, 400]


def test_tiles_that_a_polygon_touches():
    two = gpd.GeoSeries([box(0, 0, 10, 5), box(0, 4, 10, 6)], crs=CRS)
    found = prepare([source("a", (5, box(0, 0)), (5, box(0, 3, 2, 3)), (5, box(4, 8)), (5, box(50, 50)))], two, None, merge=False)
    feature, tile = found.tiles
    assert list(zip(feature.tolist(), tile.tolist())) == [(0, 0), (1, 0), (1, 1), (2, 1)]


def test_nothing_left_at_all_stops_whatever_is_allowed():
    with pytest.raises(InputError) as caught:
        prepare([source("a", (5, box(0, 0)), (1, box(5, 5)), (1, box(50, 50)), border=15)], footprints(), None)
    assert str(caught.value) == (
        "E-SAM-026 a.gpkg: samples: nothing is left (1 outside every tile; 2 vanished inside a border of 15 m). "
        "Fix: check the regions, the borders and the sizes"
    )

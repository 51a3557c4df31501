import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from iota_py.errors import InputError
from iota_py.samples.polygons import clean_polygons, read_labels
from tests.samples.reference import CLASSES, CRS, box, footprints, frame


def labels(values, ignore=()):
    return read_labels(frame([box(0, 0)] * len(values), list(values)), "label", CLASSES, ignore, "ref.gpkg").tolist()


def clean(polygons, codes=None, regions=None):
    return clean_polygons(polygons, pd.Series(codes or [5] * len(polygons)), footprints(), regions, "ref.gpkg")


def drops(found) -> dict[str, tuple[int, str]]:
    return {reason: (n, ids) for reason, n, ids in found.drops.itertuples(index=False)}


def test_labels_by_code_alias_name_and_accents():
    assert labels(["5", "Colza", "rapeseed", "RAPESEED ", "zone bâtie", "Zone Batie", "eau"]) == [5, 5, 5, 5, 1, 1, 23]
    assert labels([5, 23]) == [5, 23]
    assert labels([5.0, 23.0]) == [5, 23]
    assert labels(np.array([5, 23], np.float32)) == [5, 23]
    assert labels(np.array([5, 23], np.int16)) == [5, 23]


def test_labels_to_ignore_have_code_0():
    assert labels(["Colza", "unknown", "x"], ("unknown", "x")) == [5, 0, 0]
    assert labels([5, 99], (99,)) == [5, 0]
    assert labels([5, 99], ("99",)) == [5, 0]
    assert labels([5.0, 99.0], (99,)) == [5, 0]


def test_a_missing_field_lists_those_there_are():
    polygons = frame([box(0, 0)]).assign(CODE_GROUP=1, surface=2.0)
    with pytest.raises(InputError, match=r"E-SAM-001 ref\.gpkg: samples\.label: field `code` .*\(fields: label, CODE_GROUP, surface\)"):
        read_labels(polygons, "code", CLASSES, (), "ref.gpkg")


def test_labels_that_the_nomenclature_lacks_are_listed():
    with pytest.raises(InputError) as caught:
        labels([5.0, 7.0, 8.5, 7.0])
    assert str(caught.value) == (
        "E-SAM-003 ref.gpkg: label: labels that are not in nomenclature small: 7, 8.5. Fix: add them to the nomenclature "
        "(it holds 1 Urbain, 5 Colza, 23 Eau), or list them under samples.ignore"
    )
    with pytest.raises(InputError, match=r"k0, k1, k2, k3, k4, k5, k6, k7, …\."):
        labels([f"k{i}" for i in range(10)])


def test_rows_without_a_label_are_listed_with_the_other_faults():
    with pytest.raises(InputError) as caught:
        labels(["5", None, "wood", None])
    assert [fault.code for fault in caught.value.faults] == ["E-SAM-002", "E-SAM-003"]
    assert "2 rows have no label (rows 1, 3)" in str(caught.value)


def test_a_bow_tie_is_mended():
    # two triangles of 200 m² each that meet at (400010, 4799980)
    bow = shapely.Polygon([(400000, 4800000), (400020, 4799960), (400020, 4800000), (400000, 4799960)])
    assert not bow.is_valid
    found = clean(frame([box(5, 5), bow]))
    assert found.frame.polygon.tolist() == [0, 1]
    assert found.mended == (1,)
    assert found.frame.geometry.is_valid.all()
    assert found.frame.area.tolist() == pytest.approx([400, 400])
    assert found.drops.empty


def test_what_cannot_be_used_is_dropped_with_its_reason():
    with np.errstate(invalid="ignore"):
        nan = shapely.Polygon([(400000, 4800000), (float("nan"), 4799990), (400020, 4799980), (400000, 4800000)])
    line = shapely.Polygon([(400000, 4800000), (400020, 4799980), (400000, 4800000)])  # no area
    shapes = [box(0, 0), shapely.Polygon(), None, nan, box(50, 50), box(2, 2), *[box(4, 4)] * 60]
    found = clean(frame(shapes), [5, 5, 5, 5, 5, 0, *[5] * 60])
    assert found.total == 66
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
        clean_polygons(empty, pd.Series([], dtype=int), footprints(), None, "ref.gpkg")


@pytest.mark.parametrize("shape", [shapely.Point(400050, 4799950), shapely.LineString([(400000, 4800000), (400050, 4799950)])])
def test_points_and_lines_are_refused(shape):
    with pytest.raises(InputError, match=rf"E-SAM-004 ref\.gpkg: geometry: expected polygons, found {shape.geom_type}. Fix: give a layer"):
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

import geopandas as gpd
import pandas as pd

from iota_py.samples.ledger import COLUMNS, entries, lost_classes, polygon_entries, step_table
from iota_py.samples.polygons import Source, prepare
from tests.samples.reference import CLASSES, CRS, box, footprints, frame

PIXELS = pd.DataFrame({"polygon": [4, 4, 7, 9, 9, 9], "region": [1, 1, 1, 2, 2, 2], "code": [5, 5, 5, 5, 5, 23]})


def test_polygons_and_pixels_by_region_and_class():
    table = entries("usable", PIXELS, {1: "plain", 2: "hills"}, CLASSES, 0)
    assert table.columns.tolist() == COLUMNS
    assert table.to_numpy().tolist() == [
        ["usable", "0", "plain", 5, "Colza", 2, 3],
        ["usable", "0", "hills", 5, "Colza", 1, 2],
        ["usable", "0", "hills", 23, "Eau", 1, 1],
    ]


def test_a_step_before_the_draws_and_before_pixels():
    table = polygon_entries("polygons", PIXELS.drop_duplicates(["polygon", "code"]), {1: "plain"}, CLASSES)
    assert table[["run", "region", "polygons", "pixels"]].to_numpy().tolist() == [["", "plain", 2, ""], ["", "2", 1, ""], ["", "2", 1, ""]]


def test_a_step_with_nothing_left():
    table = entries("usable", PIXELS.iloc[:0], {}, CLASSES)
    assert table.empty
    assert table.columns.tolist() == COLUMNS


def test_classes_that_a_step_loses():
    assert lost_classes({23, 5, 1}, {5}, CLASSES) == ["1 Urbain", "23 Eau"]
    assert lost_classes({5}, {5}, CLASSES) == []


def test_what_borders_and_sizes_leave():
    sources = [Source("a", "a.gpkg", frame([box(0, 0, 4, 4), box(5, 0, 1, 4)]), pd.Series([5, 5]), border=5)]
    regions = gpd.GeoDataFrame({"region": [1]}, geometry=[box(0, 0, 5, 10)], crs=CRS)
    table = step_table(prepare(sources, footprints(), regions, merge=False), {1: "plain"}, CLASSES)
    assert table.columns.tolist() == COLUMNS
    assert table.to_numpy().tolist() == [
        ["polygons inside the tiles, as drawn", "", "outside", 5, "Colza", 1, ""],
        ["polygons inside the tiles, as drawn", "", "plain", 5, "Colza", 1, ""],
        ["polygons inside the border", "", "plain", 5, "Colza", 1, ""],
    ]


def test_no_steps_where_nothing_is_cut():
    sources = [Source("a", "a.gpkg", frame([box(0, 0)]), pd.Series([5]))]
    regions = gpd.GeoDataFrame({"region": [1]}, geometry=[box(0, 0, 5, 10)], crs=CRS)
    table = step_table(prepare(sources, footprints(), regions, merge=False), {1: "plain"}, CLASSES)
    assert table.empty
    assert table.columns.tolist() == COLUMNS

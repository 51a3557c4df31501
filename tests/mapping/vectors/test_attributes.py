"""Attributes of polygons, every figure counted by hand on a raster of six rows and eight columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from shapely.geometry import Polygon, box

from iota_py.grid.windows import Window
from iota_py.mapping.vectors.attributes import attributes, class_table
from iota_py.mapping.vectors.tally import Layers, tally

WEST, NORTH = 400_000, 4_800_060
GRID = GeoBox((6, 8), Affine(10, 0, WEST, 0, -10, NORTH), "EPSG:32631")
ALIASES = {9: "Water", 1: "Town", 5: "Grass"}
CLASSES = np.array(
    [
        [1, 1, 1, 5, 5, 5, 9, 9],
        [1, 5, 1, 5, 5, 5, 9, 9],
        [1, 1, 1, 5, 9, 5, 9, 1],
        [0, 0, 5, 5, 5, 1, 1, 5],
        [0, 0, 5, 5, 5, 1, 1, 5],
        [0, 0, 0, 0, 0, 0, 0, 0],
    ],
    np.uint8,
)
CONFIDENCE = np.array(
    [
        [80, 81, 80, 60, 60, 60, 90, 91],
        [80, 10, 80, 60, 60, 60, 92, 93],
        [80, 80, 80, 60, 99, 60, 94, 20],
        [0, 0, 50, 50, 50, 70, 70, 30],
        [0, 0, 50, 50, 50, 70, 71, 30],
        [0, 0, 0, 0, 0, 0, 0, 0],
    ],
    np.uint8,
)
VALIDITY = np.array(
    [
        [4, 4, 4, 7, 7, 7, 1, 2],
        [4, 200, 4, 7, 7, 7, 3, 4],
        [4, 4, 4, 7, 0, 7, 5, 99],
        [6, 6, 2, 2, 2, 9, 9, 1],
        [6, 6, 2, 2, 2, 9, 9, 1],
        [6, 6, 6, 6, 6, 6, 6, 6],
    ],
    np.uint8,
)


def at(top: float, left: float, bottom: float, right: float) -> Polygon:
    """A box from rows and columns."""
    return box(WEST + 10 * left, NORTH - 10 * bottom, WEST + 10 * right, NORTH - 10 * top)


def layers(classes: np.ndarray = CLASSES, confidence: np.ndarray = CONFIDENCE, validity: np.ndarray = VALIDITY) -> Layers:
    def reader(values: np.ndarray):
        return lambda window: values[window.slices]

    grid = GeoBox(classes.shape, GRID.transform, GRID.crs)
    return Layers(grid, reader(classes), reader(confidence), reader(validity))


def table(codes: list[int], polygons: list[Polygon], **options: int) -> pd.DataFrame:
    return attributes(np.array(codes, np.uint8), np.array(polygons, dtype=object), layers(), ALIASES, **options)


def test_the_columns_and_their_order() -> None:
    found = table([1], [at(0, 0, 3, 3)])
    assert found.columns.tolist() == ["Classe", "Validmean", "Validstd", "Confidence", "Town", "Grass", "Water", "Aire"]
    kinds = [str(kind) for kind in found.dtypes]
    assert kinds == ["int32", "Int32", "float64", "Int32", "float64", "float64", "float64", "float64"]


def test_statistics_are_over_the_pixels_of_the_most_frequent_class() -> None:
    # 9 pixels: 8 of Town (confidence 80 but one 81, validity 4), one of Grass (confidence 10, validity 200)
    (row,) = table([1], [at(0, 0, 3, 3)]).to_dict("records")
    assert (row["Classe"], row["Validmean"], row["Validstd"], row["Confidence"]) == (1, 4, 0.0, 80)
    assert (row["Town"], row["Grass"], row["Water"], row["Aire"]) == (88.89, 11.11, 0.0, 0.09)


def test_the_deviation_is_that_of_the_population() -> None:
    # 5 of Water: validity 1, 2, 3, 4, 5: mean 3, variance (4 + 1 + 0 + 1 + 4) / 5 = 2, not 10 / 4; confidence 90, 91, 92, 93, 94
    (row,) = table([9], [at(0, 6, 3, 8)]).to_dict("records")
    assert (row["Validmean"], row["Validstd"], row["Confidence"]) == (3, 1.41, 92)
    assert (row["Town"], row["Water"]) == (16.67, 83.33)


def test_the_most_frequent_class_may_be_another_one_than_the_polygons() -> None:
    # 8 of Grass (confidence 60, validity 7) in a polygon that regularisation made Water
    (row,) = table([9], [at(0, 3, 3, 6)]).to_dict("records")
    assert (row["Classe"], row["Validmean"], row["Validstd"], row["Confidence"]) == (9, 7, 0.0, 60)
    assert (row["Grass"], row["Water"]) == (88.89, 11.11)


def test_of_equal_classes_the_polygons_own_comes_first_then_the_lowest_code() -> None:
    both = at(3, 4, 5, 6)  # 2 of Grass (confidence 50, validity 2), 2 of Town (70, validity 9)
    rows = [table([code], [both]).iloc[0] for code in (5, 1, 9)]
    assert [(row.Validmean, row.Confidence) for row in rows] == [(2, 50), (9, 70), (9, 70)]
    assert [(row.Grass, row.Town) for row in rows] == [(50.0, 50.0)] * 3


def test_halves_are_rounded_upwards() -> None:
    # Town in two columns: confidence 70, 70, 70, 71 is 70.25; of row 4 alone 70, 71 is 70.5
    assert table([1], [at(3, 5, 5, 7)]).Confidence.tolist() == [70]
    assert table([1], [at(4, 5, 5, 7)]).Confidence.tolist() == [71]


def test_pixels_without_a_class_count_for_nothing() -> None:
    # 4 of the 6 pixels have no class (validity 6 there)
    (row,) = table([5], [at(3, 0, 5, 3)]).to_dict("records")
    assert (row["Grass"], row["Validmean"], row["Confidence"], row["Aire"]) == (100.0, 2, 50, 0.06)


def test_a_polygon_without_a_centre_takes_the_pixel_it_lies_in() -> None:
    sliver = at(2.0, 4.6, 2.4, 4.9)  # in the pixel of Water amid Grass, beside its centre
    (row,) = table([5], [sliver]).to_dict("records")
    assert (row["Classe"], row["Validmean"], row["Validstd"], row["Confidence"], row["Water"], row["Aire"]) == (5, 0, 0.0, 99, 100.0, 0.0)


def test_a_polygon_where_nothing_is_mapped_has_no_figures() -> None:
    found = table([5, 5], [at(5, 0, 6, 4), at(5.1, 0.1, 5.2, 0.2)])
    assert found.Validmean.isna().all()
    assert found.Confidence.isna().all()
    assert found.Validstd.isna().all()
    assert (found[["Town", "Grass", "Water"]] == 0).all(axis=None)
    assert found.Aire.tolist() == [0.04, 0.0]


def test_holes_belong_to_what_fills_them() -> None:
    ring = at(0, 0, 3, 3).difference(at(1, 1, 2, 2))
    found = table([1, 5], [ring, at(1, 1, 2, 2)])
    assert found.Town.tolist() == [100.0, 0.0]
    assert found.Validmean.tolist() == [4, 200]


def test_a_class_that_has_no_column_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"codes \[9\], which are in no class"):
        attributes(np.array([9], np.uint8), np.array([at(0, 6, 3, 8)], dtype=object), layers(), {1: "Town", 5: "Grass"})


def test_no_polygons_no_rows() -> None:
    found = attributes(np.zeros(0, np.uint8), np.zeros(0, object), layers(), ALIASES)
    assert len(found) == 0
    assert found.columns[-1] == "Aire"
    assert len(class_table(np.zeros(0, np.uint8), np.zeros(0, object))) == 0


def test_polygons_and_hectares_by_class() -> None:
    polygons = np.array([at(0, 0, 2, 2), at(0, 6, 3, 8), at(3, 2, 5, 5)], dtype=object)
    found = class_table(np.array([5, 9, 5], np.uint8), polygons)
    assert found.to_dict("list") == {"code": [5, 9], "polygons": [2, 1], "hectares": [pytest.approx(0.10), pytest.approx(0.06)]}


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), side=st.integers(1, 14), cells=st.integers(2, 9))
def test_blocks_change_nothing_and_every_pixel_is_counted_once(seed: int, side: int, cells: int) -> None:
    """Against a count pixel by pixel, of polygons that cover the map without gaps."""
    rng = np.random.default_rng(seed)
    shape = (13, 17)
    classes, confidence, validity = (rng.integers(0, top, shape).astype(np.uint8) for top in (4, 101, 256))
    points = rng.uniform((WEST, NORTH - 130), (WEST + 170, NORTH), (cells, 2))
    frame = box(WEST, NORTH - 130, WEST + 170, NORTH)
    cut = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=frame))
    polygons = shapely.intersection(cut, frame)
    found = tally(polygons, layers(classes, confidence, validity), side)
    rows, cols = np.mgrid[0:13, 0:17]
    centres = shapely.points(WEST + 10 * cols + 5, NORTH - 10 * rows - 5)
    owner = np.array([np.flatnonzero(shapely.contains(polygons, centre))[0] for centre in centres.ravel()]).reshape(shape)
    rows_by_hand = []
    for polygon in range(len(polygons)):
        for code in (1, 2, 3):
            here = (owner == polygon) & (classes == code)
            if here.any():
                seen = validity[here].astype(int)
                rows_by_hand.append([polygon, code, here.sum(), confidence[here].astype(int).sum(), seen.sum(), (seen**2).sum()])
    counted = np.stack([found.polygon, found.code, found.pixels, found.confidence, found.validity, found.squares], axis=1)
    with_centres = counted[np.isin(counted[:, 0], np.unique(owner[classes > 0]))]
    assert with_centres.tolist() == [[int(v) for v in row] for row in rows_by_hand]


def test_windows_that_are_read_stay_on_the_map() -> None:
    seen: list[Window] = []

    def reader(window: Window) -> np.ndarray:
        seen.append(window)
        return np.ones(window.shape, np.uint8)

    tally(np.array([box(WEST - 500, NORTH - 500, WEST + 500, NORTH + 500)], dtype=object), Layers(GRID, reader, reader, reader), side=4)
    assert {(w.row, w.col, w.height, w.width) for w in seen} == {(0, 0, 4, 4), (0, 4, 4, 4), (4, 0, 2, 4), (4, 4, 2, 4)}

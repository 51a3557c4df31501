import numpy as np
import pytest
import rasterio.warp
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from pyproj import Transformer

from iota_py.grid.windows import split
from iota_py.products.placement import place, spans
from iota_py.products.resampling import margin, resampled

UTM = "EPSG:32631"
METHODS = ("bilinear", "cubic", "average")
LATTICES = ((2.5, UTM), (30.0, UTM), (7.0, "EPSG:2154"), (0.0003, "EPSG:4326"))
TILE = GeoBox((12, 17), Affine(10, 0, 402600, 0, -10, 4840000), UTM)


def grid(height, width, step=10.0, left=400000.0, top=4800000.0, crs=UTM):
    return GeoBox((height, width), Affine(step, 0, left, 0, -step, top), crs)


def around(step, crs=UTM, share=2.0):
    """A grid of this step that covers TILE and more."""
    box = TILE.extent.to_crs(crs).boundingbox
    wide, high = box.span_x, box.span_y
    bounds = (box.left - share * wide, box.bottom - share * high, box.right + share * wide, box.top + share * high)
    return GeoBox.from_bbox(bounds, crs, resolution=step, anchor="floating")


def onto(values, source, target, method, whole=None):
    """Values of a source grid on a target by a method, read as a window of `whole` is."""
    spanned = spans(source, target if whole is None else whole)
    where = place(source, target, margin(method, spanned))
    if where.source is None:
        return np.full(target.shape, np.nan)
    return resampled(np.asarray(values, float)[where.source.slices], where, method, spanned)


def test_by_hand():
    values, source, fine = [[0, 100], [200, 300]], grid(2, 2, 20), grid(4, 4)
    smooth = onto(values, source, fine, "bilinear")
    assert smooth[1].tolist() == [50, 75, 125, 150]  # a quarter of the way down: 0.75 × row 0 + 0.25 × row 1
    assert smooth[2].tolist() == [150, 175, 225, 250]
    assert smooth[0].tolist() == [0, 25, 75, 100]  # beyond the last centre the ends are kept
    numbers = 2 * np.arange(16).reshape(4, 4)
    assert onto(numbers, fine, source, "average").tolist() == [[5, 9], [21, 25]]
    shifted = grid(1, 1, 20, left=400010, top=4799990)
    assert onto(numbers, fine, shifted, "average").tolist() == [[15]]  # the four in the middle: 10, 12, 18, 20
    half = grid(1, 1, 10, left=400005)
    assert onto(numbers, fine, half, "average").tolist() == [[1]]  # half of 0 and half of 2


def test_cubic_by_hand():
    line = np.tile([0.0, 0, 16, 0, 0, 0], (6, 1))
    between = grid(1, 1, 10, left=400025, top=4799980)  # half-way between columns 2 and 3: weights -1/16, 9/16, 9/16, -1/16
    assert onto(line, grid(6, 6), between, "cubic").tolist() == [[9]]
    beside = grid(1, 1, 10, left=400005, top=4799980)  # the pixel of weight -1/16 on the left is off the raster: bilinear
    assert onto(line, grid(6, 6), beside, "cubic").tolist() == [[0]]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("step", "crs"), [(3.0, UTM), (25.0, UTM), (4.0, "EPSG:2154"), (37.0, "EPSG:2154"), (0.0001, "EPSG:4326")])
def test_planes_are_kept(method, step, crs):
    """What is linear in the coordinates of the source has the same value at the same place in any system.

    To the bit almost where source pixels are the larger, but for an average, which takes the whole pixel; a wider kernel is not quite even.
    """
    source = around(step, crs)
    rows, cols = np.mgrid[: source.shape[0], : source.shape[1]] + 0.5
    found = onto(3 * cols - 2 * rows + 7, source, TILE, method)
    r, c = np.mgrid[: TILE.shape[0], : TILE.shape[1]] + 0.5
    x, y = TILE.transform * (c, r)
    u, v = ~source.transform * Transformer.from_crs(UTM, crs, always_xy=True).transform(x, y)
    exact = method != "average" and max(spans(source, TILE)) <= 1
    assert np.abs(found - (3 * u - 2 * v + 7)).max() < (1e-8 if exact else 0.5 * (3 + 2))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("step", [2.5, 5.0, 7.0, 16.0, 30.0])
def test_gdal_says_the_same_within_one_system(method, step):
    """GDAL decides by itself how far kernels widen; on one grid of whole pixels it comes to the same, off the edges."""
    source = around(step)
    values = np.random.default_rng(3).normal(100, 30, source.shape)
    out = np.empty(TILE.shape)
    wide = dict(zip(("XSCALE", "YSCALE"), (min(1.0, 1 / span) for span in spans(source, TILE))))
    rasterio.warp.reproject(
        values, out, src_transform=source.transform, src_crs=UTM, dst_transform=TILE.transform, dst_crs=UTM,
        resampling=rasterio.warp.Resampling[method], **wide,
    )  # fmt: skip
    assert np.abs(onto(values, source, TILE, method) - out).max() < 1e-4


def test_missing_pixels_have_no_weight():
    values = np.array([[0.0, 100], [np.nan, 300]])
    found = onto(values, grid(2, 2, 20), grid(4, 4), "bilinear")
    assert np.isnan(found[2:, :2]).all()  # the pixel that holds the centre is missing
    assert found[0, 1] == 25
    assert found[1, 0] == 0
    assert found[1, 2] == pytest.approx((9 * 100 + 3 * 0 + 3 * 300) / 15)
    assert np.isfinite(found[:, 2:]).all()
    assert onto(values, grid(2, 2, 20), grid(4, 4), "cubic")[1, 2] == found[1, 2]


def test_off_the_raster():
    found = onto(np.ones((2, 2)), grid(2, 2), grid(2, 4, left=399990), "bilinear")
    assert np.isnan(found).tolist() == [[True, False, False, True]] * 2
    assert np.isnan(onto(np.ones((2, 2)), grid(2, 2), grid(2, 2, left=500000), "cubic")).all()


@pytest.mark.parametrize(("method", "spanned", "expected"), [
    ("nearest", (9.0, 9.0), 0), ("bilinear", (0.5, 0.5), 2), ("bilinear", (2.5, 1.0), 4), ("cubic", (0.5, 0.5), 3), ("cubic", (1.0, 10.0), 21),
    ("average", (0.5, 0.5), 2), ("average", (10.0, 4.0), 6),
])  # fmt: skip
def test_margins(method, spanned, expected):
    assert margin(method, spanned) == expected


def test_what_a_pixel_spans():
    assert spans(grid(9, 9, 5), grid(4, 4)) == (2, 2)
    assert spans(grid(9, 9, 20), grid(4, 4)) == (0.5, 0.5)
    across, down = spans(around(0.0001, "EPSG:4326"), TILE)  # 10 m are 10 / 111,100 degrees of latitude
    assert down == pytest.approx(0.9, abs=0.05)
    assert across == pytest.approx(0.9 / np.cos(np.radians(43.7)), abs=0.08)


def test_a_window_of_one_column_in_another_system():
    """The rows of its pixels lie on different columns there."""
    lattice = around(2.0, "EPSG:32630")
    column = TILE[:, 8:9]
    where = place(lattice, column)
    assert not where.separable
    assert len(np.unique(where.cols)) > 1
    assert where.take(np.arange(lattice.shape[0] * lattice.shape[1]).reshape(lattice.shape)[where.source.slices], -1).shape == (12, 1)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.sampled_from(METHODS), st.sampled_from(LATTICES), st.integers(1, 12), st.integers(1, 17))
def test_windows_join_to_the_bit(method, source, rows, cols):
    lattice = around(*source, share=0.1)
    rng = np.random.default_rng(1)
    values = rng.normal(200, 50, lattice.shape)
    values[rng.random(lattice.shape) < 0.03] = np.nan
    everything = onto(values, lattice, TILE, method)
    joined = np.zeros(TILE.shape)
    for window in split(TILE.shape, (rows, cols)):
        joined[window.slices] = onto(values, lattice, window.of(TILE), method, TILE)
    assert joined.tobytes() == everything.tobytes()

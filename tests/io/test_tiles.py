"""Squares of rasters for a screen: the pixels are those of the file, whatever the level and the grid."""

from __future__ import annotations

import io
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from matplotlib.image import imread
from odc.geo.geobox import GeoBox

from iota_py.errors import InputError
from iota_py.grid.windows import whole
from iota_py.io.raster import write_cog, write_raster
from iota_py.io.tiles import SIDE, Pyramid, band_facts, painted, ramp, read_pixel, read_square

pytest.importorskip("rio_tiler", reason="rio-tiler is not installed (extra `view`)")


def grid(rows: int, cols: int, crs: str = "EPSG:32631", size: float = 10.0) -> GeoBox:
    return GeoBox((rows, cols), Affine(size, 0, 400_000, 0, -size, 4_800_000), crs)


def written(path: Path, values: np.ndarray, box: GeoBox | None = None, nodata: float | None = 0) -> str:
    box = box or grid(*values.shape[-2:])
    count = 1 if values.ndim == 2 else len(values)
    write_raster(path, box, str(values.dtype), [(whole(values.shape[-2:]), values)], count=count, options={"nodata": nodata})
    return str(path)


def noise(rows: int, cols: int) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 9, (rows, cols)).astype(np.uint8)


@pytest.mark.parametrize(
    ("shape", "last"), [((1, 1), 0), ((256, 256), 0), ((256, 257), 1), ((512, 10), 1), ((513, 10), 2), ((100_000, 9), 9)]
)
def test_levels_of_a_pyramid(shape: tuple[int, int], last: int) -> None:
    assert Pyramid(grid(*shape)).last == last


def test_squares_that_a_grid_holds() -> None:
    pyramid = Pyramid(grid(300, 600))  # 3 columns and 2 rows of squares at full scale, level 2
    assert [(c, r) for r in range(-1, 4) for c in range(-1, 5) if pyramid.holds(2, c, r)] == [
        (0, 0),
        (1, 0),
        (2, 0),
        (0, 1),
        (1, 1),
        (2, 1),
    ]
    assert [(c, r) for r in range(3) for c in range(3) if pyramid.holds(1, c, r)] == [(0, 0), (1, 0)]
    assert not pyramid.holds(3, 0, 0)
    assert not pyramid.holds(-1, 0, 0)
    assert pyramid.bounds(2, 1, 0) == (402_560, 4_797_440, 405_120, 4_800_000)


@pytest.mark.parametrize("resampling", ["mode", "average", "nearest"])
def test_at_full_scale_the_squares_are_the_raster(tmp_path: Path, resampling: str) -> None:
    values = noise(300, 600)
    path, pyramid = written(tmp_path / "a.tif", values), Pyramid(grid(300, 600))
    whole_page = np.zeros((2 * SIDE, 3 * SIDE), np.uint8)
    for row in range(2):
        for col in range(3):
            square = read_square(path, 1, pyramid, (2, col, row), resampling)
            whole_page[row * SIDE : (row + 1) * SIDE, col * SIDE : (col + 1) * SIDE] = square.filled(0)
    assert np.array_equal(whole_page[:300, :600], values)
    assert not whole_page[300:].any()
    assert not whole_page[:, 600:].any()


def test_without_nodata_what_lies_off_the_raster_is_masked(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tif", np.zeros((300, 300), np.uint8), nodata=None)
    square = read_square(path, 1, Pyramid(grid(300, 300)), (1, 1, 0), "nearest")
    assert not square.mask[:, :44].any()
    assert square.mask[:, 44:].all()


def test_a_coarser_square_has_the_most_frequent_class(tmp_path: Path) -> None:
    classes = noise(SIDE, SIDE) + 1
    values = classes.repeat(2, axis=0).repeat(2, axis=1)
    values[1::2, 1::2] = 20  # one pixel of each four is of another class
    path = written(tmp_path / "a.tif", values)
    assert np.array_equal(read_square(path, 1, Pyramid(grid(512, 512)), (0, 0, 0), "mode"), classes)


def test_overviews_of_a_map_are_shown_as_they_are(tmp_path: Path) -> None:
    classes = noise(600, 600) + 1
    values = classes.repeat(2, axis=0).repeat(2, axis=1)
    values[1::2, 1::2] = 20
    path, box = str(tmp_path / "a.tif"), grid(1200, 1200)
    write_cog(path, box, "uint8", [(whole(values.shape), values)], overviews="mode", nodata=0)
    with rasterio.open(path) as dataset:
        assert dataset.overviews(1)
    assert np.array_equal(read_square(path, 1, Pyramid(box), (2, 0, 1), "mode"), classes[SIDE : 2 * SIDE, :SIDE])


def test_a_raster_of_another_system_is_read_pixel_centre_by_pixel_centre(tmp_path: Path) -> None:
    """A map of zone 31 on the grid of one of zone 30, against pyproj."""
    from pyproj import Transformer

    values = noise(200, 200)
    path = written(tmp_path / "a.tif", values)
    other = GeoBox.from_bbox(grid(200, 200).extent.to_crs("EPSG:32630").boundingbox, "EPSG:32630", resolution=10, tight=True)
    square = read_square(path, 1, Pyramid(other), (0, 0, 0), "mode")
    row, col = 120, 90
    x, y = other.transform.c + (col + 0.5) * 10, other.transform.f - (row + 0.5) * 10
    x, y = Transformer.from_crs(32630, 32631, always_xy=True).transform(x, y)
    assert square[row, col] == values[int((4_800_000 - y) / 10), int((x - 400_000) / 10)]


def test_a_square_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tif", noise(10, 10))
    with pytest.raises(InputError, match=r"E-VIEW-006 .*: no square 1/0/0"):
        read_square(path, 1, Pyramid(grid(10, 10)), (1, 0, 0), "mode")


def test_what_a_band_says_of_itself(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tif", np.array([[[0, 100], [250, 65535]], [[7, 7], [7, 7]]], np.uint16), nodata=65535)
    with rasterio.open(path, "r+") as dataset:
        dataset.scales, dataset.offsets = [0.001, 1.0], [0.0, 2.0]
        dataset.set_band_description(2, "water")
    first, second = band_facts(path)
    assert (first.index, first.name, first.scale, first.low, first.high) == (1, "", 0.001, 0.0, 0.25)
    assert (second.name, second.offset, second.low, second.high) == ("water", 2.0, 9.0, 9.0)
    assert first.palette == {}
    assert [read_pixel(path, 1, *place) for place in ((1, 0), (1, 1), (2, 0), (0, -1))] == [0.25, None, None, None]


def test_the_palette_of_a_band_is_that_of_its_values(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    box, values = grid(1, 3), np.array([[0, 3, 5]], np.uint8)
    colours = {0: (0, 0, 0, 0), 3: (10, 20, 30, 255), 5: (1, 2, 3, 255), 9: (9, 9, 9, 255)}
    write_raster(path, box, "uint8", [(whole((1, 3)), values)], options={"nodata": 0}, finish=lambda d: d.write_colormap(1, colours))
    assert band_facts(str(path))[0].palette == {3: (10, 20, 30, 255), 5: (1, 2, 3, 255)}


def test_painted_pixels_have_the_colours_of_the_table() -> None:
    values = np.ma.array([[1, 2], [3, 1]], mask=[[0, 0], [0, 1]], dtype=np.uint8)
    table = dict.fromkeys(range(256), (0, 0, 0, 0)) | {1: (255, 0, 85, 255), 2: (0, 153, 0, 51)}
    picture = imread(io.BytesIO(painted(values, table)))
    assert np.rint(picture * 255).astype(int).tolist() == [[[255, 0, 85, 255], [0, 153, 0, 51]], [[0, 0, 0, 0], [255, 0, 85, 0]]]


def test_a_ramp_has_all_256_colours() -> None:
    table = ramp("viridis")
    assert sorted(table) == list(range(256))
    assert table[0] == (68, 1, 84, 255)


MEASURE = """
import resource, sys
from iota_py.io.raster import read_header
from iota_py.io.tiles import Pyramid, read_square
path, small = sys.argv[1:]
for name in (small, path):  # the small one first: libraries are loaded by then
    pyramid = Pyramid(read_header(name).geobox)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for col in range(4 if name == path else 1):
        read_square(name, 1, pyramid, (pyramid.last, col, 0), "mode")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_square_of_a_large_raster_needs_no_memory_for_the_rest(tmp_path: Path) -> None:
    """A raster of 1.6 GB: the process grows by less than 32 MiB."""
    box, path = grid(40_000, 40_000), tmp_path / "large.tif"
    profile = {
        "driver": "GTiff",
        "height": 40_000,
        "width": 40_000,
        "count": 1,
        "dtype": "uint8",
        "crs": "EPSG:32631",
        "transform": box.transform,
    }
    with rasterio.open(path, "w", **profile, tiled=True, compress="deflate", sparse_ok=True):
        pass
    small = written(tmp_path / "small.tif", noise(300, 300))
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", MEASURE, str(path), small], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 32 * 1024, done.stdout


def test_several_threads_paint_at_once() -> None:
    """rio-tiler silences a warning while it paints: two threads that do so at once would leave it silenced, or raise it."""
    values, table, before = np.ma.array(noise(4, 4)), ramp("viridis"), list(warnings.filters)
    painted(values, table)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(lambda _: painted(values, table), range(2000)))) == 1
    finally:
        sys.setswitchinterval(interval)
    assert list(warnings.filters) == before

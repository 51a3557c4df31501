import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.grid import parts
from iota_py.grid.parts import PART, REDUCED, Reach, covered_pixels, padded, part_windows
from iota_py.grid.windows import Window

UTM31, LAMBERT = "EPSG:32631", "EPSG:2154"


def box(row: int, col: int, rows: int, cols: int, crs: str = UTM31) -> GeoBox:
    return GeoBox((rows, cols), Affine(10, 0, 400000 + 10 * col, 0, -10, 4800000 - 10 * row), crs)


def test_parts_are_whole_blocks_of_files_and_of_their_overviews():
    assert PART % (512 * REDUCED) == 0


def test_a_part_is_padded_to_whole_pixels_of_its_overviews():
    grid = box(0, 0, 70, 100)
    found = padded(Window(64, 96, 6, 4), grid)
    assert tuple(found.shape) == (16, 16)
    assert found.transform == grid[64:70, 96:100].transform
    assert tuple(padded(Window(0, 0, 64, 32), grid).shape) == (64, 32)


def test_which_tiles_reach_a_part(monkeypatch):
    monkeypatch.setattr(parts, "PART", 32)
    grid = box(0, 0, 64, 96)
    reach = Reach(grid, [box(0, 0, 20, 20), box(10, 10, 40, 30), box(50, 80, 10, 10)])
    found = {(w.row, w.col): reach(w) for w in part_windows(grid.shape)}
    assert found == {(0, 0): (0, 1), (0, 32): (1,), (0, 64): (), (32, 0): (1,), (32, 32): (1,), (32, 64): (2,)}
    assert reach.inside(1, Window(0, 32, 32, 32)) == Window(10, 32, 22, 8)
    assert reach.inside(2, Window(0, 0, 32, 32)).pixels == 0


def test_outlines_of_another_system_hold_the_whole_tile():
    tile = box(0, 0, 500, 500)
    grid = GeoBox((1000, 1000), Affine(10, 0, 598000, 0, -10, 6252000), LAMBERT)
    window = Reach(grid, [tile]).inside(0, Window(0, 0, 1000, 1000))
    assert 500 <= window.height < 560
    assert 500 <= window.width < 560


@pytest.mark.parametrize(("tiles", "pixels"), [([box(0, 0, 20, 30)], 600), ([box(0, 0, 100, 100)] * 9, 10_000), ([], 0)])
def test_pixels_that_tiles_cover(tiles, pixels):
    assert covered_pixels(box(0, 0, 100, 100), tiles) == pytest.approx(pixels, abs=1)
    assert isinstance(covered_pixels(box(0, 0, 100, 100), tiles), int)

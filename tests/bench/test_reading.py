import dataclasses
from contextlib import ExitStack

import numpy as np
import pytest

from iota_py.bench import reading
from iota_py.bench.reading import compare_cube, measure_reading
from iota_py.bench.tile import LAYOUTS, tile_series, write_tile_products
from iota_py.grid.windows import Window
from iota_py.io.raster import open_raster
from iota_py.products.reader import Cube, read_cube
from tests.bench.conftest import TINY


@pytest.mark.parametrize("layout", LAYOUTS)
def test_rows_are_identical(tiny, layout):
    measure = measure_reading(tiny, layout)
    assert measure.identity.holds
    assert measure.identity.pixels == 64 * 128 * 2
    assert measure.clock == "cpu"
    assert (measure.rates.ratios("cpu") > 0).all()


@pytest.fixture(scope="module")
def products(tmp_path_factory):
    folder = tmp_path_factory.mktemp("products")
    write_tile_products(folder, TINY, "strips")
    return tile_series(folder)


@pytest.mark.parametrize("window", [Window(0, 0, 64, 128), Window(3, 5, 7, 9)])
def test_wrong_pixels_are_found_out(products, window):
    with ExitStack() as stack:
        layers = [[stack.enter_context(open_raster(path)) for path in paths] for paths in reading._paths(products)]
        cube = read_cube(products, window)
        assert compare_cube(cube, layers, products, window).holds
        usable = np.argwhere(cube.valid != 0)[0]
        values = cube.values.copy()
        values[usable[0], 4, usable[1], usable[2]] += 7
        wrong = compare_cube(dataclasses.replace(cube, values=values), layers, products, window)
        assert (wrong.holds, wrong.wrong, wrong.difference) == (False, 1, 7.0)
        valid = cube.valid.copy()
        valid[tuple(usable)] = 0
        assert compare_cube(Cube(cube.values, valid), layers, products, window).wrong == 1


def test_a_row_of_a_wrong_reader_is_not_identical(tiny, monkeypatch):
    right = reading.read_cube

    def wrong(series, window, **options):
        cube = right(series, window)
        return Cube(cube.values + np.int16(1), cube.valid)

    monkeypatch.setattr(reading, "read_cube", wrong)
    assert not measure_reading(tiny, "strips").identity.holds

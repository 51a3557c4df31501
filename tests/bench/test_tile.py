import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from iota_py.bench.tile import LAYOUTS, tile_series, tile_windows, write_tile_products
from iota_py.grid.windows import whole
from iota_py.io.raster import read_header
from iota_py.products.reader import read_cube
from tests.bench.conftest import TINY

Writer = Callable[[str], Path]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Writer:
    made: dict[str, Path] = {}

    def write(layout: str) -> Path:
        if layout not in made:
            made[layout] = tmp_path_factory.mktemp(layout)
            write_tile_products(made[layout], TINY, layout)
        return made[layout]

    return write


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_holds_the_same_series(written, layout):
    series = tile_series(written(layout))
    assert series.tile == "31TCJ"
    assert series.geobox.shape == (64, 128)
    assert len(series.observations) == 2
    assert len(series.bands) == 10
    assert len(series.observations[0][0].masks) == 3
    cube, plain = (read_cube(s, whole(s.geobox.shape)) for s in (series, tile_series(written("strips"))))
    assert np.array_equal(cube.valid, plain.valid)
    usable = np.broadcast_to(plain.valid[:, None] != 0, plain.values.shape)
    assert np.array_equal(cube.values[usable], plain.values[usable])
    assert 0.1 < (cube.valid != 0).mean() < 0.95
    assert not cube.valid[:, :, -8:].any(), "off the swath"


def test_blocks_are_those_of_the_layout(written):
    strips, tiles, packed = (tile_series(written(layout)).observations[0][0].bands for layout in ("strips", "tiles", "zip"))
    assert read_header(strips["B2"].path).block == (4, 128)
    assert read_header(strips["B11"].path).block == (4, 64)
    assert read_header(tiles["B2"].path).block == (512, 512)
    assert read_header(tiles["B11"].path).block == (256, 256)
    assert packed["B2"].path.startswith("/vsizip/")


def test_archives_are_alone_and_compressed(written):
    files = sorted(path.name for path in written("zip").iterdir())
    assert len(files) == 2
    assert all(name.endswith("_V3-1.zip") for name in files)
    with zipfile.ZipFile(written("zip") / files[0]) as archive:
        assert len(archive.infolist()) == 13
        assert all(entry.compress_type == zipfile.ZIP_DEFLATED for entry in archive.infolist())


def test_windows_follow_strips(written):
    series = tile_series(written("strips"))
    windows = tile_windows(series, 2048)
    assert [(w.row, w.height, w.width) for w in windows] == [(0, 16, 128), (16, 16, 128), (32, 16, 128), (48, 16, 128)]

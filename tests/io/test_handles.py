"""Datasets that stay open between windows: which, and for how long."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.grid.windows import Window, whole
from iota_py.io.handles import close_kept, keep_for, read_kept
from iota_py.io.raster import write_raster

SHAPE = (4, 6)


@pytest.fixture
def files(tmp_path):
    """Three rasters whose pixels are 0, 1 and 2; nothing is open before and after."""
    close_kept()
    paths = [tmp_path / f"{value}.tif" for value in range(3)]
    for value, path in enumerate(paths):
        box = GeoBox(SHAPE, Affine(10, 0, 0, 0, -10, 40), "EPSG:32631")
        write_raster(path, box, "uint8", [(whole(SHAPE), np.full(SHAPE, value, np.uint8))])
    yield paths
    close_kept()
    keep_for(None)


def opened(folder: Path) -> list[str]:
    """Names of the files of a folder that this process has open."""
    links = [Path(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")]
    return sorted(link.readlink().name for link in links if link.is_symlink() and link.readlink().parent == folder)


def read(path: Path) -> int:
    return int(read_kept(str(path), None, Window(0, 0, *SHAPE), 1)[0, 0])


def test_a_file_stays_open_for_the_next_window(files, tmp_path):
    assert [read(path) for path in files] == [0, 1, 2]
    assert opened(tmp_path) == ["0.tif", "1.tif", "2.tif"]


def test_what_was_read_for_another_tile_is_closed(files, tmp_path):
    keep_for("T31TCJ")
    assert [read(path) for path in files[:2]] == [0, 1]
    keep_for("T31TCJ")
    assert opened(tmp_path) == ["0.tif", "1.tif"], "the same tile goes on with its files"
    keep_for("T31TDJ")
    assert opened(tmp_path) == []
    assert read(files[2]) == 2
    assert opened(tmp_path) == ["2.tif"]

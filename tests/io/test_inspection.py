"""What headers say, and reading through: rasters by blocks, polygons by features."""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox
from shapely.geometry import Polygon, box

from iota_py.errors import InputError
from iota_py.grid.windows import Window
from iota_py.io.inspection import invalid_geometries, raster_blocks, raster_facts, vector_facts
from iota_py.io.raster import write_raster
from iota_py.io.vectors import write_gpkg

GRID = GeoBox((5, 4), Affine(10, 0, 400_000, 0, -10, 4_800_050), "EPSG:2154")
VALUES = np.arange(40, dtype=np.int16).reshape(2, 5, 4)


@pytest.fixture
def raster(tmp_path: Path) -> Path:
    def scaled(dataset) -> None:
        dataset.scales, dataset.offsets = (0.01, 1.0), (0.0, 5.0)
        dataset.set_band_description(2, "second")

    path = tmp_path / "a.tif"
    write_raster(path, GRID, "int16", [(Window(0, 0, 5, 4), VALUES)], count=2, options={"nodata": -1, "blockysize": 2}, finish=scaled)
    return path


def test_facts_of_a_raster(raster: Path):
    found = raster_facts(raster)
    assert found.pop("grid")[:2] == [[5, 4], [10, 0, 400_000, 0, -10, 4_800_050]]
    assert found == {
        "epsg": 2154, "dtype": "int16", "nodata": -1, "bands": 2, "scale": [0.01, 1.0], "offset": [0.0, 5.0], "description": ["", "second"],
    }  # fmt: skip


def test_every_pixel_of_every_band_is_read_once(raster: Path):
    blocks = list(raster_blocks(raster))
    assert [block.shape for block in blocks] == [(2, 4), (2, 4), (1, 4)] * 2
    assert np.concatenate(blocks).tolist() == VALUES.reshape(10, 4).tolist()


def test_a_damaged_block_is_seen(raster: Path):
    with rasterio.open(raster) as dataset:
        place = int(dataset.get_tag_item("BLOCK_OFFSET_0_1", "TIFF", bidx=1))
    content = raster.read_bytes()
    raster.write_bytes(content[:place] + b"\xff" * 8 + content[place + 8 :])
    with pytest.raises(InputError, match="E-RAS-007"):
        list(raster_blocks(raster))


SQUARES = gpd.GeoDataFrame({"code": [5, 13], "text": ["a", "b"]}, geometry=[box(0, 0, 10, 10), box(10, 0, 30, 20)], crs="EPSG:2154")


def shapefile(path: Path, frame: gpd.GeoDataFrame) -> Path:
    frame.to_file(path.with_suffix(".shp"), engine="pyogrio")
    with zipfile.ZipFile(path, "w") as archive:
        for suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
            archive.write(path.with_suffix(suffix), path.with_suffix(suffix).name)
    return path


@pytest.mark.parametrize("suffix", [".gpkg", ".parquet", ".zip"])
def test_layers_of_polygons(tmp_path: Path, suffix: str):
    path, bow = tmp_path / f"zone{suffix}", Polygon([(0, 0), (9, 9), (9, 0), (0, 9)])
    for frame, invalid in ((SQUARES, 0), (SQUARES.assign(geometry=[box(0, 0, 10, 10), bow]), 1)):
        if suffix == ".gpkg":
            write_gpkg(path, frame, "zone")
        elif suffix == ".zip":
            shapefile(path, frame)
        else:
            frame.to_parquet(path)
        facts = vector_facts(path)
        assert (facts["features"], facts["epsg"], [one["name"] for one in facts["columns"]]) == (2, 2154, ["code", "text"])
        assert [one["type"] for one in facts["columns"]] == ["int64", "string"]
        assert facts["bounds"] == list(map(float, frame.total_bounds))
        assert invalid_geometries(path) == (2, invalid)


@pytest.mark.parametrize("suffix", [".gpkg", ".parquet", ".zip"])
def test_what_cannot_be_read_is_one_line(tmp_path: Path, suffix: str):
    path = tmp_path / f"zone{suffix}"
    path.write_bytes(b"not a layer of polygons, whatever its name says" * 10)
    for look in (vector_facts, invalid_geometries):
        with pytest.raises(InputError) as raised:
            look(path)
        assert "\n" not in str(raised.value)
        assert str(path) in str(raised.value)


def test_an_archive_without_a_shapefile(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "zone.zip", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    with pytest.raises(InputError, match="expected one shapefile in the archive, found 0"):
        vector_facts(tmp_path / "zone.zip")

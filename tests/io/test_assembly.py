import os

import numpy as np
import pytest
import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.errors import StorageError
from iota_py.grid import parts
from iota_py.grid.windows import Window, split, whole
from iota_py.io import assembly
from iota_py.io.assembly import assemble_cog, write_map
from iota_py.io.parts import Layout, part_writer
from iota_py.io.raster import count_values, read_reduced, read_tags, read_window, write_cog

CLASSES = Layout("uint8", 1, "mode", 0)
COLOURS = {value: (value, 0, 255 - value, 255) for value in range(256)}


def grid(rows: int, cols: int) -> GeoBox:
    return GeoBox((rows, cols), Affine(10, 0, 400000, 0, -10, 4800000), "EPSG:32631")


def blocks(values: np.ndarray, side: int = 256):
    return [(window, values[(..., *window.slices)]) for window in split(values.shape[-2:], (side, side))]


def colour(dataset):
    dataset.write_colormap(1, COLOURS)
    dataset.set_band_description(1, "class")
    dataset.update_tags(RESAMPLING="nearest")


def put(path, box, part, layout, values, reduced=True):
    with part_writer(path, box, part, layout, reduced) as take:
        for window, inside in blocks(values):
            take(Window(part.row + window.row, part.col + window.col, window.height, window.width), inside)
    return path


@pytest.mark.parametrize(
    "layout",
    [
        CLASSES,
        Layout("uint8"),
        Layout("float32", 1, "average", np.nan),
        Layout("int16", 1, "average", -32001),
        Layout("uint16", 3, "average", 65535),
    ],
)
def test_a_map_of_one_part_has_the_bytes_of_write_cog(tmp_path, layout):
    box, rng = grid(700, 600), np.random.default_rng(0)
    shape = (layout.count, 700, 600) if layout.count > 1 else (700, 600)
    values = rng.integers(0, 20, shape).astype(layout.dtype)
    values[..., :550, 200:] = layout.empty
    name = None if layout.count > 1 or layout.dtype != "uint8" else colour
    write_cog(
        tmp_path / "a.tif",
        box,
        layout.dtype,
        blocks(values),
        overviews=layout.overviews,
        nodata=layout.nodata,
        finish=name,
    )
    assemble_cog(
        tmp_path / "b.tif", box, layout, [(whole(box.shape), put(tmp_path / "p.tif", box, whole(box.shape), layout, values, False))], name
    )
    write_map(tmp_path / "c.tif", box, layout, blocks(values), name)
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes() == (tmp_path / "c.tif").read_bytes()


@pytest.mark.parametrize("side", [100, 256, 3000])
def test_a_map_of_several_parts_is_the_same_whatever_the_blocks(tmp_path, monkeypatch, side):
    monkeypatch.setattr(parts, "PART", 512)
    rng, box = np.random.default_rng(1), grid(1700, 2100)
    values = np.kron(rng.integers(1, 24, (213, 263)), np.ones((8, 8)))[:1700, :2100].astype(np.uint8)
    values[:, 512:1100] = 0  # the second column of parts has no data
    write_map(tmp_path / "a.tif", box, CLASSES, blocks(values, side), colour)
    assert [path.name for path in tmp_path.iterdir()] == ["a.tif"]
    with rasterio.open(tmp_path / "a.tif") as dataset:
        assert np.array_equal(dataset.read(1), values)
        assert dataset.overviews(1) == [2, 4, 8]
        assert (dataset.nodata, dataset.descriptions, dataset.colormap(1)[7]) == (0, ("class",), COLOURS[7])
        assert dataset.get_tag_item("BLOCK_OFFSET_1_0", "TIFF", bidx=1) is None, "blocks without data are not stored"
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    assert read_tags(str(tmp_path / "a.tif"))["RESAMPLING"] == "nearest"
    assert np.array_equal(count_values(str(tmp_path / "a.tif")), np.bincount(values.ravel(), minlength=256))
    if side != 256:
        write_map(tmp_path / "b.tif", box, CLASSES, blocks(values), colour)
        assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()


def test_overviews_are_modes_of_whole_pixels_up_to_the_edges(tmp_path, monkeypatch):
    """Odd sides: the last pixel of an overview is that of the one pixel that is left; those of the whole map would be shifted."""
    monkeypatch.setattr(parts, "PART", 512)
    rng, box = np.random.default_rng(2), grid(1025, 1537)
    values = rng.integers(1, 24, (65, 97)).repeat(16, 0).repeat(16, 1)[:1025, :1537].astype(np.uint8)
    write_map(tmp_path / "a.tif", box, CLASSES, blocks(values))
    for level, factor in enumerate((2, 4)):
        with rasterio.open(tmp_path / "a.tif", overview_level=level) as dataset:
            assert np.array_equal(dataset.read(1), values[::factor, ::factor])


def test_reduced_reads_go_through_the_overviews_beyond_those_of_the_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "PART", 512)
    monkeypatch.setattr(assembly, "COG_BLOCK", 16)  # halved until 16 pixels: more often than in a part
    values = np.full((2048, 1030), 5, np.uint8)
    values[::2, ::2] = 9  # one of four: never the mode
    write_map(tmp_path / "a.tif", grid(2048, 1030), CLASSES, blocks(values))
    for level, height in enumerate((1024, 512, 256, 128, 64, 32, 16)):
        with rasterio.open(tmp_path / "a.tif", overview_level=level) as dataset:
            assert dataset.height == height
    assert set(np.unique(read_reduced(str(tmp_path / "a.tif"), 100))) == {5}


def test_several_bands_and_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "PART", 512)
    layout, rng = Layout("uint16", 3, "average", 65535), np.random.default_rng(3)
    values = rng.integers(0, 1001, (3, 600, 1100)).astype(np.uint16)
    values[:, :512, :512] = 65535
    write_map(tmp_path / "a.tif", grid(600, 1100), layout, blocks(values))
    assert np.array_equal(read_window(str(tmp_path / "a.tif"), bands=[1, 2, 3]), values)


def test_a_large_map_is_read_like_any_other(tmp_path, monkeypatch):
    monkeypatch.setattr("iota_py.io.raster.MAX_PIXELS", 100)
    write_map(tmp_path / "a.tif", grid(20, 20), CLASSES, [(whole((20, 20)), np.full((20, 20), 3, np.uint8))])
    assert count_values(str(tmp_path / "a.tif"))[3] == 400


def test_a_block_that_was_never_written_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "PART", 512)
    copy = assembly._copy

    def spoilt(dataset, to, options):
        copy(dataset, to, options)
        with rasterio.open(to[0], "r+", driver="GTiff", IGNORE_COG_LAYOUT_BREAK="YES") as made:
            shape, crs, transform = made.shape, made.crs, made.transform
        os.unlink(to[0])  # as a kill leaves it: a header and no blocks
        profile = {
            "height": shape[0],
            "width": shape[1],
            "count": 1,
            "dtype": "uint8",
            "crs": crs,
            "transform": transform,
            "SPARSE_OK": "TRUE",
        }
        rasterio.open(to[0], "w", driver="GTiff", tiled=True, blockxsize=512, blockysize=512, **profile).close()

    monkeypatch.setattr(assembly, "_copy", spoilt)
    values = np.zeros((600, 1100), np.uint8)
    values[550, 5] = 7
    with pytest.raises(StorageError, match=r"E-IO-002.*block 1, 0 was never written"):
        write_map(tmp_path / "a.tif", grid(600, 1100), CLASSES, blocks(values))
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_one_fault_and_leaves_nothing(tmp_path, monkeypatch):
    def full(*_, **__):
        raise RuntimeError("no space left")

    monkeypatch.setattr("rasterio.shutil.copy", full)
    with pytest.raises(StorageError, match=r"E-IO-001.*a.tif.*no space left"):
        write_map(tmp_path / "a.tif", grid(600, 600), CLASSES, blocks(np.ones((600, 600), np.uint8)))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("wrong", ["missing", "twice"])
def test_blocks_cover_the_map_once(tmp_path, monkeypatch, wrong):
    monkeypatch.setattr(parts, "PART", 512)
    every = blocks(np.ones((600, 600), np.uint8))
    with pytest.raises(ValueError, match="pixels"):
        write_map(tmp_path / "a.tif", grid(600, 600), CLASSES, every[:-1] if wrong == "missing" else [*every, every[-1]])
    assert not list(tmp_path.iterdir())


def test_a_part_takes_blocks_of_its_own_kind_and_all_its_pixels(tmp_path):
    box, part = grid(64, 64), Window(16, 32, 20, 30)
    values = np.ones((20, 30), np.uint8)
    put(tmp_path / "a.tif", box, part, CLASSES, values)
    with rasterio.open(tmp_path / "a.tif") as dataset:
        assert dataset.shape == (32, 32)
        assert np.array_equal(dataset.read(1), np.pad(values, ((0, 12), (0, 2))))
        assert dataset.transform.c == 400320
        assert dataset.overviews(1) == [2, 4, 8, 16]
    for bad in (values[:5], values.astype(np.int16)):
        with pytest.raises(ValueError, match="block of"), part_writer(tmp_path / "b.tif", box, part, CLASSES, False) as take:
            take(part, bad)
    with pytest.raises(ValueError, match="0 pixels given for a part of 600"), part_writer(tmp_path / "b.tif", box, part, CLASSES, False):
        pass
    assert not (tmp_path / "b.tif").exists()


@pytest.mark.parametrize(
    ("layout", "empty", "filled"), [(CLASSES, 0, 1), (Layout("float32", nodata=np.nan), np.nan, 0), (Layout("int16", nodata=-9), -9, 0)]
)
def test_what_is_empty(layout, empty, filled):
    values = np.full((2, 2), empty, layout.dtype)
    assert layout.is_empty(values)
    values[1, 1] = filled
    assert not layout.is_empty(values)

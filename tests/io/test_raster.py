import signal
import subprocess
import sys

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.errors import InputError, StorageError
from iota_py.grid.windows import Window, split, whole
from iota_py.io import raster
from iota_py.io.raster import (
    burn,
    count_values,
    gdal_version,
    open_raster,
    read_header,
    read_reduced,
    read_window,
    write_cog,
    write_raster,
)  # fmt: skip
from iota_py.nomenclature import LandCoverClass, Nomenclature

CRS = "EPSG:32631"
CLASSES = Nomenclature("three", tuple(LandCoverClass(c, f"C{c}", {"en": f"c{c}"}, (c, 2 * c, 255)) for c in (5, 17, 200)))


def grid(height: int, width: int, step: float = 10.0) -> GeoBox:
    return GeoBox((height, width), Affine(step, 0, 400000, 0, -step, 4800000), CRS)


def write(path, values: np.ndarray, **options) -> GeoBox:
    box = grid(*values.shape[-2:])
    count = values.shape[0] if values.ndim == 3 else 1
    write_raster(path, box, values.dtype.name, [(whole(box.shape), values)], count=count, options=options)
    return box


def names(folder) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def in_a_process(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "float32"])
def test_what_is_written_is_read_back(tmp_path, dtype):
    values = np.arange(2 * 5 * 7).reshape(2, 5, 7).astype(dtype)
    box = write(tmp_path / "a.tif", values, nodata=3)
    header = read_header(str(tmp_path / "a.tif"))
    assert header.geobox == box
    assert (header.count, header.dtype, header.nodata) == (2, dtype, 3)
    assert np.array_equal(read_window(str(tmp_path / "a.tif"), bands=[1, 2]), values)
    assert np.array_equal(read_window(str(tmp_path / "a.tif"), Window(1, 2, 3, 4), 2), values[1, 1:4, 2:6])
    assert names(tmp_path) == ["a.tif"]


def test_windows_written_in_any_order_give_the_whole(tmp_path):
    values = np.random.default_rng(0).integers(0, 255, (40, 50), np.uint8)
    windows = split(values.shape, (16, 16))
    blocks = [(w, values[w.slices]) for w in reversed(windows)]
    options = {"tiled": True, "blockxsize": 16, "blockysize": 16}
    write_raster(tmp_path / "a.tif", grid(40, 50), "uint8", blocks, options=options)
    assert np.array_equal(read_window(str(tmp_path / "a.tif")), values)
    assert read_header(str(tmp_path / "a.tif")).block == (16, 16)


@pytest.mark.parametrize(("values", "said"), [(np.zeros((3, 4), np.uint8), "block of"), (np.zeros((4, 4), np.int16), "int16")])
def test_a_block_of_another_shape_or_type_is_refused(tmp_path, values, said):
    with pytest.raises(ValueError, match=said):
        write_raster(tmp_path / "a.tif", grid(4, 4), "uint8", [(whole((4, 4)), values)])
    assert names(tmp_path) == []


@pytest.mark.parametrize("window", [Window(-1, 0, 2, 2), Window(0, -1, 2, 2), Window(4, 0, 2, 2), Window(0, 6, 1, 2), Window(9, 9, 1, 1)])
def test_a_window_outside_is_refused(tmp_path, window):
    write(tmp_path / "a.tif", np.zeros((5, 7), np.uint8))
    with pytest.raises(InputError, match=r"E-RAS-006 .*a\.tif: window .* leaves the raster of 5 × 7 pixels"):
        read_window(str(tmp_path / "a.tif"), window)


def test_a_band_that_is_not_there_is_refused(tmp_path):
    write(tmp_path / "a.tif", np.zeros((5, 7), np.uint8))
    with pytest.raises(InputError, match=r"E-RAS-007 .*a\.tif"):
        read_window(str(tmp_path / "a.tif"), bands=2)


@pytest.mark.parametrize(("name", "driver"), [("a.tif", "GTiff"), ("a.jp2", "JP2OpenJPEG")])
def test_a_virtual_raster_behind_another_name_is_refused(tmp_path, name, driver):
    write(tmp_path / "secret.tif", np.zeros((4, 4), np.uint8))
    (tmp_path / name).write_text(
        f'<VRTDataset rasterXSize="4" rasterYSize="4"><VRTRasterBand dataType="Byte" band="1"><SimpleSource>'
        f"<SourceFilename>{tmp_path / 'secret.tif'}</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    with pytest.raises(InputError, match=rf"E-RAS-002 .*{name}: cannot be opened as {driver}"):
        read_window(str(tmp_path / name))


def test_files_that_cannot_be_opened(tmp_path):
    with pytest.raises(InputError, match=r"E-RAS-002 .*none\.tif"):
        read_header(str(tmp_path / "none.tif"))
    with pytest.raises(InputError, match=r"E-RAS-001 .*a\.vrt: expected a raster named \.tif"):
        read_header(str(tmp_path / "a.vrt"))
    write(tmp_path / "a.tif", np.zeros((64, 64), np.int16))
    content = (tmp_path / "a.tif").read_bytes()
    for size in (0, 8, 80):
        (tmp_path / "cut.tif").write_bytes(content[:size])
        with pytest.raises(InputError, match=r"E-RAS-002 .*cut\.tif.*Fix: download"):
            read_header(str(tmp_path / "cut.tif"))


def test_a_file_that_is_cut_is_found_at_the_read(tmp_path):
    write(tmp_path / "a.tif", np.random.default_rng(1).integers(0, 9999, (200, 200)).astype(np.int16), blockysize=10)
    content = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(content[: len(content) // 2])
    assert read_header(str(tmp_path / "a.tif")).geobox.shape == (200, 200)
    read_window(str(tmp_path / "a.tif"), Window(0, 0, 10, 200))
    with pytest.raises(InputError, match=r"E-RAS-007 .*a\.tif: cannot be read near rows 190–199, columns 0–199 .*Fix: the file is damaged"):
        read_window(str(tmp_path / "a.tif"), Window(190, 0, 10, 200))


def test_a_raster_that_declares_too_much_is_refused(tmp_path, monkeypatch):
    write(tmp_path / "a.tif", np.zeros((20, 20), np.uint8))
    monkeypatch.setattr(raster, "MAX_PIXELS", 399)
    with pytest.raises(InputError, match=r"E-RAS-003 .*declares 20 × 20 pixels"), open_raster(str(tmp_path / "a.tif")):
        pass


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize(
    ("profile", "code"),
    [
        ({"transform": Affine(10, 0, 0, 0, -10, 0)}, "E-RAS-004"),
        ({"transform": Affine(10, 0, 0, 0, 10, 0), "crs": CRS}, "E-RAS-005"),
        ({"transform": Affine(10, 1, 0, 1, -10, 0), "crs": CRS}, "E-RAS-005"),
        ({"transform": Affine(-10, 0, 0, 0, -10, 0), "crs": CRS}, "E-RAS-005"),
    ],
)
def test_headers_without_crs_or_north_up_grid(tmp_path, profile, code):
    with rasterio.open(tmp_path / "a.tif", "w", driver="GTiff", height=2, width=2, count=1, dtype="uint8", **profile) as dataset:
        dataset.write(np.ones((2, 2), np.uint8), 1)
    with pytest.raises(InputError, match=rf"{code} .*a\.tif"):
        read_header(str(tmp_path / "a.tif"))


def test_a_missing_block_is_detected(tmp_path):
    blocks = [(Window(0, 0, 16, 32), np.ones((16, 32), np.uint8))]  # the lower half is never written
    options = {"tiled": True, "blockxsize": 16, "blockysize": 16, "SPARSE_OK": "TRUE"}
    with pytest.raises(StorageError, match=r"E-IO-002 .*a\.tif: block 1, 0 was never written"):
        write_raster(tmp_path / "a.tif", grid(32, 32), "uint8", blocks, options=options)
    assert names(tmp_path) == []


def test_a_missing_block_of_the_second_band_is_detected(tmp_path):
    values = np.ones((2, 16, 16), np.uint8)
    values[1] = 0
    with pytest.raises(StorageError, match="E-IO-002"):
        write_raster(
            tmp_path / "a.tif", grid(16, 16), "uint8", [(whole((16, 16)), values)], count=2,
            options={"SPARSE_OK": "TRUE", "interleave": "band"},
        )  # fmt: skip


@pytest.mark.parametrize("writer", ["write_raster", "write_cog"])
def test_a_full_disk_leaves_no_file(tmp_path, writer):
    more = ", overviews='mode'" if writer == "write_cog" else ""
    done = in_a_process(f"""
import resource, signal
import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox
from iota_py.errors import StorageError
from iota_py.grid.windows import whole
from iota_py.io.raster import {writer}
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
box = GeoBox((500, 500), Affine(10, 0, 400000, 0, -10, 4800000), "EPSG:32631")
values = np.random.default_rng(0).integers(0, 255, (500, 500), np.uint8)
try:
    {writer}({str(tmp_path / "map.tif")!r}, box, "uint8", [(whole(box.shape), values)]{more})
except StorageError as error:
    print(error)
""")
    assert f"E-IO-001 {tmp_path / 'map.tif'}: could not be written whole" in done.stdout, done.stdout + done.stderr
    assert names(tmp_path) == []


def test_a_cog_whose_last_step_meets_a_full_disk_leaves_no_file(tmp_path):
    done = in_a_process(f"""
import resource, signal
import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox
from iota_py.errors import StorageError
from iota_py.grid.windows import whole
from iota_py.io import raster
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
box = GeoBox((1500, 1500), Affine(10, 0, 400000, 0, -10, 4800000), "EPSG:32631")
values = np.random.default_rng(0).integers(0, 255, (1500, 1500), np.uint8)
copy = raster.rasterio.shutil.copy
def full(*args, **options):
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
    return copy(*args, **options)
raster.rasterio.shutil.copy = full
try:
    raster.write_cog({str(tmp_path / "map.tif")!r}, box, "uint8", [(whole(box.shape), values)], overviews="mode")
except StorageError as error:
    print(error)
""")
    assert f"E-IO-001 {tmp_path / 'map.tif'}: could not be written whole" in done.stdout, done.stdout + done.stderr
    assert names(tmp_path) == []


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("in the way")
    box, blocks = grid(4, 4), [(whole((4, 4)), np.zeros((4, 4), np.uint8))]
    with pytest.raises(StorageError, match=r"E-IO-001 .*file/a\.tif"):
        write_raster(tmp_path / "file" / "a.tif", box, "uint8", blocks)
    with pytest.raises(StorageError, match=r"E-IO-001 .*file/a\.tif"):
        write_cog(tmp_path / "file" / "a.tif", box, "uint8", blocks, overviews="mode")
    assert names(tmp_path) == ["file"]


def test_a_writer_killed_on_its_way_publishes_nothing(tmp_path):
    done = in_a_process(f"""
import os, signal
import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox
from iota_py.grid.windows import split
from iota_py.io.raster import write_raster
box = GeoBox((64, 64), Affine(10, 0, 400000, 0, -10, 4800000), "EPSG:32631")
def blocks():
    for i, window in enumerate(split(box.shape, (16, 16))):
        if i == 9:
            os.kill(os.getpid(), signal.SIGKILL)
        yield window, np.ones((16, 16), np.uint8)
write_raster({str(tmp_path / "map.tif")!r}, box, "uint8", blocks(), options={{"tiled": True, "blockxsize": 16, "blockysize": 16}})
""")
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "map.tif").exists()
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".map.")
    assert left.name.endswith(".part.tif")


def test_an_error_of_the_caller_passes_through(tmp_path):
    def blocks():
        yield Window(0, 0, 2, 4), np.zeros((2, 4), np.uint8)
        raise InputError

    with pytest.raises(InputError):
        write_raster(tmp_path / "a.tif", grid(4, 4), "uint8", blocks())
    with pytest.raises(InputError):
        write_cog(tmp_path / "a.tif", grid(4, 4), "uint8", blocks(), overviews="mode")
    assert names(tmp_path) == []


def test_overviews_of_classes_are_by_mode_and_the_palette_stays(tmp_path):
    rng = np.random.default_rng(2)
    coarse = rng.choice(np.array([5, 17, 200], np.uint8), (150, 150))
    values = coarse.repeat(8, 0).repeat(8, 1)  # 1200 × 1200 in patches of 8 × 8
    values[::8, ::8] = 0  # one pixel of 64 is nodata: the mode does not see it
    path = tmp_path / "map.tif"
    blocks = [(w, values[w.slices]) for w in split(values.shape, (256, 512))]

    def finish(dataset):
        dataset.write_colormap(1, CLASSES.colormap())
        dataset.set_band_description(1, "class")

    write_cog(path, grid(1200, 1200), "uint8", blocks, overviews="mode", nodata=0, finish=finish)
    assert names(tmp_path) == ["map.tif"]
    with rasterio.open(path) as dataset:
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert dataset.overviews(1) == [2, 4]
        assert dataset.block_shapes == [(512, 512)]
        assert dataset.nodata == 0
        assert dataset.colormap(1)[17] == (17, 34, 255, 255)
        assert dataset.colormap(1)[5] == (5, 10, 255, 255)
        assert dataset.descriptions == ("class",)
        assert np.array_equal(dataset.read(1), values)
        quarter = dataset.read(1, out_shape=(300, 300))
    assert np.array_equal(quarter, coarse.repeat(2, 0).repeat(2, 1))


def test_overviews_by_average(tmp_path):
    values = np.tile(np.array([[10, 20], [30, 40]], np.uint8), (600, 600))
    write_cog(tmp_path / "a.tif", grid(1200, 1200), "uint8", [(whole((1200, 1200)), values)], overviews="average")
    with rasterio.open(tmp_path / "a.tif") as dataset:
        assert np.unique(dataset.read(1, out_shape=(600, 600))).tolist() == [25]


def test_a_cog_of_several_bands_keeps_their_names_and_scales(tmp_path):
    values = np.arange(3 * 700 * 600, dtype=np.uint16).reshape(3, 700, 600) % 1001
    values[:, :10] = 65535

    def finish(dataset):
        dataset.scales = [0.001] * 3
        for band, name in enumerate("abc", 1):
            dataset.set_band_description(band, name)

    blocks = [(window, values[(slice(None), *window.slices)]) for window in split((700, 600), (256, 600))]
    write_cog(tmp_path / "a.tif", grid(700, 600), "uint16", blocks, overviews="average", nodata=65535, finish=finish)
    with rasterio.open(tmp_path / "a.tif") as dataset:
        assert np.array_equal(dataset.read(), values)
        assert (dataset.descriptions, dataset.scales, dataset.nodata) == (("a", "b", "c"), (0.001, 0.001, 0.001), 65535)
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert dataset.tags(ns="IMAGE_STRUCTURE")["INTERLEAVE"] == "PIXEL"
        assert dataset.block_shapes == [(256, 256)] * 3
        assert dataset.overviews(1)


def test_equal_pixels_give_equal_bytes(tmp_path):
    values = np.random.default_rng(3).integers(0, 9, (700, 600), np.uint8)
    for name, size in (("a.tif", (700, 600)), ("b.tif", (100, 600))):
        blocks = ((w, values[w.slices]) for w in split(values.shape, size))
        write_cog(tmp_path / name, grid(700, 600), "uint8", blocks, overviews="mode")
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()


def test_read_reduced_keeps_values(tmp_path):
    values = np.random.default_rng(4).choice(np.array([5, 17], np.uint8), (90, 60))
    write(tmp_path / "a.tif", values)
    assert np.array_equal(read_reduced(str(tmp_path / "a.tif"), 100), values)
    small = read_reduced(str(tmp_path / "a.tif"), 30)
    assert small.shape == (30, 20)
    assert set(np.unique(small)) == {5, 17}
    assert read_reduced(str(tmp_path / "a.tif"), 1).shape == (1, 1)


def test_count_values(tmp_path):
    write(tmp_path / "a.tif", np.array([[0, 0, 255], [7, 7, 7]], np.uint8))
    counts = count_values(str(tmp_path / "a.tif"))
    assert (counts.dtype, counts.shape, counts.sum()) == (np.int64, (256,), 6)
    assert (counts[0], counts[7], counts[255]) == (2, 3, 1)


def test_a_pixel_belongs_to_the_shape_that_holds_its_centre():
    box = grid(2, 3)
    just_in = shapely.box(400004, 4799980, 400016, 4800000)  # x 4–16 m: holds the centres at 5 and 15
    just_out = shapely.box(400006, 4799980, 400014, 4800000)  # x 6–14 m: holds none
    assert burn([(just_in, 7)], box).tolist() == [[7, 7, 0], [7, 7, 0]]
    assert not burn([(just_out, 7)], box).any()
    assert burn([(just_in, 7), (shapely.box(400010, 4799990, 400030, 4800000), 9)], box).tolist() == [[7, 9, 9], [7, 7, 0]]
    assert burn([], box, "uint8").dtype == np.uint8


def test_gdal_is_named():
    assert gdal_version() == rasterio.__gdal_version__

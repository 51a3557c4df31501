import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.errors import InputError
from iota_py.grid.windows import Window
from iota_py.io.jpeg2000 import write_jpeg2000
from iota_py.io.raster import read_header, read_window


def grid(rows: int, cols: int) -> GeoBox:
    return GeoBox((rows, cols), Affine(10, 0, 399960, 0, -10, 4800000), "EPSG:32631")


@pytest.mark.parametrize(("shape", "dtype"), [((8, 8), "uint16"), ((3, 5), "uint16"), ((4, 4), "uint8"), ((70, 33), "uint8")])
def test_every_number_comes_back(tmp_path, shape, dtype):
    values = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape, endpoint=True).astype(dtype)
    write_jpeg2000(tmp_path / "a.jp2", grid(*shape), values)
    header = read_header(str(tmp_path / "a.jp2"))
    assert (header.geobox, header.dtype, header.count, header.nodata) == (grid(*shape), dtype, 1, None)
    assert read_window(str(tmp_path / "a.jp2")).tolist() == values.tolist()
    assert [path.name for path in tmp_path.iterdir()] == ["a.jp2"]


@pytest.mark.parametrize("values", [np.zeros((4, 5), np.uint16), np.zeros((4, 4), np.int16)])
def test_other_arrays_are_refused(tmp_path, values):
    with pytest.raises(ValueError, match="expected 4 × 4 uint8 or uint16"):
        write_jpeg2000(tmp_path / "a.jp2", grid(4, 4), values)


@pytest.mark.parametrize("share", [0.4, 0.7, 0.95])
def test_a_file_of_several_blocks_that_is_cut_is_never_read_as_if_it_were_whole(tmp_path, share):
    """GDAL with several threads gives memory that nothing filled in the place of blocks that are cut."""
    values = np.random.default_rng(0).integers(1000, 1016, (1100, 1100)).astype(np.uint16)
    path = tmp_path / "a.jp2"
    write_jpeg2000(path, grid(1100, 1100), values)
    assert read_header(str(path)).block == (1024, 1024)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    for window in (None, Window(1000, 1000, 100, 100), Window(1024, 0, 76, 1100)):
        with pytest.raises(InputError, match=r"E-RAS-00[27] .*a\.jp2"):
            read_window(str(path), window)

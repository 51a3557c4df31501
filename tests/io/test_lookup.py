import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox
from pyproj import Transformer

from iota_py.grid.windows import whole
from iota_py.io.lookup import read_nearest
from iota_py.io.raster import write_raster


def written(path, values: np.ndarray, step: float = 10.0, crs: str = "EPSG:32631") -> GeoBox:
    box = GeoBox(values.shape, Affine(step, 0, 400000, 0, -step, 4800000), crs)
    write_raster(path, box, values.dtype.name, [(whole(box.shape), values)])
    return box


def test_same_crs_by_hand(tmp_path):
    values = np.arange(1, 13, dtype=np.uint8).reshape(3, 4)
    source = written(tmp_path / "a.tif", values)
    shifted = GeoBox((2, 3), Affine(10, 0, 400020, 0, -10, 4799990), "EPSG:32631")
    assert read_nearest(str(tmp_path / "a.tif"), source, shifted).tolist() == [[7, 8, 0], [11, 12, 0]]
    finer = GeoBox((2, 4), Affine(5, 0, 400000, 0, -5, 4800000), "EPSG:32631")
    assert read_nearest(str(tmp_path / "a.tif"), source, finer).tolist() == [[1, 1, 2, 2], [1, 1, 2, 2]]
    far = GeoBox((2, 2), Affine(10, 0, 500000, 0, -10, 4800000), "EPSG:32631")
    found = read_nearest(str(tmp_path / "a.tif"), source, far, "int16")
    assert (found.tolist(), found.dtype) == ([[0, 0], [0, 0]], np.int16)


def test_another_crs_equals_pyproj_pixel_by_pixel(tmp_path):
    values = np.random.default_rng(0).integers(1, 255, (60, 50), np.uint8)
    source = written(tmp_path / "a.tif", values)
    to_lambert = Transformer.from_crs("EPSG:32631", "EPSG:2154", always_xy=True)
    x, y = to_lambert.transform(400000, 4800000)
    target = GeoBox((40, 45), Affine(10, 0, round(x) - 57, 0, -10, round(y) + 33), "EPSG:2154")
    found = read_nearest(str(tmp_path / "a.tif"), source, target)
    back = Transformer.from_crs("EPSG:2154", "EPSG:32631", always_xy=True)
    expected = np.zeros(target.shape, np.uint8)
    for row in range(40):
        for col in range(45):
            px, py = ~source.transform @ back.transform(*(target.transform @ (col + 0.5, row + 0.5)))
            if 0 <= px < 50 and 0 <= py < 60:
                expected[row, col] = values[int(py), int(px)]
    assert (expected == 0).any()
    assert (expected > 0).sum() > 1000
    assert np.array_equal(found, expected)

import math
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.grid.windows import whole
from iota_py.io.raster import write_cog
from iota_py.nomenclature.attribute_table import attribute_table, sidecar
from tests.nomenclature.samples import THREE


def counts(**pixels: int) -> np.ndarray:
    found = np.zeros(256, np.int64)
    for code, number in pixels.items():
        found[int(code.removeprefix("c"))] = number
    return found


def rows_of(text: str) -> tuple[list[tuple[str, int, int]], list[list[str]]]:
    """Columns (name, type, usage) and cells of the table of a sidecar."""
    table = ET.fromstring(text).find("PAMRasterBand[@band='1']/GDALRasterAttributeTable")
    columns = [(f.findtext("Name"), int(f.findtext("Type")), int(f.findtext("Usage"))) for f in table.iter("FieldDefn")]
    return columns, [[cell.text or "" for cell in row.iter("F")] for row in table.iter("Row")]


COLUMNS = [
    ("Value", 0, 5), ("Count", 1, 1), ("Class", 2, 2), ("Class_fr", 2, 0), ("Alias", 2, 0), ("Group", 2, 0),
    ("Red", 0, 6), ("Green", 0, 7), ("Blue", 0, 8), ("Hectares", 1, 0),
]  # fmt: skip


def test_rows_by_hand():
    columns, rows = rows_of(attribute_table(THREE.classes, counts(c0=99, c1=3, c7=5_000_000_000), 0.01))
    assert columns == COLUMNS
    assert rows == [
        ["1", "3", "wheat", "blé", "Ble", "crops", "255", "255", "0", "0.0300"],
        ["2", "0", "maize", "maïs", "Mais", "crops", "255", "85", "0", "0.0000"],
        ["7", "5000000000", "water", "water", "Eau", "water", "0", "0", "255", "50000000.0000"],
    ]


def test_no_hectares_where_pixels_have_no_area():
    columns, _ = rows_of(attribute_table(THREE.classes, counts(), math.nan))
    assert columns == COLUMNS[:-1]


def test_the_sidecar_has_the_name_that_gdal_looks_for():
    assert sidecar("map/classification.tif") == "map/classification.tif.aux.xml"


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_gdal_reads_the_table(tmp_path):
    """GDAL reads the table beside the raster and writes it again, in its own words, beside a copy."""
    path = tmp_path / "map.tif"
    grid = GeoBox((2, 3), Affine(10, 0, 500_000, 0, -10, 4_800_000), "EPSG:32631")
    values = np.array([[1, 1, 0], [7, 2, 7]], np.uint8)
    write_cog(path, grid, "uint8", [(whole(grid.shape), values)], overviews="mode", nodata=0)
    (tmp_path / "map.tif.aux.xml").write_text(attribute_table(THREE.classes, np.bincount(values.ravel(), minlength=256), 0.01), "utf-8")
    rasterio.shutil.copy(path, tmp_path / "copy.png", driver="PNG")
    columns, rows = rows_of((tmp_path / "copy.png.aux.xml").read_text("utf-8"))
    assert columns == COLUMNS
    assert [row[:4] for row in rows] == [["1", "2", "wheat", "blé"], ["2", "1", "maize", "maïs"], ["7", "2", "water", "water"]]
    assert [float(row[-1]) for row in rows] == [0.02, 0.01, 0.02]
    assert rasterio.open(path).read(1).tolist() == values.tolist()

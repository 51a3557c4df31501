from datetime import date

import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.io.raster import read_header, read_window
from iota_py.simulation.acquisitions import Tile
from iota_py.simulation.composites import Composite
from iota_py.simulation.muscate_files import write_image
from iota_py.simulation.phenology import BANDS
from iota_py.simulation.wasp import composed

TILE = Tile("T31TCJ", GeoBox((2, 4), Affine(10, 0, 400000, 0, -10, 4800000), "EPSG:32631"))


def synthesis() -> Composite:
    """Nothing in the first pixel, clouds in the second, water, then land."""
    fine = np.array([[0, 1, 3, 4], [0, 1, 3, 4]], np.uint8)
    coarse = np.array([[1, 4]], np.uint8)
    shapes = {band: (2, 4) if band in ("B2", "B3", "B4", "B8") else (1, 2) for band in BANDS}
    bands = {band: np.full(shape, 0.12345, np.float32) for band, shape in shapes.items()}
    bands["B4"][:, :2] = np.nan
    weight = {10: np.array([[0, 0, 1.5, 4.2504]] * 2), 20: np.array([[0.0, 2]])}
    day = {10: np.array([[np.nan, np.nan, 280.4, 364]] * 2, np.float32), 20: np.array([[np.nan, 0]], np.float32)}
    return Composite(date(2018, 10, 15), bands, {10: fine, 20: coarse}, weight, day)


def test_numbers_of_a_composite():
    image = composed(synthesis(), TILE)
    assert image.identifier == "SENTINEL2X_20181015-000000-000_L3A_T31TCJ_C_V1-1"
    assert image.images["FRC"]["B4"].tolist() == [[-10000, -10000, 1234, 1234]] * 2  # 1234.5, half to even
    assert image.masks["WGT"]["R1"].tolist() == [[-10000, 0, 1500, 4250]] * 2
    assert image.masks["WGT"]["R2"].tolist() == [[0, 2000]]
    assert image.masks["DTS"]["R1"].tolist() == [[-10000, -10000, 280, 364]] * 2
    assert image.masks["DTS"]["R2"].tolist() == [[-10000, 0]]
    assert {values.dtype.name for name in ("WGT", "DTS") for values in image.masks[name].values()} == {"int16"}


def test_files_of_a_composite(tmp_path):
    path = write_image(tmp_path, composed(synthesis(), TILE, platform="SENTINEL2B"))
    assert path.name == "SENTINEL2B_20181015-000000-000_L3A_T31TCJ_C_V1-1"
    names = {p.relative_to(path).as_posix().replace(path.name, "P") for p in path.rglob("*") if p.is_file()}
    masks = {f"MASKS/P_{name}_{group}.tif" for name in ("FLG", "WGT", "DTS") for group in ("R1", "R2")}
    assert names == {"P_MTD_ALL.xml", *masks, *(f"P_FRC_{band}.tif" for band in BANDS)}
    assert read_window(str(path / "MASKS" / f"{path.name}_FLG_R1.tif")).tolist() == [[0, 1, 3, 4]] * 2
    assert read_header(str(path / f"{path.name}_FRC_B11.tif")).geobox == TILE.geobox.zoom_out(2)
    text = (path / f"{path.name}_MTD_ALL.xml").read_text(encoding="utf-8")
    for piece in (
        "<NATURE>Flat_Reflectance_Composite</NATURE>", "<NATURE>Pixel_Weight</NATURE>", '<ORBIT_NUMBER type="Orbit">-1</ORBIT_NUMBER>',
        '<Product_Quality_List level="N3">', "<ENCODING>int16</ENCODING>",
    ):  # fmt: skip
        assert piece in text

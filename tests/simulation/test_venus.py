import datetime as dt
from xml.etree import ElementTree as ET

import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.io.archives import archive_members
from iota_py.io.raster import read_header
from iota_py.simulation import theia_landsat, venus
from iota_py.simulation.muscate_files import write_image
from iota_py.simulation.theia_landsat import theia_landsat_image
from iota_py.simulation.venus import BANDS, venus_image
from tests.products.small import COARSE, FINE, at, observation

SITE = GeoBox((4, 6), Affine(5, 0, 336145, 0, -5, 4853555), "EPSG:32631")
NOON = dt.datetime(2020, 9, 23, 10, 53, 25)
NUMBERS = {band: np.full((4, 6), 1000, np.int16) for band in BANDS}


def test_files_and_metadata_of_a_site(tmp_path):
    outside = {band: values.copy() for band, values in NUMBERS.items()}
    for values in outside.values():
        values[0, 0] = -10000
    path = write_image(tmp_path, venus_image("SUDOUE-1", SITE, NOON, outside, quantification=1000))
    assert path.name == "VENUS-XS_20200923-105325-000_L2A_SUDOUE-1_C_V3-1"
    assert sorted(p.name.removeprefix(f"{path.name}_") for p in path.rglob("*.tif")) == sorted(
        [*(f"FRE_{band}.tif" for band in BANDS), *(f"{mask}_XS.tif" for mask in ("CLM", "EDG", "MG2", "SAT"))]
    )
    saturation, edge = (read_header(str(path / "MASKS" / f"{path.name}_{mask}_XS.tif")) for mask in ("SAT", "EDG"))
    assert (saturation.dtype, edge.dtype, saturation.geobox) == ("uint16", "uint8", SITE)
    root = ET.parse(path / f"{path.name}_MTD_ALL.xml").getroot()
    assert root.findtext(".//GEOGRAPHICAL_ZONE") == "SUDOUE-1"
    assert root.find(".//GEOGRAPHICAL_ZONE").get("type") == "Site"
    assert [band.text for band in root.findall(".//Band_Global_List/BAND_ID")] == list(BANDS)
    assert root.findtext(".//REFLECTANCE_QUANTIFICATION_VALUE") == "1000"
    assert len(root.findall(".//Mean_Viewing_Incidence_Angle[@detector_id]")) == 4
    assert root.findtext(".//Group_Geopositioning[@group_id='XS']/XDIM") == "5"
    bits = [file.get("bit_number") for file in root.findall(".//MASK_FILE[@band_id='B12']")]
    assert bits == ["12"]


def test_zones_of_landsat(tmp_path):
    wide = GeoBox((4, 6), Affine(30, 0, 300000, 0, -30, 4900020), "EPSG:32631")
    bands = {band: NUMBERS[band] for band in ("B1", "B2")}
    image = theia_landsat_image("184-028", wide, NOON, bands, packing="tar")
    assert (image.zone_kind, image.orbit) == ("Path-Row", ("Path", 184))
    path = write_image(tmp_path, image)
    assert path.name == "LANDSAT8-OLITIRS-XS_20200923-105325-000_L2A_184-028_C_V3-1.tar"
    assert len(archive_members(path)) == 2 + 4 + 1
    assert theia_landsat_image("T31TCH", wide, NOON, bands).zone_kind == "Tile"


def test_what_venus_sees_of_a_tile(tmp_path):
    """Pixels of 10 m that begin at 400000 become four of 5 m; the outer ring of these is left out."""
    outside = np.zeros((8, 8), bool)
    outside[:, 6:] = True
    image = venus.observed(observation(cloud=at((0, 0), (2, 3)), outside=outside, saturated=np.eye(4, dtype=bool)), "TLS")
    grid = image.grids["XS"]
    assert (grid.shape, grid.transform.a, grid.transform.c, grid.transform.f) == ((14, 14), 5, 400005, 4799995)
    inner = np.where(outside, -10000, FINE).repeat(2, 0).repeat(2, 1)[1:-1, 1:-1]
    assert image.images["FRE"]["B7"].tolist() == inner.tolist()
    coarse = np.where(outside, -10000, COARSE.repeat(2, 0).repeat(2, 1)).repeat(2, 0).repeat(2, 1)[1:-1, 1:-1]
    assert image.images["FRE"]["B11"].tolist() == coarse.tolist()
    clouds = image.masks["CLM"]["XS"]
    assert clouds[0, 0] != 0  # one quarter of the first pixel is inside
    assert np.argwhere(clouds != 0)[1:].tolist() == [[3, 5], [3, 6], [4, 5], [4, 6]]
    assert set(np.unique(image.masks["SAT"]["XS"])) == {0, 255}
    assert image.masks["SAT"]["XS"].dtype == np.uint16
    assert write_image(tmp_path, image).is_dir()


def test_what_landsat_sees_of_a_tile():
    image = theia_landsat.observed(observation(cloud=at((0, 0), (4, 5), (7, 7))))
    grid = image.grids["XS"]
    assert (grid.shape, grid.transform.a, grid.transform.c) == ((2, 2), 30, 400000)  # two columns of 10 m are left over
    assert image.images["FRE"]["B4"].tolist() == [[1450, 1600], [2650, 2800]]  # numbers of the middle pixels: FINE is a plane
    assert (image.masks["CLM"]["XS"] != 0).tolist() == [[True, False], [False, True]]
    assert (image.zone, image.prefix) == ("T31TCJ", "LANDSAT8-OLITIRS-XS")

import datetime as dt

import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.io.raster import read_header, read_window
from iota_py.simulation.snow import write_copernicus_snow, write_multisat_year, write_snow_fraction, write_snow_mask, write_snow_year

GRID = GeoBox((1, 3), Affine(20, 0, 400000, 0, -20, 4800000), "EPSG:32631")
NOON = dt.datetime(2018, 8, 28, 10, 30, 13, 461000, tzinfo=dt.UTC)
CODES = [[0, 100, 205]]


def test_single_dates(tmp_path):
    product = write_snow_mask(tmp_path, "31TGL", GRID, NOON, CODES, platform="SENTINEL2B", version="2-0")
    assert product == tmp_path / "SENTINEL2B_20180828-103013-461_L2B-SNOW_T31TGL_C_V2-0"
    (file,) = product.iterdir()
    assert file.name == f"{product.name}_SNW_R2.tif"
    assert read_window(str(file)).tolist() == CODES
    (landsat,) = write_snow_mask(tmp_path, "31TGL", GRID, NOON, CODES, platform="LANDSAT8-OLITIRS-XS").iterdir()
    assert landsat.name.endswith("_SNW_XS.tif")
    fraction = write_snow_fraction(tmp_path, "31TGL", GRID, NOON, CODES)
    assert fraction.name == "LIS_S2-SNOW-FSC_T31TGL_20180828T103013_1.11.0_1.tif"
    assert read_header(str(fraction)).dtype == "uint8"
    assert write_snow_fraction(tmp_path, "31TGL", GRID, NOON, CODES, layer="MSK").name.startswith("LIS_L8-SNOW-MSK_")
    twin = write_copernicus_snow(tmp_path, "31TGL", GRID, NOON, {"FSCOG": CODES, "FSCTOC": CODES})
    assert sorted(path.name for path in twin.iterdir()) == [
        f"FSC_20180828T103013_S2A_T31TGL_V100_1_{end}.tif" for end in ("FSCOG", "FSCTOC")
    ]


def test_years(tmp_path):
    days = np.array([[0, 10, 365]])
    (scd,) = write_snow_year(tmp_path, "31TGL", GRID, (dt.date(2017, 9, 1), dt.date(2018, 8, 31)), {"SCD": days})
    assert scd.name == "LIS_S2L8-SNOW-SCD_T31TGL_20170901_20180831_1.11.0_1.tif"
    assert (read_header(str(scd)).dtype, read_window(str(scd)).tolist()) == ("uint16", days.tolist())
    older = write_multisat_year(tmp_path, "31TGL", GRID, dt.date(2017, 9, 1), {"SMOD": days, "SCD": days})
    assert older.name == "MULTISAT_20170901-000000-000_L3B-SNOW_T31TGL_D"
    assert sorted(path.name for path in older.iterdir()) == [f"{older.name}_V1-0_{end}_R2.tif" for end in ("SCD", "SMD")]

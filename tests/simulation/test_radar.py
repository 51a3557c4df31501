import datetime as dt

import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.io.raster import read_header, read_tags, read_window
from iota_py.simulation.radar import RadarPass, write_pass

GRID = GeoBox((2, 3), Affine(10, 0, 499980, 0, -10, 200040), "EPSG:32633")
PASS = RadarPass("33NWB", GRID, dt.datetime(2020, 1, 8, 4, 41, 50, tzinfo=dt.UTC))
POWER = np.array([[0.1, 0, 1e-7], [1, 2, 3]])


def test_files_and_tags(tmp_path):
    files = write_pass(tmp_path, PASS, {"vv": POWER, "vh": POWER / 2}, POWER > 0)
    stem = "s1a_33NWB_{}_DES_007_20200108txxxxxx{}.tif"
    named = [tmp_path / "33NWB" / stem.format(band, end) for band in ("vv", "vh") for end in ("", "_BorderMask")]
    assert files == named
    assert read_header(str(files[0])).dtype == "float32"
    assert read_window(str(files[2])).tolist() == (POWER / 2).astype(np.float32).tolist()
    assert read_window(str(files[1])).tolist() == [[1, 0, 1], [1, 1, 1]]
    tags = {name: value for name, value in read_tags(str(files[2])).items() if name != "AREA_OR_POINT"}
    assert tags == {
        "ACQUISITION_DATETIME": "2020:01:08T04:41:50Z",
        "CALIBRATION": "sigma",
        "FLYING_UNIT_CODE": "s1a",
        "IMAGE_TYPE": "BACKSCATTERING",
        "ORBIT_DIRECTION": "DES",
        "POLARIZATION": "vh",
        "RELATIVE_ORBIT_NUMBER": "007",
        "S2_TILE_CORRESPONDING_CODE": "33NWB",
    }
    assert read_tags(str(files[1]))["IMAGE_TYPE"] == "MASK"


def test_names_of_single_images_filters_and_calibrations(tmp_path):
    single = RadarPass(**{**vars(PASS), "images": 1, "named": "NormLim", "tags": {"CALIBRATION": "Normlim", "POLARIZATION": ""}})
    (file,) = write_pass(tmp_path, single, {"vv": POWER}, POWER > 0, filtered=True)
    assert file == tmp_path / "filtered" / "33NWB" / "s1a_33NWB_vv_DES_007_20200108t044150_NormLim_filtered.tif"
    tags = read_tags(str(file))
    assert tags["CALIBRATION"] == "Normlim"
    assert "POLARIZATION" not in tags

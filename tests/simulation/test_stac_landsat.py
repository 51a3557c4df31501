import json

import numpy as np

from iota_py.io.raster import read_header, read_window
from iota_py.simulation.stac_landsat import scene_item_id, write_scene_item
from tests.products.small_landsat import NEAR, NUMBERS
from tests.products.test_stac_landsat import image


def test_an_item_beside_its_files(tmp_path):
    made = image()
    path = write_scene_item(tmp_path, made)
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["id"] == path.stem == scene_item_id(made) == "LC08_L2SP_199030_20230704_02_T1"
    assert sorted(document["assets"]) == sorted(["coastal", "blue", "green", "red", "nir08", "swir16", "swir22", "qa_pixel", "qa_radsat"])
    red = document["assets"]["red"]
    assert red["raster:bands"] == [{"data_type": "uint16", "spatial_resolution": 30, "nodata": 0, "scale": 2.75e-05, "offset": -0.2}]
    file = str(path.parent / red["href"])
    assert read_header(file).geobox == NEAR
    assert np.array_equal(read_window(file), NUMBERS + 4)
    said = document["properties"]
    assert (said["landsat:wrs_path"], said["landsat:wrs_row"], said["platform"]) == ("199", "030", "landsat-8")
    assert "qa_radsat" not in json.loads(write_scene_item(tmp_path, image(16, saturation=None)).read_text(encoding="utf-8"))["assets"]

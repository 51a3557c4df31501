import json
import re
import tarfile
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from iota_py.io.raster import read_header, read_window
from iota_py.simulation.acquisitions import Swath
from iota_py.simulation.landsat import digital_numbers, observed, write_landsat
from iota_py.simulation.observation import observe

SCENE = r"^L(?P<sensor>[COTEM])(?P<sat>0[4-9])_(?P<corr>L2SP|L2SR)_(?P<path>\d{3})(?P<row>\d{3})_(?P<date>\d{8})_(?P<proc>\d{8})_02_(?P<tier>T1|T2|RT)$"


@pytest.fixture(scope="module")
def seen(scene, cloudy):
    box = cloudy.tile.geobox.boundingbox
    return observe(scene, replace(cloudy, swath=Swath("west", box.right - 150, (box.top + box.bottom) / 2)))


@pytest.fixture(scope="module")
def product(seen, tmp_path_factory):
    return write_landsat(tmp_path_factory.mktemp("products"), observed(seen))


def pixels(product, name: str) -> np.ndarray:
    return read_window(str(product / f"{product.name}_{name}.TIF"))


def test_digital_numbers_by_hand():
    values = np.array([[0.0, 0.1, 1.0, -0.2, -1.0, 9.0]])
    assert digital_numbers(values, np.zeros((1, 6), bool)).tolist() == [[7273, 10909, 43636, 1, 1, 65535]]
    assert digital_numbers(values, np.ones((1, 6), bool)).tolist() == [[0] * 6]


def test_names_and_grid_are_those_of_the_format(product, seen):
    assert re.match(SCENE, product.name).group("sensor", "sat", "path", "row", "date", "proc") == (
        "C",
        "08",
        "199",
        "030",
        "20230704",
        "20230716",
    )
    names = {path.name.removeprefix(f"{product.name}_") for path in product.iterdir()}
    assert names == {f"SR_B{n}.TIF" for n in range(2, 8)} | {"QA_PIXEL.TIF", "QA_RADSAT.TIF", "MTL.xml", "MTL.json", "MTL.txt"}
    tile = seen.delivery.tile.geobox
    for name in ("SR_B4", "QA_PIXEL", "QA_RADSAT"):
        header = read_header(str(product / f"{product.name}_{name}.TIF"))
        assert (header.geobox.shape, header.dtype) == ((21, 21), "uint16")
        assert (header.geobox.transform.a, header.geobox.transform.c, header.geobox.transform.f) == (30, tile.transform.c, tile.transform.f)


def test_pixels_are_means_of_the_observation(product, seen):
    quality, red, swir = pixels(product, "QA_PIXEL"), pixels(product, "SR_B4"), pixels(product, "SR_B6")
    outside = seen.outside[:63, :63].reshape(21, 3, 21, 3).any(axis=(1, 3))
    for values in (quality & 1, red == 0, swir == 0):
        assert np.array_equal(values.astype(bool), outside)
    row, col = np.argwhere(~outside)[40]
    mean = seen.bands["B4"][3 * row : 3 * row + 3, 3 * col : 3 * col + 3].mean()
    assert red[row, col] * 2.75e-5 - 0.2 == pytest.approx(mean, abs=2e-5)
    fine = seen.bands["B11"].repeat(2, 0).repeat(2, 1)
    assert swir[row, col] * 2.75e-5 - 0.2 == pytest.approx(fine[3 * row : 3 * row + 3, 3 * col : 3 * col + 3].mean(), abs=2e-5)


def test_bits_say_what_the_weather_was(product, seen):
    quality, saturation = pixels(product, "QA_PIXEL"), pixels(product, "QA_RADSAT")
    inside = quality & 1 == 0
    for bit, mask in {2: seen.weather.cirrus, 3: seen.weather.cloud, 4: seen.weather.shadow_inside | seen.weather.shadow_outside}.items():
        expected = mask[:63, :63].reshape(21, 3, 21, 3).any(axis=(1, 3))
        assert np.array_equal((quality >> bit & 1).astype(bool)[inside], expected[inside])
        assert expected[inside].any()
    assert np.array_equal((quality & 64 > 0)[inside], (quality & 0b11110 == 0)[inside])
    assert set(np.unique(saturation)) <= {0, 0b1110}


def test_the_three_forms_of_the_metadata_agree(product):
    root = ET.parse(product / f"{product.name}_MTL.xml").getroot()
    as_xml = {group.tag: {e.tag: e.text for e in group} for group in root}
    assert json.loads((product / f"{product.name}_MTL.json").read_text()) == {"LANDSAT_METADATA_FILE": as_xml}
    text = (product / f"{product.name}_MTL.txt").read_text()
    assert text.startswith("GROUP = LANDSAT_METADATA_FILE\n  GROUP = PRODUCT_CONTENTS\n")
    assert text.endswith("END_GROUP = LANDSAT_METADATA_FILE\nEND\n")
    said = dict(
        line.strip().split(" = ") for line in text.split("LEVEL2_SURFACE_REFLECTANCE_PARAMETERS")[1].splitlines() if "_BAND_" in line
    )
    assert said == as_xml["LEVEL2_SURFACE_REFLECTANCE_PARAMETERS"]
    assert said["REFLECTANCE_MULT_BAND_4"] == "2.75e-05"
    assert as_xml["IMAGE_ATTRIBUTES"]["SCENE_CENTER_TIME"].startswith("10:58:56.")
    assert f'    LANDSAT_PRODUCT_ID = "{product.name}"\n' in text


def test_an_archive_holds_the_same_files_without_a_folder(seen, product, tmp_path):
    packed = observed(seen, packing="tar")
    first, second = write_landsat(tmp_path / "a", packed), write_landsat(tmp_path / "b", packed)
    assert first.read_bytes() == second.read_bytes()
    assert list((tmp_path / "a").iterdir()) == [first]
    with tarfile.open(first) as archive:
        assert archive.getnames() == sorted(path.name for path in product.iterdir())

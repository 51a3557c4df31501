import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from iota_py.io.archives import zip_members
from iota_py.io.raster import read_header, read_window
from iota_py.simulation.acquisitions import Swath
from iota_py.simulation.observation import FINE_BANDS, observe
from iota_py.simulation.phenology import BANDS
from iota_py.simulation.safe import digital_numbers, observed, write_safe

# the patterns of the SAFE format
PRODUCT = (
    r"^(?P<platform>S2[ABCD])_MSI(?P<level>L2A)_(?P<datatake>\d{8}T\d{6})_N(?P<baseline>\d{4})_R(?P<orbit>\d{3})_(?P<tile>T\d{2}[A-Z]{3})"
    r"_(?P<discriminator>\d{8}T\d{6})\.SAFE$"
)
BAND = r"^(?P<tile>T\d{2}[A-Z]{3})_(?P<datatake>\d{8}T\d{6})_(?P<band>B\d{2}|B8A|SCL)_(?P<res>10|20)m\.jp2$"


@pytest.fixture(scope="module")
def seen(scene, cloudy):
    box = cloudy.tile.geobox.boundingbox
    return observe(scene, replace(cloudy, swath=Swath("west", box.right - 150, (box.top + box.bottom) / 2)))


@pytest.fixture(scope="module")
def product(seen, tmp_path_factory):
    return write_safe(tmp_path_factory.mktemp("products"), observed(seen))


def image(product, layer: str) -> str:
    (path,) = product.rglob(f"*_{layer}.jp2")
    return str(path)


def test_digital_numbers_by_hand():
    values = np.array([[0.1234, 0.0, -0.05, -0.2, 9.0]])
    assert digital_numbers(values, np.zeros((1, 5), bool)).tolist() == [[2234, 1000, 500, 1, 65534]]
    assert digital_numbers(values, np.zeros((1, 5), bool), 0).tolist() == [[1234, 1, 1, 1, 65534]]
    assert digital_numbers(values, np.ones((1, 5), bool)).tolist() == [[0] * 5]


def test_names_and_grids_are_those_of_the_format(product, seen):
    match = re.match(PRODUCT, product.name)
    assert match.group("platform", "datatake", "baseline", "orbit", "tile") == ("S2A", "20230704T105056", "0509", "051", "T31TCJ")
    (granule,) = (product / "GRANULE").iterdir()
    assert re.match(r"L2A_T31TCJ_A\d{6}_20230704T105844$", granule.name)
    found = {re.match(BAND, path.name).group("band", "res") for path in granule.rglob("*.jp2")}
    names = {(f"B{int(b[1:]):02d}" if b != "B8A" else b, "10" if b in FINE_BANDS else "20") for b in BANDS}
    assert found == names | {("SCL", "20")}
    assert read_header(image(product, "B04_10m")).geobox == seen.delivery.tile.geobox
    coarse = read_header(image(product, "SCL_20m"))
    assert (coarse.geobox, coarse.dtype) == (seen.delivery.tile.geobox.zoom_out(2), "uint8")
    assert read_header(image(product, "B11_20m")).dtype == "uint16"


def test_pixels_are_those_of_the_observation(product, seen):
    red = read_window(image(product, "B04_10m")).astype(int)
    assert np.array_equal(red == 0, seen.outside)
    inside = ~seen.outside & (seen.bands["B4"] < 5)
    assert np.abs((red - 1000)[inside] - 10000 * seen.bands["B4"][inside]).max() <= 0.5


def test_classes_say_what_the_weather_was(product, seen):
    classes = read_window(image(product, "SCL_20m"))
    blocks = {name: getattr(seen.weather, name).reshape(32, 2, 32, 2).any(axis=(1, 3)) for name in ("cloud", "cirrus", "shadow_inside")}
    outside = seen.outside[::2, ::2]
    assert np.array_equal(classes == 0, outside)
    usual = ~outside & ~seen.saturated
    assert np.isin(classes[usual & blocks["cloud"]], (8, 9)).all()
    assert not np.isin(classes[~blocks["cloud"]], (8, 9)).any()
    assert (classes[usual & blocks["shadow_inside"] & ~blocks["cloud"]] == 3).all()
    assert set(np.unique(classes)) >= {0, 3, 4, 6, 10}
    assert np.isin(classes, (8, 9)).any()


def test_metadata(product):
    space = {"n1": "https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-2A.xsd"}
    root = ET.parse(product / "MTD_MSIL2A.xml").getroot()
    characteristics = root.find("n1:General_Info/Product_Image_Characteristics", space)
    assert characteristics.findtext("QUANTIFICATION_VALUES_LIST/BOA_QUANTIFICATION_VALUE") == "10000"
    offsets = characteristics.findall("BOA_ADD_OFFSET_VALUES_LIST/BOA_ADD_OFFSET")
    assert {e.get("band_id"): e.text for e in offsets} == {str(n): "-1000" for n in range(13)}
    assert root.findtext("n1:General_Info/Product_Info/PRODUCT_URI", None, space) == product.name
    assert root.findtext("n1:General_Info/Product_Info/PROCESSING_BASELINE", None, space) == "05.09"
    files = [e.text for e in root.iter("IMAGE_FILE")]
    assert len(files) == 4
    assert all((product / f"{name}.jp2").is_file() for name in files)
    (granule,) = product.rglob("MTD_TL.xml")
    assert "2023-07-04T10:58:56" in granule.read_text()


def test_before_baseline_4_there_are_no_offsets(seen, tmp_path):
    product = write_safe(tmp_path, observed(seen, "0214"))
    assert "BOA_ADD_OFFSET" not in (product / "MTD_MSIL2A.xml").read_text()
    inside = ~seen.outside & (seen.bands["B4"] > 0) & (seen.bands["B4"] < 6)
    red = read_window(image(product, "B04_10m"))[inside]
    assert np.abs(red - 10000 * seen.bands["B4"][inside]).max() <= 0.5


def test_an_archive_holds_the_same_files_and_has_the_same_bytes_twice(seen, product, tmp_path):
    zipped = observed(seen, packing="zip")
    first, second = write_safe(tmp_path / "a", zipped), write_safe(tmp_path / "b", zipped)
    assert first.read_bytes() == second.read_bytes()
    assert list((tmp_path / "a").iterdir()) == [first]
    assert first.name == f"{product.name}.zip"
    files = (f"{product.name}/{p.relative_to(product).as_posix()}" for p in product.rglob("*") if p.is_file())
    assert sorted(zip_members(first)) == sorted(files)

import hashlib
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from iota_py.io.archives import read_member, zip_members
from iota_py.io.raster import raster_path, read_header, read_window
from iota_py.simulation.acquisitions import Swath
from iota_py.simulation.muscate import STEPS, digital_numbers, masks, product_id, product_name, write_product, write_products
from iota_py.simulation.observation import observe
from iota_py.simulation.phenology import BANDS

# the patterns of the MUSCATE format
PRODUCT = (
    r"^(?P<platform>SENTINEL2[ABCD])_(?P<date>\d{8})-(?P<time>\d{6})-(?P<ms>\d{3})_(?P<level>L2A)_(?P<tile>T\d{2}[A-Z]{3})"
    r"_(?P<flag>[CD])(?:_V(?P<vmaj>\d+)-(?P<vmin>\d+))?$"
)
BAND = r"^(?P<product>.+?)_(?P<kind>SRE|FRE|FRC)_(?P<band>B\d{1,2}A?)\.tif$"
MASK = r"^(?P<product>.+?)_(?P<mask>CLM|EDG|SAT|MG2)_(?P<group>R1|R2)\.tif$"


@pytest.fixture(scope="module")
def delivery(cloudy):
    box = cloudy.tile.geobox.boundingbox
    return replace(cloudy, swath=Swath("west", box.right - 150, (box.top + box.bottom) / 2))


@pytest.fixture(scope="module")
def seen(scene, delivery):
    return observe(scene, delivery)


@pytest.fixture(scope="module")
def product(seen, tmp_path_factory) -> Path:
    return write_product(tmp_path_factory.mktemp("products"), seen)


@pytest.fixture(scope="module")
def document(product):
    return ET.parse(next(product.glob("*_MTD_ALL.xml"))).getroot()


def pixels(product: Path, name: str) -> np.ndarray:
    return read_window(str(product / f"{name.replace('{P}', product.name)}.tif"))


def text(document, path: str) -> str:
    (found,) = document.findall(path)
    return " ".join(found.text.split())


def test_names_follow_the_format(product, delivery):
    match = re.match(PRODUCT, product.name)
    assert match["platform"] == "SENTINEL2A"
    assert match["date"] == "20230704"
    assert (match["tile"], match["flag"], match["vmaj"], match["vmin"]) == ("T31TCJ", "C", "3", "1")
    bands = {re.match(BAND, path.name)["band"] for path in product.glob("*.tif")}
    assert bands == set(BANDS)
    found = {(m["mask"], m["group"]) for path in (product / "MASKS").iterdir() for m in [re.match(MASK, path.name)]}
    assert found == {(mask, group) for mask in ("CLM", "EDG", "SAT", "MG2") for group in ("R1", "R2")}
    assert {path.name for path in product.iterdir() if path.suffix != ".tif"} == {"MASKS", f"{product.name}_MTD_ALL.xml"}
    assert product_id(delivery) == product_name(delivery) == product.name


def test_rasters_are_those_of_the_format(product, delivery):
    fine, coarse = (read_header(str(product / f"{product.name}_FRE_{band}.tif")) for band in ("B4", "B11"))
    assert (fine.geobox, fine.dtype, fine.count, fine.nodata) == (delivery.tile.geobox, "int16", 1, None)
    assert coarse.geobox.shape == (32, 32)
    assert coarse.geobox.boundingbox == fine.geobox.boundingbox
    assert fine.block[1] == 64  # strips
    mask = read_header(str(product / "MASKS" / f"{product.name}_CLM_R2.tif"))
    assert (mask.dtype, mask.geobox) == ("uint8", coarse.geobox)


@pytest.mark.parametrize(("group", "bands"), [("R1", ("B2", "B3", "B4", "B8")), ("R2", ("B5", "B6", "B7", "B8A", "B11", "B12"))])
def test_masks_agree_with_the_pixels(product, group, bands):
    edge, clouds, ground, saturation = (pixels(product, f"MASKS/{{P}}_{name}_{group}") for name in ("EDG", "CLM", "MG2", "SAT"))
    assert set(np.unique(edge)) == {0, 1}
    for bit, band in enumerate(bands):
        values = pixels(product, f"{{P}}_FRE_{band}")
        assert np.array_equal(values == -10000, edge == 1)
        assert (values[edge == 0] % STEPS[band] == 0).all()
        saturated = (saturation >> bit) & 1 == 1
        assert np.array_equal(saturated, values == 16000) if band in ("B2", "B3", "B4", "B5") else not saturated.any()
        if band == "B2":
            assert np.median(values[clouds & 4 > 0]) > 4000
    assert (clouds[edge == 1] == 0).all()
    assert np.array_equal(ground & 2 > 0, clouds & 2 > 0)
    assert np.array_equal(ground & 8 > 0, clouds & 96 > 0)
    assert (ground & 1 > 0).any()


def test_cloud_bits_are_consistent(seen):
    clouds = masks(seen)["CLM"]["R1"]
    assert np.array_equal(clouds & 1 > 0, clouds & (2 | 32 | 64) > 0)
    assert not ((clouds & 2 > 0) & (clouds & 96 > 0)).any()
    assert ((clouds & 2 > 0) | (clouds & 4 == 0)).all()
    assert not ((clouds & 16 > 0) & (clouds & 2 > 0)).any()
    assert (clouds & 128 > 0).any()
    assert ((clouds & 16 > 0) & (clouds & 1 == 0)).any()  # thin cloud is left out of the summary
    coarse = masks(seen)["CLM"]["R2"]
    assert np.array_equal(coarse[:4, 0], np.bitwise_or.reduce(clouds[:8, :2].reshape(4, 2, 2), axis=(1, 2)))


def test_digital_numbers_by_hand():
    values = np.array([[0.1234, 0.1238, -0.002, 9.0]], np.float32)
    assert digital_numbers(values, np.zeros((1, 4), bool), 25).tolist() == [[1225, 1250, -25, 32000]]
    assert digital_numbers(values, np.ones((1, 4), bool), 25).tolist() == [[-10000] * 4]
    assert digital_numbers(values, np.zeros((1, 4), bool), 25).dtype == np.int16


def test_identity_in_the_metadata(document, product, delivery):
    head = "Product_Characteristics/"
    assert document.tag == "Muscate_Metadata_Document"
    assert text(document, head + "PRODUCT_ID") == product.name
    assert text(document, "Dataset_Identification/IDENTIFIER") == product.name.rsplit("_V", 1)[0]
    assert text(document, head + "PRODUCT_VERSION") == "3.1"
    assert text(document, head + "PRODUCT_LEVEL") == "L2A"
    assert text(document, head + "PLATFORM") == "SENTINEL2A"
    assert re.match(r"2023-07-04T10:5\d:\d\d\.\d{3}Z$", text(document, head + "ACQUISITION_DATE"))
    assert text(document, head + "UTC_Acquisition_Range/MEAN") == text(document, head + "ACQUISITION_DATE")
    assert text(document, head + "ORBIT_NUMBER") == str(delivery.overflight.revolution)
    zone = document.find("Dataset_Identification/GEOGRAPHICAL_ZONE")
    assert (zone.text, zone.get("type")) == ("T31TCJ", "Tile")


def test_files_and_bits_in_the_metadata(document, product):
    assert text(document, ".//Image/Image_Properties/NATURE") == "Flat_Reflectance"
    images = document.findall(".//Image/Image_File_List/IMAGE_FILE")
    assert {image.get("band_id") for image in images} == set(BANDS)
    assert all((product / image.text).is_file() for image in images)
    found = {}
    for mask in document.iter("Mask"):
        nature = mask.find("Mask_Properties/NATURE").text
        for entry in mask.iter("MASK_FILE"):
            assert (product / entry.text).is_file()
            name = re.match(MASK, Path(entry.text).name)["mask"]
            found[nature, entry.get("group_id"), entry.get("band_id")] = (name, entry.get("bit_number"))
    assert found["Detailed_Cloud", "R1", None] == ("CLM", None)
    assert found["Edge", "R2", None] == ("EDG", None)
    assert found["Saturation", "R2", "B12"] == ("SAT", "6")
    assert found["Water", "R1", None] == ("MG2", "1")
    assert found["Cloud_Shadow", "R1", None] == ("MG2", "4")
    groups = {g.get("group_id"): [b.text for b in g.iter("BAND_ID")] for g in document.iter("Group")}
    assert groups == {"R1": ["B2", "B3", "B4", "B8"], "R2": ["B5", "B6", "B7", "B8A", "B11", "B12"]}


def test_grids_angles_scale_and_quality_in_the_metadata(document, product, seen):
    assert text(document, ".//HORIZONTAL_CS_CODE") == "32631"
    position = {e.tag: int(e.text) for e in document.find(".//Group_Geopositioning[@group_id='R2']")}
    assert position == {"ULX": 402600, "ULY": 4840000, "XDIM": 20, "YDIM": -20, "NROWS": 32, "NCOLS": 32}
    corner = {e.tag: float(e.text) for e in document.find(".//Global_Geopositioning/Point[@name='lowerRight']")}
    assert (corner["X"], corner["Y"]) == (403240.0, 4839360.0)
    assert corner["LAT"] == pytest.approx(43.70, abs=0.02)
    assert corner["LON"] == pytest.approx(1.80, abs=0.02)
    assert float(text(document, ".//Sun_Angles/ZENITH_ANGLE")) == pytest.approx(seen.sun[0], abs=1e-5)
    assert float(text(document, ".//Mean_Viewing_Incidence_Angle[@band_id='B8A']/AZIMUTH_ANGLE")) > 90
    assert text(document, ".//REFLECTANCE_QUANTIFICATION_VALUE") == "10000"
    assert text(document, ".//SPECIAL_VALUE[@name='nodata']") == "-10000"
    clouds, edge = pixels(product, "MASKS/{P}_CLM_R1"), pixels(product, "MASKS/{P}_EDG_R1")
    percent = 100 * (clouds & 2 > 0).sum() / (edge == 0).sum()
    assert int(text(document, ".//Product_Quality_List[@level='N2']//QUALITY_INDEX[@name='CloudPercent']")) == int(percent)


@pytest.mark.parametrize("packing", ["zip", "bare zip"])
def test_archives_hold_the_same_files_and_have_the_same_bytes_twice(tmp_path, seen, product, delivery, packing):
    zipped = replace(seen, delivery=replace(delivery, packing=packing))
    first, second = write_product(tmp_path / "a", zipped), write_product(tmp_path / "b", zipped)
    assert first.read_bytes() == second.read_bytes()
    assert list((tmp_path / "a").iterdir()) == [first]
    assert first.name == (product.name if packing == "zip" else product.name.removesuffix("_V3-1")) + ".zip"
    assert re.match(PRODUCT, first.stem)
    assert sorted(zip_members(first)) == sorted(
        f"{product.name}/{p.relative_to(product).as_posix()}" for p in product.rglob("*") if p.is_file()
    )
    name = f"{product.name}/{product.name}_FRE_B3.tif"
    assert (
        hashlib.sha256(read_member(first, name)).digest() == hashlib.sha256((product / f"{product.name}_FRE_B3.tif").read_bytes()).digest()
    )
    assert np.array_equal(read_window(raster_path(first, name)), pixels(product, "{P}_FRE_B3"))
    assert {entry.date_time for entry in zipfile.ZipFile(first).infolist()} == {(2023, 1, 1, 0, 0, 0)}


def test_products_of_several_dates(tmp_path, scene, delivery):
    named = []
    pieces = [replace(delivery, piece=piece) for piece in ("north", "south")]
    paths = write_products(tmp_path, scene, pieces, named.append)
    assert [path.name for path in paths] == named == [product_id(piece) for piece in pieces]
    north, south = (pixels(path, "MASKS/{P}_EDG_R2") for path in paths)
    assert not ((north == 0) & (south == 0)).any()

import re

import numpy as np
import pytest

from iota_py.io.jpeg2000 import write_jpeg2000
from iota_py.products.reader import read_cube
from tests.products.real import real
from tests.products.small import ALL, COARSE, FINE, GRID, file
from tests.products.small_safe import CLEAR, DATATAKE, FAMILY, SENSED, cube, doubled, edit, series, write


def test_each_band_has_the_offset_of_its_number(tmp_path):
    product = write(tmp_path)
    bands = {"B4": 3, "B8A": 8, "B11": 11, "B12": 12}
    for number in bands.values():
        edit(product, "MTD_MSIL2A.xml", lambda text, n=number: text.replace(f'band_id="{n}">-1000', f'band_id="{n}">{-10 * n}'))
    read = cube(tmp_path, bands=("B3", *bands)).values[0, :, 0, 0]
    assert read.tolist() == [1000 - 1000, 1000 - 30, 2000 - 80, 2000 - 110, 2000 - 120]


def test_the_quantification_scales_numbers_and_offset(tmp_path):
    edit(write(tmp_path), "MTD_MSIL2A.xml", lambda text: text.replace(">10000</BOA", ">5000</BOA"))
    assert cube(tmp_path).values[0, 0].tolist() == (2 * (FINE - 1000)).tolist()


def test_names_of_before_2018(tmp_path):
    product = write(tmp_path, baseline="0205", offset=None)
    for path in product.rglob("*.jp2"):
        path.rename(path.with_name(f"L2A_{path.name}"))
    edit(product, "MTD_MSIL2A.xml", lambda text: text.replace("BOA_QUANTIFICATION", "L2A_BOA_QUANTIFICATION"))
    assert cube(tmp_path).values[0, 0].tolist() == FINE.tolist()
    assert series(tmp_path).observations[0][0].warnings == ()


def test_the_number_in_the_namespace_does_not_matter(tmp_path):
    product = write(tmp_path)
    for name in ("MTD_MSIL2A.xml", "MTD_TL.xml"):
        edit(product, name, lambda text: text.replace("psd-14", "psd-15"))
    assert cube(tmp_path).values[0, 0].tolist() == (FINE - 1000).tolist()
    assert series(tmp_path).observations[0][0].when == SENSED


@pytest.mark.parametrize("damage", ["missing", "empty", "no time"])
def test_without_the_granule_the_datatake_says_the_time(tmp_path, damage):
    path = file(write(tmp_path), "MTD_TL.xml")
    if damage == "missing":
        path.unlink()
    else:
        path.write_text("" if damage == "empty" else "<a/>", encoding="utf-8")
    (product,) = series(tmp_path).observations[0]
    assert product.when == DATATAKE
    assert re.search(r"metadata of the granule.*: the start of the datatake stands for the time of the tile", product.warnings[0])


def test_a_product_of_the_toolbox_need_not_list_offsets(tmp_path):
    write(tmp_path, baseline="9999", offset=None)
    assert cube(tmp_path).values[0, 0].tolist() == FINE.tolist()
    assert "lists no offsets" in series(tmp_path).observations[0][0].warnings[0]


def test_doubts_about_a_product_are_said(tmp_path):
    def change(text):
        return re.sub("<BOA_QUANT.*?</BOA_QUANT[^>]*>", "", text.replace(">05.09<", ">05.10<"))

    edit(write(tmp_path), "MTD_MSIL2A.xml", change)
    (product,) = series(tmp_path).observations[0]
    assert product.version[0] == 510
    assert product.warnings == (
        "baseline 0509 in the name, 0510 in the metadata, which are believed",
        "no quantification in the metadata: 10000 is assumed",
    )


REAL = {
    "S2A_MSIL2A_20190212T192651_N0212_R013_T07HFE_20201007T160857": (0, "2019-02-12T19:33:32.161000+00:00", 0.51580326, 13, 212),
    "S2B_MSIL2A_20220413T150759_N0400_R025_T33XWJ_20220414T082126": (-1000, "2022-04-13T15:08:07.846358+00:00", 0.98944211, 25, 400),
    "S2A_MSIL2A_20230821T221941_N0509_R029_T01KAB_20230822T021825": (-1000, "2023-08-21T22:20:45.625508+00:00", 0.59050727, 29, 509),
}


@pytest.mark.shared
@pytest.mark.parametrize("name", REAL)
def test_real_metadata_of_three_baselines(tmp_path, name):
    """Real XML, small images under the names that they list."""
    offset, when, cloud, orbit, baseline = REAL[name]
    product = tmp_path / f"{name}.SAFE"
    metadata = real("native_products") / "sen2cor_safe_metadata" / product.name
    for path in sorted(metadata.rglob("*.xml")):
        target = product / path.relative_to(metadata)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    listed = re.findall("<IMAGE_FILE>([^<]*)</IMAGE_FILE>", (product / "MTD_MSIL2A.xml").read_text(encoding="utf-8"))
    for entry in listed:
        if entry.endswith("10m") and "_B" in entry:
            write_jpeg2000(product / f"{entry}.jp2", GRID, FINE.astype(np.uint16))
        elif entry.endswith("20m") and ("_B" in entry or "_SCL" in entry):
            values = CLEAR if "_SCL" in entry else COARSE.astype(np.uint16)
            write_jpeg2000(product / f"{entry}.jp2", GRID.zoom_out(2), values)
    found = series(tmp_path, bands=FAMILY.default_bands)
    (read,) = found.observations[0]
    assert (read.id, read.when.isoformat(), read.version[0], read.warnings) == (name, when, baseline, ())
    assert (read.cloud_share, read.about["relative_orbit"]) == (pytest.approx(cloud), orbit)
    assert 0 < read.about["sun_zenith"] < 90
    values = read_cube(found, ALL).values[0]
    for band, fine in zip(FAMILY.default_bands, values, strict=True):
        expected = FINE if FAMILY.bands[band].resolution == 10 else doubled(COARSE)
        assert fine.tolist() == (expected + offset).tolist()

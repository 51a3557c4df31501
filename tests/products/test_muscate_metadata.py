import re
from xml.etree import ElementTree as ET

import pytest

from iota_py.products.muscate_metadata import parse_document, parse_metadata
from tests.products.real import real
from tests.products.small import edit_metadata, series, write


def test_metadata_that_say_nothing():
    empty = parse_metadata(ET.fromstring("<Muscate_Metadata_Document/>"))
    assert (empty.product_id, empty.date, empty.quantification, empty.nodata, empty.cloud_share, dict(empty.bands)) == (
        "", "", None, None, None, {},
    )  # fmt: skip


def test_angles_and_shares_are_those_of_the_metadata(tmp_path):
    product = write(tmp_path)
    about = series(tmp_path).observations[0][0].about
    assert about == pytest.approx(
        {"sun_zenith": 30, "sun_azimuth": 150, "view_zenith": 8.49, "view_azimuth": 104.45, "orbit": 40000, "snow_share": 0}
    )
    edit_metadata(product, lambda text: text.replace('name="SnowPercent">0', 'name="SnowPercent">\n 7.5 '))
    edit_metadata(product, lambda text: text.replace("<ORBIT_NUMBER", "<WAS_ORBIT").replace("</ORBIT_NUMBER", "</WAS_ORBIT"))
    edit_metadata(product, lambda text: re.sub(r"(<Sun_Angles>\s*<ZENITH_ANGLE unit=.deg.>)[^<]*", r"\1NaN", text))
    about = series(tmp_path).observations[0][0].about
    assert about == pytest.approx({"sun_azimuth": 150, "view_zenith": 8.49, "view_azimuth": 104.45, "snow_share": 0.075})


def test_directions_are_averaged_on_the_circle():
    views = "".join(f"<Mean_Viewing_Incidence_Angle><AZIMUTH_ANGLE>{a}</AZIMUTH_ANGLE></Mean_Viewing_Incidence_Angle>" for a in (350, 20))
    means = f"<Mean_Value_List><Mean_Viewing_Incidence_Angle_List>{views}</Mean_Viewing_Incidence_Angle_List></Mean_Value_List>"
    about = parse_metadata(ET.fromstring(f"<D><Geometric_Informations>{means}</Geometric_Informations></D>")).about
    assert about["view_azimuth"] == pytest.approx(5)


def test_the_cloud_share_is_that_of_the_product_not_of_what_it_was_made_from():
    lists = "".join(
        f"<Product_Quality_List level='{level}'><QUALITY_INDEX name='CloudPercent'>{percent}</QUALITY_INDEX></Product_Quality_List>"
        for level, percent in (("N2", " 12.0\n"), ("N1", "88"))
    )
    assert parse_metadata(ET.fromstring(f"<D>{lists}</D>")).cloud_share == 0.12
    unknown = lists.replace(" 12.0\n", "NOT_INITIALIZED 0")
    assert parse_metadata(ET.fromstring(f"<D>{unknown}</D>")).cloud_share is None


@pytest.mark.shared
def test_real_metadata():
    folder = real("native_products")
    template = (folder / "maja_muscate_templates" / "S2_MUSCATE_MTD_ALL_template.xml").read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="NOT_INITIALIZED 1462"):
        parse_document(template.encode())  # the chain has not written the scale
    said = parse_document(template.replace("NOT_INITIALIZED", "").encode())
    assert said.product_id == "SENTINEL2A_20091211-165850-593_L2A_T15SVD_C_V1-0"
    assert (said.date, said.quantification, said.nodata, said.cloud_share) == ("2009-12-11T16:58:50.5", 1462, -10000, 0)
    assert said.bands["Surface_Reflectance", "B8A"] == "SENTINEL2A_20091211-165850-593_L2A_T15SVD_C_V1-0_SRE_B8A.tif"
    assert len(said.bands) == 10
    assert said.about["sun_azimuth"] == pytest.approx(154.744, abs=1e-3)
    assert said.about["view_zenith"] == pytest.approx(7.26392, abs=1e-5)  # mean of the 13 bands
    assert said.about["orbit"] == 65

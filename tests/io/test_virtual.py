"""Mosaics: a plain one is read, and nothing else that a VRT can say is followed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.errors import InputError
from iota_py.grid.windows import Window, whole
from iota_py.io import raster
from iota_py.io.handles import close_kept, read_kept
from iota_py.io.raster import open_raster, read_header, read_window, write_raster
from iota_py.io.virtual import mosaic_document, mosaic_path, mosaic_sources

WKT = GeoBox((1, 1), Affine.identity(), "EPSG:32631").crs.to_wkt()


def put(path: Path, values: np.ndarray, left: float = 400000.0) -> Path:
    box = GeoBox(values.shape, Affine(10, 0, left, 0, -10, 4800000), "EPSG:32631")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_raster(path, box, values.dtype.name, [(whole(box.shape), values)])
    return path


def source(name: str, column: int, relative: int = 1, kind: str = "SimpleSource", more: str = "") -> str:
    return f"""<{kind}>
      <SourceFilename relativeToVRT="{relative}">{name}</SourceFilename><SourceBand>1</SourceBand>
      <SourceProperties RasterXSize="3" RasterYSize="2" DataType="Float32" BlockXSize="3" BlockYSize="2"/>
      <SrcRect xOff="0" yOff="0" xSize="3" ySize="2"/><DstRect xOff="{column}" yOff="0" xSize="3" ySize="2"/>{more}</{kind}>"""


def vrt(path: Path, *sources: str, more: str = "", band: str = "", head: str = "") -> Path:
    path.write_text(f"""<VRTDataset rasterXSize="6" rasterYSize="2"{head}>
      <SRS dataAxisToSRSAxisMapping="1,2">{WKT.replace('"', "&quot;")}</SRS>
      <GeoTransform>400000, 10, 0, 4800000, 0, -10</GeoTransform><Metadata><MDI key="a">b</MDI></Metadata>{more}
      <VRTRasterBand dataType="Float32" band="1"{band}><NoDataValue>-99</NoDataValue><ColorInterp>Gray</ColorInterp>
      {"".join(sources)}</VRTRasterBand></VRTDataset>""")
    return path


LEFT, RIGHT = np.arange(6, dtype=np.float32).reshape(2, 3), np.arange(10, 16, dtype=np.float32).reshape(2, 3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path / "left.tif", LEFT)
    put(tmp_path / "sub" / "right.tif", RIGHT, 400030)
    return tmp_path


def test_a_plain_mosaic(folder: Path) -> None:
    file = vrt(folder / "m.vrt", source("left.tif", 0), source(str(folder / "sub/right.tif"), 3, 0, "ComplexSource", "<NODATA>12</NODATA>"))
    name = mosaic_path(file)
    header = read_header(name)
    assert (header.geobox.shape, header.count, header.dtype, header.nodata) == ((2, 6), 1, "float32", -99)
    assert header.geobox.crs == "EPSG:32631"
    expected = [[0, 1, 2, 10, 11, -99], [3, 4, 5, 13, 14, 15]]
    assert read_window(name).tolist() == expected
    assert read_kept(name, "stamp", Window(0, 2, 2, 3), 1).tolist() == [row[2:5] for row in expected]
    close_kept()
    assert mosaic_sources(file) == (folder / "left.tif", folder / "sub/right.tif")


def test_the_document_holds_full_paths_and_no_more_than_is_known(folder: Path) -> None:
    text = mosaic_document(vrt(folder / "m.vrt", source("sub/right.tif", 3)))
    assert f'<SourceFilename relativeToVRT="0" shared="0">{folder}/sub/right.tif</SourceFilename>' in text
    assert "Metadata" not in text
    assert "ColorInterp" not in text


def test_messages_name_the_file(folder: Path) -> None:
    file = vrt(folder / "m.vrt", source("left.tif", 0))
    with pytest.raises(InputError, match=rf"E-RAS-006 {file}: window"):
        read_window(mosaic_path(file), Window(0, 0, 9, 9))


def test_other_files_are_their_own_mosaic(folder: Path) -> None:
    assert mosaic_sources(folder / "left.tif") == ()
    assert read_window(mosaic_path(folder / "left.tif")).tolist() == LEFT.tolist()


def test_a_mosaic_may_be_larger_than_a_tile(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raster, "MAX_PIXELS", 5)
    with pytest.raises(InputError, match=r"E-RAS-003 .*declares 3 × 2 pixels"), open_raster(str(folder / "left.tif")):
        pass
    assert read_window(mosaic_path(folder / "left.tif")).shape == (2, 3)
    monkeypatch.setattr(raster, "MAX_MOSAIC_PIXELS", 5)
    with pytest.raises(InputError, match="E-RAS-003"):
        read_window(mosaic_path(folder / "left.tif"))


def test_a_vrt_is_not_opened_unless_it_is_asked_for_as_a_mosaic(folder: Path) -> None:
    file = vrt(folder / "m.vrt", source("left.tif", 0))
    with pytest.raises(InputError, match=r"E-RAS-001 .*expected a raster named \.tif"):
        read_header(str(file))


REFUSED = {
    "an address": (source("http://example.org/a.tif", 0), "neither below the folder"),
    "an address by full path": (source("/vsicurl/http://example.org/a.tif", 0, 0), "neither below the folder"),
    "an archive": (source("/vsizip/a.zip/a.tif", 0, 0), "neither below the folder"),
    "an archive in disguise": (source("/./vsizip/a.zip/a.tif", 0, 0), "neither below the folder"),
    "a folder above": (source("../left.tif", 0), "neither below the folder"),
    "a path of nowhere": (source("left.tif", 0, 0), "neither below the folder"),
    "another VRT": (source("m.vrt", 0), "not named .tif"),
    "a subdataset": (source("GTIFF_DIR:1:left.tif", 0), "cannot be read"),
    "a connection": (source("vrt:left.tif?a=.tif", 0), "cannot be read"),
    "a missing file": (source("none.tif", 0), "cannot be read (No such file or directory)"),
    "a VRT named .tif": (source("hidden.tif", 0), "is not what its name says"),
    "a look-up table": (source("left.tif", 0, kind="ComplexSource", more="<LUT>0:0,1:5</LUT>"), "ComplexSource holds LUT"),
    "options": (source("left.tif", 0, more="<OpenOptions><OOI key='a'>b</OOI></OpenOptions>"), "SimpleSource holds OpenOptions"),
    "an inner dataset": (source("left.tif", 0, more="<VRTDataset/>"), "SimpleSource holds VRTDataset"),
    "a kernel": (source("left.tif", 0, kind="KernelFilteredSource"), "VRTRasterBand holds KernelFilteredSource"),
    "a pixel function": ("<PixelFunctionType>sum</PixelFunctionType>", "VRTRasterBand holds PixelFunctionType"),
    "Python": ("<PixelFunctionCode>import os</PixelFunctionCode>", "VRTRasterBand holds PixelFunctionCode"),
    "an overview": ("<Overview><SourceFilename>/vsicurl/x.tif</SourceFilename></Overview>", "VRTRasterBand holds Overview"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(folder: Path, case: str) -> None:
    element, words = REFUSED[case]
    (folder / "hidden.tif").write_text("<VRTDataset/>")
    file = vrt(folder / "m.vrt", element)
    for look in (mosaic_document, mosaic_sources, lambda path: read_header(mosaic_path(path))):
        with pytest.raises(InputError) as caught:
            look(file)
        (fault,) = caught.value.faults
        assert (fault.code, fault.where) == ("E-PRD-061", str(file))
        assert words in fault.message


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"band": ' subClass="VRTDerivedRasterBand"'}, "VRTRasterBand is a VRTDerivedRasterBand"),
        ({"band": ' subClass="VRTRawRasterBand"'}, "VRTRasterBand is a VRTRawRasterBand"),
        ({"head": ' subClass="VRTWarpedDataset"'}, "VRTDataset is a VRTWarpedDataset"),
        ({"more": "<GDALWarpOptions/>"}, "VRTDataset holds GDALWarpOptions"),
        ({"more": "<MaskBand/>"}, "VRTDataset holds MaskBand"),
        ({"more": "<Group name='/'/>"}, "VRTDataset holds Group"),
        ({"more": "<GeoTransform><a/></GeoTransform>"}, "VRTDataset holds GeoTransform"),
    ],
)
def test_other_kinds_of_vrt(folder: Path, changes: dict[str, str], words: str) -> None:
    with pytest.raises(InputError, match=f"E-PRD-061 .*{words}"):
        mosaic_document(vrt(folder / "m.vrt", source("left.tif", 0), **changes))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("not XML", "ParseError"),
        ("<GDAL_WMS/>", "expected a VRTDataset, found GDAL_WMS"),
        ("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><VRTDataset>&b;</VRTDataset>", "DTDForbidden"),
    ],
)
def test_other_documents(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "m.vrt").write_text(text)
    with pytest.raises(InputError, match=f"E-PRD-061 .*{words}"):
        read_header(mosaic_path(tmp_path / "m.vrt"))


def test_a_missing_mosaic(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be read .*m\.vrt"):
        mosaic_sources(tmp_path / "m.vrt")

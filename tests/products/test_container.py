import zipfile

import pytest

from iota_py.errors import InputError
from iota_py.io.raster import read_header
from iota_py.products.container import Container, fingerprint
from tests.products.small import GRID, write


def test_a_folder_and_an_archive_look_alike(tmp_path):
    folder, archive = Container(write(tmp_path / "a")), Container(write(tmp_path / "b", packing="zip"))
    assert len(folder.members) == 19  # 10 bands, 8 masks, metadata
    assert tuple(f"{folder.stem}/{m}" for m in folder.members) == archive.members
    assert folder.product_name == archive.product_name == folder.stem == archive.stem
    member = f"{folder.stem}_MTD_ALL.xml"
    assert folder.read(member) == archive.read(f"{folder.stem}/{member}")
    band = f"{folder.stem}_FRE_B4.tif"
    assert read_header(folder.raster(band)).geobox == read_header(archive.raster(f"{folder.stem}/{band}")).geobox == GRID


def test_the_name_inside_an_archive_says_more(tmp_path):
    path = write(tmp_path, packing="bare zip")
    assert Container(path).stem.endswith("_T31TCJ_C")
    assert Container(path).product_name.endswith("_T31TCJ_C_V3-1")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("other/readme.txt", "")
    assert Container(path).product_name == Container(path).stem  # two folders: the archive's own name


def test_fingerprints(tmp_path):
    for name in ("b", "a"):
        (tmp_path / name).write_bytes(b"x" * (1 + ord(name) - ord("a")))
    found = fingerprint([tmp_path / "b", tmp_path / "a", tmp_path / "b"])
    assert [(path.rpartition("/")[2], size) for path, size, _ in found] == [("a", 1), ("b", 2)]
    assert found[0][2] == (tmp_path / "a").stat().st_mtime_ns
    with pytest.raises(InputError, match=r"E-PRD-002 .*/c: cannot be read \(No such file"):
        fingerprint([tmp_path / "c"])

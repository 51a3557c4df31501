import shutil
import tarfile
import zipfile

import numpy as np
import pytest

from iota_py.errors import InputError
from iota_py.io.raster import read_header, read_window
from iota_py.products.container import Container, fingerprint
from tests.products.small import FINE, GRID, file, packed, write


def test_a_folder_and_an_archive_look_alike(tmp_path):
    folder, archive = Container(write(tmp_path / "a")), Container(write(tmp_path / "b", packing="zip"))
    assert len(folder.members) == 19  # 10 bands, 8 masks, metadata
    assert tuple(f"{folder.stem}/{m}" for m in folder.members) == archive.members
    assert folder.product_name == archive.product_name == folder.stem == archive.stem
    member = f"{folder.stem}_MTD_ALL.xml"
    assert folder.read(member) == archive.read(f"{folder.stem}/{member}")
    band = f"{folder.stem}_FRE_B4.tif"
    assert read_header(folder.raster(band)).geobox == read_header(archive.raster(f"{folder.stem}/{band}")).geobox == GRID


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tgz"])
def test_a_folder_and_a_tar_look_alike(tmp_path, suffix, form):
    folder = Container(write(tmp_path / "a"))
    archive = Container(packed(write(tmp_path / "b"), suffix, format=form))
    assert tuple(f"{folder.stem}/{m}" for m in folder.members) == archive.members
    assert list(folder.sizes.values()) == list(archive.sizes.values())
    assert archive.stem == archive.product_name == folder.stem
    member = f"{folder.stem}_MTD_ALL.xml"
    assert folder.read(member) == archive.read(f"{folder.stem}/{member}")
    mask = f"MASKS/{folder.stem}_CLM_R1.tif"
    assert len(f"{folder.stem}/{mask}") > 100  # does not fit the name of a plain header
    for name in (f"{folder.stem}_FRE_B4.tif", mask):
        path = archive.raster(f"{folder.stem}/{name}")
        assert path.startswith("/vsitar/{")
        assert read_header(path) == read_header(folder.raster(name))
        assert np.array_equal(read_window(path), read_window(folder.raster(name)))
    assert (folder.slow, archive.slow) == (False, suffix != ".tar")
    assert list((tmp_path / "b").iterdir()) == [archive.path]  # GDAL leaves notes beside what it unpacks, unless told not to
    assert archive.fingerprint(["whatever"]) == fingerprint([archive.path])


def test_a_member_of_a_tar_that_goes_away(tmp_path):
    archive = Container(packed(write(tmp_path), ".tar"))
    path = archive.raster(f"{archive.stem}/{archive.stem}_FRE_B4.tif")
    assert read_window(path).tolist() == FINE.tolist()
    with pytest.raises(InputError, match=r"E-ZIP-001 .*: P/none\.tif: not in the archive"):
        read_header(archive.raster("P/none.tif"))
    shutil.move(archive.path, tmp_path / "other.tar")
    with pytest.raises(InputError, match=r"E-ZIP-001 .*\.tar: not a readable tar archive .*No such file"):
        read_header(path)


@pytest.mark.parametrize("suffix", ["", ".zip", ".tar"])
def test_files_of_no_bytes_are_members_that_hold_nothing(tmp_path, suffix):
    product = write(tmp_path)
    file(product, "FRE_B4.tif").write_bytes(b"")
    container = Container(packed(product, suffix) if suffix else product)
    empty = set(container.members) - set(container.filled)
    assert [member.rpartition("/")[2] for member in empty] == [f"{product.name}_FRE_B4.tif"]
    assert len(container.filled) == 18


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

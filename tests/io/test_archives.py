import stat
import zipfile

import pytest

from iota_py.errors import InputError
from iota_py.io.archives import read_member, zip_members


def archive(path, entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as stream:
        for name, content in entries.items():
            stream.writestr(name, content)
    return path


def test_members_and_content(tmp_path):
    path = archive(tmp_path / "a.zip", {"P/": b"", "P/b.xml": b"<b/>", "P/MASKS/a.tif": b"x" * 100})
    assert zip_members(path) == ["P/b.xml", "P/MASKS/a.tif"]
    assert read_member(path, "P/b.xml") == b"<b/>"
    (tmp_path / "plain.xml").write_bytes(b"<c/>")
    assert read_member(tmp_path / "plain.xml") == b"<c/>"


def test_an_archive_that_is_cut(tmp_path):
    path = archive(tmp_path / "a.zip", {"a.txt": b"x" * 1000})
    content = path.read_bytes()
    for size in (0, 10, len(content) // 2, len(content) - 5):
        path.write_bytes(content[:size])
        with pytest.raises(InputError, match=r"E-ZIP-001 .*a\.zip: not a readable zip archive .*Fix: download"):
            zip_members(path)
    with pytest.raises(InputError, match=r"E-ZIP-001"):
        zip_members(tmp_path / "missing.zip")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_member_with_an_altered_byte(tmp_path, method):
    path = archive(tmp_path / "a.zip", {"a.xml": bytes(range(256)) * 20}, method)
    content = bytearray(path.read_bytes())
    for place in range(40, 80):
        content[place] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"E-ZIP-001 .*a\.zip: a\.xml"):
        read_member(path, "a.xml")


def test_a_member_that_is_missing_encrypted_or_too_large(tmp_path):
    path = archive(tmp_path / "a.zip", {"a.xml": b"x" * 100})
    with pytest.raises(InputError, match=r"E-ZIP-001 .*b\.xml"):
        read_member(path, "b.xml")
    with pytest.raises(InputError, match=r"E-ZIP-003 .*a\.xml: larger than 99 bytes"):
        read_member(path, "a.xml", limit=99)
    (tmp_path / "plain.xml").write_bytes(b"x" * 100)
    with pytest.raises(InputError, match=r"E-ZIP-003"):
        read_member(tmp_path / "plain.xml", limit=99)
    content = bytearray(path.read_bytes())
    content[6] |= 1  # the flag of an encrypted member, in its own header and in the directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"E-ZIP-001 .*encrypted"):
        read_member(path, "a.xml")


@pytest.mark.parametrize("name", ["../a.xml", "P/../../a.xml", "/etc/passwd", "\\a.xml"])
def test_a_member_that_leaves_the_archive(tmp_path, name):
    path = archive(tmp_path / "a.zip", {"P/ok.xml": b"", name: b"x"})
    with pytest.raises(InputError, match=r"E-ZIP-002 .*a member leaves the archive"):
        zip_members(path)


def test_a_link_is_refused(tmp_path):
    entry = zipfile.ZipInfo("P/link.tif")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as stream:
        stream.writestr(entry, "/etc/passwd")
    with pytest.raises(InputError, match=r"E-ZIP-002 .*P/link\.tif"):
        zip_members(tmp_path / "a.zip")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = archive(tmp_path / "a.zip", {"bomb.tif": bytes(10_000_000)}, zipfile.ZIP_BZIP2)
    assert path.stat().st_size < 1000
    with pytest.raises(InputError, match=r"E-ZIP-003 .*bomb\.tif: unpacks \d+ bytes to 10000000"):
        zip_members(path)

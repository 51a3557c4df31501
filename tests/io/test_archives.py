import io
import stat
import tarfile
import zipfile

import pytest

from iota_py.errors import InputError
from iota_py.io import archives
from iota_py.io.archives import archive_members, archive_suffix, is_compressed_tar, read_member, tar_place, zip_members

TARS = {".tar": "w", ".tar.gz": "w:gz", ".tgz": "w:gz"}


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


def tarred(path, entries: dict[str, bytes], form: int = tarfile.PAX_FORMAT):
    with tarfile.open(path, TARS[archive_suffix(path)], format=form) as stream:
        for name, content in entries.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            stream.addfile(entry, io.BytesIO(content))
    return path


def special(path, kind: bytes, name: str = "P/link.tif"):
    with tarfile.open(path, TARS[archive_suffix(path)]) as stream:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, "/etc/passwd"
        stream.addfile(entry)
    return path


def test_suffixes():
    names = ("a.zip", "a.tar", "a.b.tar.gz", "a.tgz", "a.gz", "a.tif", "tar")
    assert [archive_suffix(name) for name in names] == [".zip", ".tar", ".tar.gz", ".tgz", "", "", ""]
    assert [is_compressed_tar(name) for name in names] == [False, False, True, True, False, False, False]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("suffix", TARS)
def test_members_and_content_of_a_tar(tmp_path, suffix, form):
    long = f"./{'P' * 60}/MASKS/{'m' * 60}.tif"  # longer than the field of a header
    path = tarred(tmp_path / f"a{suffix}", {"./P/b.xml": b"<b/>", long: b"x" * 1000, "P/empty.tif": b""}, form)
    assert archive_members(path) == {"P/b.xml": 4, long[2:]: 1000, "P/empty.tif": 0}
    assert read_member(path, "P/b.xml") == b"<b/>"
    assert read_member(path, long[2:]) == b"x" * 1000
    offset, size = tar_place(path, long[2:])
    with tarfile.open(path) as stream:
        content = stream.fileobj
        content.seek(offset)
        assert content.read(size) == b"x" * 1000
    with pytest.raises(InputError, match=r"E-ZIP-001 .*: P/c\.xml: cannot be read"):
        read_member(path, "P/c.xml")
    with pytest.raises(InputError, match=r"E-ZIP-001 .*: P/c\.xml: not in the archive"):
        tar_place(path, "P/c.xml")
    with pytest.raises(InputError, match=r"E-ZIP-003 .*larger than 999 bytes"):
        read_member(path, long[2:], limit=999)


def test_folders_of_a_tar_are_no_members(tmp_path):
    (tmp_path / "P").mkdir()
    (tmp_path / "P" / "a.txt").write_text("x")
    with tarfile.open(tmp_path / "a.tar", "w") as stream:
        stream.add(tmp_path / "P", "P")
    assert archive_members(tmp_path / "a.tar") == {"P/a.txt": 1}


@pytest.mark.parametrize("suffix", TARS)
def test_a_tar_that_is_cut(tmp_path, suffix):
    noise = bytes(i * i % 251 for i in range(5000))
    path = tarred(tmp_path / f"a{suffix}", {"a.txt": noise, "b.txt": noise, "c.txt": noise})
    content = path.read_bytes()
    for size in (0, 10, len(content) // 3, 6000 if suffix == ".tar" else len(content) - 200):
        path.write_bytes(content[:size])
        with pytest.raises(InputError, match=r"E-ZIP-001 .*not a readable tar archive .*Fix: download"):
            archive_members(path)
    with pytest.raises(InputError, match=r"E-ZIP-001 .*missing"):
        archive_members(tmp_path / f"missing{suffix}")


def test_a_tar_whose_header_is_altered_is_not_taken_for_a_shorter_one(tmp_path):
    path = tarred(tmp_path / "a.tar", {"a.txt": b"x" * 512, "b.txt": b"y" * 512}, tarfile.GNU_FORMAT)
    content = bytearray(path.read_bytes())
    assert content[1024:1029] == b"b.txt"
    content[1024] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"E-ZIP-001 .*a header is damaged"):
        archive_members(path)


def test_a_tar_is_listed_anew_when_it_changes(tmp_path):
    path = tarred(tmp_path / "a.tar", {"a.txt": b"x"})
    assert archive_members(path) == {"a.txt": 1}
    tarred(path, {"longer.txt": b"x" * 20000})
    assert archive_members(path) == {"longer.txt": 20000}


@pytest.mark.parametrize("suffix", TARS)
@pytest.mark.parametrize("name", ["../a.xml", "P/../../a.xml", "/etc/passwd", "\\a.xml"])
def test_a_member_that_leaves_a_tar(tmp_path, suffix, name):
    path = tarred(tmp_path / f"a{suffix}", {"P/ok.xml": b"", name: b"x"})
    with pytest.raises(InputError, match=r"E-ZIP-002 .*a member leaves the archive"):
        archive_members(path)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE])
def test_links_devices_and_sparse_files_of_a_tar_are_refused(tmp_path, kind):
    with pytest.raises(InputError, match=r"E-ZIP-00[12] "):
        archive_members(special(tmp_path / "a.tar", kind))


@pytest.mark.parametrize("suffix", TARS)
def test_a_tar_that_unpacks_to_more_than_any_product_holds(tmp_path, suffix, monkeypatch):
    monkeypatch.setattr(archives, "_LARGEST", 1999)
    path = tarred(tmp_path / f"a{suffix}", {"a.tif": bytes(1000), "b.tif": bytes(999)})
    assert len(archive_members(path)) == 2
    tarred(path, {"a.tif": bytes(1000), "bomb.tif": bytes(1000)})
    with pytest.raises(InputError, match=r"E-ZIP-003 .*bomb\.tif: unpacks \d+ bytes to 2000: refused"):
        archive_members(path)

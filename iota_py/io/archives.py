"""Zip and tar archives that others made: listed and read within bounds, never unpacked to disk."""

from __future__ import annotations

import functools
import lzma
import stat
import tarfile
import zipfile
import zlib
from pathlib import Path

from iota_py.errors import Fault, InputError

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz")
_LARGEST = 20_000_000_000  # bytes of a member
_RATIO = 2000  # of its size to what it takes in the archive: a mask of zeros is packed a thousandfold
_WHOLE_RATIO, _SMALL = 200, 500_000  # of all members together to the archive, from this size on
_MOST = 5000  # members

_FILES = (tarfile.REGTYPE, tarfile.AREGTYPE)  # no link, device or sparse file

# what zipfile and tarfile raise for archives that are cut, altered, encrypted or of a kind that they cannot unpack
_DAMAGE = (zipfile.BadZipFile, tarfile.TarError, OSError, EOFError, ValueError, RuntimeError, zlib.error, lzma.LZMAError)


def archive_suffix(path: str | Path) -> str:
    """The one of SUFFIXES with which a name ends; empty for anything else."""
    return next((suffix for suffix in SUFFIXES if str(path).endswith(suffix)), "")


def is_compressed_tar(path: str | Path) -> bool:
    """True for a tar compressed as one stream: to reach a member, all that comes before it is unpacked."""
    return archive_suffix(path) in (".tar.gz", ".tgz")


def archive_members(path: str | Path) -> dict[str, int]:
    """Size in bytes of each file in an archive, by its name.

    Raises InputError when the archive is damaged, when a name leaves it (`..`, absolute), when a member is a link or a device, or unpacks
    to more than any product holds.
    """
    if archive_suffix(path) == ".zip":
        return dict(_zip_entries(path))
    return {name: size for name, (_, size) in _tar_index(*_state(path)).items()}


def zip_members(path: str | Path) -> list[str]:
    """Names in a zip archive. Raises InputError as `archive_members` does."""
    return [name for name, _ in _zip_entries(path)]


def tar_place(path: str | Path, member: str) -> tuple[int, int]:
    """Offset and size in bytes of a member of a tar, as unpacked. Raises InputError as `archive_members` does, or without that member."""
    place = _tar_index(*_state(path)).get(member)
    if place is None:
        raise InputError(Fault("E-ZIP-001", str(path), member, "not in the archive", "download the product again"))
    return place


def read_member(path: str | Path, member: str = "", limit: int = 50_000_000) -> bytes:
    """Content of a small file, or of a member of an archive (at most `limit` bytes)."""
    try:
        content = _read(path, member, limit + 1)
    except (*_DAMAGE, KeyError) as error:
        raise InputError(Fault("E-ZIP-001", str(path), member, f"cannot be read ({error})", "download the product again")) from error
    if len(content) > limit:
        raise InputError(Fault("E-ZIP-003", str(path), member, f"larger than {limit} bytes: refused"))
    return content


def read_start(path: str | Path, member: str, size: int) -> bytes:
    """The first bytes of a file, or of a member of an archive. OSError for a file that cannot be read, InputError for a damaged archive."""
    try:
        return _read(path, member, size)
    except (*_DAMAGE, KeyError) as error:
        if isinstance(error, OSError) and not member:
            raise
        raise InputError(Fault("E-ZIP-001", str(path), member, f"cannot be read ({error})", "download the file again")) from error


def _read(path: str | Path, member: str, most: int) -> bytes:
    if not member:
        with open(path, "rb") as stream:
            return stream.read(most)
    if archive_suffix(path) == ".zip":
        with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
            return stream.read(most)
    with tarfile.open(path) as tar:
        for entry in tar:
            if _plain(entry.name) == member and entry.isreg():
                stream = tar.extractfile(entry)
                assert stream is not None
                return stream.read(most)
    raise KeyError(f"no member {member}")


def _zip_entries(path: str | Path) -> list[tuple[str, int]]:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except _DAMAGE as error:
        raise _unreadable(path, "zip", error) from error
    for entry in entries:
        _refuse_escape(path, entry.filename, stat.S_ISLNK(entry.external_attr >> 16))
        _refuse_bomb(path, entry.filename, entry.compress_size, entry.file_size)
    _refuse_heap(path, len(entries), sum(entry.file_size for entry in entries))
    return [(entry.filename, entry.file_size) for entry in entries if not entry.is_dir()]


def _tar_entries(path: str | Path) -> dict[str, tuple[int, int]]:
    """Offset and size of each file. Each header is checked before what it announces is passed over, which unpacks it."""
    found: dict[str, tuple[int, int]] = {}
    total, packed = 0, _state(path)[1]
    try:
        with tarfile.open(path) as archive:
            for entry in archive:
                _refuse_escape(path, entry.name, not (entry.isdir() or entry.type in _FILES))
                total += entry.size
                _refuse_bomb(path, entry.name, packed, total)
                if not entry.isdir():
                    found[_plain(entry.name)] = (entry.offset_data, entry.size)
                _refuse_heap(path, len(found), total)
            _refuse_cut(archive)
    except _DAMAGE as error:
        raise _unreadable(path, "tar", error) from error
    return found


def _state(path: str | Path) -> tuple[str, int, int]:
    """Path, size and time of change of an archive."""
    try:
        status = Path(path).stat()
    except OSError as error:
        raise _unreadable(path, "tar", error) from error
    return str(path), status.st_size, status.st_mtime_ns


@functools.lru_cache(maxsize=1024)
def _tar_index(path: str, size: int, mtime: int) -> dict[str, tuple[int, int]]:
    """As _tar_entries, once for each state of an archive."""
    return _tar_entries(path)


def _refuse_cut(archive: tarfile.TarFile) -> None:
    """Raise ReadError when the last header read is not the empty one that ends an archive: tarfile stops there without a word."""
    assert archive.fileobj is not None
    archive.fileobj.seek(archive.offset)
    if archive.fileobj.read(tarfile.BLOCKSIZE).strip(b"\0"):
        raise tarfile.ReadError("a header is damaged")


def _plain(name: str) -> str:
    """Name of a member as GDAL knows it."""
    return name.removeprefix("./")


def _refuse_escape(path: str | Path, name: str, special: bool) -> None:
    if special or name.startswith(("/", "\\")) or ".." in Path(name).parts:
        raise InputError(Fault("E-ZIP-002", str(path), name, "a member leaves the archive", "refused: do not use this file"))


def _refuse_bomb(path: str | Path, name: str, packed: int, size: int) -> None:
    if size > _LARGEST or size > _RATIO * max(packed, 1000):
        raise InputError(Fault("E-ZIP-003", str(path), name, f"unpacks {packed} bytes to {size}: refused"))


def _refuse_heap(path: str | Path, count: int, total: int) -> None:
    """Raise InputError where all members together are more than a product holds."""
    packed = Path(path).stat().st_size
    if count > _MOST:
        raise InputError(Fault("E-ZIP-003", str(path), "", f"holds {count} files, expected at most {_MOST}: refused"))
    if total > _LARGEST or total > _WHOLE_RATIO * max(packed, _SMALL):
        raise InputError(Fault("E-ZIP-003", str(path), "", f"unpacks {packed} bytes to {total}: refused"))


def _unreadable(path: str | Path, kind: str, error: BaseException) -> InputError:
    return InputError(Fault("E-ZIP-001", str(path), "", f"not a readable {kind} archive ({error})", "download the product again"))

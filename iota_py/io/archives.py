"""Zip archives that others made: listed and read within bounds, never unpacked to disk."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from pathlib import Path

from iota_py.errors import Fault, InputError

# what zipfile raises for archives that are cut, altered, encrypted or of a kind that it cannot unpack
_DAMAGE = (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, zlib.error, lzma.LZMAError)


def zip_members(path: str | Path) -> list[str]:
    """Names in a zip archive. Raises InputError when it is damaged, or when a name leaves the archive (`..`, absolute, a link)."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except _DAMAGE as error:
        raise InputError(
            Fault("E-ZIP-001", str(path), "", f"not a readable zip archive ({error})", "download the product again")
        ) from error
    for entry in entries:
        link = (entry.external_attr >> 16) & 0o170000 == 0o120000
        if link or entry.filename.startswith(("/", "\\")) or ".." in Path(entry.filename).parts:
            raise InputError(Fault("E-ZIP-002", str(path), entry.filename, "a member leaves the archive", "refused: do not use this file"))
        if entry.file_size > 20_000_000_000 or entry.file_size > 2000 * max(entry.compress_size, 1000):
            raise InputError(
                Fault("E-ZIP-003", str(path), entry.filename, f"unpacks {entry.compress_size} bytes to {entry.file_size}: refused")
            )
    return [entry.filename for entry in entries if not entry.is_dir()]


def read_member(path: str | Path, member: str = "", limit: int = 50_000_000) -> bytes:
    """Content of a small file, or of a zip member (at most `limit` bytes)."""
    try:
        if not member:
            with open(path, "rb") as stream:
                content = stream.read(limit + 1)
        else:
            with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
                content = stream.read(limit + 1)
    except (*_DAMAGE, KeyError) as error:
        raise InputError(Fault("E-ZIP-001", str(path), member, f"cannot be read ({error})", "download the product again")) from error
    if len(content) > limit:
        raise InputError(Fault("E-ZIP-003", str(path), member, f"larger than {limit} bytes: refused"))
    return content

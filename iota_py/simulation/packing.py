"""Packing of products: equal contents give equal archives."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

from iota_py.io.publish import published

_ZIP_TIME = (2023, 1, 1, 0, 0, 0)


def pack_zip(place: str | Path, archive: str | Path) -> None:
    """Publish a zip of every file under `place`, in the order of the names and with fixed dates."""
    with published(archive) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as stream:
        for name, path in _files(place):
            entry = zipfile.ZipInfo(name, _ZIP_TIME)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            stream.writestr(entry, path.read_bytes())


def pack_tar(place: str | Path, archive: str | Path) -> None:
    """Publish an uncompressed tar of every file under `place`, in the order of the names, without dates and owners."""
    with published(archive) as part, tarfile.open(part, "w", format=tarfile.USTAR_FORMAT) as stream:
        for name, path in _files(place):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = path.stat().st_size, 0o644
            with path.open("rb") as content:
                stream.addfile(entry, content)


def _files(place: str | Path) -> list[tuple[str, Path]]:
    place = Path(place)
    return sorted((p.relative_to(place).as_posix(), p) for p in place.rglob("*") if p.is_file())

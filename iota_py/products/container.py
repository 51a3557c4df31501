"""The inside of a product: a directory, or a zip or tar archive, seen as a list of file names."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from iota_py.errors import Fault, InputError
from iota_py.io.archives import archive_members, archive_suffix, is_compressed_tar, read_member
from iota_py.io.raster import raster_path
from iota_py.products.source import Source


@dataclass(frozen=True)
class Container:
    """A directory or an archive that holds one product."""

    path: Path

    @property
    def stem(self) -> str:
        """Name without `.zip`, `.tar`, `.tar.gz` or `.tgz`."""
        return self.path.name.removesuffix(archive_suffix(self.path))

    @functools.cached_property
    def sizes(self) -> Mapping[str, int]:
        """Size in bytes of each file inside, by name with `/`, in alphabetical order. Raises InputError for a damaged or hostile archive."""
        if not self.path.is_dir():
            return dict(sorted(archive_members(self.path).items()))
        files = (p for p in self.path.rglob("*") if p.is_file())
        return dict(sorted((p.relative_to(self.path).as_posix(), p.stat().st_size) for p in files))

    @functools.cached_property
    def members(self) -> tuple[str, ...]:
        """Names of the files inside, with `/`, in alphabetical order. Raises InputError for a damaged or hostile archive."""
        return tuple(self.sizes)

    @functools.cached_property
    def filled(self) -> tuple[str, ...]:
        """As members, without the files of no bytes: archives that were trimmed hold such in place of what is missing."""
        return tuple(name for name, size in self.sizes.items() if size)

    @property
    def slow(self) -> bool:
        """True for an archive that must be unpacked from its beginning to reach a member."""
        return self.path.is_file() and is_compressed_tar(self.path)

    @functools.cached_property
    def product_name(self) -> str:
        """Name of the directory inside an archive, which may say more than the archive's own name; else the stem."""
        tops = {m.split("/")[0] for m in self.members if "/" in m}
        return tops.pop() if self.path.is_file() and len(tops) == 1 else self.stem

    def raster(self, member: str) -> str:
        """GDAL's name of a member."""
        return raster_path(self.path, member) if self.path.is_file() else str(self.path / member)

    def read(self, member: str) -> bytes:
        """Content of a small member."""
        return read_member(self.path, member) if self.path.is_file() else read_member(self.path / member)

    def fingerprint(self, members: list[str]) -> tuple[tuple[str, int, int], ...]:
        """(path, size, mtime in ns) of the archive, or of these files."""
        files = [self.path] if self.path.is_file() else [self.path / m for m in members]
        return fingerprint(files)


def require_folder(source: Source) -> None:
    """Raise InputError unless the path of a source is a folder that may be read."""
    if not source.path.is_dir():
        raise InputError(Fault("E-PRD-002", str(source.path), f"inputs.{source.name}.path", "no such folder", "check the path"))
    if not os.access(source.path, os.R_OK | os.X_OK):
        text = "no permission to look into this folder"
        raise InputError(Fault("E-PRD-002", str(source.path), f"inputs.{source.name}.path", text, "ask for permission to read it"))


def fingerprint(files: list[Path]) -> tuple[tuple[str, int, int], ...]:
    """(path, size, mtime in ns) of files, in alphabetical order. Raises InputError when one is missing."""
    found = []
    for file in sorted(set(files)):
        try:
            status = file.stat()
        except OSError as error:
            raise InputError(Fault("E-PRD-002", str(file), "", f"cannot be read ({error.strerror})", "check the path")) from error
        found.append((str(file), status.st_size, status.st_mtime_ns))
    return tuple(found)

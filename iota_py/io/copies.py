"""Copies that are whole: hashed after writing, and folders that take their name when everything in them is there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from iota_py.errors import Fault, StorageError
from iota_py.io.publish import published, sha256, sync


def copy_file(source: str | Path, target: str | Path, digest: str) -> None:
    """Publish a copy of a file. digest: SHA-256 that the copy, read back, must have.

    Raises StorageError when the copy has another, or cannot be written whole.
    """
    with published(target) as part:
        shutil.copyfile(source, part)
        found = sha256(part)
        if found != digest:
            text = f"copy of {source}: expected SHA-256 {digest[:12]}…, found {found[:12]}…"
            raise StorageError(Fault("E-PKG-010", str(target), "", text, "the file was changed or is damaged: iota-py run CONFIG"))


@contextmanager
def published_folder(folder: str | Path) -> Iterator[Path]:
    """An empty folder to fill; on leaving the block without error it becomes `folder`, in place of one that is there.

    What a killed process left of an earlier try is removed first.
    """
    folder = Path(folder)
    part, old = (folder.parent / f".{folder.name}.{word}" for word in ("part", "old"))
    for left in (part, old):
        shutil.rmtree(left, ignore_errors=True)
    try:
        part.mkdir(parents=True)
        yield part
        if folder.exists():
            os.replace(folder, old)
        os.replace(part, folder)
        sync(folder.parent)
        shutil.rmtree(old, ignore_errors=True)
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        if not isinstance(error, OSError):
            raise
        text = f"could not be written: {error.strerror or error}"
        raise StorageError(Fault("E-IO-001", str(folder), "", text, "free disk space or mend permissions, then run again")) from error

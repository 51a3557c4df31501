"""Atomic writing: a file is written under a temporary name in its own folder, synced, then renamed.

A name that is there is whole. Temporary names start with a dot and end with `.part`; `sweep` removes those a killed run left.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from iota_py.errors import Fault, StorageError

PART_SUFFIX = ".part"
_PART_NAME = re.compile(r"\..+\.\d+\.part(?:[.-].*)?$")  # host and process number come before; drivers append `-journal`, `.ovr`
_CHUNK = 1 << 20


@contextmanager
def published(path: str | Path) -> Iterator[Path]:
    """A temporary path to write to; on leaving the block without error it becomes `path`.

    The temporary name keeps the extension, since drivers look at it. Any failure removes the temporary file; failures of the file
    system (disk full, no permission) are raised as StorageError.
    """
    path = Path(path)
    part = path.parent / f".{path.stem}.{socket.gethostname()}.{os.getpid()}{PART_SUFFIX}{path.suffix}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        sync(part)
        os.replace(part, path)
        sync(path.parent)
    except BaseException as error:
        for left in part.parent.glob(f"{glob.escape(part.name)}*"):  # drivers put files of their own beside it
            left.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise StorageError(
            Fault(
                "E-IO-001",
                str(path),
                "",
                f"could not be written: {error.strerror or error}",
                "free disk space or mend permissions, then run again",
            )
        ) from error


def write_bytes(path: str | Path, content: bytes) -> None:
    """Publish these bytes."""
    with published(path) as part:
        part.write_bytes(content)


def write_text(path: str | Path, content: str) -> None:
    """Publish this text as UTF-8."""
    write_bytes(path, content.encode("utf-8"))


def write_json(path: str | Path, value: Any) -> None:
    """Publish a JSON document: sorted keys, two spaces, no NaN (undefined numbers are null)."""
    write_text(path, json_text(value))


def json_text(value: Any) -> str:
    """The one JSON form of this project: sorted keys, two spaces, NaN and infinities as null."""
    return json.dumps(_finite(value), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def read_json(path: str | Path) -> Any:
    """Content of a JSON file that this project wrote."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def sha256(path: str | Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def sweep(folder: str | Path) -> list[Path]:
    """Remove the temporary files that a killed run left under `folder`; the ones removed."""
    removed = [p for p in Path(folder).rglob(f".*{PART_SUFFIX}*") if _PART_NAME.match(p.name) and p.is_file()]
    for path in removed:
        path.unlink(missing_ok=True)
    return removed


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        value = value.item()
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value


def sync(path: Path) -> None:
    """Return when a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Every file that was handed over, hashed and read again; nothing missing and nothing added."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iota_py.errors import Fault, InputError
from iota_py.io.publish import json_text, read_json, sha256
from iota_py.pipeline import paths
from iota_py.pipeline.delivered import DIGEST, FOLDERS, sealed
from iota_py.pipeline.verification.catalogue import catalogue_faults
from iota_py.pipeline.verification.contents import content_faults
from iota_py.pipeline.verification.models import model_faults
from iota_py.pipeline.verification.packages import package_faults

AGAIN = "delete it, then iota-py run CONFIG makes it again"
Watch = Callable[[str], None]


@dataclass(frozen=True)
class Verdict:
    """What was found. files, size: number and bytes of the files that were read."""

    faults: tuple[Fault, ...]
    files: int
    size: int
    seconds: float


def verify(root: Path, *, quick: bool = False, watch: Watch | None = None) -> Verdict:
    """Hash and read again all that a run has handed over. quick: without pixels and geometries. watch: called with each file's name.

    Faults: E-VFY-002 the manifest was changed; 003 a file is missing; 004 of another size; 005 with other bytes; 006 one too many; 007 to 012
    see `contents`; 013, 015 `packages`; 014 `catalogue`; 016 `models`. Raises InputError E-VFY-001 where there is no manifest of deliveries.
    """
    start = time.perf_counter()
    manifest = _manifest(root)
    recorded = {entry["path"]: entry for entry in manifest["delivered"]}
    faults = list(_seal_faults(root, manifest))
    whole: dict[str, Mapping[str, Any]] = {}
    size = files = 0
    for name, entry in recorded.items():
        if watch is not None:
            watch(name)
        fault = _bytes_fault(root, entry)
        if fault is not None:
            faults.append(fault)
        else:
            whole[name] = entry
            faults += content_faults(root, entry, quick=quick)
        if (root / name).is_file():
            files, size = files + 1, size + (root / name).stat().st_size
    faults += _strays(root, recorded)
    faults += package_faults(root, recorded, whole)
    faults += catalogue_faults(root, recorded, whole)
    faults += model_faults(root, recorded, whole)
    return Verdict(tuple(faults), files, size, time.perf_counter() - start)


def _manifest(root: Path) -> Mapping[str, Any]:
    path, fix = root / paths.MANIFEST, "iota-py run CONFIG writes it"
    try:
        found = read_json(path)
        listed = found["delivered"]
        [(one["path"], one["bytes"], one["sha256"]) for one in listed]
    except OSError as error:
        text = f"no manifest of what was handed over ({error.strerror})"
        raise InputError(Fault("E-VFY-001", str(path), "", text, fix)) from error
    except (ValueError, KeyError, TypeError) as error:
        text = f"is not a manifest with a list of what was handed over ({type(error).__name__})"
        raise InputError(Fault("E-VFY-001", str(path), "", text, fix)) from error
    manifest: Mapping[str, Any] = found
    return manifest


def _seal_faults(root: Path, manifest: Mapping[str, Any]) -> Iterator[Fault]:
    """The manifest is the one that was written, to the last byte."""
    same = sealed(manifest)[DIGEST] == manifest.get(DIGEST)
    if not same or (root / paths.MANIFEST).read_text(encoding="utf-8") != json_text(manifest):
        yield Fault("E-VFY-002", paths.MANIFEST, "", "was changed after it was written", AGAIN)


def _bytes_fault(root: Path, entry: Mapping[str, Any]) -> Fault | None:
    """What is wrong with the bytes of a file, if anything."""
    name, path = entry["path"], root / entry["path"]
    if not path.is_file():
        return Fault("E-VFY-003", name, "", "is missing", "iota-py run CONFIG makes it again")
    size = path.stat().st_size
    if size != entry["bytes"]:
        return Fault("E-VFY-004", name, "", f"has {size} bytes, {entry['bytes']} were written", AGAIN)
    try:
        found = sha256(path)
    except OSError as error:
        return Fault("E-VFY-005", name, "", f"cannot be read ({error.strerror})", AGAIN)
    if found != entry["sha256"]:
        text = f"other bytes than were written: SHA-256 {found[:12]}… in place of {entry['sha256'][:12]}…"
        return Fault("E-VFY-005", name, "", text, AGAIN)
    return None


def _strays(root: Path, recorded: Mapping[str, Any]) -> Iterator[Fault]:
    """Files in the folders of deliveries that nothing has written."""
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root).as_posix()
            if (path.is_file() or path.is_symlink()) and name not in recorded:
                yield Fault("E-VFY-006", name, "", "is not of this run's deliveries", "remove it, or keep it in another folder")

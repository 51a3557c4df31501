"""The STAC catalogue: its links and assets lead to files of the run, whose checksums they state."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from iota_py.delivery.checksums import multihash
from iota_py.errors import Fault
from iota_py.io.publish import read_json
from iota_py.pipeline import paths

_AGAIN = f"delete {paths.CATALOGUE}/, then iota-py run CONFIG makes it again"


def catalogue_faults(root: Path, recorded: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterator[Fault]:
    """E-VFY-014 a link or asset that leads nowhere, or states another checksum than was recorded.

    recorded: entries of the manifest by path; whole: those of them whose bytes are right.
    """
    for name in (name for name in whole if name.startswith(f"{paths.CATALOGUE}/") and name.endswith(".json")):
        try:
            document = read_json(root / name)
        except ValueError:
            continue  # said of its content already
        for key, part in _parts(document):
            yield from _part_faults(root, name, key, part, recorded)


def _parts(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for link in document.get("links", []):
        yield f"link {link.get('rel')}", link
    for key, asset in document.get("assets", {}).items():
        yield f"asset {key}", asset


def _part_faults(root: Path, name: str, key: str, part: Mapping[str, Any], recorded: Mapping[str, Any]) -> Iterator[Fault]:
    href = str(part.get("href", ""))
    target = posixpath.normpath(posixpath.join(posixpath.dirname(name), href))
    if "://" in href or href.startswith("/") or target.startswith(".."):
        yield Fault("E-VFY-014", name, key, f"leads out of the run: {href}", _AGAIN)
    elif target not in recorded and not (root / target).is_file():
        yield Fault("E-VFY-014", name, key, f"leads to {target}, which is not there", _AGAIN)
    elif "file:checksum" in part and target in recorded and part["file:checksum"] != multihash(recorded[target]["sha256"]):
        yield Fault("E-VFY-014", name, key, f"states another checksum than was recorded of {target}", _AGAIN)

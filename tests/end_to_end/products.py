"""The products of a run as digests, to compare ways of running."""

from __future__ import annotations

import hashlib
from pathlib import Path

FOLDERS = ("map", "models", "samples", "tiles", "assessment")


def digests(root: Path) -> dict[str, str]:
    """SHA-256 of every file that a run delivers or learns from, by name; passing files and the report (it holds times) left out."""
    found = {}
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file():
                found[path.relative_to(root).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found

"""Acquisitions that were found unreadable while a run worked: the list is kept, and the plan does without them from then on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from iota_py.io.publish import read_json, write_json
from iota_py.pipeline import paths


def read_bad(root: Path) -> dict[str, str]:
    """Products found unreadable by earlier work on this run, with the reason; none where the list is damaged, since they will be found again."""
    try:
        return {str(name): str(reason) for name, reason in read_json(root / paths.BAD).items()}
    except (OSError, ValueError, AttributeError):
        return {}


def add_bad(root: Path, bad: Mapping[str, str]) -> None:
    """Add products to the list, with the reason."""
    write_json(root / paths.BAD, {**read_bad(root), **bad})

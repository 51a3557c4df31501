"""Pieces of real products, where they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def real(name: str) -> Path:
    """Folder of a set of the shared data; the test is skipped where it is missing."""
    folder = Path(os.environ.get("IOTA_PY_SHARED", ROOT.parent / "shared")) / "data" / name
    if not folder.is_dir():
        pytest.skip(f"real data not here: no folder {folder} (set IOTA_PY_SHARED to the folder that holds data/{name})")
    return folder

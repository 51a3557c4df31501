"""The scripts that measure the product run, at a small size."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "experiments" / "product"


@pytest.mark.slow
def test_every_step_is_measured(tmp_path: Path) -> None:
    command = [
        sys.executable,
        str(FOLDER / "steps.py"),
        "--folder",
        str(tmp_path / "runs"),
        "--side",
        "300",
        "--out",
        str(tmp_path / "table.md"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = (tmp_path / "table.md").read_text().splitlines()[2:]
    assert [row.split("|")[2].strip() for row in rows] == ["regularise", "vector", "package", "catalogue", "manifest", "verify"]
    assert all(float(row.split("|")[3]) >= 0 for row in rows)

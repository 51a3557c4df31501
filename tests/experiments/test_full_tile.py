"""The script of the whole tile, as it is typed: every step of the map that it times is a task of the plan, which grows other ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "experiments" / "performance" / "full_tile.py"


@pytest.mark.slow
def test_a_band_is_written_mapped_and_compared(tmp_path: Path) -> None:
    def typed(*words: str) -> None:
        environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
        subprocess.run([sys.executable, SCRIPT, *words], check=True, env=environment, stdout=subprocess.DEVNULL)

    typed("write", str(tmp_path / "band"), "--rows", "46", "--dates", "2")
    typed(
        "map",
        str(tmp_path / "band"),
        "--quick",
        "--reference-windows",
        "2",
        "--reference-pixels",
        "2000",
        "--out",
        str(tmp_path / "found.json"),
    )
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert [step["step"] for step in found["steps"]] == ["inventory, footprint", "windows", "assemble", "mosaic_parts", "mosaic"]
    assert [name for name, (_, wrong, _) in found["same"].items() if wrong] == []
    assert (found["rows"], found["dates"]) == (46, 2)

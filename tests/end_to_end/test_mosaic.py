"""The map is the same in one part or in many, and after SIGKILL between two parts the others are not made again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.grid import parts
from iota_py.pipeline.run import run
from tests.end_to_end.products import digests

Writer = Callable[[Path, str], Path]
SIDE = 64  # of a part: 4 × 7 parts of the demonstration


def test_killed_between_parts_the_others_are_kept(
    light_config: Writer, tmp_path: Path, light_run: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = light_config(tmp_path, "")
    root = tmp_path / "run"
    shutil.copytree(light_run.output, root)
    (root / "map/classification.tif").unlink()
    program = f"from iota_py.grid import parts; parts.PART = {SIDE}; from iota_py.cli.main import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "run", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    markers, deadline = root / ".state/mosaic_parts", time.monotonic() + 120
    while len(list(markers.glob("r*_c0*.json"))) < 4 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert process.returncode == -signal.SIGKILL, "the run ended before it could be killed"
    kept = len(list(markers.glob("*.json")))
    assert 4 <= kept < 28
    monkeypatch.setattr(parts, "PART", SIDE)
    done = run(load_config(config)).executed
    assert done == {"mosaic_parts": 28 - kept, "mosaic": 5}, "every layer, from parts of another size"
    assert digests(root) == digests(light_run.output)
    assert not (root / "map/parts").exists()
    assert not [p for p in root.rglob("*") if ".part" in p.name], "temporary files are swept"

"""Fixtures that several packages share: the demonstration data, and runs of it that are made once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from iota_py.cli.main import main
from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.pipeline.run import run
from tests.once import made_once
from tests.undrawn import undrawn

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "configs" / "demo.yaml"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

# What the light runs change: fewer dates, trees and draws, several windows a tile, and the map alone, without what is made of it.
LIGHT = """
period: {start: 2023-01-01, end: 2023-12-31, step: 45}
samples: {split: {runs: 2}, selection: {strategy: constant, number: 60}}
model: {kind: random_forest, trees: 8, max_depth: 10}
tracking: {enabled: false}
engine: {kind: joblib, workers: 1, window: 100}
map: null
assessment: {probabilities: null, confusions: null}
regularisation: null
vector: null
product: null
"""


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Done]


@pytest.fixture(scope="session", autouse=True)
def unsynced() -> Iterator[None]:
    """Nothing that this process writes need survive a power cut; what is synced, and when, is held by tests/crash in processes of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture(scope="session")
def project() -> Path:
    """Root of the project."""
    return ROOT


@pytest.fixture(scope="session")
def light_config() -> Callable[[Path, str], Path]:
    """Writer of a light configuration of the demonstration: folder, further YAML lines -> path of the file."""

    def write(folder: Path, more: str = "") -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        base = folder / "light.yaml"
        base.write_text(f"extends: {DEMO}\noutput: {folder / 'run'}\n{LIGHT}", encoding="utf-8")
        path = folder / "config.yaml"
        path.write_text(f"extends: light.yaml\n{more}", encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def light_run(tmp_path_factory: pytest.TempPathFactory, light_config: Callable[[Path, str], Path]) -> RunConfig:
    """A finished light run, in this process and serially: what other ways of running are compared with. Not to be changed."""
    folder = made_once(tmp_path_factory, "light", lambda place: _run_light(light_config(place, "")))
    return load_config(folder / "config.yaml")


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The demonstration with 20 trees in place of 100, elsewhere: its folder, and what the command printed. Not to be changed."""
    return _demo(tmp_path_factory, "demo", "model: {trees: 20}\n")


@pytest.fixture(scope="session")
def whole_demo_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The demonstration as `make demo` runs it, elsewhere. Not to be changed."""
    return _demo(tmp_path_factory, "whole_demo", "")


def _demo(factory: pytest.TempPathFactory, name: str, more: str) -> tuple[Path, str]:
    folder = made_once(factory, name, lambda place: _run_demo(place, more))
    return folder / "runs" / "demo", (folder / "stdout.txt").read_text(encoding="utf-8")


def _run_light(path: Path) -> None:
    with undrawn():
        run(load_config(path))


def _run_demo(folder: Path, more: str) -> None:
    path = folder / "demo.yaml"
    path.write_text(f"extends: {DEMO}\noutput: {folder / 'runs' / 'demo'}\n{more}", encoding="utf-8")
    done = iota_py("run", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "stdout.txt").write_text(done.stdout, encoding="utf-8")


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """The command line in this process: words -> exit code, what was printed, what was printed of errors."""

    def call(*words: str) -> Done:
        with pytest.raises(SystemExit) as ended:
            main(list(words))
        captured = capsys.readouterr()
        return Done(int(ended.value.code or 0), captured.out, captured.err)

    return call


def iota_py(*words: str, cwd: Path | None = None, timeout: float = 600) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    environment = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}
    command = [sys.executable, "-c", "from iota_py.cli.main import main; main()", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=timeout, env=environment, check=False)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A Chromium of this machine, driven by playwright: one for all tests of a process, since a second driver cannot start beside the first."""
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        pytest.skip(f"no Chromium on this machine: looked for {', '.join(BROWSERS)}")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield chromium
        chromium.close()

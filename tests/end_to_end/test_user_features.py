"""Functions of users in a run: allowed twice or not at all, the same bytes for any window, faults with their place."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from iota_py.config import load_config
from iota_py.pipeline import paths
from iota_py.pipeline.run import run
from tests.conftest import ROOT, Command
from tests.end_to_end.products import digests

EXAMPLE = ROOT / "experiments" / "user_features" / "moisture.py"
ASKED = "allow_user_code: true\nuser_features: [{file: moisture.py, function: moisture, margin: 1}]\n"


@pytest.fixture
def user_config(light_config: Callable[[Path, str], Path], tmp_path: Path) -> Callable[[str, str], Path]:
    """Writer of a light configuration with the example function: name of a folder, further YAML lines -> path."""

    def write(name: str, more: str = "") -> Path:
        path = light_config(tmp_path / name, ASKED + more)
        shutil.copy(EXAMPLE, path.parent / "moisture.py")
        return path

    return write


def test_a_run_with_features_of_its_own(user_config: Callable[[str, str], Path], command: Command) -> None:
    first, second = user_config("a", ""), user_config("b", "engine: {workers: 2, window: 77}\n")
    for path in (first, second):
        assert command("run", str(path), "--quiet", "--allow-user-code").returncode == 0
    roots = [load_config(path, allow_user_code=True).output for path in (first, second)]
    assert digests(roots[0]) == digests(roots[1])
    names = json.loads((roots[0] / paths.model(1, 0) / "bundle.json").read_text())["names"]
    assert names[-2:] == ["sentinel2_wetness_04", "sentinel2_ndvi_spread"]
    file = first.parent / "moisture.py"
    file.write_text(file.read_text() + "\n# changed\n")
    assert run(load_config(first, allow_user_code=True)).executed["samples"] == 2  # another file is another feature


@pytest.mark.parametrize("words", [("run",), ("check",), ("plan",), ("features", "-c", "*")])
def test_code_runs_only_when_both_say_so(user_config: Callable[[str, str], Path], command: Command, words: tuple[str, ...]) -> None:
    path = user_config("a", "")
    (path.parent / "moisture.py").write_text("raise SystemExit('this must never run')\n")
    done = command(words[0], str(path), *words[1:])
    assert done.returncode == 1
    assert "E-CFG-021" in done.stderr
    assert "--allow-user-code" in done.stderr
    path.write_text(path.read_text().replace("allow_user_code: true\n", ""))
    done = command(words[0], str(path), *words[1:], "--allow-user-code")
    assert (done.returncode, "set allow_user_code: true" in done.stderr) == (1, True)
    assert not (path.parent / "run").exists()


def test_the_file_lies_beside_the_configuration(user_config: Callable[[str, str], Path], command: Command) -> None:
    path = user_config("a", "")
    (path.parent / "moisture.py").unlink()
    assert "E-CFG-022" in command("check", str(path), "--allow-user-code").stderr
    path.write_text(path.read_text().replace("moisture.py", str(EXAMPLE)))
    assert "is not in the folder of the configuration" in command("check", str(path), "--allow-user-code").stderr


def test_a_fault_names_the_tile_and_the_window(user_config: Callable[[str, str], Path], command: Command) -> None:
    path = user_config("a", "")
    file = path.parent / "moisture.py"
    file.write_text(
        file.read_text().replace("    days = ", "    if view.window.row > 150:\n        raise ValueError('too dry')\n    days = ")
    )
    done = command("run", str(path), "--quiet", "--allow-user-code")
    assert done.returncode == 2
    assert "E-USR-003" in done.stderr
    assert "raised ValueError: too dry (tile 31T" in done.stderr
    assert not list((path.parent / "run" / "map").glob("*.tif"))

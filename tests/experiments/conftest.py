"""Fixtures of the experiments: the real data where they are, the scripts as modules, and runs in a folder of the test."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from iota_py.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
EXPERIMENTS = ROOT / "experiments"


@pytest.fixture(scope="session")
def data() -> Callable[[str], Path]:
    """Folder of a set of the shared data by name; the test is skipped where it is missing."""
    shared = Path(os.environ.get("IOTA_PY_SHARED", ROOT.parent / "shared"))

    def find(name: str) -> Path:
        folder = shared / "data" / name
        if not folder.is_dir():
            pytest.skip(f"real data not here: no folder {folder} (set IOTA_PY_SHARED to the folder that holds data/{name})")
        return folder

    return find


@pytest.fixture(scope="session")
def script() -> Callable[[str], ModuleType]:
    """A script of the experiments as a module, by its path below `experiments/`."""

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(Path(name).stem, EXPERIMENTS / name)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules.setdefault(spec.name, module)  # dataclasses look their module up
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def made() -> Callable[[str, Path], Path]:
    """Run an experiment by the command line into a folder: name, folder -> folder of the run."""

    def make(name: str, folder: Path) -> Path:
        config = folder / "config.yaml"
        extends = EXPERIMENTS / name / "config.yaml"
        config.write_text(f"extends: {extends}\noutput: {folder / name}\ntracking: {{enabled: false}}\n", encoding="utf-8")
        with pytest.raises(SystemExit) as ended:
            main(["run", str(config), "--quiet"])
        assert ended.value.code == 0
        return folder / name

    return make

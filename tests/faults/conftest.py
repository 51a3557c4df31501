"""The field, sown once; each row has a copy of it to spoil."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import Command
from tests.faults import field as land
from tests.faults.row import Place
from tests.undrawn import plain  # noqa: F401 - a fixture of every module here


@pytest.fixture(scope="session")
def sown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A field. Not to be changed."""
    folder = tmp_path_factory.mktemp("field")
    land.sow(folder)
    return folder


@pytest.fixture
def place(sown: Path, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A copy of the field, and the command line."""
    monkeypatch.setenv("COLUMNS", "200")
    folder = tmp_path / "field"
    shutil.copytree(sown, folder)
    return Place(folder, command)

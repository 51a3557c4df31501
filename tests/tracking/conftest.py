"""A store that has been migrated once: a copy takes no time."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from iota_py.tracking.location import DATABASE_NAME, default_uri
from iota_py.tracking.mlflow_store import MlflowTracker
from iota_py.tracking.record import RunRecord


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """File of an SQLite store with nothing of ours but an experiment `warm-up`."""
    folder = tmp_path_factory.mktemp("migrated")
    MlflowTracker(default_uri(folder), "warm-up").log(RunRecord("first"))
    return folder / DATABASE_NAME


@pytest.fixture
def store(migrated: Path) -> Callable[[Path], str]:
    """Maker of a store in a folder: its URI."""

    def make(folder: Path) -> str:
        shutil.copy(migrated, folder / DATABASE_NAME)
        return default_uri(folder)

    return make

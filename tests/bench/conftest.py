"""A benchmark so small that all of its rows take seconds."""

from pathlib import Path

import pytest

from iota_py.bench.scale import Scale, Settings

TINY = Scale(
    "tiny", rounds=2, classes=4, dates=8, step=60, land=(64, 64), samples=400, boosting_samples=400, trees=5, boosting_rounds=3, part=(24, 48),
    parts=2, forest_pixels=2000, boosting_pixels=500, repeats=2, fill_pixels=(16, 40), checked_pixels=50, tile=(64, 128), tile_dates=2, window=2048,
)  # fmt: skip


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(TINY, tmp_path_factory.mktemp("bench"), 2)


@pytest.fixture
def fresh(tmp_path: Path) -> Settings:
    return Settings(TINY, tmp_path, 2)

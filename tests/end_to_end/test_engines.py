"""The same bytes from every engine, number of workers and size of windows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.pipeline.run import run
from tests.end_to_end.products import digests

WAYS = {
    "joblib with two workers": "engine: {kind: joblib, workers: 2}",
    "whole tiles as windows": "engine: {workers: 1, window: 400}",
    "windows that do not divide the tile": "engine: {workers: 2, window: 77}",
    "windows along the strips of the files": "engine: {workers: 1, window: null, window_pixels: 9000}",
    "from a store": "engine: {workers: 2, store: store}",
    "dask with two workers": "engine: {kind: dask, workers: 2, window: 90}",
}

LONGER = ("joblib with two workers", "whole tiles as windows", "windows along the strips of the files", "from a store")


@pytest.mark.parametrize("way", [pytest.param(way, marks=pytest.mark.slow) if way in LONGER else way for way in WAYS])
def test_same_bytes(way: str, light_config: Callable[[Path, str], Path], light_run: RunConfig, tmp_path: Path) -> None:
    config = load_config(light_config(tmp_path, WAYS[way]))
    run(config)
    expected, found = digests(light_run.output), digests(config.output)
    assert found.keys() == expected.keys()
    assert [name for name in expected if found[name] != expected[name]] == []


def test_a_store_is_filled_once_and_shared(light_config: Callable[[Path, str], Path], light_run: RunConfig, tmp_path: Path) -> None:
    store = f"engine: {{workers: 1, store: {tmp_path / 'store'}}}\n"
    small = f"{store}samples: {{split: {{runs: 1}}}}\nmodel: {{kind: lightgbm, rounds: 2}}\n"
    first = load_config(light_config(tmp_path / "a", store))
    made = run(first).executed["store"]
    assert made == sum(len(one.observations) for tile in run(first).inventory.tiles for one in tile.series.values())
    second = load_config(light_config(tmp_path / "b", small))
    assert "store" not in run(second).executed
    file = sorted((tmp_path / "store").rglob("*_bands.tif"))[0]
    file.unlink()
    assert run(first).nothing  # a run that is done reads nothing
    assert run(load_config(light_config(tmp_path / "c", small))).executed["store"] == 1
    assert digests(first.output).keys() == digests(light_run.output).keys()

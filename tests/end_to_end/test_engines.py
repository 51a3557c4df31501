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
    "dask with two workers": "engine: {kind: dask, workers: 2, window: 90}",
}

LONGER = ("whole tiles as windows", "windows along the strips of the files")


@pytest.mark.parametrize("way", [pytest.param(way, marks=pytest.mark.slow) if way in LONGER else way for way in WAYS])
def test_same_bytes(way: str, light_config: Callable[[Path, str], Path], light_run: RunConfig, tmp_path: Path) -> None:
    config = load_config(light_config(tmp_path, WAYS[way]))
    run(config)
    expected, found = digests(light_run.output), digests(config.output)
    assert found.keys() == expected.keys()
    assert [name for name in expected if found[name] != expected[name]] == []

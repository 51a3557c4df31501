"""The clock inside the pipeline's tasks hangs on names of the pipeline: they must be there, and a window must pass them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from iota_py.config import load_config
from iota_py.pipeline.engine.local import SerialEngine
from iota_py.pipeline.run import prepare, run


@pytest.fixture(scope="module")
def stages(script):
    """The script."""
    return script("performance/window_stages.py")


def test_time_is_booked_on_the_stages_of_a_window(stages, light_config: Callable[[Path, str], Path], tmp_path: Path) -> None:
    config = load_config(light_config(tmp_path, "tiles: [31TCJ]\nsamples: {split: {runs: 1}}\nengine: {window: 200}\n"))
    run(config)
    _, plan = prepare(config)
    found = stages.run_metered(config.output, "metered", plan.stage("predict")[:1], SerialEngine())
    spent = found.spent()
    assert {"read", "codes", "predict", "write", "load the model", "marker"} <= set(spent)
    assert 0 < sum(wall for _, wall in spent.values()) <= found.wall * 1.01
    assert all(peak > 0 for peak in found.peaks.values())

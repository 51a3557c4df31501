"""The Slovenian experiment: 68 real dates, real clouds, real polygons."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from iota_py.config import load_config
from iota_py.io.publish import read_json
from iota_py.io.raster import count_values, read_header, read_window
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import load_nomenclature, take_inventory
from tests.experiments.conftest import EXPERIMENTS

CONFIG = EXPERIMENTS / "slovenia" / "config.yaml"


def test_the_configuration_asks_for_five_draws_of_five_classes() -> None:
    config = load_config(CONFIG)
    assert config.samples.split.runs == 5
    assert load_nomenclature(config).codes == (1, 2, 3, 4, 8)
    assert config.inputs["sentinel2"].series.scale == 10_000


@pytest.mark.shared
def test_all_68_files_are_found_and_the_two_passes_of_one_day_are_merged(data) -> None:
    data("slovenia_s2")
    series = take_inventory(load_config(CONFIG)).tiles[0].series["sentinel2"]
    assert sum(len(pieces) for pieces in series.observations) == 68
    assert series.set_aside == ()
    twice = [pieces for pieces in series.observations if len(pieces) > 1]
    assert [(pieces[0].date, len(pieces)) for pieces in twice] == [(dt.date(2015, 12, 8), 2)]


@pytest.mark.shared
@pytest.mark.slow
def test_the_map_is_made_and_five_draws_reach_the_accuracy_asked_for(data, made, tmp_path) -> None:
    folder = data("slovenia_s2")
    run = made("slovenia", tmp_path)
    accuracy = read_json(run / paths.METRICS)["overall_accuracy"]
    assert accuracy["n"] == 5
    assert accuracy["mean"] >= 0.84
    assert accuracy["ci95"][0] < accuracy["mean"] < accuracy["ci95"][1]

    grid = read_header(str(run / paths.map_layer("classification"))).geobox
    assert grid == read_header(str(next((folder / "ndvi").glob("*.tif")))).geobox
    counts = count_values(str(run / paths.map_layer("classification")))
    assert counts[0] == 0
    assert set(np.flatnonzero(counts)) <= {1, 2, 3, 4, 8}
    assert counts[2] > 0.5 * counts.sum()  # the valley is mostly wooded

    masks = [read_window(str(path), None, 1) == 1 for path in sorted((folder / "clm").glob("*.tif"))]
    clear = len(masks) - np.sum(masks, axis=0)
    merged = read_window(str(run / paths.map_layer("validity")))
    both = ~masks[7] & ~masks[8]  # the two passes of 2015-12-08 count once
    np.testing.assert_array_equal(merged, clear - both)

    report = (run / paths.REPORT).read_text(encoding="utf-8")
    assert f"{accuracy['mean']:.3f}" in report
    assert report.count("data:image/") >= 4  # the map, its confidence and validity, the figures

"""`iota-py samples`: what there is to learn from, before and after each step."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from iota_py.config import load_config
from iota_py.io.raster import count_values, read_tags
from iota_py.io.tables import read_table
from iota_py.pipeline import paths
from iota_py.pipeline.execution.graph import pending
from iota_py.pipeline.run import prepare
from iota_py.pipeline.state import State
from tests.conftest import Command

Writer = Callable[[Path, str], Path]


def test_counts_per_class_region_and_tile(light_config: Writer, command: Command, tmp_path: Path) -> None:
    path = light_config(tmp_path)
    done = command("samples", str(path), "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    for title in ("all", "region 1", "region 2", "tile 31TCJ", "tile 31TDJ"):
        assert title in done.stdout.splitlines() or any(line.strip() == title for line in done.stdout.splitlines()), title
    assert "outside every tile: 14" in done.stdout
    output = load_config(path).output
    folder = output / paths.SAMPLE_SUMMARY
    assert sorted(p.name for p in folder.iterdir()) == ["samples.csv", "samples.geojson", "samples.json", "samples.png"]
    table = read_table(folder / "samples.csv").fillna({"run": -1})
    pixels = table[table.unit == "pixels"]
    by_scope = pixels.groupby(["step", "run", "code", "scope"]).pixels.sum().unstack()
    assert (by_scope["all"] == by_scope["tile"]).all()  # a pixel is of one tile and of one region
    assert (by_scope["all"] == by_scope["region"]).all()
    selection = read_table(output / paths.SELECTION)
    for run in (0, 1):
        learnt = pixels[(pixels.step == "learning pixels") & (pixels.run == run) & (pixels.scope == "all")]
        assert dict(zip(learnt.code, learnt.pixels)) == selection[selection[f"run_{run}"] == 1].groupby("code").size().to_dict()
    first = table[(table.step == "polygons in the sources") & (table.scope == "all")]
    assert first.polygons.sum() == 452  # of 453, one has no area


def test_every_polygon_is_drawn_with_its_fate(light_config: Writer, command: Command, tmp_path: Path) -> None:
    path = light_config(tmp_path)
    assert command("samples", str(path), "-q").returncode == 0
    output = load_config(path).output
    content = json.loads((output / paths.SAMPLE_SUMMARY / "samples.geojson").read_text())
    every = [feature["properties"] for feature in content["features"]]
    assert len(every) == 453
    split = read_table(output / paths.SPLIT).set_index("polygon")
    for one in every:
        learns = one["polygon"] in split.index
        assert (one["reason"] is None) == learns
        expected = {1: "learning", 2: "validation"}.get(split.run_0.get(one["polygon"]))
        assert one["role_0"] == expected
        assert one["usable_pixels"] <= one["pixels"]
    reasons = [one["reason"] for one in every if one["reason"]]
    assert sorted(set(reasons)) == ["empty, or without area", "no pixel centre inside (too small, or unseen)", "outside every tile"]
    corner = content["features"][0]["geometry"]["coordinates"][0][0]
    assert np.allclose(corner, [1.79, 43.69], atol=0.1)


def test_a_run_afterwards_finds_the_work_done(light_config: Writer, command: Command, tmp_path: Path) -> None:
    path = light_config(tmp_path)
    assert "reference pixels" in command("samples", str(path)).stdout
    again = command("samples", str(path))
    assert again.returncode == 0
    assert "reference pixels" not in again.stdout
    config = load_config(path)
    _, plan = prepare(config)
    left = {name.split("/")[0] for name in pending(plan, State(config.output))}
    assert left.isdisjoint({"polygons", "footprint", "candidates", "split", "selection"})
    assert {"samples", "train", "predict"} <= left


def test_json_alone(light_config: Writer, command: Command, tmp_path: Path) -> None:
    done = command("samples", str(light_config(tmp_path)), "--json")
    document = json.loads(done.stdout)
    assert [c["alias"] for c in document["classes"]][:2] == ["UrbainDiff", "Colza"]
    assert document["steps"][0] == "polygons in the sources"
    assert {k: document["losses"][1][k] for k in ("reason", "polygons")} == {"reason": "outside every tile", "polygons": 14}


def test_a_class_that_is_lost_is_shown_and_stops(light_config: Writer, command: Command, tmp_path: Path) -> None:
    assert command("samples", str(light_config(tmp_path)), "-q").returncode == 0  # what this one selects is not shown afterwards
    table = "{2: 5, 6: 5, 9: 5, 10: 5, 13: 5, 15: 5, 16: 5, 17: 5, 23: 5}"
    done = command(
        "samples", str(light_config(tmp_path, f"samples: {{selection: {{strategy: byclass, number: null, table: {table}}}}}")), "-q"
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "E-SAM-007" in line
    assert "run 0 has no learning pixel of 5 Colza" in line
    row = next(line.split() for line in done.stdout.splitlines() if line.startswith("5 Colza"))
    assert row[2:] == ["38", "38", "38", "2605", "2605"], "the steps before it are shown, those of no selection are not"


def test_faults_before_any_work_show_no_table(light_config: Writer, command: Command, tmp_path: Path) -> None:
    done = command("samples", str(light_config(tmp_path, "samples: {border: 70}")))
    assert done.returncode == 1
    assert done.stderr.startswith("E-SAM-024 ")
    assert done.stdout.strip() == ""
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_map_of_the_upper_level(light_config: Writer, command: Command, tmp_path: Path) -> None:
    done = command("run", str(light_config(tmp_path, "samples: {level: upper, border: 3, minimum_area: 200}")), "--quiet")
    assert done.returncode == 0, done.stderr
    root = tmp_path / "run"
    counts = count_values(str(root / paths.map_layer("classification")))
    assert set(np.flatnonzero(counts)) == {1, 3, 4, 5, 6, 10}
    assert "annual crops" in (root / paths.map_layer("classification").replace(".tif", ".qml")).read_text()
    assert read_tags(str(root / paths.map_layer("classification"))) is not None
    areas = read_table(root / paths.AREAS)
    assert areas.name.tolist() == ["urban", "annual crops", "grassland", "perennial crops", "forest", "water"]
    metrics = json.loads((root / paths.METRICS).read_text())
    assert metrics["overall_accuracy"]["mean"] > 0.85
    ledger = read_table(root / paths.LEDGER)
    assert ledger[ledger.step == "polygons of the minimum area"].alias.unique().tolist() == [
        "urban", "annual_crops", "grassland", "perennial_crops", "forest", "water",
    ]  # fmt: skip

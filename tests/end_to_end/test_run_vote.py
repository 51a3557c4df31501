"""Draws fused by Dempster-Shafer and scored on polygons that none of them saw."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from iota_py.assessment.confusion import confusion_matrix
from iota_py.assessment.fused import fused_line, fused_note
from iota_py.assessment.metrics import scores
from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.io.publish import read_json
from iota_py.io.raster import read_window
from iota_py.mapping.fusion import masses
from iota_py.mapping.vote import belief_vote, majority_vote
from iota_py.pipeline import paths
from iota_py.pipeline.run import run
from iota_py.pipeline.steps.run_vote import fused_entry
from iota_py.pipeline.workspace import Workspace
from tests.conftest import Command
from tests.end_to_end.products import digests

Writer = Callable[[Path, str], Path]
BELIEF = """
samples: {split: {runs: 3}}
map: {vote: dempster-shafer, weight: recall, undecided: none, vote_kept: 0.2}
"""


@pytest.fixture(scope="module")
def fused(light_config: Writer, tmp_path_factory: pytest.TempPathFactory) -> RunConfig:
    config = load_config(light_config(tmp_path_factory.mktemp("fused"), BELIEF))
    run(config)
    return config


def layers(config: RunConfig, name: str) -> np.ndarray:
    return np.stack([read_window(str(config.output / f"map/run_{k}/{name}.tif")) for k in range(config.samples.split.runs)])


def test_the_map_is_that_of_the_beliefs(fused: RunConfig) -> None:
    documents = [read_json(fused.output / paths.run_weights(k)) for k in range(3)]
    mass = np.stack([masses(np.array(d["confusion"]), np.array(d["codes"]), "recall") for d in documents])
    expected = belief_vote(layers(fused, "classification"), layers(fused, "confidence"), mass, "none")
    for name, values in zip(("classification", "confidence"), expected):
        assert np.array_equal(read_window(str(fused.output / f"map/{name}.tif")), values)
    other = majority_vote(layers(fused, "classification"), layers(fused, "confidence"))[0]
    assert (other != expected[0]).any()


def test_the_weights_are_the_scores_of_the_draws(fused: RunConfig) -> None:
    for k in range(3):
        regions = read_json(fused.output / paths.run_scores(k))["regions"].values()
        total = sum(np.array(region["confusion"]).sum() for region in regions)
        right = sum(np.trace(np.array(region["confusion"])) for region in regions)
        matrix = np.array(read_json(fused.output / paths.run_weights(k))["confusion"])
        assert (matrix.sum(), np.trace(matrix)) == (total, right)


def test_kept_polygons_are_in_no_draw_and_score_the_fused_map(fused: RunConfig, command: Command) -> None:
    split = pd.read_csv(fused.output / paths.SPLIT)
    kept = split.kept == 1
    assert (split.loc[kept, ["run_0", "run_1", "run_2"]] == 0).all(axis=None)
    assert (split.loc[~kept, ["run_0", "run_1", "run_2"]] > 0).all(axis=None)
    for _, group in split.groupby(["region", "code"]):
        assert group.kept.sum() == max(0, min(round(0.2 * len(group)), len(group) - 2))
    entry = read_json(fused.output / paths.METRICS)["fused"]
    assert (entry["polygons"], entry["kept"], entry["vote"], entry["weight"]) == (kept.sum(), 0.2, "dempster-shafer", "recall")
    selection = pd.read_parquet(fused.output / paths.SELECTION)
    pixels = selection[selection.polygon.isin(split.polygon[kept])]
    assert entry["pixels"] == len(pixels) > 100
    # On the lattice of the map the tiles' pixels are the map's: the western tile starts where the map does.
    west = pixels[pixels.tile == "31TCJ"]
    classes = read_window(str(fused.output / "map/classification.tif"))
    ws = Workspace(fused.output, "")
    box = ws.geobox("31TCJ")
    row, col = round((ws.grid.transform.f - box.transform.f) / 10), round((box.transform.c - ws.grid.transform.c) / 10)
    mapped = classes[west.row + row, west.col + col]
    codes = sorted(set(split.code) | set(np.unique(mapped[mapped > 0]).tolist()))
    accuracy = scores(confusion_matrix(west.code, mapped, codes)).overall_accuracy
    assert abs(accuracy - entry["scores"]["overall_accuracy"]) < 0.2
    assert len(entry["draws"]["overall_accuracy"]) == 3
    assert 0.5 < entry["scores"]["overall_accuracy"] <= 1
    report = (fused.output / paths.REPORT).read_text()
    assert '<a href="#fused">' in report
    assert fused_note(entry) in report
    done = command("run", str(fused.output.parent / "config.yaml"))
    assert fused_line(entry) in " ".join(done.stdout.split())


def test_the_same_bytes_with_other_windows(fused: RunConfig, light_config: Writer, tmp_path: Path) -> None:
    other = load_config(light_config(tmp_path, f"{BELIEF}\nengine: {{window: 77}}\n"))
    run(other)
    expected, found = digests(fused.output), digests(other.output)
    assert [name for name in expected if found.get(name) != expected[name]] == []


def test_without_kept_polygons_those_that_no_draw_learnt_from(light_run: RunConfig, light_config: Writer, tmp_path: Path) -> None:
    config = load_config(light_config(tmp_path, "map: {undecided: first}"))
    run(config)
    split = pd.read_csv(config.output / paths.SPLIT)
    assert "kept" not in split
    never = ((split.run_0 == 2) & (split.run_1 == 2)).sum()
    entry = read_json(config.output / paths.METRICS)["fused"]
    assert (entry["polygons"], entry["kept"], entry["undecided"]) == (never, None, "first")
    assert "fused" not in read_json(light_run.output / paths.METRICS)
    ws = Workspace(light_run.output, "")
    assert fused_entry(ws, ws.nomenclature) == {}
    expected = majority_vote(layers(config, "classification"), layers(config, "confidence"), "first")[0]
    assert np.array_equal(read_window(str(config.output / "map/classification.tif")), expected)
    assert (expected != read_window(str(light_run.output / "map/classification.tif"))).any()

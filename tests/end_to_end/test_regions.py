"""Folds of blocks, divided regions that vote, buffers with weights, borrowed models, and the gap: runs of one tile, with windows of two sizes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from iota_py.cli.main import main
from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.io.publish import read_json
from iota_py.io.raster import read_window
from iota_py.io.vectors import read_vectors
from iota_py.mapping.vote import majority_vote
from iota_py.pipeline import paths
from iota_py.pipeline.models.block import models_at
from iota_py.pipeline.models.votes import region_labels
from iota_py.pipeline.plans.crossval import crossval_faults
from iota_py.pipeline.reference.regions import model_folders
from iota_py.pipeline.reference.splits import block_units
from iota_py.pipeline.run import run
from iota_py.pipeline.steps.crossval import folds_of, region_samples
from iota_py.pipeline.steps.learning_set import learning_samples
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.split import VALIDATION
from tests.end_to_end.products import digests

SIDE = 600
TOGETHER = f"""
tiles: [31TCJ]
period: {{start: 2023-01-01, end: 2023-12-31, step: 90}}
model: {{kind: random_forest, trees: 5, max_depth: 8}}
samples:
  split: {{kind: blocks, block: {SIDE}, folds: 2, runs: 2}}
  regions: {{maximum_area: 40, buffer: 300, weight_distance: {{metres: 300}}}}
  allow_lost_classes: true
assessment: {{cross_validation: {{folds: 2, block: {SIDE}}}}}
"""
Done = tuple[RunConfig, Workspace]


@pytest.fixture(scope="module")
def together(light_config: Callable[[Path, str], Path], tmp_path_factory: pytest.TempPathFactory) -> Done:
    config = load_config(light_config(tmp_path_factory.mktemp("together"), TOGETHER))
    run(config)
    return config, Workspace(config.output, "")


def test_the_same_bytes_with_windows_of_another_size(together: Done, light_config: Callable[[Path, str], Path], tmp_path: Path) -> None:
    other = load_config(light_config(tmp_path, f"{TOGETHER}\nengine: {{workers: 1, window: 77}}"))
    run(other)
    expected, found = digests(together[0].output), digests(other.output)
    assert found.keys() == expected.keys()
    assert [name for name in expected if found[name] != expected[name]] == []
    assert run(other).nothing


def test_no_block_is_on_both_sides(together: Done) -> None:
    _, ws = together
    split = pd.read_csv(ws.path(paths.SPLIT))
    polygons = read_vectors(ws.path(paths.POLYGONS), "polygons").set_index("polygon").loc[split.polygon].reset_index()
    unit = block_units(polygons, SIDE)
    assert unit.nunique() > 10
    for fold in (0, 1):
        assert len(set(zip(unit, split[f"run_{fold}"]))) == unit.nunique()
    assert ((split.run_0 == VALIDATION) != (split.run_1 == VALIDATION)).all(), "each polygon validates once"


def test_the_map_of_a_divided_region_is_the_vote_of_its_parts(together: Done) -> None:
    """Samples of the tile predicted by each part, their votes counted here: what the map says where they are."""
    _, ws = together
    region = next(iter(ws.parts))
    samples = region_samples(ws, region)
    assert ws.parts[region] > 1
    models = models_at(tuple(str(ws.path(name)) for name in model_folders(ws, region)), ws.version, ws.feature_names)
    features = np.ascontiguousarray(samples[list(ws.feature_names)].to_numpy(np.int16))
    found = [engine.predict(features) for engine in models.engines]
    for fold in (0, 1):
        own = found[fold * ws.parts[region] : (fold + 1) * ws.parts[region]]
        voted = majority_vote(
            np.stack([one.labels for one in own]), np.stack([np.rint(one.confidence * 100) for one in own]).astype(np.uint8)
        )
        for layer, expected in zip(("classification", "confidence"), voted):
            mapped = read_window(str(ws.path(paths.tile_layer("31TCJ", layer, fold))))
            assert (mapped[samples.row, samples.col] == expected).all()
    assert len({one.labels.tobytes() for one in found[: ws.parts[region]]}) > 1, "the parts differ, so that there was something to vote on"


def test_parts_share_the_samples_of_a_region_and_of_its_buffer(together: Done) -> None:
    _, ws = together
    region = next(iter(ws.parts))
    whole = learning_samples(ws, region, 0)
    parts = [learning_samples(ws, region, 0, part) for part in range(ws.parts[region])]
    assert sum(map(len, parts)) == len(whole)
    assert sum(part.polygon.nunique() for part in parts) == whole.polygon.nunique()
    assert (whole.region != region).any()
    assert whole.outside[whole.region != region].between(0, 300).all()
    validating = pd.read_parquet(ws.path(paths.SELECTION)).query("run_0 == @VALIDATION").polygon
    assert not set(whole.polygon) & set(validating), "what a buffer gives validates nowhere"


def test_the_ledger_names_what_a_fold_lost_and_what_a_buffer_gave(together: Done) -> None:
    ledger = pd.read_csv(together[1].path(paths.LEDGER))
    split = pd.read_csv(together[1].path(paths.SPLIT))
    for step, lacking in (("not learnt: no learning polygon", 1), ("not validated: no polygon is left for validation", VALIDATION)):
        said = ledger[ledger.step == step]
        expected = {
            (fold, region, code)
            for fold in (0, 1)
            for (region, code), group in split.groupby(["region", "code"])
            if not (group[f"run_{fold}"] == lacking).any()
        }
        assert set(zip(said.run.astype(int), said.region.astype(int), said.code)) == expected
    assert (ledger.step == "learning pixels from the buffer around the region").any()


def test_the_gap_of_scores(together: Done) -> None:
    config, ws = together
    document = read_json(ws.path(paths.CROSS_VALIDATION))
    names = list(ws.region_names)
    for kind in ("polygon", "blocks"):
        for region in names:
            samples = region_samples(ws, region)
            folds = folds_of(ws, samples, {"region": region, "kind": kind, "folds": 2, "block": SIDE, "seed": config.samples.split.seed})
            dealt = samples[samples.polygon.map(folds) >= 0]
            matrices = [read_json(ws.path(paths.crossed(region, kind, fold)))["confusion"] for fold in (0, 1)]
            assert sum(np.sum(matrix) for matrix in matrices) == len(dealt), "each sample is held out once"
            if kind == "polygon":
                assert dealt.polygon.groupby(dealt.code).nunique().min() > 1
    scores = {kind: document["kinds"][kind]["overall_accuracy"]["mean"] for kind in ("polygon", "blocks")}
    assert document["gap"]["overall_accuracy"] == pytest.approx(scores["polygon"] - scores["blocks"])
    assert 0.3 < scores["blocks"] < scores["polygon"] + 0.1
    page = ws.path(paths.REPORT).read_text(encoding="utf-8")
    assert '<h2 id="gap">Random and spatial folds</h2>' in page
    assert "2 folds of blocks of 600 m" in page


def test_what_the_command_says(together: Done, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", str(together[0].output.parent / "config.yaml"), "--quiet"])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert " over 2 folds of blocks of 600 m, kappa " in printed
    assert "cross-validation, 2 folds: overall accuracy 0." in printed


def test_a_held_out_region_borrows_the_model_of_the_other(light_config: Callable[[Path, str], Path], tmp_path: Path) -> None:
    text = """
tiles: [31TCJ]
period: {start: 2023-01-01, end: 2023-12-31, step: 90}
model: {kind: random_forest, trees: 5, max_depth: 8}
samples:
  split: {kind: regions, held_out: ['1'], runs: 1}
  regions: {borrow: auto}
  allow_lost_classes: true
"""
    config = load_config(light_config(tmp_path, text))
    run(config)
    ws = Workspace(config.output, "")
    assert read_json(ws.path(paths.BORROWED)) == {"0": {"1": "2"}}
    models = [ws.path(paths.model(region, 0)) / "model.skops" for region in (1, 2)]
    assert models[0].read_bytes() == models[1].read_bytes()
    extra = [read_json(path.parent / "bundle.json")["extra"] for path in models]
    assert [one.get("borrowed from") for one in extra] == ["2", None]
    assert list(read_json(ws.path(paths.run_scores(0)))["regions"]) == ["1"]
    page = ws.path(paths.REPORT).read_text(encoding="utf-8")
    assert "region 1 has no learning sample: it uses the model of 2" in page
    assert "Random and spatial folds" not in page


def test_what_cross_validation_is_not_offered_for(light_config: Callable[[Path, str], Path], tmp_path: Path) -> None:
    wanted = "assessment: {cross_validation: {}}\nfusion: {members: {a: [sentinel2], b: [sentinel2]}}"
    (fault,) = crossval_faults(load_config(light_config(tmp_path, wanted)))
    assert fault.line() == (
        "E-SPL-011 demo: assessment.cross_validation: random and spatial folds side by side are not offered for a fusion. "
        "Fix: leave it out, or compare two runs with samples.split.folds"
    )


def test_what_parts_say_of_samples_is_what_they_say_on_the_map(together: Done) -> None:
    _, ws = together
    region = next(iter(ws.parts))
    samples = region_samples(ws, region)
    labels = region_labels(ws, region, 1, samples[list(ws.feature_names)].to_numpy(np.int16))
    mapped = read_window(str(ws.path(paths.tile_layer("31TCJ", "classification", 1))))
    assert (mapped[samples.row, samples.col] == labels).all()

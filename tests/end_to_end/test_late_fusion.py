"""Sentinel-2 and Sentinel-1 as two models fused later, on the demonstration landscape; the radar misses a strip of it."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.errors import PartialRunError
from iota_py.grid.windows import crs_text
from iota_py.io.raster import read_header, read_window
from iota_py.io.tables import read_table
from iota_py.mapping.fusion import dempster_shafer, masses
from iota_py.pipeline import paths
from iota_py.pipeline.models.members import members
from iota_py.pipeline.pixel import lines, opinion, spot_at
from iota_py.pipeline.records.manifest import write_manifest
from iota_py.pipeline.records.run import run_record
from iota_py.pipeline.run import prepare, run
from iota_py.pipeline.steps.learning_set import learning_samples
from iota_py.pipeline.steps.trust import learning_folds
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.candidates import burn_regions
from iota_py.samples.split import LEARNING
from iota_py.simulation.backscatter import Look, backscatter
from iota_py.simulation.demo import EAST_TILE, UNION, WEST_TILE
from iota_py.simulation.radar import RadarPass, write_pass
from iota_py.simulation.scene import make_scene
from iota_py.training.bundle import load
from tests.conftest import Command
from tests.end_to_end.products import digests

FUSION = "fusion: {members: {optical: [sentinel2], radar: [sentinel1]}, keep_members: true}\n"
DAYS = (30, 110, 190, 270)
SEEN = 170  # columns of the eastern tile that the radar sees
Maker = Callable[..., RunConfig]


def write_radar(folder: Path, columns: dict[str, int]) -> Path:
    """Four passes of one orbit. columns: of each tile, those that the radar sees, from the west."""
    scene = make_scene(UNION, 1)
    for tile in (WEST_TILE, EAST_TILE):
        seen = np.zeros(tile.geobox.shape, bool)
        seen[:, : columns[tile.name[1:]]] = True
        for day in DAYS:
            sensed = dt.datetime.combine(dt.date(2023, 1, 1) + dt.timedelta(days=day - 1), dt.time(5, 59, 10))
            power = backscatter(scene, Look("s1a", day, "DES", 110), scene.landscape.window(tile.geobox))
            one = RadarPass(tile.name[1:], tile.geobox, sensed, "DES", 110, images=1)
            write_pass(folder, one, {name: np.where(seen, values, 0) for name, values in power.items()}, seen)
    return folder


@pytest.fixture(scope="module")
def radar(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_radar(tmp_path_factory.mktemp("radar"), {"31TCJ": 1000, "31TDJ": SEEN})


@pytest.fixture(scope="module")
def fused_config(radar: Path, light_config: Callable[[Path, str], Path]) -> Maker:
    def make(folder: Path, more: str = "", fusion: str = FUSION) -> RunConfig:
        return load_config(light_config(folder, f"inputs: {{sentinel1: {{family: s1tiling, path: {radar}}}}}\n{fusion}{more}"))

    return make


@pytest.fixture(scope="module")
def fused(fused_config: Maker, tmp_path_factory: pytest.TempPathFactory) -> RunConfig:
    """A finished run of two members. Not to be changed."""
    config = fused_config(tmp_path_factory.mktemp("fused"))
    run(config)
    return config


def layer(config: RunConfig, name: str, number: int | None = 0, tile: str = "31TDJ") -> np.ndarray:
    return read_window(str(config.output / paths.tile_layer(tile, name, number)))


def test_the_map_is_dempsters_rule_on_the_labels_of_the_members(fused: RunConfig) -> None:
    """Worked out again from the members' maps and matrices, region by region."""
    ws = Workspace(fused.output, "test")
    geobox = ws.geobox("31TDJ")
    region = burn_regions(ws.regions(crs_text(geobox)), geobox)
    for number in range(2):
        labels = np.stack([layer(fused, f"classification_{name}", number) for name in ("optical", "radar")])
        for index in (1, 2):
            there = (region == index) & (layer(fused, "validity", None) > 0) & labels.any(axis=0)
            documents = [json.loads((fused.output / paths.trust(index, number, name)).read_text()) for name in ("optical", "radar")]
            mass = np.stack([masses(np.array(d["confusion"]), np.array(d["codes"]), "precision") for d in documents])
            expected = dempster_shafer(np.ascontiguousarray(labels[:, there]), mass)
            assert there.sum() > 1000
            assert np.array_equal(layer(fused, "classification", number)[there], expected.labels)
            assert np.array_equal(layer(fused, "confidence", number)[there], np.rint(expected.belief * 100))
            assert np.array_equal(layer(fused, "choice", number)[there], expected.choice)
    found = layer(fused, "choice")
    assert {1, 2, 3} <= set(np.unique(found).tolist()) <= {0, 1, 2, 3}


def test_a_member_has_no_label_where_it_saw_nothing(fused: RunConfig) -> None:
    blind = (np.arange(layer(fused, "choice").shape[1]) >= SEEN)[None, :] & (layer(fused, "classification") > 0)
    assert blind.sum() > 1000
    assert not layer(fused, "classification_radar")[blind].any()
    assert set(layer(fused, "choice")[blind].tolist()) == {1}
    assert np.array_equal(layer(fused, "classification")[blind], layer(fused, "classification_optical")[blind])
    ws = Workspace(fused.output, "test")
    samples = read_table(ws.path(paths.features("31TDJ")))
    assert np.array_equal(samples["radar:seen"], samples.col < SEEN)
    assert samples["optical:seen"].all()


def test_members_learn_from_their_own_columns(fused: RunConfig) -> None:
    ws = Workspace(fused.output, "test")
    optical, radar = members(ws)
    assert (*optical.names, *radar.names) == ws.feature_names
    assert all(name.startswith("sentinel1_des_") for name in radar.names)
    for one in (optical, radar):
        assert load(fused.output / paths.model(1, 0, one.name)).names == one.names


def test_no_polygon_that_scores_the_map_is_in_a_matrix(fused: RunConfig) -> None:
    """The matrix of the member that sees everything counts its learning samples, but for classes that have one polygon."""
    ws = Workspace(fused.output, "test")
    roles = read_table(ws.path(paths.SPLIT)).set_index("polygon")
    for number in range(2):
        samples = learning_samples(ws, 1, number)
        assert set(roles.loc[samples.polygon, f"run_{number}"]) == {LEARNING}
        fold = learning_folds(samples, 3, fused.samples.split.seed + number)
        document = json.loads(ws.path(paths.trust(1, number, "optical")).read_text())
        expected = samples[fold >= 0].code.value_counts().reindex(document["codes"], fill_value=0)
        assert np.array(document["confusion"]).sum(axis=1).tolist() == expected.tolist()


def test_the_products_and_their_styles(fused: RunConfig) -> None:
    root = fused.output
    assert read_window(str(root / paths.CHOICE)).dtype == np.uint8
    assert read_header(str(root / paths.CHOICE)).nodata == 0
    assert 'label="optical and radar"' in (root / "map/choice.qml").read_text()
    delivered = [read_window(str(root / f"map/{name}.tif")) for name in ("classification", "choice", "confidence")]
    assert np.array_equal(delivered[0] > 0, delivered[1] > 0)
    assert delivered[2].max() <= 100
    for number in range(2):
        assert (root / f"map/run_{number}/classification_radar.tif").exists()
        assert (root / f"map/run_{number}/choice.tif").exists()


def test_what_fusion_brought_is_measured_and_shown(fused: RunConfig) -> None:
    metrics = json.loads((fused.output / paths.METRICS).read_text())
    found = metrics["fusion"]
    assert list(found["members"]) == ["optical", "radar"]
    choice = read_window(str(fused.output / paths.CHOICE))
    assert [row["pixels"] for row in found["choice"]] == [int((choice == value).sum()) for value in (1, 2, 3)]
    documents = [json.loads((fused.output / paths.run_scores(number)).read_text()) for number in range(2)]
    for name, member in found["members"].items():
        own = [sum(np.array(region["confusion"]) for region in d["members"][name].values()) for d in documents]
        assert member["held_out"]["overall_accuracy"]["values"] == pytest.approx([np.trace(one) / one.sum() for one in own])
        gains = np.array(metrics["overall_accuracy"]["values"]) - member["held_out"]["overall_accuracy"]["values"]
        assert member["gain"]["mean"] == pytest.approx(gains.mean())
        assert 0 < member["out_of_fold"]["overall_accuracy"]["mean"] < 1
    assert found["members"]["radar"]["unclassified"][0] > 0  # where it saw nothing
    report = (fused.output / paths.REPORT).read_text()
    assert "Members of the fusion" in report
    assert "optical and radar" in report
    assert "gain of the fusion" in report


@pytest.mark.parametrize(
    "way",
    [pytest.param(f"engine: {engine}", marks=pytest.mark.slow) for engine in ("{workers: 2, window: 77}", "{workers: 1, window: 400}")],
)
def test_same_bytes(way: str, fused: RunConfig, fused_config: Maker, tmp_path: Path) -> None:
    config = fused_config(tmp_path, way)
    run(config)
    expected, found = digests(fused.output), digests(config.output)
    assert found.keys() == expected.keys()
    assert [name for name in expected if found[name] != expected[name]] == []


def test_another_measure_learns_nothing_again(fused: RunConfig, tmp_path: Path) -> None:
    shutil.copytree(fused.output, tmp_path / "run")
    config = fused.model_copy(update={"output": tmp_path / "run"})
    assert run(config).nothing
    fusion = config.fusion
    assert fusion is not None
    executed = run(config.model_copy(update={"fusion": fusion.model_copy(update={"measure": "accuracy"})})).executed
    assert set(executed) == {"predict", "assemble", "mosaic_parts", "mosaic", "assess", "summary", "report"}
    (tmp_path / "run" / paths.trust(1, 0, "radar")).unlink()
    (tmp_path / "run" / paths.MANIFEST).unlink(missing_ok=True)
    assert run(config).executed["trust"] == 1
    assert digests(config.output) == digests(fused.output)


@pytest.mark.slow
def test_without_the_members_maps_the_fusion_is_the_same(fused: RunConfig, fused_config: Maker, tmp_path: Path) -> None:
    config = fused_config(tmp_path, fusion=FUSION.replace("true", "false"))
    run(config)
    expected, found = digests(fused.output), digests(config.output)
    assert {name for name in expected if "classification_" in name and "classification_run" not in name} == expected.keys() - found.keys()
    assert {name for name in found if found[name] != expected[name]} <= {paths.METRICS, paths.run_scores(0), paths.run_scores(1)}
    member = json.loads((config.output / paths.METRICS).read_text())["fusion"]["members"]["radar"]
    assert "held_out" not in member
    assert "not kept" in (config.output / paths.REPORT).read_text()


def test_a_member_that_saw_no_sample_says_so(fused_config: Maker, tmp_path: Path) -> None:
    blind = write_radar(tmp_path / "blind", {"31TCJ": 0, "31TDJ": 0})
    config = fused_config(tmp_path, fusion=FUSION)
    entry = config.inputs["sentinel1"].model_copy(update={"path": blind})
    with pytest.raises(PartialRunError, match=r"E-FUS-010 member radar: it saw none of the \d+ learning samples of region \w+"):
        run(config.model_copy(update={"inputs": {**config.inputs, "sentinel1": entry}}))
    assert not (config.output / paths.map_layer("classification")).exists()


def test_the_experiment_records_the_members(fused: RunConfig, tmp_path: Path) -> None:
    shutil.copytree(fused.output, tmp_path / "run")
    tracking = fused.tracking.model_copy(update={"enabled": True, "uri": f"sqlite:///{tmp_path / 'mlflow.db'}"})
    config = fused.model_copy(update={"output": tmp_path / "run", "tracking": tracking})
    inventory, plan = prepare(config)
    write_manifest(config, inventory, plan, "2026-01-01T00:00:00+00:00")
    record = run_record(config, Workspace(config.output, ""), inventory, "2026-01-01T00:00:00+00:00")
    members = json.loads((config.output / paths.METRICS).read_text())["fusion"]["members"]
    for name in ("optical", "radar"):
        assert record.metrics[f"{name}_overall_accuracy"] == members[name]["held_out"]["overall_accuracy"]["mean"]
    assert len(record.children) == 4
    folders = [artifact.path for child in record.children for artifact in child.artifacts]
    assert all({"optical", "radar", "optical.json", "radar.json"} <= {path.name for path in folder.iterdir()} for folder in folders)


def test_the_command_line_counts_members(fused_config: Maker, command: Command, tmp_path: Path) -> None:
    fused_config(tmp_path)
    done = command("plan", str(tmp_path / "config.yaml"))
    assert done.returncode == 0, done.stderr
    assert "2 regions × 2 runs × 2 members" in done.stdout
    counts = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if len(line.split()) == 4}
    assert counts["train"] == ["8", "0", "8"]
    assert counts["trust"] == ["8", "0", "8"]


def test_a_pixel_looked_at_again_has_the_label_and_the_belief_of_the_map(fused: RunConfig) -> None:
    """Where both members saw it, and where the radar did not."""
    ws = Workspace(fused.output, "")
    classes, confidence = (read_window(str(ws.path(paths.map_layer(name)))) for name in ("classification", "confidence"))
    unseen = 0
    for row, col in ((10, 20), (100, 150), (120, 230), (30, 400), (200, 439), (239, 300)):
        spot = spot_at(ws, row, col)
        assert spot is not None
        observed, validity = ws.observe(spot.tile, spot.window)
        found = opinion(ws, observed, int(validity[0]), spot.region)
        assert (found.label, found.confidence) == (classes[row, col], confidence[row, col])
        assert [(one.run, one.model) for one in found.answers] == [(0, "optical"), (1, "optical"), (0, "radar"), (1, "radar")]
        unseen += not all(one.seen for one in found.answers)
        assert {one.input for one in lines(ws, spot.tile, observed)} == {"sentinel2", "sentinel1_des"}
    assert 0 < unseen < 6

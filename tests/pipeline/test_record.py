"""The record of a finished run in MLflow: what it holds, when it is made, and what becomes of it when the store is not there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.errors import StorageError
from iota_py.io.publish import read_json, sha256
from iota_py.io.tables import read_table
from iota_py.pipeline import paths
from iota_py.pipeline.record import track
from iota_py.pipeline.records.manifest import write_manifest
from iota_py.pipeline.run import prepare
from iota_py.prediction.loading import load_engine
from iota_py.tracking.location import default_uri
from iota_py.tracking.mlflow_store import client_of
from iota_py.tracking.pyfunc import RegionModels
from iota_py.tracking.queue import FOLDER, sync, waiting_records
from iota_py.training.bundle import load
from tests.tracking.servers import free_port

pytestmark = pytest.mark.slow

STARTED = "2026-01-01T00:00:00+00:00"


@dataclass
class Recorded:
    """A copy of the light run that is recorded in a store of its own."""

    config: RunConfig
    inventory: Any
    run: str

    @property
    def client(self) -> Any:
        return client_of(self.config.tracking.uri)


def copy_of(light_run: RunConfig, folder: Path, **tracking: Any) -> tuple[RunConfig, Any]:
    shutil.copytree(light_run.output, folder / "run")
    section = light_run.tracking.model_copy(update={"enabled": True, "uri": default_uri(folder), **tracking})
    config = light_run.model_copy(update={"output": folder / "run", "tracking": section})
    inventory, plan = prepare(config)
    write_manifest(config, inventory, plan, STARTED)
    return config, inventory


@pytest.fixture(scope="module")
def recorded(light_run: RunConfig, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    config, inventory = copy_of(light_run, tmp_path_factory.mktemp("recorded"), register_as="oso-light")
    (config.output / paths.SYSTEM).write_text(f"time,{'a,' * 5}a\n1700000000.0,50,1,2,3,4,5\n1700000005.0,70,1,2,3,4,5\n")
    return Recorded(config, inventory, track(config, inventory, STARTED, tags={"variant": "light"}))


def test_the_parent_has_few_metrics_with_deviation_and_half_of_the_interval(recorded: Recorded) -> None:
    metrics = recorded.client.get_run(recorded.run).data.metrics
    known = read_json(recorded.config.output / paths.METRICS)
    model = {name: value for name, value in metrics.items() if not name.startswith("system/")}
    assert set(model) == {
        f"{score}{suffix}" for score in ("overall_accuracy", "kappa", "f1_macro") for suffix in ("", "_sd", "_half_width")
    }
    for score in ("overall_accuracy", "kappa", "f1_macro"):
        assert model[score] == known[score]["mean"]
        assert model[f"{score}_sd"] == known[score]["std"]
        assert model[f"{score}_half_width"] == known[score]["half_width"]


def test_the_load_of_the_machine_has_its_own_times(recorded: Recorded) -> None:
    points = recorded.client.get_metric_history(recorded.run, "system/cpu_utilization_percentage")
    assert [(point.timestamp, point.value) for point in points] == [(1_700_000_000_000, 50.0), (1_700_000_005_000, 70.0)]


def test_tags_tell_the_run_from_others(recorded: Recorded) -> None:
    tags, root = recorded.client.get_run(recorded.run).data.tags, recorded.config.output
    assert tags["samples_sha256"] == sha256(root / paths.SELECTION)
    assert {len(tags[f"{name}_sha256"]) for name in ("config", "features", "reference")} == {64}
    assert (tags["tiles"], tags["regions"], tags["year"], tags["variant"]) == ("31TCJ,31TDJ", "1,2", "2023", "light")
    assert {"git_commit", "git_dirty", "iota_py"} <= set(tags)
    assert tags["mlflow.source.name"].startswith("iota-py ")
    assert tags["mlflow.note.content"].startswith("**Demonstration landscape, 2023**\n\noverall accuracy 0.")


def test_files_are_sorted_into_folders(recorded: Recorded) -> None:
    client, run = recorded.client, recorded.run
    found = {item.path for folder in (None, "figures", "tables", "places", "model") for item in client.list_artifacts(run, folder)}
    assert {"report.html", "config.yaml", "manifest.json", "figures/map.png", "figures/confusion.png", "tables/per_class.csv"} <= found
    assert {"tables/polygon_scores.parquet", "places/tiles.geojson", "places/polygons.geojson", "model/MLmodel", "model/data"} <= found


def test_places_are_degrees_with_names(recorded: Recorded) -> None:
    root = recorded.config.output
    tiles = json.loads((root / paths.TILE_PLACES).read_text())
    assert [feature["properties"]["tile"] for feature in tiles["features"]] == ["31TCJ", "31TDJ"]
    polygons = json.loads((root / paths.POLYGON_PLACES).read_text())["features"]
    assert {feature["properties"]["draw 0"] for feature in polygons} == {"learning", "validation", "neither"}
    assert "maize" in {feature["properties"]["class"] for feature in polygons}
    lon, lat = np.array(polygons[0]["geometry"]["coordinates"][0][0]).reshape(-1, 2)[0]
    assert 1.5 < lon < 2.5
    assert 43 < lat < 45


def test_scores_of_classes_are_those_of_the_run(recorded: Recorded) -> None:
    table = read_table(recorded.config.output / paths.PER_CLASS).set_index("code")
    known = read_json(recorded.config.output / paths.METRICS)["per_class"]
    assert table.index.tolist() == sorted(map(int, known))
    assert table.f1.loc[10] == round(known["10"]["f1"]["mean"], 4)
    assert table["class"].loc[10] == "maize"


def test_children_are_draws_of_regions(recorded: Recorded) -> None:
    client = recorded.client
    experiment = client.get_run(recorded.run).info.experiment_id
    children = client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{recorded.run}'")
    assert sorted(child.info.run_name for child in children) == [f"region {r}, draw {k}" for r in (1, 2) for k in (0, 1)]
    assert all({"overall_accuracy", "kappa", "f1_macro"} == set(child.data.metrics) for child in children)


def test_the_version_gives_the_labels_of_the_run(recorded: Recorded, tmp_path: Path) -> None:
    client = recorded.client
    version = client.get_model_version("oso-light", "1")
    assert version.run_id == recorded.run
    assert version.source == f"{client.get_run(recorded.run).info.artifact_uri}/model"
    model = RegionModels(Path(client.download_artifacts(recorded.run, "model/data", str(tmp_path))))
    table = read_table(recorded.config.output / paths.features("31TCJ"))
    features = np.ascontiguousarray(table[list(model.names)].to_numpy(np.int16))
    for run in (0, 1):
        own = load_engine(load(recorded.config.output / paths.model(2, run))).predict(features)
        assert model.predict(features, {"region": "2", "run": run}).label.tolist() == own.labels.tolist()


def test_a_state_is_recorded_once_and_a_new_one_replaces_it(light_run: RunConfig, tmp_path: Path) -> None:
    config, inventory = copy_of(light_run, tmp_path)
    first = track(config, inventory, STARTED)
    assert track(config, inventory, STARTED) == first
    second = track(config, inventory, STARTED, tags={"variant": "b"})
    client = client_of(default_uri(tmp_path))
    assert client.get_run(first).info.lifecycle_stage == "deleted"
    assert client.get_run(second).data.tags["variant"] == "b"
    parent = client.create_run(client.get_run(second).info.experiment_id, run_name="experiment").info.run_id
    third = track(config, inventory, STARTED, parent=parent)
    assert client.get_run(third).data.tags["mlflow.parentRunId"] == parent
    assert track(config, inventory, STARTED, parent=parent) == third


def test_a_copy_of_a_folder_is_a_run_of_its_own(recorded: Recorded, light_run: RunConfig, tmp_path: Path) -> None:
    shutil.copytree(recorded.config.output, tmp_path / "run")
    config = recorded.config.model_copy(update={"output": tmp_path / "run"})
    other = track(config, recorded.inventory, STARTED)
    assert other != recorded.run
    assert recorded.client.get_run(recorded.run).info.lifecycle_stage == "active"


def test_a_server_that_is_down_loses_nothing(light_run: RunConfig, tmp_path: Path, command: Callable[..., Any]) -> None:
    config, inventory = copy_of(light_run, tmp_path, uri=f"http://me:canary@127.0.0.1:{free_port()}")
    with pytest.raises(StorageError, match="E-TRK-001"):
        track(config, inventory, STARTED)
    assert not (config.output / paths.TRACKING).exists()
    (waiting,) = waiting_records(tmp_path / FOLDER)
    assert [path for path in tmp_path.rglob("*") if path.is_file() and b"canary" in path.read_bytes()] == []
    done = command("track", "status", str(tmp_path))
    assert (done.returncode, "demo-" in done.stdout, "http://***@127.0.0.1" in done.stdout) == (0, True, True)
    done = command("track", "sync", str(tmp_path))
    assert (done.returncode, "E-TRK-012" in done.stdout, "E-TRK-015" in done.stderr) == (2, True, True)
    # the store comes back under another roof: the same record, once its place is mended
    waiting.path.write_text(waiting.path.read_text().replace(waiting.uri, default_uri(tmp_path)))
    done = command("track", "sync", str(tmp_path))
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "1 sent, 0 left")
    assert client_of(default_uri(tmp_path)).get_run(read_json(config.output / paths.TRACKING)["run"]).info.status == "FINISHED"
    assert list(sync(tmp_path / FOLDER)) == []
    assert command("track", "status", str(tmp_path)).stdout == "no record waits\n"


def test_production_pins_an_alias_records_the_version_and_says_when_it_moves(
    recorded: Recorded, light_config: Callable[[Path, str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from iota_py.pipeline.progress import Silent
    from iota_py.pipeline.run import run
    from tests.end_to_end.products import digests

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    client, uri = recorded.client, recorded.config.tracking.uri
    client.set_registered_model_alias("oso-light", "champion", "1")
    config = load_config(light_config(tmp_path, f"model: {{from: models:/oso-light@champion}}\ntracking: {{uri: '{uri}'}}\n"))
    summary = run(config)
    assert digests(config.output)["map/classification.tif"] == digests(recorded.config.output)["map/classification.tif"]
    used = {"name": "oso-light", "version": "1", "run": recorded.run, "alias": "champion"}
    assert summary.inventory.version == used
    write_manifest(config, summary.inventory, summary.plan, summary.started)
    assert read_json(config.output / paths.MANIFEST)["models_from"] == used
    logged = track(config, summary.inventory, STARTED)
    tags = client.get_run(logged).data.tags
    assert (tags["models_from"], tags["models_run"]) == ("oso-light version 1", recorded.run)

    class Heard(Silent):
        def __init__(self) -> None:
            self.warned: list[str] = []

        def warn(self, text: str) -> None:
            self.warned.append(text)

    heard = Heard()
    assert run(config, heard).nothing
    assert heard.warned == []
    client.create_model_version("oso-light", client.get_model_version("oso-light", "1").source, recorded.run)
    client.set_registered_model_alias("oso-light", "champion", "2")
    assert run(config, heard).nothing, "the same models under another number"
    assert len(heard.warned) == 1
    assert heard.warned[0].startswith("alias champion of oso-light was version 1 when this run was begun and is version 2 now")
    assert "models:/oso-light/1" in heard.warned[0]
    report = (config.output / paths.REPORT).read_text()
    assert f"oso-light version 1 (champion), MLflow run {recorded.run}" in report

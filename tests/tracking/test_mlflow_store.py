import json
import logging
import math
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from iota_py.errors import ConfigError, InputError, StorageError
from iota_py.tracking import location
from iota_py.tracking.location import default_uri
from iota_py.tracking.mlflow_store import MlflowTracker
from iota_py.tracking.record import Artifact, DatasetRecord, RunRecord, Tracker

PARENT = "mlflow.parentRunId"
LEARNING = DatasetRecord("polygons", "/data/reference.gpkg", "ab" * 32, "learning", {"polygons": 12})
IMAGES = DatasetRecord("sentinel2 31TCJ", "https://archive.example/S2/31TCJ", "cd" * 32, "input")


@pytest.fixture(scope="module")
def uri(tmp_path_factory):
    """One store for the module, in a folder whose name has to be escaped: its migrations take a second."""
    return default_uri(tmp_path_factory.mktemp("occupation du sol été"))


@pytest.fixture(scope="module")
def client(uri):
    from mlflow import MlflowClient

    MlflowTracker(uri, "warm-up").log(RunRecord("first"))
    return MlflowClient(tracking_uri=uri)


@pytest.fixture
def copied(uri, client, tmp_path):
    """A store of one test, without its migrations."""
    shutil.copy(location.database_path(uri), tmp_path / "mlflow.db")
    return default_uri(tmp_path)


def child(region: int, seed: int, model: Path) -> RunRecord:
    return RunRecord(
        name=f"region {region}, seed {seed}",
        parameters={"region": region, "seed": seed},
        metrics={"overall_accuracy": 0.5 + region / 10 + seed / 100},
        artifacts=(Artifact(model, "model"),),
    )


def record(folder: Path) -> RunRecord:
    model = folder / "models" / "1"
    (model / "sub").mkdir(parents=True, exist_ok=True)
    (model / "model.txt").write_text("tree\n")
    (model / "sub" / "features.json").write_text("[]\n")
    report = folder / "report.html"
    report.write_text("<html></html>\n")
    return RunRecord(
        name="oso-2023",
        parameters={"model.trees": 100, "grid.crs": "EPSG:2154", "map.uncertainty": ["entropy"]},
        metrics={**{f"f1.{code}": code / 1000 for code in range(300)}, "kappa (mean)": 0.75, "f1.999": math.nan},
        tags={"engine": "joblib"},
        datasets=(LEARNING, IMAGES, replace(LEARNING, context="validation")),
        artifacts=(Artifact(report), Artifact(report, "assessment/figures")),
        children=tuple(child(region, seed, model) for region in (1, 2) for seed in (0, 1)),
        started="2024-05-01T10:00:00+00:00",
        ended="2024-05-01T10:30:00+00:00",
    )


def runs_of(client, name, parent=None):
    experiment = client.get_experiment_by_name(name)
    runs = client.search_runs([experiment.experiment_id])
    return [run for run in runs if run.data.tags.get(PARENT) == parent]


@pytest.fixture(scope="module")
def logged(uri, client, tmp_path_factory):
    return MlflowTracker(uri, "oso").log(record(tmp_path_factory.mktemp("run")))


def test_parent_is_read_back_whole(client, logged):
    run = client.get_run(logged)
    assert (run.info.run_name, run.info.status, run.info.end_time - run.info.start_time) == ("oso-2023", "FINISHED", 1_800_000)
    assert run.data.params == {"model.trees": "100", "grid.crs": "EPSG:2154", "map.uncertainty": '["entropy"]'}
    kappa = next(name for name in run.data.metrics if name.startswith("kappa"))
    assert run.data.metrics == {**{f"f1.{code}": code / 1000 for code in range(300)}, kappa: 0.75}
    assert run.data.tags["engine"] == "joblib"
    assert run.data.tags["iota_py.undefined_metrics"] == "f1.999"
    assert run.data.tags["iota_py.record"] == "parent"


def test_children_are_nested_under_the_parent(client, logged):
    (parent,) = runs_of(client, "oso")
    assert parent.info.run_id == logged
    children = runs_of(client, "oso", logged)
    found = {run.info.run_name: run.data for run in children}
    assert sorted(found) == ["region 1, seed 0", "region 1, seed 1", "region 2, seed 0", "region 2, seed 1"]
    assert found["region 2, seed 1"].params == {"region": "2", "seed": "1"}
    assert found["region 2, seed 1"].metrics == {"overall_accuracy": pytest.approx(0.71, abs=1e-12)}
    assert {run.info.status for run in children} == {"FINISHED"}


def test_datasets_carry_our_digests_and_every_context(client, logged):
    import mlflow.data

    inputs = {item.dataset.name: item for item in client.get_run(logged).inputs.dataset_inputs}
    assert sorted(inputs) == ["polygons", "sentinel2 31TCJ"]
    polygons = inputs["polygons"]
    assert polygons.dataset.digest == "ab" * 18
    assert json.loads(polygons.dataset.profile) == {"polygons": 12}
    assert {tag.key: tag.value for tag in polygons.tags} == {"mlflow.data.context": "learning,validation", "iota_py.digest": "ab" * 32}
    assert mlflow.data.get_source(polygons.dataset).uri == "/data/reference.gpkg"
    assert mlflow.data.get_source(inputs["sentinel2 31TCJ"].dataset).url == "https://archive.example/S2/31TCJ"


def test_artifacts_lie_beside_the_database(client, uri, logged):
    root = location.database_path(uri).parent / "mlartifacts" / logged / "artifacts"
    assert sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()) == [
        "assessment/figures/report.html",
        "names.json",
        "report.html",
    ]
    assert list(json.loads((root / "names.json").read_text()).values()) == ["kappa (mean)"]
    run = runs_of(client, "oso", logged)[0].info.run_id
    assert [item.path for item in client.list_artifacts(run, "model")] == ["model/model.txt", "model/sub"]
    assert Path(client.download_artifacts(run, "model/model.txt")).read_text() == "tree\n"


def test_three_hundred_metrics_are_one_batch(uri, client, tmp_path, monkeypatch):
    from mlflow import MlflowClient
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    calls = {"client": [], "store": []}
    for owner, key in ((MlflowClient, "client"), (SqlAlchemyStore, "store")):
        whole = owner.log_batch

        def counted(self, run_id, metrics, params, tags, whole=whole, key=key):
            calls[key].append((len(metrics), len(params), len(tags)))
            return whole(self, run_id, metrics, params, tags)

        monkeypatch.setattr(owner, "log_batch", counted)
    MlflowTracker(uri, "batches").log(replace(record(tmp_path), children=()))
    assert calls == {"client": [(301, 3, 2)], "store": [(301, 3, 2)]}


def test_more_than_the_limits_of_a_batch_is_stored_all_the_same(uri, client):
    metrics = {f"m{i}": float(i) for i in range(2300)}
    parameters = {f"p{i}": i for i in range(250)}
    tags = {f"t{i}": str(i) for i in range(120)}
    run = client.get_run(MlflowTracker(uri, "large").log(RunRecord("large", parameters, metrics, tags)))
    assert run.data.metrics == metrics
    assert run.data.params == {key: str(value) for key, value in parameters.items()}
    assert tags.items() <= run.data.tags.items()


def test_a_history_is_stored_step_by_step_without_what_is_undefined(uri, client):
    run = MlflowTracker(uri, "history").log(RunRecord("searched", history={"f1 (trial)": (0.5, math.nan, 0.75)}))
    (key,) = client.get_run(run).data.metrics
    assert [(point.step, point.value) for point in client.get_metric_history(run, key)] == [(0, 0.5), (2, 0.75)]


def test_long_parameter_is_whole_in_its_document(uri, client):
    run = MlflowTracker(uri, "long").log(RunRecord("long", {"samples.selection": "x" * 6001}))
    assert client.get_run(run).data.params["samples.selection"].startswith("sha256:")
    document = Path(client.download_artifacts(run, "long_parameters.json"))
    assert json.loads(document.read_text()) == {"samples.selection": "x" * 6001}


def test_a_rerun_takes_the_place_of_the_earlier_record(uri, client, tmp_path):
    tracker: Tracker = MlflowTracker(uri, "rerun")
    first = tracker.log(record(tmp_path))
    children = [run.info.run_id for run in runs_of(client, "rerun", first)]
    second = tracker.log(record(tmp_path), replace=first)
    assert [run.info.run_id for run in runs_of(client, "rerun")] == [second]
    assert runs_of(client, "rerun", first) == []
    assert len(runs_of(client, "rerun", second)) == 4
    assert {client.get_run(run).info.lifecycle_stage for run in (first, *children)} == {"deleted"}
    third = tracker.log(RunRecord("again"), replace=first)  # already gone: no error
    assert {run.info.run_id for run in runs_of(client, "rerun")} == {second, third}


def test_replacing_a_run_that_never_was_is_no_error(uri, client):
    assert MlflowTracker(uri, "rerun").log(RunRecord("alone"), replace="0" * 32)


def test_a_run_of_the_user_is_never_deleted(uri, client):
    own = client.create_run("0", run_name="mine").info.run_id
    with pytest.raises(ConfigError, match=r"E-TRK-005 mine: replace: .*is left alone"):
        MlflowTracker(uri, "rerun").log(RunRecord("r"), replace=own)
    assert client.get_run(own).info.lifecycle_stage == "active"


def test_no_secret_reaches_the_store(copied):
    secret = "s3://key:canary@host/bucket"
    dataset = DatasetRecord("images", secret, "ab", "input", {"source": secret})
    MlflowTracker(copied, "secrets").log(
        RunRecord("r", {"uri": secret, "long": "x" * 7000 + " " + secret}, tags={"t": secret}, datasets=(dataset,))
    )
    files = [path for path in location.database_path(copied).parent.rglob("*") if path.is_file()]
    assert len(files) == 3  # database, lock, long_parameters.json
    assert [path for path in files if b"canary" in path.read_bytes()] == []


def test_failure_midway_marks_the_runs_begun_and_says_why(uri, client, monkeypatch):
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    def refuse(self, *arguments, **options):
        raise MlflowException("no room on http://me:canary@host/x\nsecond line")

    monkeypatch.setattr(MlflowClient, "log_inputs", refuse)
    broken = RunRecord("child", datasets=(IMAGES,))
    with pytest.raises(StorageError, match=r"E-TRK-001 .*no room on http://\*\*\*@host/x\. Fix: ") as caught:
        MlflowTracker(uri, "midway").log(RunRecord("parent", children=(RunRecord("done"), broken, RunRecord("never"))))
    assert "canary" not in str(caught.value)
    (parent,) = runs_of(client, "midway")
    children = {run.info.run_name: run for run in runs_of(client, "midway", parent.info.run_id)}
    assert {name: run.info.status for name, run in children.items()} == {"done": "FINISHED", "child": "FAILED"}
    assert parent.info.status == "FAILED"
    assert parent.data.tags["iota_py.failure"] == "MlflowException: no room on http://***@host/x\nsecond line"


def test_interruption_marks_the_run_killed(uri, client, monkeypatch):
    from mlflow import MlflowClient

    def interrupt(self, *arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(MlflowClient, "log_inputs", interrupt)
    with pytest.raises(KeyboardInterrupt):
        MlflowTracker(uri, "interrupted").log(RunRecord("r", datasets=(IMAGES,)))
    (run,) = runs_of(client, "interrupted")
    assert run.info.status == "KILLED"


def test_missing_artifact_is_told_before_anything_is_stored(uri, client, tmp_path):
    absent = RunRecord("c", artifacts=(Artifact(tmp_path / "model", "model"),))
    with pytest.raises(InputError, match=r"E-TRK-003 .*model: .*missing"):
        MlflowTracker(uri, "absent").log(RunRecord("p", children=(absent,)))
    assert client.get_experiment_by_name("absent") is None


def test_deleted_experiment_is_told_with_its_restoration(uri, client):
    identifier = client.create_experiment("gone")
    client.delete_experiment(identifier)
    with pytest.raises(ConfigError, match=rf"E-TRK-004 .*mlflow experiments restore --experiment-id {identifier}"):
        MlflowTracker(uri, "gone").log(RunRecord("r"))


def test_locked_store_is_told_and_nothing_is_printed(uri, client, monkeypatch, capfd):
    monkeypatch.setattr(location, "LOCK_SECONDS", 0.1)
    with closing(sqlite3.connect(location.database_path(uri))) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StorageError, match=r"E-TRK-001 .*locked"):
            MlflowTracker(uri, "oso").log(RunRecord("r"))
    assert capfd.readouterr() == ("", "")


def test_store_of_another_version_of_mlflow_is_told_with_its_upgrade(copied):
    with closing(sqlite3.connect(location.database_path(copied))) as database:
        database.execute("UPDATE alembic_version SET version_num = '451aebb31d03'")
        database.commit()
    with pytest.raises(StorageError, match=r"E-TRK-001 .*out-of-date database schema .*mlflow db upgrade"):
        MlflowTracker(copied, "a").log(RunRecord("r"))


def test_folder_store_is_refused_when_the_tracker_is_made():
    with pytest.raises(ConfigError, match="E-TRK-002"):
        MlflowTracker("file:///data/mlruns", "oso")


def test_mlflow_of_the_user_goes_on_undisturbed(uri, client, copied, tmp_path, monkeypatch):
    import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_URI", copied)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "warm-up")
    with mlflow.start_run(run_name="mine") as own:
        MlflowTracker(uri, "beside").log(record(tmp_path))
        assert mlflow.active_run().info.run_id == own.info.run_id
        mlflow.log_metric("mine", 1.0)
    assert mlflow.get_tracking_uri() == copied
    assert mlflow.get_run(own.info.run_id).data.metrics == {"mine": 1.0}
    assert len(runs_of(client, "beside")) == 1
    assert logging.getLogger("mlflow.store.db.utils").level == logging.NOTSET


def run_python(program: str, **variables: str) -> subprocess.CompletedProcess:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW", "PYTEST"))} | variables
    return subprocess.run([sys.executable, "-W", "error", "-c", program], env=environment, capture_output=True, text=True, check=False)


def test_importing_the_package_does_not_import_mlflow():
    modules = "iota_py.tracking.mlflow_store, iota_py.tracking.server, iota_py.tracking.provenance"
    heavy = "{'mlflow', 'sqlalchemy', 'alembic', 'rasterio'}"
    done = run_python(f"import sys, {modules}\nassert not {heavy} & set(sys.modules)")
    assert (done.returncode, done.stderr) == (0, "")


PROGRAM = """
import sys
from iota_py.tracking.mlflow_store import MlflowTracker
from iota_py.tracking.record import RunRecord
MlflowTracker(sys.argv[1], "fresh").log(RunRecord("r"))
from mlflow.telemetry.client import get_telemetry_client
assert get_telemetry_client() is None
print("done")
"""


def test_two_first_runs_at_once_make_one_store_in_silence_and_without_telemetry(tmp_path):
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW", "PYTEST", "CI"))}
    command = [sys.executable, "-c", PROGRAM, default_uri(tmp_path)]
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate() for process in both] == [("done\n", "")] * 2
    from mlflow import MlflowClient

    assert len(runs_of(MlflowClient(tracking_uri=default_uri(tmp_path)), "fresh")) == 2

import multiprocessing
import os
import time
from pathlib import Path

import pytest

from iota_py.errors import ConfigError, InputError, StorageError
from iota_py.io.publish import read_json, write_json
from iota_py.tracking import queue as queueing
from iota_py.tracking.mlflow_store import client_of
from iota_py.tracking.patience import AFTER_A_RUN, Patience
from iota_py.tracking.queue import FOLDER, Letter, deliver, sync, waiting_records
from iota_py.tracking.record import Artifact, RunRecord
from tests.tracking.servers import free_port, mlflow_server, stub

SHORT = Patience(request=1, retries=0, total=5.0)


def letter(root: Path, uri: str, state: str = "a", score: float = 0.5) -> Letter:
    """A record of a run in a folder of its own, with a table, a model and a child."""
    (root / "model").mkdir(parents=True, exist_ok=True)
    (root / "manifest.json").write_text(f'{{"state": "{state}"}}\n')
    (root / "table.csv").write_text("class,f1\nwater,0.9\n")
    (root / "model" / "model.txt").write_text("tree\n")
    record = RunRecord(
        root.name,
        {"trees": 100},
        {"f1_macro": score, "kappa": float("nan")},
        {"year": "2023"},
        artifacts=(Artifact(root / "table.csv", "tables"), Artifact(root / "model", "model")),
        history={"trial": (0.1, float("nan"), 0.3)},
        timed={"system/cpu_utilization_percentage": ((1_700_000_000_000, 50.0), (1_700_000_005_000, 70.0))},
        children=(RunRecord("region 1", metrics={"f1_macro": score}),),
        key=f"{root.name}/{state}",
        started="2026-01-01T00:00:00+00:00",
        ended=f"2026-01-01T00:0{ord(state) - 96}:00+00:00",
    )
    said = (("id", root.name), ("key", state), ("uri", uri))
    return Letter(record, root, root.name, uri, "queue", said=said)


def runs_in(uri: str) -> list:
    client = client_of(uri)
    experiment = client.get_experiment_by_name("queue")
    return [] if experiment is None else list(client.search_runs([experiment.experiment_id]))


def parents(uri: str) -> list:
    return [run for run in runs_in(uri) if run.data.tags["iota_py.record"] == "parent"]


def test_a_record_that_is_sent_leaves_nothing_behind(tmp_path, store):
    uri = store(tmp_path)
    sent = deliver(tmp_path / FOLDER, letter(tmp_path / "one", uri), AFTER_A_RUN)
    assert list((tmp_path / FOLDER).iterdir()) == []
    assert read_json(tmp_path / "one" / "tracking.json") == {"id": "one", "key": "a", "uri": uri, "run": sent.run}
    assert list(sync(tmp_path / FOLDER)) == []


def test_a_store_that_is_down_costs_a_moment_and_no_record(tmp_path):
    uri = f"http://me:canary@127.0.0.1:{free_port()}"
    start = time.monotonic()
    with pytest.raises(StorageError, match=r"E-TRK-001 .*iota-py track sync"):
        deliver(tmp_path / FOLDER, letter(tmp_path / "one", uri), AFTER_A_RUN)
    assert time.monotonic() - start < 5
    (waiting,) = waiting_records(tmp_path / FOLDER)
    assert (waiting.name, waiting.experiment, waiting.since) == ("one", "queue", "2026-01-01T00:01:00+00:00")
    assert "cannot be used" in waiting.reason
    assert "canary" not in waiting.path.read_text()
    assert not (tmp_path / "one" / "tracking.json").exists()


@pytest.mark.parametrize(("answer", "seconds"), [("fails", 5), ("hangs", 8)])
def test_a_server_that_fails_or_hangs_costs_seconds_and_no_record(tmp_path, answer, seconds):
    with stub(answer) as (uri, asked):
        start = time.monotonic()
        with pytest.raises(StorageError, match="E-TRK-001"):
            deliver(tmp_path / FOLDER, letter(tmp_path / "one", uri), SHORT)
        assert time.monotonic() - start < seconds
    assert asked
    assert len(waiting_records(tmp_path / FOLDER)) == 1


def test_a_record_that_takes_too_long_is_left_to_the_queue(tmp_path, store):
    uri = store(tmp_path)
    with pytest.raises(StorageError, match=r"E-TRK-011 .*too slow"):
        deliver(tmp_path / FOLDER, letter(tmp_path / "one", uri), Patience(10, 1, total=-1.0))
    assert "too slow" in waiting_records(tmp_path / FOLDER)[0].reason
    assert [one.fault for one in sync(tmp_path / FOLDER)] == [""]
    assert len(parents(uri)) == 1


def test_sync_sends_the_record_whole(tmp_path, store, monkeypatch):
    uri = store(tmp_path)
    with pytest.raises(StorageError):
        deliver(tmp_path / FOLDER, letter(tmp_path / "one", uri), Patience(10, 1, total=-1.0))
    (tmp_path / "elsewhere").mkdir()
    for name in ("one", FOLDER):  # the queue and its runs may be moved together
        (tmp_path / name).rename(tmp_path / "elsewhere" / name)
    (sent,) = sync(tmp_path / "elsewhere" / FOLDER)
    client = client_of(uri)
    run = client.get_run(sent.run)
    assert run.data.params == {"trees": "100"}
    assert run.data.metrics["f1_macro"] == 0.5
    assert run.data.tags["iota_py.undefined_metrics"] == "kappa"
    assert [(p.timestamp, p.value) for p in client.get_metric_history(sent.run, "system/cpu_utilization_percentage")] == [
        (1_700_000_000_000, 50.0),
        (1_700_000_005_000, 70.0),
    ]
    assert [(p.step, p.value) for p in client.get_metric_history(sent.run, "trial")] == [(0, 0.1), (2, 0.3)]
    assert {item.path for item in client.list_artifacts(sent.run, "model")} == {"model/model.txt"}
    assert len(runs_in(uri)) == 2
    assert read_json(tmp_path / "elsewhere" / "one" / "tracking.json")["run"] == sent.run


def test_a_record_half_sent_is_completed_not_doubled(tmp_path, store, monkeypatch):
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    def refuse(self, *arguments, **options):
        raise MlflowException("no room")

    uri = store(tmp_path)
    with monkeypatch.context() as broken:
        broken.setattr(MlflowClient, "log_artifacts", refuse)
        with pytest.raises(StorageError, match="no room"):
            deliver(tmp_path / FOLDER, letter(tmp_path / "one", uri), AFTER_A_RUN)
    assert [run.info.status for run in parents(uri)] == ["FAILED"]
    (sent,) = sync(tmp_path / FOLDER)
    assert [(run.info.run_id, run.info.status) for run in parents(uri)] == [(sent.run, "FINISHED")]
    assert len(runs_in(uri)) == 2


def test_a_record_whose_receipt_was_lost_is_not_stored_again(tmp_path, store):
    uri = store(tmp_path)
    one = letter(tmp_path / "one", uri)
    first = deliver(tmp_path / FOLDER, one, AFTER_A_RUN)
    (tmp_path / "one" / "tracking.json").unlink()
    assert deliver(tmp_path / FOLDER, one, AFTER_A_RUN) == first
    assert len(parents(uri)) == 1


def test_a_later_state_takes_the_place_of_an_earlier_one_wherever_that_is(tmp_path, store):
    uri = store(tmp_path)
    with pytest.raises(StorageError):
        deliver(tmp_path / FOLDER, letter(tmp_path / "one", uri), Patience(10, 1, total=-1.0))
    deliver(tmp_path / FOLDER, letter(tmp_path / "one", uri, "b", 0.75), AFTER_A_RUN)
    assert waiting_records(tmp_path / FOLDER) == []
    assert [run.data.metrics["f1_macro"] for run in parents(uri)] == [0.75]
    deliver(tmp_path / FOLDER, letter(tmp_path / "one", uri, "c", 0.8), AFTER_A_RUN)
    assert [run.data.metrics["f1_macro"] for run in parents(uri)] == [0.8]


def test_an_earlier_state_sent_late_does_not_undo_a_later_one(tmp_path, store):
    uri = store(tmp_path)
    late = letter(tmp_path / "one", uri, "a")
    newer = deliver(tmp_path / FOLDER, letter(tmp_path / "one", uri, "b", 0.75), AFTER_A_RUN)
    (tmp_path / "one" / "manifest.json").write_text('{"state": "a"}\n')
    assert deliver(tmp_path / FOLDER, late, AFTER_A_RUN).run == newer.run
    assert [run.data.metrics["f1_macro"] for run in parents(uri)] == [0.75]


def test_numbers_are_not_sent_with_files_of_another_state(tmp_path, store):
    uri = store(tmp_path)
    with pytest.raises(StorageError):
        deliver(tmp_path / FOLDER, letter(tmp_path / "one", uri), Patience(10, 1, total=-1.0))
    (tmp_path / "one" / "manifest.json").write_text("{}\n")
    (left,) = sync(tmp_path / FOLDER)
    assert left.fault.startswith("E-TRK-013")
    assert "has changed since" in left.fault
    (tmp_path / "one" / "manifest.json").unlink()
    assert "is not there" in next(sync(tmp_path / FOLDER)).fault
    assert len(waiting_records(tmp_path / FOLDER)) == 1
    assert runs_in(uri) == []


def test_credentials_come_from_the_environment(tmp_path, monkeypatch):
    address = f"http://me:canary@127.0.0.1:{free_port()}"
    with pytest.raises(StorageError):
        deliver(tmp_path / FOLDER, letter(tmp_path / "one", address), SHORT)
    (left,) = sync(tmp_path / FOLDER, SHORT)
    assert left.fault.startswith("E-TRK-012")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    (left,) = sync(tmp_path / FOLDER, SHORT)
    assert left.fault.startswith("E-TRK-001"), "the server is asked"
    assert "canary" not in left.fault + "".join(path.read_text() for path in tmp_path.rglob("*.json"))


def test_a_store_that_cannot_be_is_told_at_once(tmp_path):
    with pytest.raises(ConfigError, match="E-TRK-002"):
        deliver(tmp_path / FOLDER, letter(tmp_path / "one", "mlruns"), AFTER_A_RUN)
    assert not (tmp_path / FOLDER).exists()


def test_a_file_that_is_no_record_is_told(tmp_path):
    (tmp_path / FOLDER).mkdir()
    write_json(tmp_path / FOLDER / "strange.json", {"format": 9, "record": {"name": "x"}})
    with pytest.raises(InputError, match=r"E-TRK-014 .*format 9"):
        waiting_records(tmp_path / FOLDER)
    (left,) = sync(tmp_path / FOLDER)
    assert left.fault.startswith("E-TRK-014")


def test_a_record_that_another_process_is_sending_is_left_to_it(tmp_path, store):
    uri = store(tmp_path)
    with pytest.raises(StorageError):
        deliver(tmp_path / FOLDER, letter(tmp_path / "one", uri), Patience(10, 1, total=-1.0))
    path = tmp_path / FOLDER / "one.json"
    with queueing._alone(path) as own:
        assert own
        assert [one.fault for one in sync(tmp_path / FOLDER)] == ["another process is sending it"]
    assert [one.fault for one in sync(tmp_path / FOLDER)] == [""]
    assert list((tmp_path / FOLDER).iterdir()) == []


def _sync_in_process(folder: str, started) -> None:
    started.wait()
    sent = [one for one in sync(Path(folder) / FOLDER) if not one.fault]
    (Path(folder) / f"sent-{os.getpid()}").write_text(str(len(sent)))


@pytest.mark.slow
def test_several_syncs_at_once_send_each_record_once(tmp_path, store):
    uri = store(tmp_path)
    deliver(tmp_path / FOLDER, letter(tmp_path / "warm-up", uri), AFTER_A_RUN)
    for name in ("one", "two", "three"):
        with pytest.raises(StorageError):
            deliver(tmp_path / FOLDER, letter(tmp_path / name, uri), Patience(10, 1, total=-1.0))
    context = multiprocessing.get_context("spawn")
    started = context.Event()
    processes = [context.Process(target=_sync_in_process, args=(str(tmp_path), started)) for _ in range(2)]
    for process in processes:
        process.start()
    started.set()
    for process in processes:
        process.join(120)
    assert sum(int(path.read_text()) for path in tmp_path.glob("sent-*")) == 3
    assert sorted(run.info.run_name for run in parents(uri)) == ["one", "three", "two", "warm-up"]
    assert len(runs_in(uri)) == 8


def test_a_real_server_takes_the_record_and_its_files(tmp_path, store, capfd):
    """The one real server of the quick suite: a record over HTTP, artifacts through it, what comes back, and nothing printed."""
    (tmp_path / "server").mkdir()
    with mlflow_server(store(tmp_path / "server"), tmp_path / "artifacts") as server:
        sent = deliver(tmp_path / FOLDER, letter(tmp_path / "one", server.address), AFTER_A_RUN)
        assert capfd.readouterr() == ("", "")
        client = client_of(server.address)
        assert client.get_run(sent.run).data.metrics["f1_macro"] == 0.5
        assert Path(client.download_artifacts(sent.run, "model/model.txt", str(tmp_path))).read_text() == "tree\n"
        assert [run.info.status for run in runs_in(server.address)] == ["FINISHED"] * 2

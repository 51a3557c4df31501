"""Real tracking servers on SQLite and PostgreSQL: several writers at once, and a server that is killed in the middle of a record."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from iota_py.errors import StorageError
from iota_py.tracking import mlflow_store
from iota_py.tracking.mlflow_store import client_of
from iota_py.tracking.patience import SYNC, Patience
from iota_py.tracking.queue import FOLDER, deliver, sync, waiting_records
from tests.tracking.servers import Server, free_port, mlflow_server
from tests.tracking.test_queue import letter, parents, runs_in

pytestmark = pytest.mark.slow
WRITERS, RECORDS = 4, 3


def _postgres(*words: str) -> None:
    """A program of PostgreSQL, as a user that it accepts: it does not run as root."""
    command = [*(["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []), *words]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)


def _without_postgres() -> str:
    """Why a PostgreSQL store cannot be tested here; empty where it can."""
    missing = [name for name in ("initdb", "pg_ctl") if shutil.which(name) is None]
    if missing:
        return f"PostgreSQL is not installed: no {', '.join(missing)} in the PATH"
    if importlib.util.find_spec("psycopg2") is None:
        return "psycopg2 is not installed: pip install 'iota-py[postgres]'"
    if os.getuid() == 0 and (shutil.which("runuser") is None or subprocess.run(["id", "postgres"], capture_output=True).returncode):
        return "PostgreSQL does not run as root, and there is no user postgres to run it as"
    return ""


@pytest.fixture
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database cluster of its own on the loopback address; URI of its database."""
    if reason := _without_postgres():
        pytest.skip(reason)
    folder = Path(subprocess.run(["mktemp", "-d", "/tmp/iota-pg-XXXXXX"], check=True, capture_output=True, text=True).stdout.strip())
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    port = free_port()
    data, log = str(folder / "data"), str(folder / "log")
    try:
        _postgres("initdb", "-D", data, "-U", "iota", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C")
        options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off"
        _postgres("pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start")
        try:
            yield f"postgresql+psycopg2://iota@127.0.0.1:{port}/postgres"
        finally:
            _postgres("pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def sqlite(tmp_path: Path, store: Callable[[Path], str]) -> str:
    """A store of the embedded kind, behind a server."""
    (tmp_path / "server").mkdir()
    return store(tmp_path / "server")


def _write(folder: str, address: str, writer: int, started: threading.Event) -> None:
    started.wait()
    for number in range(RECORDS):
        root = Path(folder) / f"run-{writer}-{number}"
        try:
            deliver(Path(folder) / FOLDER, letter(root, address), SYNC)
        except StorageError as error:
            (Path(folder) / f"failed-{writer}-{number}").write_text(str(error))


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
def test_several_writers_at_once_lose_and_double_nothing(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    uri = request.getfixturevalue(backend)
    with mlflow_server(uri, tmp_path / "artifacts") as server:
        context = multiprocessing.get_context("spawn")
        started = context.Event()
        writers = [context.Process(target=_write, args=(str(tmp_path), server.address, k, started)) for k in range(WRITERS)]
        for writer in writers:
            writer.start()
        started.set()
        for writer in writers:
            writer.join(300)
        assert [writer.exitcode for writer in writers] == [0] * WRITERS
        waits = waiting_records(tmp_path / FOLDER)
        assert [one for one in sync(tmp_path / FOLDER) if one.fault] == [], f"{len(waits)} records waited"
        names = sorted(run.info.run_name for run in parents(server.address))
        assert names == sorted(f"run-{k}-{n}" for k in range(WRITERS) for n in range(RECORDS))
        every = runs_in(server.address)
        assert len(every) == 2 * WRITERS * RECORDS
        assert {run.info.status for run in every} == {"FINISHED"}
        client = client_of(server.address)
        for run in parents(server.address):
            assert [item.path for item in client.list_artifacts(run.info.run_id, "model")] == ["model/model.txt"]


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
def test_a_server_killed_in_the_middle_of_a_record_gets_it_whole_later(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri, port = request.getfixturevalue(backend), free_port()

    def dies_before_the_children(server: Server) -> None:
        fill = mlflow_store._fill

        def filled(sender, run, record):  # type: ignore[no-untyped-def]
            fill(sender, run, record)
            server.kill()

        monkeypatch.setattr(mlflow_store, "_fill", filled)

    with mlflow_server(uri, tmp_path / "artifacts", port) as server:
        with monkeypatch.context():
            dies_before_the_children(server)
            with pytest.raises(StorageError, match="E-TRK-001"):
                deliver(tmp_path / FOLDER, letter(tmp_path / "one", server.address), Patience(2, 1, 30.0))
        monkeypatch.undo()
        (left,) = sync(tmp_path / FOLDER, Patience(2, 0, 5.0))
        assert left.fault.startswith("E-TRK-001"), "the server is still down"
    with mlflow_server(uri, tmp_path / "artifacts", port) as server:
        assert [run.info.status for run in parents(server.address)] == ["RUNNING"], "what was begun"
        (sent,) = sync(tmp_path / FOLDER)
        assert sent.fault == ""
        assert [(run.info.run_id, run.info.status) for run in parents(server.address)] == [(sent.run, "FINISHED")]
        assert len(runs_in(server.address)) == 2
        assert waiting_records(tmp_path / FOLDER) == []


def test_a_database_behind_no_server_takes_records_too(postgres: str, tmp_path: Path) -> None:
    sent = deliver(tmp_path / FOLDER, letter(tmp_path / "one", postgres), SYNC)
    assert client_of(postgres).get_run(sent.run).data.metrics["f1_macro"] == 0.5
    assert deliver(tmp_path / FOLDER, letter(tmp_path / "one", postgres), SYNC) == sent
    assert len(runs_in(postgres)) == 2


def test_a_database_without_its_driver_is_told_and_the_record_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "MySQLdb", None)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        uri = f"mysql+mysqldb://127.0.0.1:{listening.getsockname()[1]}/db"
        with pytest.raises(StorageError, match=r"E-TRK-016 .*driver MySQLdb .*not installed"):
            deliver(tmp_path / FOLDER, letter(tmp_path / "one", uri), SYNC)
    assert len(waiting_records(tmp_path / FOLDER)) == 1

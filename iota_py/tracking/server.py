"""The MLflow pages of a store, on this machine only: `iota-py ui`.

The server listens on the loopback address, answers to the loopback names only, runs no jobs, loads no pickles and sends no telemetry.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, Any

from iota_py.errors import EXIT_INTERRUPTED, ConfigError, Fault, InputError, StorageError
from iota_py.tracking.location import artifact_location, check_uri, database_path, is_server, probe
from iota_py.tracking.provenance import scrub

HOST = "127.0.0.1"
START_SECONDS = 120.0
STOP_SECONDS = 10.0
_POLL_SECONDS = 0.2
_LOG_TAIL = 2000
_SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
}


def serve(uri: str, port: int, open_browser: bool, on_ready: Callable[[Mapping[str, str]], object] = lambda pages: None) -> None:
    """Show a store until Ctrl-C (returns) or SIGTERM (SystemExit); the server is stopped in every case.

    on_ready: called with the pages of `runs_pages` once it answers. Raises ConfigError for a URI that is a server already or a taken port, InputError
    when there is no store yet, StorageError when the store is locked or the server does not start or stops by itself.
    """
    _require_store(uri)
    _require_free_port(port)
    command = server_command(uri, artifact_location(uri), port)
    with tempfile.TemporaryFile() as log, _running(command, server_environment(uri), log) as process:
        try:
            wait_until_ready(port, process, START_SECONDS)
            pages = runs_pages(uri, f"http://{HOST}:{port}")
            on_ready(pages)
            if open_browser:
                webbrowser.open(next(iter(pages.values())))
            process.wait()
            raise _failed(port, f"the server stopped by itself (exit status {process.returncode})")
        except StorageError as error:
            raise _with_log(error, log) from error


def runs_pages(uri: str, address: str) -> dict[str, str]:
    """Address of the page of runs of each experiment, the latest first: MLflow's own front page is about language models."""
    from mlflow import MlflowClient

    found = MlflowClient(tracking_uri=uri).search_experiments(order_by=["last_update_time DESC"])
    named = {e.name: f"{address}/#/experiments/{e.experiment_id}/runs?workflowType=machine_learning" for e in found if e.name != "Default"}
    return named or {"MLflow": address}


def server_command(uri: str, artifacts: str | None, port: int) -> list[str]:
    """Command of the server. artifacts: where new experiments put theirs, None to leave it to MLflow.

    A URI with a password is left to `server_environment`: other users of the machine can read a command line.
    """
    hosts = [f"{name}:{port}" for name in (HOST, "localhost")]
    command = [sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(port), "--workers", "1"]
    command += ["--allowed-hosts", ",".join(hosts), "--cors-allowed-origins", ",".join(f"http://{host}" for host in hosts)]
    command += ["--uvicorn-opts", "--log-level warning"]
    if scrub(uri) == uri:
        command += ["--backend-store-uri", uri]
    if artifacts is not None:
        command += ["--artifacts-destination", artifacts]
    return command


def server_environment(uri: str) -> dict[str, str]:
    """Environment of the server: this one's, the safe settings, and the URI where it holds a password."""
    secret = {"MLFLOW_BACKEND_STORE_URI": uri} if scrub(uri) != uri else {}
    return {**os.environ, **_SETTINGS, **secret}


def wait_until_ready(port: int, process: subprocess.Popen[Any], timeout: float) -> None:
    """Return once the server answers that it is healthy; StorageError when it ends first or `timeout` seconds pass."""
    limit = time.monotonic() + timeout
    while not _is_healthy(port):
        if process.poll() is not None:
            raise _failed(port, f"the server ended before it answered (exit status {process.returncode})")
        if time.monotonic() > limit:
            raise _failed(port, f"the server did not answer within {timeout:g} s")
        time.sleep(_POLL_SECONDS)


@contextmanager
def _running(command: list[str], environment: dict[str, str], log: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """The server in a session of its own, so that its workers are stopped with it, on every way out but SIGKILL."""

    def leave(signum: int, frame: object) -> None:
        raise SystemExit(EXIT_INTERRUPTED)

    in_main = threading.current_thread() is threading.main_thread()
    previous = signal.signal(signal.SIGTERM, leave) if in_main else None
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603
    try:
        yield process
    except KeyboardInterrupt:
        pass  # Ctrl-C is how a user closes the pages
    finally:
        _stop(process)
        if in_main:
            signal.signal(signal.SIGTERM, previous)


def _stop(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)


def _is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _require_store(uri: str) -> None:
    check_uri(uri)
    if is_server(uri):
        raise ConfigError(Fault("E-TRK-006", scrub(uri), "tracking.uri", "is a tracking server already", "open this address in a browser"))
    path = database_path(uri)
    if path is not None and not path.is_file():
        raise InputError(Fault("E-TRK-010", str(path), "", "no tracking store here yet", "run a config first: `iota-py run CONFIG`"))
    probe(uri)


def _require_free_port(port: int) -> None:
    with socket.socket() as probe_socket:
        probe_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe_socket.bind((HOST, port))
        except OSError as error:
            message = f"cannot listen on {HOST}:{port}: {error.strerror}"
            raise ConfigError(Fault("E-TRK-008", f"{HOST}:{port}", "port", message, "choose another one with --port")) from error


def _failed(port: int, message: str) -> StorageError:
    return StorageError(Fault("E-TRK-009", f"{HOST}:{port}", "", message, "see the lines of its log"))


def _with_log(error: StorageError, log: IO[bytes]) -> StorageError:
    log.seek(0, os.SEEK_END)
    log.seek(max(0, log.tell() - _LOG_TAIL))
    lines = scrub(log.read().decode("utf-8", "replace")).strip()
    (fault,) = error.faults
    return StorageError(Fault(fault.code, fault.where, fault.field, f"{fault.message}; its log ends with: {lines or 'nothing'}", fault.fix))

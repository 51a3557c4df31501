import http.client
import http.server
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest

from iota_py.errors import ConfigError, InputError, StorageError
from iota_py.tracking import server
from iota_py.tracking.location import default_uri
from iota_py.tracking.mlflow_store import MlflowTracker
from iota_py.tracking.record import Artifact, RunRecord
from iota_py.tracking.server import serve, server_command, server_environment, wait_until_ready

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_command_listens_on_the_loopback_address_only():
    uri = "sqlite:////data/runs/mlflow.db"
    assert server_command(uri, "file:///data/runs/mlartifacts", 5005) == [
        *(sys.executable, "-m", "mlflow", "server"),
        *("--host", "127.0.0.1", "--port", "5005", "--workers", "1"),
        *("--allowed-hosts", "127.0.0.1:5005,localhost:5005"),
        *("--cors-allowed-origins", "http://127.0.0.1:5005,http://localhost:5005"),
        *("--uvicorn-opts", "--log-level warning"),
        *("--backend-store-uri", uri),
        *("--artifacts-destination", "file:///data/runs/mlartifacts"),
    ]


@pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning")  # said by MLflow of its own types, at import
def test_options_exist_in_the_installed_mlflow():
    from mlflow.cli import server as command

    known = {name for parameter in command.params for name in parameter.opts}
    used = {word for word in server_command("sqlite:////a.db", "file:///b", 1) if word.startswith("--")} - {"--log-level warning"}
    assert used <= known
    assert "MLFLOW_BACKEND_STORE_URI" in {parameter.envvar for parameter in command.params}


def test_settings_exist_in_the_installed_mlflow():
    from mlflow import environment_variables

    for name in ("MLFLOW_DISABLE_TELEMETRY", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "MLFLOW_ALLOW_PICKLE_DESERIALIZATION"):
        assert getattr(environment_variables, name).name == name


def test_password_goes_by_the_environment():
    uri = "postgresql://me:canary@db/mlflow"
    assert "canary" not in " ".join(server_command(uri, None, 5000))
    assert server_environment(uri)["MLFLOW_BACKEND_STORE_URI"] == uri


def test_environment_turns_off_telemetry_jobs_and_pickles(monkeypatch):
    monkeypatch.setenv("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "true")
    found = server_environment("sqlite:////a.db")
    assert found["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert found["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "false"
    assert found["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] == "false"
    assert found["PATH"] == os.environ["PATH"]


def test_waiting_ends_when_the_server_is_healthy():
    class Healthy(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/health" else 404)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Healthy) as service, subprocess.Popen(SLEEPER) as process:
        thread = threading.Thread(target=service.serve_forever)
        thread.start()
        try:
            wait_until_ready(service.server_port, process, 10.0)
        finally:
            service.shutdown()
            thread.join()
            process.kill()


def test_waiting_ends_when_the_server_does():
    with (
        subprocess.Popen([sys.executable, "-c", "raise SystemExit(7)"]) as process,
        pytest.raises(StorageError, match=r"E-TRK-009 .*status 7"),
    ):
        wait_until_ready(free_port(), process, 30.0)


def test_waiting_ends_with_the_patience():
    with subprocess.Popen(SLEEPER) as process:
        try:
            with pytest.raises(StorageError, match=r"did not answer within 0\.3 s"):
                wait_until_ready(free_port(), process, 0.3)
        finally:
            process.kill()


def test_server_that_fails_shows_the_end_of_its_log_and_no_secret(tmp_path, monkeypatch):
    (tmp_path / "mlflow.db").touch()
    program = "import sys; print('cannot open http://me:canary@host/x', file=sys.stderr); sys.exit(3)"
    monkeypatch.setattr(server, "server_command", lambda uri, artifacts, port: [sys.executable, "-c", program])
    with pytest.raises(StorageError, match=r"status 3\); its log ends with: cannot open http://\*\*\*@host/x") as caught:
        serve(default_uri(tmp_path), free_port(), False)
    assert "canary" not in str(caught.value)


def test_no_store_yet_is_told(tmp_path):
    with pytest.raises(InputError, match=r"E-TRK-010 .*no tracking store here yet.*iota-py run"):
        serve(default_uri(tmp_path), free_port(), False)


def test_a_server_needs_no_server():
    with pytest.raises(ConfigError, match=r"E-TRK-006 http://h:5000: .*open this address in a browser"):
        serve("http://h:5000", free_port(), False)


def test_taken_port_is_told(tmp_path):
    (tmp_path / "mlflow.db").touch()
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(ConfigError, match=r"E-TRK-008 .*choose another one with --port"):
        serve(default_uri(tmp_path), other.getsockname()[1], False)


def test_ctrl_c_closes_the_pages_and_stops_the_server_with_its_workers(tmp_path, monkeypatch):
    """Stand-in of the server: a process with a worker of its own; the browser is opened on the right page, then the user leaves."""
    (tmp_path / "mlflow.db").touch()
    pids = tmp_path / "pids"
    program = (
        "import os, subprocess, sys, time\n"
        "worker = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(pids)!r} + '.part', 'w').write(f'{{os.getpid()}} {{worker.pid}}')\n"
        f"os.rename({str(pids)!r} + '.part', {str(pids)!r})\n"
        "time.sleep(60)\n"
    )
    opened = []

    def leave(address):
        opened.append(address)
        raise KeyboardInterrupt

    monkeypatch.setattr(server, "server_command", lambda uri, artifacts, port: [sys.executable, "-c", program])
    monkeypatch.setattr(server, "_is_healthy", lambda port: pids.exists())
    monkeypatch.setattr(server.webbrowser, "open", leave)
    previous = signal.getsignal(signal.SIGTERM)
    port = free_port()
    serve(default_uri(tmp_path), port, True)
    assert opened == [f"http://127.0.0.1:{port}"], "a store without experiments has no page of runs"
    assert signal.getsignal(signal.SIGTERM) is previous
    for pid in map(int, pids.read_text().split()):
        assert ends(pid)


def is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stream:
            return stream.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except FileNotFoundError:
        return False


def ends(pid: int) -> bool:
    """True once a process is gone: one that was killed takes a moment to go, longer on a busy machine."""
    for _ in range(200):
        if not is_running(pid):
            return True
        time.sleep(0.05)
    return False


PROGRAM = """
import sys
from iota_py.tracking.server import serve
serve(sys.argv[1], int(sys.argv[2]), False, lambda pages: print(next(iter(pages.values())), flush=True))
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A real server over a store with one record; afterwards SIGTERM must leave nothing behind."""
    folder = tmp_path_factory.mktemp("store")
    report = folder / "report.html"
    report.write_text("<p>hello</p>\n")
    children = (RunRecord("region 1, seed 0", metrics={"overall_accuracy": 0.9}),)
    uri, port = default_uri(folder), free_port()
    run = MlflowTracker(uri, "oso-pages").log(
        RunRecord("oso-2023", {"trees": 100}, {"kappa": 0.8}, artifacts=(Artifact(report),), children=children)
    )
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, uri, str(port)], stdout=subprocess.PIPE, text=True)
    try:
        page = process.stdout.readline()
        assert re.fullmatch(rf"http://127\.0\.0\.1:{port}/#/experiments/\d+/runs\?workflowType=machine_learning\n", page)
        yield port, run
    finally:
        process.send_signal(signal.SIGTERM)
        status = process.wait(30)
        process.stdout.close()
    assert status == 130
    with closing(socket.socket()) as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))


def call(port: int, path: str, body: object = None, host: str = "") -> tuple[int, bytes]:
    headers = {"Content-Type": "application/json", "Host": host or f"127.0.0.1:{port}"}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("POST" if body else "GET", path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


@pytest.mark.slow
def test_rest_interface_shows_experiment_runs_and_artifacts(pages):
    port, run = pages
    status, text = call(port, "/api/2.0/mlflow/experiments/get-by-name?experiment_name=oso-pages")
    experiment = json.loads(text)["experiment"]
    assert (status, experiment["name"]) == (200, "oso-pages")
    runs = json.loads(call(port, "/api/2.0/mlflow/runs/search", {"experiment_ids": [experiment["experiment_id"]]})[1])["runs"]
    assert {item["info"]["run_name"] for item in runs} == {"oso-2023", "region 1, seed 0"}
    assert call(port, f"/get-artifact?path=report.html&run_uuid={run}") == (200, b"<p>hello</p>\n")


@pytest.mark.slow
def test_another_host_name_is_refused(pages):
    assert call(pages[0], "/api/2.0/mlflow/experiments/get?experiment_id=0", host="evil.example")[0] == 403


@pytest.mark.slow
@pytest.mark.browser
def test_browser_shows_the_experiment_and_its_runs(pages, browser):
    port, run = pages
    identifier = json.loads(call(port, "/api/2.0/mlflow/experiments/get-by-name?experiment_name=oso-pages")[1])["experiment"][
        "experiment_id"
    ]
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"http://127.0.0.1:{port}/#/experiments/{identifier}/runs")
    page.get_by_text("oso-2023", exact=True).first.wait_for(timeout=60_000)
    assert page.get_by_text("oso-pages").first.is_visible()
    page.goto(f"http://127.0.0.1:{port}/#/experiments/{identifier}/runs/{run}")
    page.get_by_text("kappa").first.wait_for(timeout=60_000)
    context.close()
    assert asked
    assert [url for url in asked if not url.startswith((f"http://127.0.0.1:{port}/", "data:", "blob:"))] == []

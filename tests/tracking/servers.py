"""Real tracking servers on the loopback address, and ones that misbehave."""

from __future__ import annotations

import http.server
import os
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from iota_py.errors import StorageError
from iota_py.tracking.server import server_command, server_environment, wait_until_ready


@dataclass
class Server:
    """A server that runs. address: its URI."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """Gone at once, as with a machine that fails."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def mlflow_server(backend: str, artifacts: Path, port: int | None = None) -> Iterator[Server]:
    """`mlflow server` as `iota-py ui` starts it, on a store of its own."""
    port = port or free_port()
    with tempfile.TemporaryFile() as log:
        environment = {key: value for key, value in server_environment(backend).items() if not key.startswith("PYTEST")}
        command = server_command(backend, artifacts.as_uri(), port)
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        server = Server(port, process)
        try:
            try:
                wait_until_ready(port, process, 120.0)
            except StorageError as error:
                log.seek(0)
                raise AssertionError(f"the server did not start: {log.read().decode(errors='replace')[-3000:]}") from error
            yield server
        finally:
            server.kill()


@contextmanager
def stub(answer: str) -> Iterator[tuple[str, list[str]]]:
    """A server that is healthy and then `fails` every request with status 500, or `hangs` without an answer; its URI and what it was asked."""
    asked: list[str] = []
    released = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/health":
                self._say(200)
            else:
                self.do_POST()

        def do_POST(self) -> None:
            asked.append(self.path)
            if answer == "hangs":
                released.wait(60)
            else:
                self._say(500)

        def do_PUT(self) -> None:
            self.do_POST()

        def _say(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as service:
        service.daemon_threads = True
        thread = threading.Thread(target=service.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{service.server_port}", asked
        finally:
            released.set()
            service.shutdown()
            thread.join()

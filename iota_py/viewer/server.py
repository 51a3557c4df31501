"""The viewer served on the loopback address until Ctrl-C."""

from __future__ import annotations

import importlib.util
import secrets
import socket
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from iota_py.errors import ConfigError, Fault, InputError
from iota_py.grid.lattice import overlap
from iota_py.viewer.guard import HOST
from iota_py.viewer.shown import ShownRun

_NEEDED = ("rio_tiler", "starlette", "uvicorn")


def serve(
    folders: Sequence[Path], port: int, open_browser: bool, allowed: bool = False, on_ready: Callable[[str], object] = lambda address: None
) -> None:
    """Show one run, or two side by side, until Ctrl-C.

    port: 0 for any that is free. allowed: functions of users may run. on_ready: called with the address once it answers. Raises ConfigError
    E-VIEW-002 what it needs is not installed, E-VIEW-004 the port is taken; InputError as `ShownRun`, and E-VIEW-001 two runs apart.
    """
    require_installed()
    import uvicorn

    from iota_py.viewer.pages import application

    runs = open_runs(folders, allowed)
    token = secrets.token_urlsafe(16)
    with listening(port) as listener:
        own = listener.getsockname()[1]
        settings = uvicorn.Config(application(runs, token, own), log_level="warning", access_log=False, server_header=False, ws="none")
        address = f"http://{HOST}:{own}/{token}/"
        on_ready(address)  # it listens already: who asks before the server is up waits for a moment
        if open_browser:
            webbrowser.open(address)
        with suppress(KeyboardInterrupt):  # Ctrl-C is how a user closes the pages
            uvicorn.Server(settings).run(sockets=[listener])


def require_installed() -> None:
    """Raise ConfigError E-VIEW-002 when a library of the extra `view` is missing."""
    missing = [name.replace("_", "-") for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(Fault("E-VIEW-002", "viewer", "", f"needs {', '.join(missing)}", "pip install 'iota-py[view]'"))


def open_runs(folders: Sequence[Path], allowed: bool) -> list[ShownRun]:
    """The runs, of which a second one must share ground with the first."""
    runs = [ShownRun(folder, allowed) for folder in folders]
    for other in runs[1:]:
        if not overlap(other.grid, runs[0].grid):
            text = f"its map shares no ground with that of {runs[0].root}"
            raise InputError(Fault("E-VIEW-001", str(other.root), "", text, "show two runs of one place"))
    return runs


def listening(port: int) -> socket.socket:
    """A socket of the loopback address that listens. Raises ConfigError E-VIEW-004 when the port is taken."""
    found = socket.socket()
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((HOST, port))
        found.listen(128)
    except OSError as error:
        found.close()
        text = f"cannot listen on {HOST}:{port}: {error.strerror}"
        raise ConfigError(Fault("E-VIEW-004", f"{HOST}:{port}", "port", text, "choose another one with --port, or none")) from error
    return found

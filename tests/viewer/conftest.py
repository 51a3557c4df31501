"""Two small runs, and viewers of them that are served while tests look."""

from __future__ import annotations

import http.client
import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iota_py.config.schema import RunConfig
from iota_py.grid.windows import whole
from iota_py.io.raster import read_header, read_window, write_cog

TOKEN = "a-token-of-tests"
FIELD = (slice(40, 90), slice(100, 180))  # where the second run has other classes than the first
GONE = (slice(0, 20), slice(0, 30))  # where it has none


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def content(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Served:
    """A viewer at work."""

    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/{TOKEN}/"

    def raw(self, method: str, path: str, host: str | None = None) -> Answer:
        """An answer to a request whose path is sent as it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.putrequest(method, path, skip_host=True)
        connection.putheader("Host", f"127.0.0.1:{self.port}" if host is None else host)
        connection.endheaders()
        answer = connection.getresponse()
        found = Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        connection.close()
        return found

    def get(self, path: str) -> Answer:
        """An answer to an address of the viewer."""
        return self.raw("GET", f"/{TOKEN}/{path}")


@contextmanager
def serving(*folders: Path) -> Iterator[Served]:
    """A viewer of these runs, in a thread of this process."""
    import uvicorn

    from iota_py.viewer.pages import application
    from iota_py.viewer.server import listening, open_runs

    with listening(0) as listener:
        port = listener.getsockname()[1]
        settings = uvicorn.Config(application(open_runs(folders, False), TOKEN, port), log_level="critical", access_log=False, ws="none")
        server = uvicorn.Server(settings)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield Served(port)
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


@pytest.fixture(scope="session", autouse=True)
def _installed() -> None:
    for name in ("rio_tiler", "starlette", "uvicorn"):
        pytest.importorskip(name, reason=f"{name} is not installed (extra `view`)")


@pytest.fixture(scope="session")
def first(light_run: RunConfig) -> Path:
    """A finished run. Not to be changed."""
    return light_run.output


@pytest.fixture(scope="session")
def second(first: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same run with another map: in FIELD every class is 23, in GONE there is none. Not to be changed."""
    root = tmp_path_factory.mktemp("second") / "changed"
    shutil.copytree(first, root)
    path = root / "map" / "classification.tif"
    values, grid = read_window(str(path)), read_header(str(path)).geobox
    values[FIELD], values[GONE] = 23, 0
    write_cog(path, grid, "uint8", [(whole(values.shape), values)], overviews="mode", nodata=0)
    return root


@pytest.fixture(scope="session")
def one(first: Path) -> Iterator[Served]:
    """A viewer of one run."""
    with serving(first) as served:
        yield served


@pytest.fixture(scope="session")
def both(first: Path, second: Path) -> Iterator[Served]:
    """A viewer of two runs."""
    with serving(first, second) as served:
        yield served


@pytest.fixture(scope="session")
def classes(first: Path) -> np.ndarray:
    """The map of the first run."""
    return read_window(str(first / "map" / "classification.tif"))


@pytest.fixture
def copied(first: Path, tmp_path: Path) -> Callable[[], Path]:
    """A copy of the run, to be changed."""
    return lambda: Path(shutil.copytree(first, tmp_path / "copy"))

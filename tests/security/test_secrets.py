"""A secret that a run is given comes out nowhere: not in a file of the run, of MLflow or of the queue, not on the screen, not in an error."""

from __future__ import annotations

import base64
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from iota_py.config import load_config
from iota_py.errors import ConfigError
from tests.pipeline.small_years import configured, write_land
from tests.tracking.servers import stub

CANARY = "c4n4ry-S3cr3t/+tweet"
VARIABLES = (
    "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN", "IOTA_PY_STAC_API_KEY", "PC_SDK_SUBSCRIPTION_KEY", "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN", "GDAL_HTTP_USERPWD", "GITHUB_TOKEN", "HOME_MADE_PASSWORD",
)  # fmt: skip
SAMPLES = "samples: {polygons: reference_2023.gpkg, label: code, split: {runs: 1}}\n"
# as it is, as in an address, as in a header of HTTP
FORMS = (CANARY, quote(CANARY, safe=""), base64.b64encode(f"user:{CANARY}".encode()).decode(), "c4n4ry")


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_land(tmp_path_factory.mktemp("land"), 2023)


def called(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process that has secrets in its environment."""
    environment = {**os.environ, **dict.fromkeys(VARIABLES, CANARY), "MLFLOW_TRACKING_USERNAME": "user", **more}
    command = [sys.executable, "-c", "from iota_py.cli.main import main; main()", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment, check=False)


def holding(folder: Path) -> Iterator[str]:
    """Files below a folder in whose name or bytes the secret is; databases are read by value too, for what their pages split."""
    wanted = [form.encode() for form in FORMS]
    for path in (p for p in folder.rglob("*") if p.is_file()):
        content = path.read_bytes()
        if content.startswith(b"SQLite format 3\0"):
            with sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True) as base:
                content += "\n".join(base.iterdump()).encode() if path.name == "mlflow.db" else b""
        if any(one in content or one in str(path).encode() for one in wanted):
            yield path.relative_to(folder).as_posix()


def config_of(land: Path, folder: Path, tracking: str) -> Path:
    """A configuration on the land whose output is in a folder of its own."""
    folder.mkdir(exist_ok=True)
    more = f"{SAMPLES}tracking: {tracking}\n"
    configured(land, folder / "run", more)
    return next(path for path in land.glob("config_*.yaml") if f"output: {folder / 'run'}\n{more}" in path.read_text())


def test_a_secret_of_the_environment_stays_there(land: Path, tmp_path: Path) -> None:
    done = called("run", str(config_of(land, tmp_path / "a", "{enabled: true}")))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a/mlflow.db").is_file(), "the record was made"
    assert (tmp_path / "a/run/manifest.json").is_file()
    assert list(holding(tmp_path)) == []
    assert not [form for form in FORMS if form in done.stdout + done.stderr]


@pytest.mark.parametrize(
    "answer", ["is not there", pytest.param("fails", marks=pytest.mark.slow), pytest.param("hangs", marks=pytest.mark.slow)]
)
def test_a_password_in_the_address_of_a_server_that_does_not_work(answer: str, land: Path, tmp_path: Path) -> None:
    with stub("fails" if answer == "is not there" else answer) as (address, asked):
        port = "9" if answer == "is not there" else address.rsplit(":", 1)[1]
        uri = f"http://user:{quote(CANARY, safe='')}@127.0.0.1:{port}"
        config = config_of(land, tmp_path / "b", f'{{enabled: true, uri: "{uri}"}}')
        done = called("run", str(config))
        assert done.returncode == 0, done.stderr
        assert "not recorded in MLflow yet" in done.stdout + done.stderr
        assert asked or answer == "is not there"
        waiting = [path for path in (tmp_path / "b").rglob("*") if path.is_file() and "/run/" not in str(path)]
        assert waiting, "the record waits in a queue"
        assert list(holding(tmp_path)) == []
        again = called("--debug", "track", "sync", str(tmp_path / "b"), MLFLOW_HTTP_REQUEST_MAX_RETRIES="0")
        assert list(holding(tmp_path)) == []
        for text in (done.stdout, done.stderr, again.stdout, again.stderr):
            assert not [form for form in FORMS if form in text]


def test_an_error_with_its_trace_shows_no_secret(land: Path, tmp_path: Path) -> None:
    uri = f"http://user:{quote(CANARY, safe='')}@127.0.0.1:9"
    config = config_of(land, tmp_path / "c", f'{{enabled: true, uri: "{uri}"}}')
    for words in (("ui", str(tmp_path / "c")), ("register", str(tmp_path / "c/run"), "x"), ("run", str(config), "--nonsense")):
        done = called("--debug", *words)
        assert done.returncode != 0
        assert not [form for form in FORMS if form in done.stdout + done.stderr], words


def test_a_variable_that_is_not_set_is_named_and_no_other_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME_MADE_PASSWORD", CANARY)
    path = tmp_path / "config.yaml"
    path.write_text("name: x\noutput: ${NOT_SET_ANYWHERE}/run\ntitle: ${HOME_MADE_PASSWORD}\ninputs: {}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"E-CFG-004 .*NOT_SET_ANYWHERE") as caught:
        load_config(path)
    assert CANARY not in str(caught.value)

"""Dask workers that die, hang on to too much memory, or lose their scheduler: the run says so, and running again gives the same bytes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from iota_py.config import load_config
from iota_py.config.engine import Engine
from iota_py.config.schema import RunConfig
from iota_py.errors import ConfigError, PartialRunError
from iota_py.pipeline.engine.clusters import SETTINGS, open_client
from iota_py.pipeline.run import run
from tests.cluster.settings import told
from tests.end_to_end.products import digests

distributed = pytest.importorskip("distributed", reason="Dask is not installed")
chaos = pytest.importorskip("distributed.chaos", reason="Dask is not installed")
pytestmark = pytest.mark.slow

DASK = "engine: {{kind: dask, workers: 2, window: 50{more}}}\n"
USER = """
allow_user_code: true
user_features:
  - {{file: odd.py, function: odd, options: {{sign: {sign}}}}}
"""
# Odd only where a file says so: the same features, hence the same bytes, when it is taken away.
ODD = """
import os
from pathlib import Path
import numpy as np

def odd(view, sign):
    here = Path(sign)
    if here.exists() and (view.window.row, view.window.col) == (100, 100):
        {what}
    return np.zeros((1, *view.shape)), ["nothing"]
"""


def cluster(**more: object) -> object:
    return distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None, silence_logs="CRITICAL", **more
    )


def test_workers_killed_again_and_again(light_config: Callable[[Path, str], Path], light_run: RunConfig, tmp_path: Path) -> None:
    with cluster() as there, distributed.Client(there) as client:
        client.register_plugin(chaos.KillWorker(delay="20 s", mode="segfault"))
        config = load_config(light_config(tmp_path, DASK.format(more=f", address: '{there.scheduler_address}'")))
        first = set(client.run(os.getpid).values())
        run(config)
        assert set(client.run(os.getpid).values()) != first, "no worker was killed: the test shows nothing"
    assert digests(config.output) == digests(light_run.output)


def test_driver_and_scheduler_killed(light_config: Callable[[Path, str], Path], light_run: RunConfig, tmp_path: Path) -> None:
    path = light_config(tmp_path, DASK.format(more=""))
    command = [sys.executable, "-c", "from iota_py.cli.main import main; main()", "run", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    end = time.monotonic() + 300
    while not list((tmp_path / "run" / ".state" / "predict").rglob("*.json")):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    summary = run(load_config(path))
    assert "samples" not in summary.executed, "what was done was done again"
    assert digests(tmp_path / "run") == digests(light_run.output)


@pytest.mark.parametrize(
    ("what", "memory"),
    [("os.kill(os.getpid(), 9)", ""), ("kept = [np.ones(1 << 25) for _ in range(40)]; __import__('time').sleep(60)", ", memory: 0.9")],
    ids=["a task that always kills its worker", "a task that takes more memory than there is"],
)
def test_a_task_that_cannot_be_done(what: str, memory: str, light_config: Callable[[Path, str], Path], tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    sign.touch()
    (tmp_path / "odd.py").write_text(ODD.format(what=what), encoding="utf-8")
    path = light_config(tmp_path, DASK.format(more=memory) + USER.format(sign=sign))
    config = load_config(path, allow_user_code=True)
    with pytest.raises(PartialRunError, match=r"each worker that took it died .*likely out of memory") as caught:
        run(config)
    died = [fault for fault in caught.value.faults if fault.code == "E-RUN-003"]
    assert len(died) == 2, "one window of each of the two tiles"
    done = len(list((config.output / ".state" / "predict").rglob("*.json")))
    assert done > 10, "windows that are well were not made"
    sign.unlink()
    summary = run(config)
    assert summary.executed["predict"] == 2
    (tmp_path / "alone").mkdir()
    (tmp_path / "alone" / "odd.py").write_text(ODD.format(what=what), encoding="utf-8")
    alone = load_config(
        light_config(tmp_path / "alone", "engine: {workers: 1, window: 50}\n" + USER.format(sign=sign)), allow_user_code=True
    )
    run(alone)
    assert digests(config.output) == digests(alone.output)


def test_a_scheduler_that_goes(light_config: Callable[[Path, str], Path], light_run: RunConfig, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    words += ["--scheduler-file", str(tmp_path / "scheduler.json")]
    scheduler = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    worker = None
    try:
        while not (tmp_path / "scheduler.json").exists():
            assert scheduler.poll() is None
            time.sleep(0.1)
        worker = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(tmp_path / "scheduler.json"), "--nthreads", "1", "--no-dashboard"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path,
        )  # fmt: skip
        address = json.loads((tmp_path / "scheduler.json").read_text())["address"]
        config = load_config(light_config(tmp_path, DASK.format(more=f", address: '{address}'")))
        predicted = config.output / ".state" / "predict"

        def kill() -> None:
            while not list(predicted.rglob("*.json")):
                time.sleep(0.05)
            scheduler.kill()

        threading.Thread(target=kill, daemon=True).start()
        with pytest.raises(PartialRunError, match=r"E-RUN-006 .* the scheduler does not answer any more"):
            run(config)
    finally:
        for process in (scheduler, worker):
            if process is not None:
                process.kill()
                process.wait()
    run(load_config(light_config(tmp_path, "engine: {workers: 1, window: 50}")))
    assert digests(tmp_path / "run") == digests(light_run.output)


def test_nobody_at_the_address(light_config: Callable[[Path, str], Path], tmp_path: Path) -> None:
    config = load_config(light_config(tmp_path, DASK.format(more=", address: 'tcp://127.0.0.1:9'")))
    with pytest.raises(ConfigError, match=r"E-RUN-009 tcp://127\.0\.0\.1:9: engine: cannot be used"):
        run(config)


def test_nothing_listens_to_the_network(tmp_path: Path) -> None:
    with open_client(Engine(kind="dask", workers=1), tmp_path) as client:
        pids = [os.getpid(), *client.run(os.getpid).values()]
        heard = [one.laddr.ip for pid in pids for one in psutil.Process(pid).net_connections("tcp") if one.status == psutil.CONN_LISTEN]
    assert heard
    assert set(heard) == {"127.0.0.1"}


def test_workers_take_the_settings(tmp_path: Path) -> None:
    with open_client(Engine(kind="dask", workers=2), tmp_path) as client:
        found = client.run(told, list(SETTINGS))
    assert list(found.values()) == [list(SETTINGS.values())] * 2

"""Rows 67–78: functions of users, full disks, killed processes, clusters, and what changes between two runs."""

from __future__ import annotations

import errno
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from iota_py.io import publish
from iota_py.io.raster import read_window
from iota_py.pipeline import paths
from tests.conftest import iota_py
from tests.end_to_end.products import digests
from tests.faults import field as land
from tests.faults.row import Evidence, Place, row
from tests.faults.rows_files import BAND, GRID

ALLOWED: dict[str, Any] = {"allow_user_code": True, "user_features": [{"file": "own.py", "function": "own"}]}
# Odd in the last window only: the names of features are asked for in the middle of the tile, before any work.
OWN = """
import os, signal, time
import numpy as np

def own(view):
    features = np.zeros((1, *view.shape))
    if view.window.row == 20 and view.window.col == 20 and view.shape == (20, 20) and os.path.exists({sign!r}):
        {what}
    return features, ["nothing"]
"""


def with_function(place: Place, what: str, *words: str, **changes: Any) -> Any:
    """`run` with a function of the user that does this in one window, as long as the file `sign` is there."""
    sign = place.folder / "sign"
    sign.touch()
    (place.folder / "own.py").write_text(OWN.format(sign=str(sign), what=what))
    return place.run("--allow-user-code", *words, **ALLOWED, **changes)


def resumed(place: Place, **changes: Any) -> None:
    """Without the sign the run goes on from where it was, and ends as one that nothing befell."""
    (place.folder / "sign").unlink()
    done = place.run("--allow-user-code", **ALLOWED, **changes)
    assert done.returncode == 0, done.stderr
    found = digests(place.root)
    shutil.rmtree(place.root)
    assert place.run("--allow-user-code", **ALLOWED, **changes).returncode == 0
    assert digests(place.root) == found


@row(
    67,
    "user function that fails",
    "FT 2 E-USR-003",
    "tile and window; E-USR-004 for a shape or numbers of no use; what it is given cannot be written to",
)
def _(place: Place) -> list[Evidence]:
    found = []
    for what, code, said in (
        ("raise ValueError('too dry')", "E-USR-003", "raised ValueError: too dry (tile 31TCJ"),
        ("features = features[:, :-1]", "E-USR-004", "expected features of shape (feature, 20, 20), found (1, 19, 20)"),
        ("features[0, 3, 3] = np.nan", "E-USR-004", "feature nothing is not finite everywhere"),
        ("view.raw('s2', 'B4')[0][:] = 0", "E-USR-003", "assignment destination is read-only"),
    ):
        done = with_function(place, what)
        assert said in done.stderr
        assert not (place.root / "map" / "classification.tif").exists()
        found.append(Evidence(done, "own.py", "own", code=code))
        shutil.rmtree(place.root)
    return found


@row(
    68, "user function that hangs or kills its process", "FT 2 E-RUN-016", "after `engine.task_limit` seconds; a worker that dies: E-RUN-003, with Dask",
    note="Without `engine.task_limit`, which is the default, a task may take as long as it likes: no limit suits every tile and machine. The worker that "
    "dies is in tests/cluster/test_dask.py, `test_a_task_that_cannot_be_done`.",
)  # fmt: skip
def _(place: Place) -> Evidence:
    start = time.monotonic()
    done = with_function(place, "time.sleep(300)", engine={"task_limit": 3})
    assert time.monotonic() - start < 120
    return Evidence(done, "31TCJ", "engine.task_limit")


@row(
    69, "full disk", "FT 3 E-IO-001", "the file; nothing half written; run again, it goes on",
    note="Full disks of each kind of output are in tests/crash; before a run, the room that it needs is compared with what is free (E-RUN-011).",
)  # fmt: skip
def _(place: Place) -> Evidence:
    replace = os.replace

    def full(source: Any, target: Any, **more: Any) -> None:
        if Path(target).name == "bundle.json":
            raise OSError(errno.ENOSPC, "No space left on device", str(target))
        replace(source, target, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publish.os, "replace", full)
        done = place.run()
    assert "No space left on device" in done.stderr
    assert not (place.root / "map" / "classification.tif").exists()
    shutil.rmtree(place.root / paths.MODELS)  # the files of the model that were whole before its description could not be written
    again = place.run()
    assert again.returncode == 0, again.stderr
    return Evidence(done, "bundle.json")


@row(
    70, "killed while it publishes", "OK 0", "run again, it ends with the same bytes",
    note="Killed at each sub-step of each kind of output in tests/crash; workers, driver and scheduler of Dask in tests/cluster/test_dask.py.",
)  # fmt: skip
def _(place: Place) -> Evidence:
    assert place.train().returncode == 0
    expected = digests(place.root)
    for number in (3, 14):
        shutil.rmtree(place.root)
        child = os.fork()
        if child == 0:
            _die_at(number, place)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 77, "it was not killed: the test shows nothing"
        done = place.train()
        assert digests(place.root) == expected
    return Evidence(done)


def _die_at(number: int, place: Place) -> None:
    """In a process of its own: leave at the n-th file that is published, without a word, before it has its name."""
    replace, left = os.replace, [number]

    def leave(source: Any, target: Any, **more: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            os._exit(77)
        replace(source, target, **more)

    try:
        publish.os.replace = leave  # type: ignore[assignment]
        place.train()
    finally:
        os._exit(1)


@row(
    71, "task without memory", "FT 2 E-RUN-002", "the task, and what to lower; E-RUN-003 where a worker of Dask was killed for it",
    note="A worker that passes its limit is in tests/cluster/test_dask.py, `test_a_task_that_cannot_be_done`; a task that asks too much, "
    "`test_a_task_larger_than_every_worker` (E-RUN-005).",
)  # fmt: skip
def _(place: Place) -> Evidence:
    done = with_function(place, "np.ones(1 << 50)")
    assert "lower engine.workers or engine.window_pixels" in done.stderr
    resumed(place)
    return Evidence(done, "31TCJ")


@row(
    72, "MLflow server that does not answer", "W 0 not recorded in MLflow yet", "the record waits in a file; `iota-py track sync` sends it"
)
def _(place: Place) -> Evidence:
    done = place.run(tracking={"enabled": True, "uri": "http://127.0.0.1:9"})
    assert (place.root / "map" / "classification.tif").exists()
    waiting = place.command("track", "status", str(place.folder))
    assert "http://127.0.0.1:9" in waiting.stdout
    return Evidence(done, "tracking-queue")


@row(73, "clock that was wrong", "OK 0 nothing to do", "times of change in the future change nothing: markers hold digests")
def _(place: Place) -> Evidence:
    assert place.train().returncode == 0
    for path in place.root.rglob("*"):
        if path.is_file():
            os.utime(path, (4_000_000_000, 4_000_000_000))
    return Evidence(place.train())


@row(74, "SIGTERM or Ctrl-C", "FT 130 E-RUN-130", "no temporary file, no lock; run again, it goes on")
def _(place: Place) -> Evidence:
    done = with_function(place, "os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)")
    resumed(place)
    return Evidence(done, "run")


@row(
    75, "cluster that gives no worker", "FF 1 E-RUN-007", "the address of the scheduler, and the jobs", slow=True,
    note="With a real SLURM in tests/cluster/test_slurm.py, `test_no_worker_comes`.",
)  # fmt: skip
def _(place: Place) -> Evidence:
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    with cluster(distributed, 0) as there:
        done = place.run(engine=at(there))
    assert there.scheduler_address in done.stderr
    return Evidence(done, "dask", "engine")


@row(76, "worker with other versions", "FF 1 E-RUN-008", "the packages and versions that differ", slow=True)
def _(place: Place) -> Evidence:
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    from distributed import node

    own = node.get_versions

    def other(packages: Any = None) -> Any:
        found = own(packages)
        return {**found, "packages": {**found["packages"], "numpy": "0.0.1"}}

    with cluster(distributed, 1) as there, pytest.MonkeyPatch.context() as patch:
        patch.setattr(node, "get_versions", other)
        done = place.run(engine=at(there))
    assert "numpy" in done.stderr
    return Evidence(done, there.scheduler_address, "engine")


def cluster(distributed: Any, workers: int) -> Any:
    """A scheduler on the loopback address, with workers in this process."""
    return distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=False,
        protocol="tcp",
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs="CRITICAL",
    )


def at(there: Any) -> dict[str, Any]:
    """Section `engine` of a run on this cluster."""
    return {"kind": "dask", "workers": 1, "address": there.scheduler_address, "cluster": {"patience": 2.0}}


@row(77, "configuration edited between stop and resume", "OK 0", "what it changes is done again, and nothing else")
def _(place: Place) -> Evidence:
    assert place.train().returncode == 0
    done = place.train(model={"trees": 6})
    again = {line.split("  ")[1] for line in done.stdout.splitlines() if " task" in line}
    assert "train" in again
    assert not again & {"polygons", "footprints", "reference pixels", "split", "selection", "samples"}
    return Evidence(done)


@row(
    78,
    "product replaced by a file of the same size",
    "OK 0",
    "seen by its time of change; with `--verify-inputs` by its SHA-256 (E-PRD-071)",
)
def _(place: Place) -> list[Evidence]:
    config, path = str(place.write()), place.file(BAND)
    land.raster(path, read_window(str(path)), GRID, compress="none")  # of which another content has the same size
    first = place.command("run", config, "--verify-inputs")
    assert first.returncode == 0, first.stderr
    before, status = digests(place.root), path.stat()
    land.raster(path, read_window(str(path))[::-1].copy(), GRID, compress="none")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)
    unseen = place.command("run", config)
    assert "nothing to do" in unseen.stdout
    told = place.command("check", config, "--verify-inputs")
    seen = iota_py(  # in a process of its own: this one still has the file open
        "run", config, "--verify-inputs"
    )
    assert digests(place.root) != before
    return [Evidence(told, path.name, "sha256", code="E-PRD-071"), Evidence(seen, path.name, "sha256", code="E-PRD-071")]

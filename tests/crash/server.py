"""A process that has everything imported and forks a child for each job: a child can be killed, limited and run again in a second.

One job is one line of JSON on the standard input; the answer is one line: how the child ended, what it said, and its steps. A step is one
moment of publishing: `forget` (a marker was removed), `write` (bytes of a small file), `fsync` (of a file or a folder), `replace`.
They are counted from 0; `kill: [7, "before"]` ends the child with SIGKILL before step 7, `"after"` after it, `"half"` in the middle of a write.
"""

from __future__ import annotations

import json
import os
import pathlib
import resource
import signal
import sys
import threading
import traceback
from typing import Any

from iota_py.config import load_config
from iota_py.errors import IotaError
from iota_py.io import geopackage, layers, publish, raster, tables, vectors  # noqa: F401
from iota_py.pipeline.run import run
from iota_py.pipeline.stages import ROOMS
from iota_py.pipeline.state import State
from iota_py.pipeline.steps import step
from iota_py.pipeline.task import Task, code_digest
from iota_py.training import bundle  # noqa: F401
from tests.crash.outputs import write_output
from tests.pipeline.small_years import map_of

for _stage in ("polygons", "footprint", "candidates", "split", "selection", "samples", "train", "predict", "assemble", "mosaic_parts", "mosaic",
               "legend", "assess", "vector", "summary", "report", "package", "catalogue"):  # fmt: skip
    step(_stage)  # imported here, once
for _rooms in ROOMS.values():
    code_digest(_rooms)  # the same for all children, whoever edits the source meanwhile


def limited(size: int, answer: Any) -> None:
    """No file of this process may be larger, in bytes. answer: to the signal that a larger one raises; ignored, the write fails as on a full disk."""
    signal.signal(signal.SIGXFSZ, answer)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


class Steps:
    """The steps of a child, and the one that is its last. limit: [step, bytes]: from that step on (-1: from the start) no file may be larger,
    and the write that would make it so ends the process in its middle."""

    def __init__(self, kill: list[Any] | None, limit: list[int] | None) -> None:
        self.seen: list[list[str]] = []
        self.kill = tuple(kill or (-1, ""))
        self.limit = limit
        if limit is not None and limit[0] < 0:
            limited(limit[1], signal.SIG_DFL)

    def come(self, kind: str, name: str) -> bool:
        """A step begins; True when its write is to be cut in half."""
        if threading.current_thread() is not threading.main_thread():
            return False  # the journal of a run renews its file whenever it likes
        number = len(self.seen)
        self.seen.append([kind, name])
        if self.limit is not None and number == self.limit[0]:
            limited(self.limit[1], signal.SIG_DFL)
        if self.kill == (number, "before"):
            os.kill(os.getpid(), signal.SIGKILL)
        return self.kill == (number, "half")

    def gone(self) -> None:
        """The last step that began is over."""
        if self.kill == (len(self.seen) - 1, "after") and threading.current_thread() is threading.main_thread():
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Count the steps of this process from now on."""
        replace, fsync, write, forget = os.replace, os.fsync, pathlib.Path.write_bytes, State.forget

        def replacing(source: Any, target: Any, **more: Any) -> None:
            self.come("replace", str(target))
            replace(source, target, **more)
            self.gone()

        def syncing(descriptor: int) -> None:
            self.come("fsync", os.readlink(f"/proc/self/fd/{descriptor}"))
            fsync(descriptor)
            self.gone()

        def writing(path: pathlib.Path, content: bytes) -> int:
            if self.come("write", str(path)):
                write(path, content[: len(content) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            done = write(path, content)
            self.gone()
            return done

        def forgetting(state: State, task: Task) -> None:
            forget(state, task)
            self.come("forget", task.id)
            self.gone()

        os.replace, os.fsync, pathlib.Path.write_bytes, State.forget = replacing, syncing, writing, forgetting  # type: ignore[method-assign,assignment]


def _do(job: dict[str, Any]) -> None:
    if job["do"] == "write":
        write_output(job["kind"], pathlib.Path(job["path"]), job.get("content", 0))
    elif job["do"] == "map":
        map_of(load_config(job["config"]))
    else:
        run(load_config(job["config"]))


def _child(job: dict[str, Any], answer: int) -> None:
    """Do the job and say how it went; never returns."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    steps = Steps(job.get("kill"), job.get("limit"))
    if "most" in job:  # bytes of the largest file: a disk that is full
        limited(job["most"], signal.SIG_IGN)
    said: dict[str, Any] = {"code": 0, "text": ""}
    try:
        steps.watch()
        _do(job)
    except IotaError as error:
        said = {"code": error.exit_code, "text": str(error)}
    except BaseException:
        said = {"code": 99, "text": traceback.format_exc()}
    os.write(answer, json.dumps({**said, "steps": steps.seen}).encode())
    os._exit(0)


def _answer(job: dict[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _child(job, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        said = stream.read()
    _, status = os.waitpid(child, 0)
    killed = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    return {"killed": killed, **(json.loads(said) if said else {"code": -1, "text": "", "steps": []})}


def main() -> None:
    """Answer jobs until the input ends. What the children print is not part of an answer."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    answers.write("ready\n")
    for line in sys.stdin:
        answers.write(json.dumps(_answer(json.loads(line))) + "\n")


if __name__ == "__main__":
    main()

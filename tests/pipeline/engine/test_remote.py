"""What the Dask engine says of tasks that cannot be sent, without a cluster; real clusters are in tests/cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from iota_py.errors import PartialRunError
from iota_py.pipeline.engine.protocol import Listed
from iota_py.pipeline.engine.remote import GIB, DaskEngine, key_of
from iota_py.pipeline.task import Task

distributed = pytest.importorskip("distributed", reason="Dask is not installed")


class Nothing:
    """Futures in flight: none ever is."""

    def add(self, future: Any) -> None:
        """Never reached: nothing can be submitted."""

    def count(self) -> int:
        return 0

    def __iter__(self) -> Iterator[Any]:
        return iter(())


@pytest.fixture(autouse=True)
def nothing_in_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distributed, "as_completed", Nothing)


class Client:
    """Workers with so much memory each; nothing can be submitted."""

    def __init__(self, *limits: int) -> None:
        self.limits = limits
        self.scheduler = SimpleNamespace(address="tcp://127.0.0.1:9")

    def scheduler_info(self, n_workers: int) -> dict[str, Any]:
        return {"workers": {str(k): {"memory_limit": limit} for k, limit in enumerate(self.limits)}}

    def submit(self, *words: Any, **options: Any) -> Any:
        raise OSError("connection lost")


def a_task(memory: int = 0, name: str = "one", key: str = "k") -> Task:
    return Task(f"predict/{name}", "predict", "predict", {}, (), (f"{name}.tif",), key, memory=memory)


def test_a_task_larger_than_every_worker_is_not_sent() -> None:
    found = list(DaskEngine(Client(GIB, 2 * GIB), 2).run(Path("r"), "v", Listed([a_task(3 * GIB)])))
    assert [one.exit_code for one in found] == [2]
    line = found[0].faults[0].line()
    assert line.startswith("E-RUN-005 predict/one: needs about 3.0 GiB, and no worker has more than 2.0 GiB. Fix: raise engine.memory")


@pytest.mark.parametrize(("limits", "memory"), [((GIB, 4 * GIB), 3 * GIB), ((0, GIB), 3 * GIB), ((), 3 * GIB)])
def test_a_task_that_one_worker_can_take_is_sent(limits: tuple[int, ...], memory: int) -> None:
    with pytest.raises(PartialRunError, match=r"E-RUN-006 tcp://127\.0\.0\.1:9: engine: the scheduler does not answer any more"):
        list(DaskEngine(Client(*limits), 2).run(Path("r"), "v", Listed([a_task(memory)])))


def test_keys_are_of_one_run_and_one_state_of_a_task() -> None:
    keys = {
        key_of(Path(root), version, task) for root in "ab" for version in "ab" for task in (a_task(), a_task(key="l"), a_task(name="m"))
    }
    assert len(keys) == 12
    assert all(key.startswith("predict-") for key in keys)

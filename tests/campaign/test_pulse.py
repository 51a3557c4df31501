"""Signs of life: an order that is lost stops its process, and the lock that a dead owner left is removed."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from iota_py.campaign.pulse import beating, free_lock, own_name, stoppable
from iota_py.campaign.store import Claim, Store
from iota_py.campaign.tables import CANCELLED, DELIVERED, RUNNING
from iota_py.errors import Fault, StorageError
from iota_py.pipeline import paths
from tests.campaign.small import order

LEASE = 0.6


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(f"sqlite:///{tmp_path / 'c.db'}", "c", LEASE)
    made.sync([order("a", 2023)])
    return made


@pytest.fixture
def claim(store: Store) -> Claim:
    found = store.claim("one")
    assert found is not None
    return found


def test_a_living_owner_keeps_its_order(store: Store, claim: Claim) -> None:
    with beating(store, claim) as pulse:
        time.sleep(3 * LEASE)
        assert store.claim("two") is None
    assert not pulse.lost
    assert store.end(claim, DELIVERED)


def _until_stopped(store: Store, claim: Claim, meanwhile: Callable[[], object]) -> bool:
    """Wait in vain; whether the pulse said why."""
    with stoppable(), beating(store, claim) as pulse:
        try:
            meanwhile()
            time.sleep(20)
        except KeyboardInterrupt:
            return pulse.lost
    raise AssertionError("it was not stopped")


def test_a_lost_order_stops_the_work_on_it(store: Store, claim: Claim) -> None:
    assert _until_stopped(store, claim, lambda: store.move("a-2023", "me", (RUNNING,), CANCELLED, ""))


def test_a_database_that_is_away_for_a_while_stops_nothing(store: Store, claim: Claim, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(name: str, owner: str) -> bool:
        raise StorageError(Fault("E-CPG-006", "db", "", "away"))

    with beating(store, claim) as pulse, monkeypatch.context() as patch:
        patch.setattr(store, "beat", away)
        time.sleep(LEASE)
    assert not pulse.lost


@pytest.mark.parametrize(
    ("lost", "lock", "left"),
    [
        ("far:77:ab", {"host": "far", "pid": 77}, False),
        ("far:77:ab", {"host": "far", "pid": 78}, True),
        ("near:77:ab", {"host": "far", "pid": 77}, True),
        (f"{socket.gethostname()}:{os.getpid()}:ab", {"host": socket.gethostname(), "pid": os.getpid()}, True),
    ],
    ids=["the dead owner's", "of another process", "of another host", "of a process that can be asked and lives"],
)
def test_whose_lock_is_removed(tmp_path: Path, lost: str, lock: dict[str, object], left: bool) -> None:
    (tmp_path / paths.LOCK).write_text(json.dumps(lock))
    free_lock(tmp_path, lost)
    assert (tmp_path / paths.LOCK).exists() is left
    free_lock(tmp_path / "nowhere", lost)


def test_names_are_those_of_one_process(store: Store) -> None:
    host, pid, word = own_name().split(":")
    assert (host, int(pid)) == (socket.gethostname(), os.getpid())
    assert own_name().split(":")[2] != word

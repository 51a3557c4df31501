"""Which process has which order: claims, leases and what people do, on SQLite and on PostgreSQL."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from iota_py.campaign.store import GONE, Store, store_uri
from iota_py.campaign.tables import CANCELLED, DELIVERED, FAILED, HELD, QUEUED, RUNNING
from iota_py.errors import ConfigError, StorageError
from tests.campaign.postgres import missing, server
from tests.campaign.small import order

ORDERS, WORKERS = 40, 4
Open = Callable[..., Store]


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    if reason := missing():
        pytest.skip(reason)
    with server() as uri:
        yield uri


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'c.db'}" if request.param == "sqlite" else str(request.getfixturevalue("postgres"))


@pytest.fixture
def opened(uri: str, request: pytest.FixtureRequest) -> Iterator[Open]:
    """Stores of a campaign that no other test uses."""
    made: list[Store] = []

    def open_store(lease: float = 300.0, campaign: str = "") -> Store:
        made.append(Store(uri, campaign or request.node.name[:64], lease))
        return made[-1]

    yield open_store
    for store in made:
        store.close()


def test_the_most_urgent_first_and_years_in_turn(opened: Open) -> None:
    store = opened()
    store.sync([order("a", 2023), order("b", 2023, position=1, priority=5), order("a", 2024, position=2, after="a-2023", priority=9)])
    first, second = store.claim("one"), store.claim("two")
    assert first is not None
    assert second is not None
    assert (first.row.name, second.row.name) == ("b-2023", "a-2023")
    assert store.claim("three") is None, "the year before has not ended"
    assert store.end(second, HELD, reason="drift")
    third = store.claim("three")
    assert third is not None
    assert (third.row.name, third.row.attempts, third.lost) == ("a-2024", 1, None)


def test_an_order_is_its_owners_alone(opened: Open) -> None:
    store = opened()
    store.sync([order("a", 2023)])
    claim = store.claim("one")
    assert claim is not None
    assert store.beat("a-2023", "one")
    assert not store.beat("a-2023", "two")
    assert store.move("a-2023", "me", (RUNNING,), CANCELLED, "not wanted")
    assert not store.beat("a-2023", "one")
    assert not store.end(claim, DELIVERED), "what was cancelled is not delivered"
    row = store.row("a-2023")
    assert row is not None
    assert (row.state, row.reason, row.owner) == (CANCELLED, "not wanted", None)


def test_a_lease_that_has_run_out_is_taken_over(opened: Open) -> None:
    store = opened(lease=1.0)
    store.sync([order("a", 2023)])
    first = store.claim("one")
    assert first is not None
    assert store.claim("two") is None
    time.sleep(0.7)
    assert store.beat("a-2023", "one")
    time.sleep(0.7)
    assert store.claim("two") is None, "a sign of life came in time"
    time.sleep(1.2)
    second = store.claim("two")
    assert second is not None
    assert (second.lost, second.row.attempts) == ("one", 2)
    assert not store.end(first, DELIVERED), "the first is too late"
    assert store.end(second, DELIVERED)


def test_tries_that_are_due_later(opened: Open) -> None:
    store = opened()
    store.sync([order("a", 2023)])
    claim = store.claim("one")
    assert claim is not None
    store.end(claim, QUEUED, 1.0, reason="E-IO-001 disk", code="E-IO-001")
    assert store.claim("one") is None
    time.sleep(1.2)
    again = store.claim("one")
    assert again is not None
    assert again.row.attempts == 2


def test_a_document_that_changes(opened: Open) -> None:
    store = opened()
    store.sync([order("a", 2023), order("b", 2023)])
    claim = store.claim("one")
    assert claim is not None
    store.end(claim, DELIVERED)
    store.sync([order("c", 2023, priority=4)])
    assert {row.name: (row.state, row.reason) for row in store.rows()} == {
        "a-2023": (DELIVERED, ""), "b-2023": (CANCELLED, GONE), "c-2023": (QUEUED, ""),
    }  # fmt: skip
    store.sync([order("a", 2023, priority=7), order("b", 2023)])
    states = {row.name: (row.state, row.priority) for row in store.rows()}
    assert states == {"a-2023": (DELIVERED, 7), "b-2023": (QUEUED, 0), "c-2023": (CANCELLED, 4)}


def test_the_map_before_is_the_last_that_was_delivered(opened: Open) -> None:
    store = opened()
    store.sync([order("a", year, position=year) for year in (2021, 2022, 2023)] + [order("b", 2022, position=9999)])
    for state, pixels in ((DELIVERED, 1), (DELIVERED, 2), (HELD, 3), (DELIVERED, 4)):
        claim = store.claim("one")
        assert claim is not None
        store.end(claim, state, facts={"classes": {"1": pixels}})
    before = store.before("a", 2024)
    assert before is not None
    assert (before.name, before.facts) == ("a-2022", {"classes": {"1": 2}})
    assert store.before("a", 2021) is None


def test_what_people_do_is_recorded(opened: Open) -> None:
    store = opened()
    store.sync([order("a", 2023)])
    assert not store.move("a-2023", "me", (FAILED,), QUEUED, ""), "it is not failed"
    assert store.take("a-2023", "me", (HELD,)) is None
    claim = store.claim("one")
    assert claim is not None
    store.end(claim, FAILED, reason="https://u:canary@host refused", code="E-X-001")
    assert store.move("a-2023", "eve", (FAILED,), QUEUED, "mended")
    row = store.row("a-2023")
    assert row is not None
    assert (row.state, row.attempts, row.code) == (QUEUED, 0, "")
    told = [(one["what"], one["who"], one["text"]) for one in reversed(store.events())]
    assert told == [
        (QUEUED, "campaign", ""), (RUNNING, "one", "try 1"), (FAILED, "one", "https://***@host refused"), (QUEUED, "eve", "mended"),
    ]  # fmt: skip


def test_campaigns_of_one_database_do_not_mix(opened: Open) -> None:
    one, other = opened(campaign="first"), opened(campaign="second")
    one.sync([order("a", 2023)])
    assert other.claim("x") is None
    assert other.rows() == ()


def _work(uri: str, campaign: str, name: str, started: Any, taken: Any) -> None:
    store = Store(uri, campaign)
    started.wait()
    while (claim := store.claim(name)) is not None:
        taken.put((claim.row.name, name))
        assert store.end(claim, DELIVERED)


def test_processes_that_claim_at_once_never_get_the_same_order(uri: str, opened: Open) -> None:
    store = opened(campaign="race")
    store.sync([order(f"z{n}", 2023, position=n) for n in range(ORDERS)])
    context = multiprocessing.get_context("spawn")
    started, taken = context.Event(), context.Queue()
    workers = [context.Process(target=_work, args=(uri, "race", f"w{n}", started, taken)) for n in range(WORKERS)]
    for worker in workers:
        worker.start()
    started.set()
    found = [taken.get(timeout=120) for _ in range(ORDERS)]
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * WORKERS
    assert taken.empty()
    assert sorted(name for name, _ in found) == sorted(f"z{n}-2023" for n in range(ORDERS))
    assert {row.attempts for row in store.rows()} == {1}


def test_addresses(tmp_path: Path) -> None:
    assert store_uri(None, tmp_path, "campaign.db") == f"sqlite:///{tmp_path}/campaign.db"
    assert store_uri("x/y.db", tmp_path, "campaign.db") == f"sqlite:///{tmp_path}/x/y.db"
    assert store_uri("postgres://h/d", tmp_path, "") == "postgresql://h/d"
    with pytest.raises(ConfigError, match="E-CPG-005") as refused:
        Store("strange://me:canary@host/x", "c")
    assert "canary" not in str(refused.value)
    with pytest.raises(StorageError, match="E-CPG-006"):
        Store(f"sqlite:///{tmp_path}/missing/c.db", "c")
    (tmp_path / "no.db").write_text(
        "this is no database, and it is longer than a header of one hundred bytes is, so that SQLite looks at it."
    )
    with pytest.raises(StorageError, match="E-CPG-006"):
        Store(f"sqlite:///{tmp_path}/no.db", "c")

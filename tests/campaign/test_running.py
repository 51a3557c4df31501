"""Campaigns on a land of forty pixels: held by a gate, failed and tried again, released, killed, cancelled and stopped in mid-order."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from iota_py.campaign import running
from iota_py.campaign.delivery import NOTE
from iota_py.campaign.orders import PAGE, Book, read_book
from iota_py.campaign.pulse import own_name
from iota_py.campaign.running import Session, cancel, open_store, put_back, release, run_campaign
from iota_py.campaign.store import Store
from iota_py.campaign.tables import CANCELLED, DELIVERED, FAILED, HELD, QUEUED, RUNNING
from iota_py.errors import Fault, InputError, StorageError
from iota_py.io.publish import sha256
from iota_py.pipeline.status import read_status
from tests.campaign.postgres import missing, server
from tests.campaign.small import campaign
from tests.conftest import Command
from tests.pipeline.small_years import write_land

BASE = """extends: base.yaml
samples: {polygons: reference_2023.gpkg, label: code, split: {runs: 1}}
product: {year: 2023}
"""
EVERY = """
changes: {inputs: {images: {path: "{year}"}}, samples: {polygons: "reference_{year}.gpkg"}}
deliver: delivered
retries: 1
retry_after: 0
lease: 3
"""
YEARS = EVERY + "orders: {years: [2022, 2023], zones: {a: {}}}\n"
MAP = "OSO_20230101_RASTER_V1-0/DATA/OCS_2023.tif"


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_land(tmp_path_factory.mktemp("land"), 2022, 2023)
    (folder / "map.yaml").write_text(BASE, encoding="utf-8")
    return folder


@pytest.fixture
def place(land: Path, tmp_path: Path) -> Path:
    """The land with nothing made of it."""
    return Path(shutil.copytree(land, tmp_path / "land"))


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "WAIT", 0.2)


def _all(book: Book, said: list[tuple[str, str]] | None = None) -> dict[str, str]:
    """Run a campaign to its end; what became of its orders."""
    store = open_store(book)
    heard = said if said is not None else []
    run_campaign(Session(book, store, own_name(), say=lambda name, state, text: heard.append((name, state))))
    found = {row.name: row.state for row in store.rows()}
    store.close()
    return found


@pytest.fixture(scope="module")
def clean(land: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """SHA-256 of the map of 2023 that a campaign delivers in peace."""
    place = Path(shutil.copytree(land, tmp_path_factory.mktemp("clean") / "land"))
    _all(read_book(campaign(place, EVERY, "map.yaml")))
    return sha256(place / "delivered" / "all-2023" / MAP)


@pytest.mark.slow
def test_held_by_a_gate_released_by_a_person(place: Path, command: Command) -> None:
    """Half a percent is less than what wheat and maize change from a year to the next."""
    path = campaign(place, YEARS + "gates: {drift: {total_variation: 0.005}, accuracy: {champion: 0.0}}\n", "map.yaml")
    book = read_book(path)
    assert _all(book) == {"a-2022": DELIVERED, "a-2023": HELD}
    store = open_store(book, create=False)
    first, second = store.rows()
    assert [one["state"] for one in first.gates] == ["passed", "not judged", "passed", "passed"]
    assert "against a-2022, 0.005 is allowed" in second.reason
    assert not (place / "delivered" / "a-2023").exists()
    told = command("status", str(path))
    assert told.returncode == 2
    assert "1 delivered, 1 held: 1 for class drift" in told.stdout
    page = (place / "out" / PAGE).read_text(encoding="utf-8")
    assert "1 delivered, 1 held: 1 for class drift." in page
    assert "orders/a-2023/report.html" in page

    product = next((place / "out" / "orders" / "a-2023" / "product").rglob("OCS_2023.tif"))
    whole = product.read_bytes()
    product.write_bytes(whole[:-1] + b"x")
    refused = command("campaign", "release", str(path), "a-2023", "--reason", "looked at")
    assert (refused.returncode, refused.stderr.split()[0]) == (1, "E-CPG-013")
    assert store.rows()[1].state == HELD
    product.write_bytes(whole)
    assert command("campaign", str(path), "--release", "a-2023", "--reason", "rotation is real").returncode == 0
    row = store.rows()[1]
    assert (row.state, row.delivered_to) == (DELIVERED, str(place / "delivered" / "a-2023"))
    assert "rotation is real" in row.reason
    note = json.loads((place / "delivered" / "a-2023" / NOTE).read_text())
    assert "rotation is real" in note["released"]
    assert note["packages"] == ["OSO_20230101_RASTER_V1-0"]
    assert command("campaign", "status", str(path)).returncode == 0
    with pytest.raises(InputError, match=r"E-CPG-012.*is delivered"):
        release(book, store, "a-2023", "again")
    with pytest.raises(InputError, match=r"E-CPG-012.*there is no order b-2023"):
        cancel(book, store, "b-2023", "")


def test_a_failure_is_tried_again_and_a_fault_of_the_inputs_waits_for_a_person(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "2022").rename(place / "hidden")
    book = read_book(campaign(place, YEARS, "map.yaml"))
    true_run, tries = running.run, []

    def fails_once(config: Any, *rest: Any) -> Any:
        tries.append(config.name)
        if tries == ["test-a-2022", "test-a-2023"]:
            raise StorageError(Fault("E-IO-001", "x", "", "could not be written: disk quota exceeded"))
        return true_run(config, *rest)

    monkeypatch.setattr(running, "run", fails_once)
    said: list[tuple[str, str]] = []
    assert _all(book, said) == {"a-2022": FAILED, "a-2023": DELIVERED}
    assert tries == ["test-a-2022", "test-a-2023", "test-a-2023"], "an input that is missing is not tried again by itself"
    assert said[2:4] == [("a-2023", RUNNING), ("a-2023", QUEUED)]
    store = open_store(book, create=False)
    failed, delivered = store.rows()
    assert failed.code.startswith("E-PRD-")
    assert (delivered.attempts, delivered.code) == (2, "")
    (place / "hidden").rename(place / "2022")
    put_back(book, store, "a-2022")
    assert _all(book) == {"a-2022": DELIVERED, "a-2023": DELIVERED}
    assert read_status(place / "out" / "orders" / "a-2022").state == "finished"


def test_tries_come_to_an_end(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(config: Any, *rest: Any) -> Any:
        raise ZeroDivisionError("no reason")

    monkeypatch.setattr(running, "run", breaks)
    book = read_book(campaign(place, EVERY, "map.yaml"))
    assert _all(book) == {"all-2023": FAILED}
    (row,) = open_store(book, create=False).rows()
    assert (row.attempts, row.code) == (2, "E-INT-001")
    log = (place / "out" / "orders" / "all-2023" / "log" / "run.log").read_text(encoding="utf-8")
    assert log.count("ZeroDivisionError: no reason") == 4, "twice the sentence and its trace"


def test_once_does_not_wait(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(config: Any, *rest: Any) -> Any:
        raise StorageError(Fault("E-IO-001", "x", "", "full"))

    monkeypatch.setattr(running, "run", refuses)
    book = read_book(campaign(place, EVERY.replace("retry_after: 0", "retry_after: 3600"), "map.yaml"))
    store = open_store(book)
    run_campaign(Session(book, store, own_name()), once=True)
    (row,) = store.rows()
    assert (row.state, row.attempts, row.code) == (QUEUED, 1, "E-IO-001")


def test_a_campaign_that_was_never_started(place: Path, command: Command) -> None:
    path = campaign(place, EVERY, "map.yaml")
    told = command("status", str(path))
    assert (told.returncode, told.stderr.split()[0]) == (1, "E-CPG-007")
    assert not (place / "out").exists(), "asking makes nothing"


class Started:
    """`iota-py campaign` in a process of its own."""

    def __init__(self, path: Path) -> None:
        code = "from iota_py.campaign import running; running.WAIT = 0.2; from iota_py.cli.main import main; main()"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, "campaign", str(path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def end(self, number: int) -> int:
        os.kill(self.process.pid, number)
        return self.wait()

    def wait(self) -> int:
        self.text = self.process.communicate(timeout=120)[0]
        return self.process.returncode


@pytest.fixture
def start() -> Iterator[Callable[[Path], Started]]:
    made: list[Started] = []

    def started(path: Path) -> Started:
        made.append(Started(path))
        return made[-1]

    yield started
    for one in made:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def _until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 90
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def _in_work(place: Path) -> bool:
    return any((place / "out" / "orders").glob("*/.state/samples/*.json"))


def _state(store: Store) -> tuple[str, int]:
    (row,) = store.rows()
    return row.state, row.attempts


@pytest.mark.slow
def test_killed_in_mid_order_it_is_taken_over_with_the_same_bytes(
    place: Path, clean: str, start: Callable[[Path], Started], command: Command
) -> None:
    path = campaign(place, EVERY, "map.yaml")
    one = start(path)
    _until(lambda: _in_work(place))
    assert one.end(signal.SIGKILL) == -9
    book = read_book(path)
    assert _state(open_store(book)) == (RUNNING, 1)
    assert command("status", str(place / "out" / "orders" / "all-2023")).returncode == 2, "its run was killed"
    assert _all(book) == {"all-2023": DELIVERED}
    store = open_store(book)
    assert _state(store) == (DELIVERED, 2)
    assert any("taken over from" in event["text"] for event in store.events())
    assert sha256(place / "delivered" / "all-2023" / MAP) == clean


@pytest.mark.slow
def test_an_order_that_kills_its_process_again_and_again_fails(place: Path, start: Callable[[Path], Started]) -> None:
    path = campaign(place, EVERY, "map.yaml")
    book = read_book(path)
    for _ in range(2):
        one = start(path)
        store = open_store(book)
        before = _attempts(store)
        _until(lambda before=before, store=store: _attempts(store) > before)
        assert one.end(signal.SIGKILL) == -9
    assert _all(book) == {"all-2023": FAILED}
    (row,) = open_store(book).rows()
    assert row.code == "E-CPG-010"
    assert "killed 2 times" in row.reason


def _attempts(store: Store) -> int:
    return max((row.attempts for row in store.rows()), default=0)


@pytest.mark.slow
def test_sigterm_puts_the_order_back(place: Path, clean: str, start: Callable[[Path], Started]) -> None:
    path = campaign(place, EVERY, "map.yaml")
    one = start(path)
    _until(lambda: _in_work(place))
    assert one.end(signal.SIGTERM) == 130, one.text
    assert _state(open_store(read_book(path))) == (QUEUED, 0)
    assert _all(read_book(path)) == {"all-2023": DELIVERED}
    assert sha256(place / "delivered" / "all-2023" / MAP) == clean


@pytest.mark.slow
def test_an_order_cancelled_in_mid_run_is_stopped_and_the_campaign_goes_on(place: Path, start: Callable[[Path], Started]) -> None:
    path = campaign(place, EVERY + "orders: {years: [2023], zones: {a: {}, b: {}}}\n", "map.yaml")
    one = start(path)
    _until(lambda: _in_work(place))
    book = read_book(path)
    store = open_store(book)
    cancel(book, store, "a-2023", "not wanted")
    assert one.wait() == 0, one.text
    assert {row.name: row.state for row in store.rows()} == {"a-2023": CANCELLED, "b-2023": DELIVERED}
    assert not (place / "delivered" / "a-2023").exists()


@pytest.mark.slow
def test_with_postgresql_and_a_password_from_the_environment(place: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    if reason := missing():
        pytest.skip(reason)
    with server() as uri:
        path = campaign(place, EVERY + f"state: {uri.replace('iota@', 'iota:${CANARY_WORD}@')}\n", "map.yaml")
        refused = command("campaign", str(path), "-q")
        assert (refused.returncode, refused.stderr.split()[0]) == (1, "E-CFG-004")
        monkeypatch.setenv("CANARY_WORD", "canary-5e1")
        done = command("campaign", str(path), "-q")
        assert done.returncode == 0, done.stderr
        assert "1 delivered" in done.stdout
        assert command("status", str(path)).returncode == 0
    assert not (place / "out" / "campaign.db").exists()
    gone = command("campaign", "status", str(path))
    assert (gone.returncode, gone.stderr.split()[0]) == (3, "E-CPG-006")
    written = [file for file in (place / "out").rglob("*") if file.is_file()]
    assert not [file for file in written if b"canary-5e1" in file.read_bytes()]
    assert "canary-5e1" not in done.stdout + done.stderr + gone.stdout + gone.stderr


@pytest.mark.slow
def test_two_campaigns_on_one_database_share_the_orders(place: Path, start: Callable[[Path], Started]) -> None:
    path = campaign(place, EVERY + "orders: {years: [2023], zones: {a: {}, b: {}, c: {}}}\n", "map.yaml")
    both = [start(path), start(path)]
    assert [one.wait() for one in both] == [0, 0], [one.text for one in both]
    rows = open_store(read_book(path)).rows()
    assert {row.name: (row.state, row.attempts) for row in rows} == {f"{name}-2023": (DELIVERED, 1) for name in "abc"}
    begun = [one.text.count("running: try 1") for one in both]
    assert sum(begun) == 3

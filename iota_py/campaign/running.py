"""The orders of a campaign made one after the other by this process, beside others that work on the same database."""

from __future__ import annotations

import datetime as dt
import logging
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iota_py.campaign.dashboard import renew
from iota_py.campaign.delivery import deliver
from iota_py.campaign.gates import Gate, held
from iota_py.campaign.judging import facts_of, judge, plain, verified
from iota_py.campaign.orders import DATABASE, Book, Order, config_faults, config_of
from iota_py.campaign.pulse import beating, free_lock, own_name, stoppable
from iota_py.campaign.store import GONE, Claim, Row, Store, store_uri
from iota_py.campaign.tables import CANCELLED, DELIVERED, FAILED, HELD, QUEUED, RUNNING
from iota_py.config.loading import filled_variables
from iota_py.config.schema import RunConfig
from iota_py.errors import EXIT_USER, ConfigError, Fault, InputError, InterruptedRunError, IotaError
from iota_py.pipeline.delivered import manifest_is_current
from iota_py.pipeline.log import logged, note
from iota_py.pipeline.progress import Progress, Silent
from iota_py.pipeline.record import track
from iota_py.pipeline.records.manifest import write_manifest
from iota_py.pipeline.run import Summary, run
from iota_py.tracking.provenance import person

WAIT = 2.0  # seconds between two looks for an order that may be taken
_BUSY = "E-RUN-010"


@dataclass(frozen=True)
class Session:
    """What this process works with. tell: progress of an order's run. say: a line about an order."""

    book: Book
    store: Store
    owner: str
    allow_user_code: bool = False
    tell: Callable[[str], Progress] = lambda name: Silent()
    say: Callable[[str, str, str], None] = lambda name, state, text: None


def open_store(book: Book, *, create: bool = True) -> Store:
    """The database of a campaign. Raises ConfigError or StorageError; InputError E-CPG-007 when it must be there and is not."""
    document = book.document
    state = None if document.state is None else filled_variables(document.state, book.path, "state")
    uri = store_uri(state, book.path.resolve().parent if state else document.output, DATABASE)
    if uri.startswith("sqlite:///"):
        file = Path(uri.removeprefix("sqlite:///"))
        if not create and not file.is_file():
            raise InputError(Fault("E-CPG-007", str(file), "", "the campaign has not been started", f"iota-py campaign {book.path}"))
        file.parent.mkdir(parents=True, exist_ok=True)
    return Store(uri, document.name, document.lease, create=create)


def run_campaign(session: Session, *, once: bool = False) -> None:
    """Make orders until none is queued nor in the hands of another process. once: do not wait for those, nor for tries that are due later.

    Raises ConfigError before anything is started when an order's configuration cannot be used; InterruptedRunError on request, after the
    order in hand was put back into the queue.
    """
    faults = config_faults(session.book, allow_user_code=session.allow_user_code)
    if faults:
        raise ConfigError(*faults)
    with stoppable():
        try:
            session.store.sync(session.book.orders)
            _show(session)
            while True:
                claim = session.store.claim(session.owner)
                if claim is not None:
                    _make(session, claim)
                    _show(session)
                elif once or not any(row.state in (QUEUED, RUNNING) for row in session.store.rows()):
                    return
                else:
                    time.sleep(WAIT)
        except KeyboardInterrupt:
            raise InterruptedRunError(Fault("E-RUN-130", "campaign", "", "stopped on request", "run again to resume")) from None


def _make(session: Session, claim: Claim) -> None:
    """One order: run, judged, delivered; whatever happens, its row says what."""
    row, store = claim.row, session.store
    order = session.book.order(row.name)
    if order is None:
        store.end(claim, CANCELLED, reason=GONE)
        return
    if claim.lost is not None:
        free_lock(session.book.folder(order.name), claim.lost)
        if row.attempts > row.retries + 1:
            text = f"the process that made it was killed {row.attempts - 1} times, the last one was {claim.lost}"
            _end(session, claim, FAILED, text, code="E-CPG-010")
            return
    session.say(order.name, RUNNING, f"try {row.attempts}" + (f", taken over from {claim.lost}" if claim.lost else ""))
    _show(session)
    with beating(store, claim) as pulse:
        try:
            _fulfil(session, order, claim)
        except (KeyboardInterrupt, InterruptedRunError):
            if not pulse.lost:
                store.end(claim, QUEUED, reason="stopped on request", attempts=row.attempts - 1)
                _show(session)
                raise KeyboardInterrupt from None
            session.say(order.name, CANCELLED, "taken over or cancelled: left to others")
        except IotaError as error:
            _failed(session, claim, error.faults, again=error.exit_code != EXIT_USER)
        except Exception as error:  # a fault of one order is a line of the dashboard, not the end of the campaign
            text = f"failed unexpectedly ({type(error).__name__}: {error})"
            with logged(session.book.folder(order.name)):
                note(logging.CRITICAL, f"{order.name} {text}", trace=traceback.format_exc())
            _failed(session, claim, (Fault("E-INT-001", order.name, "", text, "see log/run.log of the order"),), again=True)


def _fulfil(session: Session, order: Order, claim: Claim) -> None:
    config = config_of(session.book, order, allow_user_code=session.allow_user_code)
    progress = session.tell(order.name)
    summary = run(config, progress)
    if not summary.nothing or not manifest_is_current(config.output, summary.plan):
        write_manifest(config, summary.inventory, summary.plan, summary.started)
    _record(config, summary, progress)
    facts = facts_of(config.output, summary.inventory)
    gates = judge(session.book, order, config, facts, session.store.before(order.place, order.year))
    values: dict[str, Any] = {"gates": plain(gates), "facts": facts, "code": None}
    stopped = held(gates)
    if stopped:
        _end(session, claim, HELD, "; ".join(one.text for one in stopped), **values)
        return
    _end(session, claim, DELIVERED, "", delivered_to=_deliver(session.book, order, config, gates, ""), **values)


def _record(config: RunConfig, summary: Summary, progress: Progress) -> None:
    """MLflow's record of a run; a store that does not answer costs a warning."""
    if config.tracking.enabled:
        try:
            track(config, summary.inventory, summary.started)
        except IotaError as error:
            progress.warn(f"not recorded in MLflow: {error}")


def _deliver(book: Book, order: Order, config: RunConfig, gates: tuple[Gate, ...], released: str) -> str | None:
    """The packages of an order handed over, where the campaign says so; their folder."""
    document = book.document
    if document.deliver is None:
        return None
    when = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    note = {"campaign": document.name, "order": order.name, "delivered": when, "gates": plain(gates), "released": released}
    return str(deliver(config, document.deliver / order.name, note, copies=document.copies))


def _failed(session: Session, claim: Claim, faults: tuple[Fault, ...], *, again: bool) -> None:
    """Into the queue again while tries are left, else failed. A folder that another process holds costs no try."""
    row, document = claim.row, session.book.document
    text, code = "; ".join(fault.line() for fault in faults[:3]), faults[0].code
    if any(fault.code == _BUSY for fault in faults):
        _end(session, claim, QUEUED, text, wait=document.retry_after, code=code, attempts=row.attempts - 1)
    elif again and row.attempts <= row.retries:
        _end(session, claim, QUEUED, text, wait=document.retry_after, code=code)
    else:
        _end(session, claim, FAILED, text, code=code)


def _end(session: Session, claim: Claim, state: str, reason: str, wait: float = 0.0, **values: Any) -> None:
    kept = session.store.end(claim, state, wait, reason=reason, **values)
    session.say(claim.row.name, state if kept else CANCELLED, reason if kept else "taken over or cancelled: left to others")


def _show(session: Session) -> None:
    renew(session.book, session.store)


def release(book: Book, store: Store, name: str, reason: str, *, allow_user_code: bool = False) -> str | None:
    """Deliver a held order although a gate held it; the folder, None where nothing is copied. Who does so and why is recorded.

    Raises InputError E-CPG-012 when there is no such order or it is not held, E-CPG-013 when its files are not whole: nobody can overrule that.
    """
    order, owner = book.order(name), own_name()
    claim = store.take(name, owner, (HELD,)) if order is not None else None
    if claim is None or order is None:
        raise InputError(_cannot(book, store.row(name), name, "held orders are released"))
    who = person()
    state = HELD
    values: dict[str, Any] = {"reason": claim.row.reason}
    try:
        config = config_of(book, order, allow_user_code=allow_user_code)
        gate = verified(config.output, quick=order.gates.verify == "quick")
        if gate.value:
            raise InputError(
                Fault("E-CPG-013", name, "", f"its files are not whole: {gate.text}", f"iota-py campaign retry {book.path} {name}")
            )
        gates = tuple(Gate(**one) for one in claim.row.gates)
        words = f"released by {who}: {reason}"
        folder = _deliver(book, order, config, gates, words)
        state, values = DELIVERED, {"reason": words, "delivered_to": folder}
        return folder
    finally:
        store.end(claim, state, **values)
        renew(book, store)


def put_back(book: Book, store: Store, name: str) -> None:
    """Queue an order again, with all its tries. Raises InputError E-CPG-012."""
    _move(book, store, name, (FAILED, HELD, CANCELLED, DELIVERED), QUEUED, "", "orders that run or wait are not queued again")


def cancel(book: Book, store: Store, name: str, reason: str) -> None:
    """Cancel an order; one that runs is stopped by its process within seconds. Raises InputError E-CPG-012."""
    _move(book, store, name, (QUEUED, RUNNING, FAILED, HELD), CANCELLED, reason, "what was delivered is not cancelled")


def _move(book: Book, store: Store, name: str, states: tuple[str, ...], state: str, reason: str, fix: str) -> None:
    if not store.move(name, person(), states, state, reason):
        raise InputError(_cannot(book, store.row(name), name, fix))
    renew(book, store)


def _cannot(book: Book, row: Row | None, name: str, fix: str) -> Fault:
    if row is None:
        some = ", ".join(one.name for one in book.orders[:10])
        return Fault(
            "E-CPG-012", str(book.path), "", f"there is no order {name}", f"orders are {some}{'…' if len(book.orders) > 10 else ''}"
        )
    return Fault("E-CPG-012", str(book.path), name, f"is {row.state}", fix)

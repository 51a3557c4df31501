"""State of a campaign in SQLite or PostgreSQL: which process has which order, and what became of each.

Every change is one transaction that says what it expects to find, so that of two processes which want the same order one gets it. What is
late is judged by the clock of the database. An order whose owner has given no sign of life within the lease may be taken over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, IntegrityError, NoSuchModuleError, SQLAlchemyError

from iota_py.campaign.orders import Order
from iota_py.campaign.tables import CANCELLED, DELIVERED, EVENTS, METADATA, ORDERS, QUEUED, RUNNING
from iota_py.errors import ConfigError, Fault, StorageError
from iota_py.tracking.provenance import scrub

GONE = "no longer in the campaign file"
_PATIENCE = 60.0  # seconds that SQLite waits for another process
_KEPT = ("place", "year", "priority", "position", "retries", "after")
_FREE = {"owner": None, "lease": None}


@dataclass(frozen=True)
class Row:
    """An order as the database has it; see `tables`."""

    name: str
    place: str
    year: int
    priority: int
    retries: int
    state: str
    attempts: int
    owner: str | None
    not_before: float
    started: float | None
    ended: float | None
    reason: str
    code: str
    gates: tuple[Mapping[str, Any], ...]
    facts: Mapping[str, Any]
    delivered_to: str | None


@dataclass(frozen=True)
class Claim:
    """An order in the hands of this process. lost: the owner whose lease had run out, None for an order that was queued."""

    row: Row
    owner: str
    lost: str | None


class Store:
    """The orders of one campaign. uri: of SQLAlchemy. create: the tables are made where they are missing."""

    def __init__(self, uri: str, campaign: str, lease: float = 300.0, *, create: bool = True) -> None:
        """Raises ConfigError E-CPG-005 for an address that is none, StorageError E-CPG-006 when the database cannot be used."""
        self.where, self.campaign, self.lease = scrub(uri), campaign, lease
        try:
            arguments = {"timeout": _PATIENCE} if uri.startswith("sqlite") else {"connect_timeout": 30}
            self.engine = sa.create_engine(uri, connect_args=arguments, pool_pre_ping=True)
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            fix = "a file, or postgresql://user@host/name with pip install 'iota-py[postgres]'"
            raise ConfigError(Fault("E-CPG-005", self.where, "state", f"is no address of a database ({scrub(str(error))})", fix)) from error
        if create:
            self._make()

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def sync(self, orders: Sequence[Order]) -> None:
        """Bring in the orders of the document: new ones are queued, of others priority and place are renewed, queued ones that are gone cancelled."""
        with self._begin() as connection:
            known = {row.name: row for row in connection.execute(sa.select(ORDERS).where(self._mine()))}
            for order in orders:
                values = {name: getattr(order, name) for name in _KEPT}
                if order.name not in known:
                    self._insert(connection, order.name, values)
                elif any(getattr(known[order.name], name) != value for name, value in values.items()):
                    connection.execute(sa.update(ORDERS).where(self._one(order.name)).values(**values))
                if order.name in known and known[order.name].state == CANCELLED and known[order.name].reason == GONE:
                    self._set(connection, order.name, QUEUED, reason=None)
            names = {order.name for order in orders}
            for name, row in known.items():
                if name not in names and row.state == QUEUED:
                    self._set(connection, name, CANCELLED, reason=GONE)
                    self._tell(connection, name, "campaign", CANCELLED, GONE)

    def claim(self, owner: str) -> Claim | None:
        """Take the most urgent order that is free, or whose owner gave no sign of life; None when there is none now."""
        while True:
            with self._begin() as connection:
                now = self._now(connection)
                found = connection.execute(self._next(now)).first()
                if found is None:
                    return None
                # What was read is expected unchanged: SQLite knows no locks of rows, and a process that was quicker wins.
                before = sa.and_(
                    self._one(found.name),
                    ORDERS.c.state == found.state,
                    _same(ORDERS.c.owner, found.owner),
                    _same(ORDERS.c.lease, found.lease),
                )
                values = {
                    "owner": owner,
                    "lease": now + self.lease,
                    "attempts": found.attempts + 1,
                    "started": now,
                    "ended": None,
                    "state": RUNNING,
                }
                if connection.execute(sa.update(ORDERS).where(before).values(**values)).rowcount != 1:
                    continue
                lost = found.owner if found.state == RUNNING else None
                text = f"try {found.attempts + 1}" + (f", taken over from {lost}" if lost else "")
                self._tell(connection, found.name, owner, RUNNING, text)
                row = connection.execute(sa.select(ORDERS).where(self._one(found.name))).one()
                return Claim(_row(row), owner, lost)

    def take(self, name: str, owner: str, states: Sequence[str]) -> Claim | None:
        """Take this order if it is in one of these states; None if it is not."""
        with self._begin() as connection:
            values = {"state": RUNNING, "owner": owner, "lease": self._now(connection) + self.lease}
            taken = connection.execute(sa.update(ORDERS).where(self._one(name), ORDERS.c.state.in_(states)).values(**values)).rowcount
            return Claim(_row(connection.execute(sa.select(ORDERS).where(self._one(name))).one()), owner, None) if taken else None

    def beat(self, name: str, owner: str) -> bool:
        """Give a sign of life; False when the order is not this owner's any more."""
        with self._begin() as connection:
            values = {"lease": self._now(connection) + self.lease}
            return connection.execute(sa.update(ORDERS).where(self._owned(name, owner)).values(**values)).rowcount == 1

    def end(self, claim: Claim, state: str, wait: float = 0.0, **values: Any) -> bool:
        """Put an order that this process has into a state; False when it is not its own any more. wait: seconds before it may be taken.

        values: `reason`, `code`, `gates`, `facts`, `delivered_to`, `attempts`.
        """
        with self._begin() as connection:
            now = self._now(connection)
            values = {name: json.dumps(value) if name in ("gates", "facts") else value for name, value in values.items()}
            changed = {**values, **_FREE, "state": state, "ended": None if state == QUEUED else now, "not_before": now + wait}
            if connection.execute(sa.update(ORDERS).where(self._owned(claim.row.name, claim.owner)).values(**changed)).rowcount != 1:
                return False
            self._tell(connection, claim.row.name, claim.owner, state, str(values.get("reason") or ""))
            return True

    def move(self, name: str, who: str, states: Sequence[str], state: str, reason: str) -> bool:
        """A person puts an order from one of these states into another; False when it is in none of them."""
        with self._begin() as connection:
            values: dict[str, Any] = {**_FREE, "state": state, "reason": reason or None, "not_before": 0.0}
            if state == QUEUED:
                values |= {"attempts": 0, "code": None, "ended": None}
            done = connection.execute(sa.update(ORDERS).where(self._one(name), ORDERS.c.state.in_(states)).values(**values)).rowcount == 1
            if done:
                self._tell(connection, name, who, state, reason)
            return done

    def rows(self) -> tuple[Row, ...]:
        """All orders of the campaign, in the order of its document."""
        with self._begin() as connection:
            return tuple(
                _row(row) for row in connection.execute(sa.select(ORDERS).where(self._mine()).order_by(ORDERS.c.position, ORDERS.c.name))
            )

    def row(self, name: str) -> Row | None:
        """One order."""
        with self._begin() as connection:
            found = connection.execute(sa.select(ORDERS).where(self._one(name))).first()
            return None if found is None else _row(found)

    def before(self, place: str, year: int) -> Row | None:
        """The last order of a place and an earlier year that was delivered."""
        wanted = (self._mine(), ORDERS.c.place == place, ORDERS.c.year < year, ORDERS.c.state == DELIVERED)
        with self._begin() as connection:
            found = connection.execute(sa.select(ORDERS).where(*wanted).order_by(ORDERS.c.year.desc()).limit(1)).first()
            return None if found is None else _row(found)

    def events(self, most: int = 200) -> tuple[Mapping[str, Any], ...]:
        """What happened last, the latest first: `time`, `name`, `who`, `what`, `text`."""
        wanted = sa.select(EVENTS).where(EVENTS.c.campaign == self.campaign).order_by(EVENTS.c.id.desc()).limit(most)
        with self._begin() as connection:
            return tuple(dict(row._mapping) for row in connection.execute(wanted))

    def now(self) -> float:
        """Clock of the database, seconds since 1970."""
        with self._begin() as connection:
            return self._now(connection)

    @contextmanager
    def _begin(self) -> Iterator[sa.Connection]:
        try:
            with self.engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            text = f"the database does not do its work ({scrub(str(getattr(error, 'orig', None) or error)).strip()})"
            raise StorageError(
                Fault("E-CPG-006", self.where, "state", text, "see that it is there and may be written, then run again")
            ) from error

    def _make(self) -> None:
        """Make the tables; of two processes that do so at once one finds them there."""
        for last in (False, True):
            try:
                with self._begin() as connection:
                    METADATA.create_all(connection)
                return
            except StorageError:
                if last:
                    raise

    def _next(self, now: float) -> Any:
        """The order to take: free, or left; whose predecessor has ended."""
        earlier = ORDERS.alias("earlier")
        open_one = sa.exists().where(
            earlier.c.campaign == ORDERS.c.campaign, earlier.c.name == ORDERS.c.after, earlier.c.state.in_((QUEUED, RUNNING))
        )
        free = sa.and_(ORDERS.c.state == QUEUED, ORDERS.c.not_before <= now, ~open_one)
        left = sa.and_(ORDERS.c.state == RUNNING, ORDERS.c.lease < now)
        wanted = sa.select(ORDERS).where(self._mine(), sa.or_(free, left))
        return wanted.order_by(ORDERS.c.priority.desc(), ORDERS.c.position).limit(1).with_for_update(skip_locked=True, of=ORDERS)

    def _insert(self, connection: sa.Connection, name: str, values: Mapping[str, Any]) -> None:
        try:
            with connection.begin_nested():
                connection.execute(sa.insert(ORDERS).values(campaign=self.campaign, name=name, state=QUEUED, **values))
        except IntegrityError:
            return  # another process brought it in meanwhile
        self._tell(connection, name, "campaign", QUEUED, "")

    def _set(self, connection: sa.Connection, name: str, state: str, **values: Any) -> None:
        connection.execute(sa.update(ORDERS).where(self._one(name)).values(state=state, **values))

    def _tell(self, connection: sa.Connection, name: str, who: str, what: str, text: str) -> None:
        values = {"time": self._now(connection), "who": who, "what": what, "text": scrub(text)}
        connection.execute(sa.insert(EVENTS).values(campaign=self.campaign, name=name, **values))

    def _now(self, connection: sa.Connection) -> float:
        text = (
            "(julianday('now') - 2440587.5) * 86400.0" if self.engine.dialect.name == "sqlite" else "extract(epoch from clock_timestamp())"
        )
        return float(connection.execute(sa.select(sa.literal_column(text))).scalar_one())

    def _mine(self) -> Any:
        return ORDERS.c.campaign == self.campaign

    def _one(self, name: str) -> Any:
        return sa.and_(self._mine(), ORDERS.c.name == name)

    def _owned(self, name: str, owner: str) -> Any:
        return sa.and_(self._one(name), ORDERS.c.state == RUNNING, ORDERS.c.owner == owner)


def store_uri(state: str | None, folder: Path, default: str) -> str:
    """Address of the database: of SQLite for a file, relative to a folder. state: of the document, environment variables filled in."""
    if state is not None and "://" in state:
        return state.replace("postgres://", "postgresql://", 1) if state.startswith("postgres://") else state
    return f"sqlite:///{folder / (state or default)}"


def _same(column: Any, value: Any) -> Any:
    return column.is_(None) if value is None else column == value


def _row(found: Any) -> Row:
    values = {name: getattr(found, name) for name in Row.__dataclass_fields__}
    values |= {"reason": found.reason or "", "code": found.code or "", "gates": tuple(json.loads(found.gates or "[]"))}
    return Row(**{**values, "facts": json.loads(found.facts or "{}")})

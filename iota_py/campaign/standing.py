"""How a campaign stands: counts, why orders are held, and what failed, in one sentence and as plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from iota_py.campaign.gates import ACCURACY, DATES, DRIFT, NODATA, VERIFY, WANTS
from iota_py.campaign.gates import HELD as GATE_HELD
from iota_py.campaign.store import Row
from iota_py.campaign.tables import DELIVERED, FAILED, HELD, QUEUED, RUNNING, STATES
from iota_py.errors import EXIT_OK, EXIT_PARTIAL
from iota_py.pipeline.status import EXIT_RUNNING

GATES = (DATES, NODATA, DRIFT, ACCURACY, VERIFY)  # an order that several hold counts for the first of these


def counts(rows: Sequence[Row]) -> dict[str, int]:
    """Orders by state, in the order of STATES; those that there are none of are left out."""
    found = Counter(row.state for row in rows)
    return {state: found[state] for state in STATES if found[state]}


def held_by(row: Row) -> str | None:
    """The gate that holds an order, the first of GATES."""
    names = {one["gate"] for one in row.gates if one["state"] == GATE_HELD}
    return next((gate for gate in GATES if gate in names), None)


def sentence(rows: Sequence[Row]) -> str:
    """`187 delivered, 96 queued, 9 running, 8 held: 5 for want of dates (fewer than 12 clear), …`."""
    if not rows:
        return "no orders yet"
    number = counts(rows)
    found = ", ".join(f"{count} {state}" for state, count in number.items() if state != HELD)
    if HELD in number:
        found = f"{found}{', ' if found else ''}{number[HELD]} held: {_reasons(rows)}"
    again = [row for row in rows if row.state == QUEUED and row.attempts]
    return f"{found}; {len(again)} will be tried again ({_codes(again)})" if again else found


def exit_code(rows: Sequence[Row]) -> int:
    """0 all that was not cancelled is delivered, 4 something is queued or runs, 2 something is held or failed."""
    states = {row.state for row in rows}
    if states & {QUEUED, RUNNING}:
        return EXIT_RUNNING
    return EXIT_PARTIAL if states & {HELD, FAILED} else EXIT_OK


def document(name: str, rows: Sequence[Row]) -> dict[str, Any]:
    """All of it as plain values."""
    orders = [{**asdict(row), "held_by": held_by(row) if row.state == HELD else None} for row in rows]
    return {"name": name, "sentence": sentence(rows), "counts": counts(rows), "orders": orders, "exit_code": exit_code(rows)}


def seconds_per_order(rows: Sequence[Row]) -> float | None:
    """Mean seconds of the orders that came to an end, None before the first."""
    spent = [row.ended - row.started for row in rows if row.state in (DELIVERED, HELD) and row.ended and row.started]
    return sum(spent) / len(spent) if spent else None


def _reasons(rows: Sequence[Row]) -> str:
    found = Counter(held_by(row) for row in rows if row.state == HELD)
    listed = [f"{found[gate]} {WANTS[gate]}{_details(rows, gate)}" for gate in GATES if found[gate]]
    return ", ".join([*listed, f"{found[None]} for other reasons"] if found[None] else listed)


def _details(rows: Sequence[Row], gate: str) -> str:
    """What the gate asked of the orders that it holds, where that was not ten things."""
    every = [one for row in rows if row.state == HELD for one in row.gates if one["gate"] == gate and one["state"] == GATE_HELD]
    found = list(dict.fromkeys(one["detail"] for one in every if one["detail"]))
    return f" ({' or '.join(found)})" if 0 < len(found) < 4 else ""


def _codes(rows: Sequence[Row]) -> str:
    found = Counter(row.code or "stopped" for row in rows).most_common(3)
    return found[0][0] if len(found) == 1 else ", ".join(f"{count} {code}" for code, count in found)

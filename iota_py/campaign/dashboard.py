"""`campaign.html`: one page that needs no network and no script, renewed whenever an order changes its state."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from iota_py.assessment import wording
from iota_py.assessment.page import TEMPLATES as HOUSE
from iota_py.campaign.gates import WANTS
from iota_py.campaign.orders import PAGE, Book
from iota_py.campaign.standing import GATES, counts, seconds_per_order, sentence
from iota_py.campaign.store import Row, Store
from iota_py.campaign.tables import DELIVERED, FAILED, HELD, QUEUED, RUNNING
from iota_py.errors import StorageError
from iota_py.io.publish import write_text
from iota_py.pipeline import paths

TEMPLATES = Path(__file__).parent / "templates"
EVENTS = 40  # that the page lists
_ORDER = (FAILED, HELD, RUNNING, QUEUED, DELIVERED)  # what needs a person first
_TITLES = {"nodata": "no class", "clear_dates": "clear dates", "drift": "drift", "accuracy": "accuracy", "verify": "files"}


def renew(book: Book, store: Store) -> None:
    """Write the page of a campaign anew; a disk that refuses costs the page, not the campaign."""
    try:
        write_text(book.document.output / PAGE, render(book, store.rows(), store.events(EVENTS), store.now()))
    except StorageError:
        return


def render(book: Book, rows: Sequence[Row], events: Sequence[Mapping[str, Any]], now: float) -> str:
    """The page as one HTML text. now: seconds since 1970."""
    made = Environment(
        loader=FileSystemLoader([TEMPLATES, HOUSE]), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters.update(duration=wording.duration, count=wording.count, time=_moment)
    document = book.document
    gates = [gate for gate in GATES if any(one["gate"] == gate for row in rows for one in row.gates)]
    number = counts(rows)
    mean = seconds_per_order(rows)
    return made.get_template("campaign.html.j2").render(
        title=document.title or document.name,
        created=now,
        sentence=sentence(rows),
        counts=number,
        total=len(rows),
        mean=mean,
        share=100 * number.get(DELIVERED, 0) / len(rows) if rows else 0.0,
        gates=[(gate, _TITLES[gate], WANTS[gate]) for gate in gates],
        orders=[_row(book, row, gates, now) for row in sorted(rows, key=_urgency)],
        troubles=[_row(book, row, gates, now) for row in rows if row.state in (FAILED, HELD) or (row.state == QUEUED and row.reason)],
        events=events,
        deliver=None if document.deliver is None else _relative(document.deliver, document.output),
    )


def _row(book: Book, row: Row, gates: Sequence[str], now: float) -> dict[str, Any]:
    output, folder = book.document.output, book.folder(row.name)
    by_gate = {one["gate"]: one for one in row.gates}
    end = row.ended if row.ended else now if row.state == RUNNING else None
    links = {"report": folder / paths.REPORT, "log": folder / paths.LOG, "map": folder / paths.map_layer("classification")}
    if row.delivered_to:
        links["delivery"] = Path(row.delivered_to)
    return {
        "row": row,
        "seconds": end - row.started if end and row.started else None,
        "gates": [_cell(by_gate.get(gate)) for gate in gates],
        "links": [(name, _relative(path, output)) for name, path in links.items() if path.exists()],
    }


def _cell(gate: Mapping[str, Any] | None) -> dict[str, str]:
    if gate is None:
        return {"text": "", "state": "", "title": ""}
    value = gate["value"]
    texts = {"nodata": "{:.2%}", "clear_dates": "{:.1%}", "drift": "{:.3f}", "accuracy": "{:.3f}", "verify": "{:.0f} faults"}
    shown = "—" if value is None else "whole" if gate["gate"] == "verify" and not value else texts[gate["gate"]].format(value)
    return {"text": shown.replace("%", " %"), "state": gate["state"], "title": gate["text"]}


def _urgency(row: Row) -> tuple[int, int]:
    return (_ORDER.index(row.state) if row.state in _ORDER else len(_ORDER), -row.priority)


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def _moment(seconds: float | None) -> str:
    return "" if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")

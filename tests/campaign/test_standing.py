"""The sentence, the exit code and the page of a campaign, from rows made by hand."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from iota_py.campaign.dashboard import render
from iota_py.campaign.gates import Gate
from iota_py.campaign.orders import read_book
from iota_py.campaign.standing import counts, document, exit_code, held_by, seconds_per_order, sentence
from iota_py.campaign.store import Row
from iota_py.campaign.tables import CANCELLED, DELIVERED, FAILED, HELD, QUEUED, RUNNING
from tests.campaign.small import campaign


def _row(name: str, state: str, **more: Any) -> Row:
    plain = Row(name, name, 2026, 0, 2, state, 1, None, 0.0, 100.0, 160.0, "", "", (), {}, None)
    return replace(plain, **more)


def _held(name: str, *gates: Gate) -> Row:
    return _row(name, HELD, gates=tuple(asdict(one) for one in gates), reason=gates[0].text if gates else "")


DATES = Gate("clear_dates", "held", 0.5, 0.95, "50.0 % of the pixels have 12 clear dates or more", "fewer than 12 clear")
DRIFT = Gate("drift", "held", 0.3, 0.1, "total variation 0.300 against a-2025, 0.1 is allowed")
FINE = Gate("nodata", "passed", 0.001, 0.05, "0.10 % of the pixels have no class")
ROWS = (
    *(_row(f"d{n}", DELIVERED) for n in range(187)),
    *(_row(f"q{n}", QUEUED, attempts=0, started=None, ended=None) for n in range(95)),
    _row("q95", QUEUED, attempts=1, reason="E-IO-001 x: disk quota", code="E-IO-001"),
    *(_row(f"r{n}", RUNNING, ended=None, owner="node:7:ab") for n in range(9)),
    *(_held(f"h{n}", FINE, DATES) for n in range(4)),
    _held("h4", DRIFT, DATES),
    *(_held(f"h{n}", DRIFT) for n in range(5, 7)),
    _held("h7"),
)


def test_the_sentence() -> None:
    assert sentence(ROWS) == (
        "187 delivered, 96 queued, 9 running, 8 held: 5 for want of dates (fewer than 12 clear), 2 for class drift, 1 for other reasons; "
        "1 will be tried again (E-IO-001)"
    )
    assert sentence(()) == "no orders yet"
    assert sentence([_row("a", FAILED), _row("b", CANCELLED)]) == "1 failed, 1 cancelled"


def test_counts_and_codes() -> None:
    assert counts(ROWS) == {DELIVERED: 187, QUEUED: 96, RUNNING: 9, HELD: 8}
    assert held_by(ROWS[-4]) == "clear_dates", "an order that two gates hold counts once"
    assert exit_code(ROWS) == 4
    assert exit_code([_row("a", DELIVERED), _row("b", CANCELLED)]) == 0
    assert exit_code([_row("a", DELIVERED), _row("b", HELD)]) == 2
    assert exit_code([_row("a", FAILED)]) == 2
    assert exit_code([_row("a", FAILED), _row("b", QUEUED)]) == 4
    assert seconds_per_order(ROWS) == 60.0
    assert seconds_per_order([_row("a", QUEUED)]) is None
    found = document("c", ROWS)
    assert found["exit_code"] == 4
    assert [one["held_by"] for one in found["orders"][-8:]] == [*["clear_dates"] * 5, "drift", "drift", None]


def test_the_page_says_all_of_it_and_runs_nothing(tmp_path: Path) -> None:
    book = read_book(campaign(tmp_path, "title: <b>Yearly</b> & co\n"))
    odd = _row("bad<script>", FAILED, reason="E-X-001 <img src=x>: broke", code="E-X-001")
    events = [{"time": 0.0, "name": "d0", "who": "node:7:ab", "what": "delivered", "text": ""}]
    page = render(book, (*ROWS, odd), events, 200.0)
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;b&gt;Yearly&lt;/b&gt; &amp; co" in page
    assert "187 delivered, 96 queued" in page
    assert all(f'<th scope="row">{row.name}</th>' in page for row in ROWS)
    assert not re.search(r"https?://", page), "no network"
    listed = page[page.index('id="orders"') :]
    assert listed.index("bad&lt;script&gt;") < listed.index(">h0<") < listed.index(">r0<") < listed.index(">q0<") < listed.index(">d0<")
    assert "50.0 % (held)" in page


@pytest.mark.browser
def test_the_page_in_a_browser(tmp_path: Path, browser: Any) -> None:
    """Nothing is asked for but the page itself, nothing overflows a narrow screen, and links lead to files beside it."""
    book = read_book(campaign(tmp_path, ""))
    report = book.folder("d0") / "report.html"
    report.parent.mkdir(parents=True)
    report.write_text("<title>report</title>")
    path = book.document.output / "campaign.html"
    path.write_text(render(book, ROWS, [], 200.0), encoding="utf-8")
    page = browser.new_page(viewport={"width": 390, "height": 800})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: pytest.fail(message.text))
    page.goto(path.as_uri())
    assert asked == [path.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.click("text=report >> nth=0")
    assert page.title() == "report"
    page.close()

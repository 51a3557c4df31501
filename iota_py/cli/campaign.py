"""`iota-py campaign`: orders of a year made, judged and delivered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from typer.core import TyperGroup

from iota_py.cli.console import Bars, UserCode, out, program, short
from iota_py.cli.tables import show_table

if TYPE_CHECKING:
    from typer import Context

    from iota_py.campaign.orders import Book
    from iota_py.campaign.store import Row

SHOWN, LINE = 30, 160  # orders that need a person; characters of why
_FLAGS = {"--status": "status", "--release": "release", "--retry": "retry", "--cancel": "cancel"}


class _RunByDefault(TyperGroup):
    """`campaign FILE` is `campaign run FILE`, and `campaign FILE --release ORDER` is `campaign release FILE ORDER`."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """See click's Group."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            flag = next((word for word in args[1:] if word in _FLAGS), None)
            args = [_FLAGS[flag] if flag else "run", *(word for word in args if word != flag)]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_RunByDefault,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Many runs as orders: made, judged by gates of quality, delivered. [bold]iota-py campaign CAMPAIGN.yaml[/] runs it.",
)

Document = Annotated[Path, typer.Argument(help="campaign (YAML)", metavar="CAMPAIGN")]
Name = Annotated[str, typer.Argument(help="name of an order", metavar="ORDER")]


@app.command("run")
def run(
    document: Document,
    once: Annotated[bool, typer.Option("--once", help="Do not wait for orders of other processes, nor for later tries.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only what becomes of the orders.")] = False,
    allow_user_code: UserCode = False,
) -> int:
    """Make every order that is not settled. Start it on several hosts at a time, and again after a crash: each order is made once.

    Exit codes: 0 all is delivered, 2 orders are held or failed, 4 some still wait. Example: [bold]iota-py campaign oso-2026.yaml[/]
    """
    from iota_py.campaign.orders import PAGE, read_book
    from iota_py.campaign.pulse import own_name
    from iota_py.campaign.running import Session, open_store, run_campaign
    from iota_py.campaign.standing import exit_code, sentence

    book = read_book(document)
    store = open_store(book)
    with Bars(quiet) as bars:

        def say(name: str, state: str, text: str) -> None:
            colour = {"delivered": "green", "held": "yellow", "failed": "red", "running": "cyan"}.get(state, "dim")
            out.print(f"[bold]{escape(name)}[/] [{colour}]{state}[/]{escape(f': {text}' if text else '')}")

        run_campaign(Session(book, store, own_name(), allow_user_code, lambda name: bars, say), once=once)
    rows = store.rows()
    out.print(sentence(rows))
    out.print(f"page     {escape(short(book.document.output / PAGE))}")
    return exit_code(rows)


@app.command("status")
def status(document: Document, json_too: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False) -> int:
    """Say how the campaign stands. Exit codes: 0 all is delivered, 2 orders are held or failed, 4 some still wait or run."""
    return show_status(document, json_too)


@app.command("release")
def release(
    document: Document,
    name: Name,
    reason: Annotated[str, typer.Option("--reason", help="why it is delivered all the same; recorded with your name")],
    allow_user_code: UserCode = False,
) -> None:
    """Deliver an order that a gate holds."""
    from iota_py.campaign.orders import read_book
    from iota_py.campaign.running import open_store
    from iota_py.campaign.running import release as release_order

    book = read_book(document)
    folder = release_order(book, open_store(book, create=False), name, reason, allow_user_code=allow_user_code)
    out.print(f"{escape(name)} is delivered" + ("" if folder is None else f": {escape(short(Path(folder)))}"))


@app.command("retry")
def retry(document: Document, name: Name) -> None:
    """Queue an order again that failed, is held, was cancelled or delivered."""
    from iota_py.campaign.orders import read_book
    from iota_py.campaign.running import open_store, put_back

    book = read_book(document)
    put_back(book, open_store(book, create=False), name)
    out.print(f"{escape(name)} is queued; {program()} campaign {escape(short(document))} makes it")


@app.command("cancel")
def cancel(document: Document, name: Name, reason: Annotated[str, typer.Option("--reason", help="recorded with your name")] = "") -> None:
    """Cancel an order; one that runs is stopped within seconds, and what it has done stays for a later try."""
    from iota_py.campaign.orders import read_book
    from iota_py.campaign.running import cancel as cancel_order
    from iota_py.campaign.running import open_store

    book = read_book(document)
    cancel_order(book, open_store(book, create=False), name, reason)
    out.print(f"{escape(name)} is cancelled")


def show_status(document: Path, json_too: bool) -> int:
    """How a campaign stands; the exit code."""
    from iota_py.campaign import standing
    from iota_py.campaign.orders import PAGE, read_book
    from iota_py.campaign.running import open_store

    book = read_book(document)
    rows = open_store(book, create=False).rows()
    if json_too:
        out.print_json(json.dumps(standing.document(book.document.name, rows)))
        return standing.exit_code(rows)
    out.print(standing.sentence(rows))
    _show_orders(book, rows)
    out.print(f"page     {escape(short(book.document.output / PAGE))}")
    return standing.exit_code(rows)


def _show_orders(book: Book, rows: tuple[Row, ...]) -> None:
    """Orders that run, and those that need a person."""
    listed = [row for row in rows if row.state in ("running", "held", "failed") or (row.state == "queued" and row.reason)]
    if listed:
        cells = [(row.name, row.state, str(row.attempts), (row.owner or row.reason)[:LINE]) for row in listed[:SHOWN]]
        show_table(("order", "state", "tries", ""), cells, right=(2,))
    if len(listed) > SHOWN:
        out.print(f"and {len(listed) - SHOWN} more on the page")

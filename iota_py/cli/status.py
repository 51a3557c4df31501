"""`iota-py status`: how far a run or a campaign is."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from iota_py.cli.console import LABELS, out, program, short

if TYPE_CHECKING:
    from iota_py.pipeline.status import RunStatus

EVERY = 2.0  # seconds between two looks
SHOWN = 10  # failures
_WORDS = {
    "running": "runs",
    "finished": "finished",
    "failed": "ended with failures",
    "stopped": "was stopped",
    "killed": "was killed: its process is gone, and it had not ended",
    "silent": "gives no sign of life",
    "unknown": "is there, from a version that kept no count",
}


def status(
    place: Annotated[Path, typer.Argument(help="folder of a run, its configuration, or a campaign (YAML)", metavar="RUN | CAMPAIGN")],
    json_too: Annotated[bool, typer.Option("--json", help="One JSON document in place of words.")] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Look again every two seconds until it has ended.")] = False,
) -> int:
    """Tell how far a run is, while it runs and after; it only reads files, so that any host which sees the folder can ask.

    Exit codes: 0 it is whole, 4 it runs, 2 something failed or is left to do. Example: [bold]iota-py status runs/demo[/]
    """
    if place.is_file():
        from iota_py.io.documents import read_yaml

        document = read_yaml(place)
        if isinstance(document, dict) and "orders" in document:
            from iota_py.cli.campaign import show_status

            return show_status(place, json_too)
        from iota_py.config import load_config

        place = load_config(place, allow_user_code=True).output
    return _of_run(place, json_too, watch)


def _of_run(root: Path, json_too: bool, watch: bool) -> int:
    from iota_py.pipeline.status import EXIT_RUNNING, read_status

    found = read_status(root)
    if json_too:
        out.print_json(json.dumps(found.document()))
        return found.exit_code
    if watch and found.exit_code == EXIT_RUNNING:
        with Live(_shown(found), console=out, auto_refresh=False) as live:
            while found.exit_code == EXIT_RUNNING:
                time.sleep(EVERY)
                found = read_status(root)
                live.update(_shown(found), refresh=True)
    else:
        out.print(_shown(found))
    return found.exit_code


def _shown(found: RunStatus) -> RenderableType:
    lines = [Text.from_markup(line) for line in _lines(found)]
    return Group(*lines[:1], _table(found), *lines[1:])


def _lines(found: RunStatus) -> list[str]:
    from iota_py.assessment.wording import bytes_text, duration

    lines = [f"[bold]{escape(found.name)}[/] {_WORDS[found.state]}{_since(found)}"]
    if found.left is not None or found.unknown:
        known = "" if found.left is None else f"about {duration(found.left)}"
        more = f"{found.unknown} stage{'s' if found.unknown != 1 else ''} whose cost is not known yet" if found.unknown else ""
        lines.append(f"left     {' and '.join(filter(None, (known, more)))}")
    if found.memory:
        count = len(found.workers or {})
        lines.append(f"memory   {bytes_text(found.memory)} at most in one of {count} process{'es' if count != 1 else ''}")
    if found.holder is not None:
        alive = {True: "", False: ", which is gone", None: ", another host"}[found.holder.alive]
        lines.append(f"lock     process {found.holder.pid} on {escape(found.holder.host)}{alive}, since {found.holder.since}")
    if found.set_aside or found.warnings:
        lines.append(f"noted    {found.set_aside} acquisitions set aside, {found.warnings} warnings")
    lines += [f"[red]failed[/]   {escape(one['text'])}" for one in found.failures[:SHOWN]]
    if found.failed > SHOWN:
        lines.append(f"         and {found.failed - SHOWN} more")
    if found.text and not found.failures:
        lines += [f"[red]ended[/]    {escape(line)}" for line in found.text.splitlines()[:SHOWN]]
    return [*lines, *_way_on(found)]


def _since(found: RunStatus) -> str:
    from iota_py.assessment.wording import duration

    if found.elapsed is None:
        return ""
    if found.state == "running":
        return f" since {duration(found.elapsed)}, last activity {found.activity}"
    return f", {duration(found.elapsed)}, last activity {found.activity}"


def _way_on(found: RunStatus) -> list[str]:
    from iota_py.pipeline import paths

    log = Path(found.root) / paths.LOG
    lines = [f"log      {escape(short(log))}"] if log.exists() else []
    if found.exit_code == 2:
        lines.append(f"resume   {program()} run CONFIG does what is left")
    return lines


def _table(found: RunStatus) -> Table:
    from iota_py.assessment.wording import duration

    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("stage", "planned", "done", "running", "failed", "rate", "left", "idle"):
        table.add_column(name, justify="left" if name == "stage" else "right", no_wrap=True)
    for one in found.stages:
        failed = f"[red]{one.failed}[/]" if one.failed else "0"
        rate = "" if one.rate is None else f"{one.rate:.2f}/s" if one.rate >= 0.1 else f"{60 * one.rate:.2f}/min"
        left = duration(one.left) if one.left else ""
        idle = duration(one.idle) if one.idle else ""
        table.add_row(LABELS.get(one.name, one.name), str(one.planned), str(one.done), str(one.running), failed, rate, left, idle)
    return table

"""`iota-py reproduce`: does a part of a run, done again, give the same bytes?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from iota_py.cli.console import LABELS, UserCode, out, show_faults
from iota_py.errors import EXIT_OK, EXIT_PARTIAL

if TYPE_CHECKING:
    from iota_py.pipeline.reproduction import Reproduction


def reproduce(
    folder: Annotated[Path, typer.Argument(help="folder of a finished run, e.g. runs/demo", metavar="RUN")],
    share: Annotated[float, typer.Option("--share", help="Share of the tasks of each stage, one at least.", min=0.0, max=1.0)] = 0.05,
    tasks: Annotated[int | None, typer.Option("--tasks", help="Number of tasks, in place of a share.", min=1)] = None,
    every: Annotated[bool, typer.Option("--all", help="Every task.")] = False,
    seed: Annotated[int, typer.Option("--seed", help="Of the draw.")] = 0,
    allow_user_code: UserCode = False,
) -> int:
    """Do a random part of a run again, in a temporary folder, and compare every file with what the run recorded.

    The exit code is 0 when all are the same, 2 when one is not. Example: [bold]iota-py reproduce runs/demo --tasks 20[/]
    """
    from iota_py.pipeline.reproduction import Wish
    from iota_py.pipeline.reproduction import reproduce as reproduce_run

    wish = Wish(share, tasks, every, seed)
    with out.status("") as status:
        found = reproduce_run(folder, wish, allowed=allow_user_code, watch=lambda name: status.update(escape(name)))
    _show(found)
    for sentence in found.changes:
        out.print(f"[yellow]note[/]  {escape(sentence)}")
    show_faults(found.faults)
    files, seconds = sum(one.files for one in found.compared), sum(one.seconds for one in found.compared)
    wrong = sum(bool(one.faults) for one in found.compared)
    verdict = f"{wrong} of them differ" if wrong else "all as recorded"
    how = "" if every else f", seed {seed}"
    out.print(
        f"{folder}: {len(found.compared)} of {sum(found.possible.values())} tasks made again, {files} files, {verdict} ({seconds:.1f} s{how})"
    )
    return EXIT_PARTIAL if wrong else EXIT_OK


def _show(found: Reproduction) -> None:
    table = Table("stage", "tasks", "made again", "files", "same", box=None, header_style="bold", pad_edge=False)
    for stage, count in found.possible.items():
        done = [one for one in found.compared if one.stage == stage]
        files, wrong = sum(one.files for one in done), sum(len(one.faults) for one in done)
        same = "" if not done else "[green]yes[/]" if not wrong else f"[red]no, {wrong} differ[/]"
        table.add_row(LABELS.get(stage, stage), str(count), str(len(done)), str(files) if done else "", same)
    out.print(table)

"""`iota-py track`: records of runs that wait to be sent to MLflow."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from iota_py.cli.console import out, short
from iota_py.cli.tables import show_table
from iota_py.errors import PartialRunError

track = typer.Typer(help="Records of runs that wait to be sent to MLflow.", no_args_is_help=True)
Runs = Annotated[Path, typer.Argument(help="folder that holds the runs", metavar="RUNS")]


@track.command("status")
def status(runs: Runs = Path("runs")) -> None:
    """List the records that wait, and why.

    Example: [bold]iota-py track status[/]
    """
    from iota_py.tracking.queue import FOLDER, waiting_records

    found = waiting_records(runs / FOLDER)
    if not found:
        out.print("no record waits")
        return
    rows = [(one.name, one.experiment, one.uri, one.since, one.reason) for one in found]
    show_table(("record", "experiment", "store", "since", "why"), rows)


@track.command("sync")
def sync(runs: Runs = Path("runs")) -> None:
    """Send the records that wait. Sent again, a record is completed and never doubled. Exit code 2 when some still wait.

    Credentials are taken from the environment: MLFLOW_TRACKING_URI, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.

    Example: [bold]iota-py track sync[/]
    """
    from iota_py.errors import Fault
    from iota_py.tracking.queue import FOLDER
    from iota_py.tracking.queue import sync as send

    left = sent = 0
    for one in send(runs / FOLDER):
        sent += not one.fault
        left += bool(one.fault)
        version = f", version {one.version}" if one.version else ""
        out.print(
            f"[yellow]waits[/]    {escape(one.name)}: {escape(one.fault)}"
            if one.fault
            else f"sent     {escape(one.name)}: run {one.run}{version}"
        )
    out.print(f"{sent} sent, {left} left" if sent or left else "no record waits")
    if left:
        where = short(runs / FOLDER)
        raise PartialRunError(
            Fault("E-TRK-015", where, "", f"{left} records still wait", "mend what the lines above say, then run it again")
        )

"""`iota-py samples`: what there is to learn from, before and after each step, without a model or a map."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from iota_py.cli.console import Bars, UserCode, out, short
from iota_py.errors import InputError
from iota_py.io.publish import json_text

if TYPE_CHECKING:
    import pandas as pd

    from iota_py.config import RunConfig
    from iota_py.pipeline.inventory import Inventory
    from iota_py.pipeline.plan import Plan
    from iota_py.pipeline.reference.summary import SampleSummary

WIDTH = 11  # of a column: narrower, titles would be cut into pieces
SCOPES = ("class", "region", "tile")


def samples(
    config: Annotated[Path, typer.Argument(help="configuration of a run (YAML)", metavar="CONFIG")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON, and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only the results.")] = False,
    allow_user_code: UserCode = False,
) -> None:
    """Show how many polygons and pixels of each class every step leaves, in all, by region and by tile; a class that is lost stops it.

    Also written as CSV, JSON, figure and GeoJSON to samples/summary under the output. A run afterwards finds this work done.

    Example: [bold]iota-py samples configs/demo.yaml[/]
    """
    from iota_py.config import load_config
    from iota_py.pipeline.reference.summary import write_sample_summary
    from iota_py.pipeline.run import run

    settings = load_config(config, allow_user_code=allow_user_code)
    plans: list[Plan] = []

    def plan(settings: RunConfig, inventory: Inventory) -> Plan:
        from iota_py.pipeline.reference.summary import make_sample_plan

        plans.append(make_sample_plan(settings, inventory))
        return plans[-1]

    stopped: InputError | None = None
    with Bars(quiet or as_json) as bars:
        try:
            run(settings, bars, plan)
        except InputError as error:
            if not _pixels_known(settings, plans):
                raise
            stopped = error
    summary = write_sample_summary(settings.output, stopped is None)
    if as_json:
        typer.echo(json_text(summary.document()), nl=False)
    else:
        _show(summary)
    if stopped is not None:
        raise stopped


def _pixels_known(settings: RunConfig, plans: list[Plan]) -> bool:
    """True when all is done that the selection needs: what it refuses can be shown."""
    from iota_py.pipeline.state import State

    state = State(settings.output)
    return bool(plans) and bool(plans[-1].stage("candidates")) and all(state.done(t) for t in plans[-1].stage("candidates"))


def _show(summary: SampleSummary) -> None:
    from iota_py.pipeline.reference.summary import step_matrix

    table = summary.table
    out.print(_table(step_matrix(table), summary, "all"))
    for scope in SCOPES[1:]:
        names = table.name[table.scope == scope].drop_duplicates()
        for name in names if len(names) > 1 else ():
            out.print(_table(step_matrix(table[table.scope == scope], scope, name), summary, f"{scope} {name}"))
    for reason, count, ids in summary.losses.itertuples(index=False):
        note = "" if not isinstance(ids, str) or not ids else f" ({ids})"
        out.print(f"  {escape(str(reason))}{f': {count}' if count else ''}{escape(note)}")
    out.print(f"samples  {short(summary.folder)}")


def _table(counts: pd.DataFrame, summary: SampleSummary, title: str) -> Table:
    """Classes of one place; those that a step loses are marked."""
    width = 18 + (WIDTH + 1) * len(counts.columns)
    view = Table(
        box=None, header_style="bold", pad_edge=False, width=width, title=escape(title), title_justify="left", title_style="bold cyan"
    )
    view.add_column("class", no_wrap=True)
    for unit, step in counts.columns:
        view.add_column(step if unit in step else f"{step} ({unit})", justify="right", max_width=WIDTH)
    for code, row in counts.iterrows():
        values = row.to_list()
        if any(values):
            cells = [f"[red]{value}[/]" if value == 0 and any(values[:place]) else str(value) for place, value in enumerate(values)]
            view.add_row(f"{code} {escape(summary.nomenclature[int(str(code))].alias)}", *cells)
    view.add_row("all", *(str(int(total)) for total in counts.sum()), style="bold")
    return view

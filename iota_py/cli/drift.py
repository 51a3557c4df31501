"""`iota-py drift`: before a year is mapped with the models of another, how far its features lie from those of the models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from iota_py.cli.console import Bars, UserCode, out, short
from iota_py.errors import EXIT_PARTIAL
from iota_py.io.publish import read_json
from iota_py.pipeline import paths

_COLOURS = {"in range": "green", "shifted": "yellow", "out of range": "red", "too few pixels": "yellow"}


def drift(
    config: Annotated[Path, typer.Argument(help="configuration of a run with model: {from: …} (YAML)", metavar="CONFIG")],
    strict: Annotated[bool, typer.Option("--strict", help="Exit with code 2 when a region is out of range.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only the results.")] = False,
    allow_user_code: UserCode = False,
) -> int:
    """Compare the features of this year with those of the year of the models, region by region. No map is made; `iota-py run` goes on from there.

    The run of the models needs a profile: `assessment: {profile: true}`. Exit code 2 with --strict when a region is out of range.

    Example: [bold]iota-py drift configs/2024.yaml --strict[/]
    """
    from iota_py.assessment.drift import OUT_OF_RANGE
    from iota_py.config import load_config
    from iota_py.pipeline.plans.drift_look import asked_for_drift, make_drift_plan
    from iota_py.pipeline.preflight import external_digests
    from iota_py.pipeline.run import run

    settings = asked_for_drift(load_config(config, allow_user_code=allow_user_code))
    with Bars(quiet) as bars:
        if not quiet:
            out.print(f"[bold]{settings.name}[/]")
        run(settings, bars, lambda given, inventory: make_drift_plan(given, inventory, external_digests(given)))
    document = read_json(settings.output / paths.DRIFT)
    _show(document)
    out.print(f"table    {short(settings.output / paths.DRIFT_TABLE)}")
    out.print(f"figure   {short(settings.output / paths.DRIFT_FIGURE)}")
    return EXIT_PARTIAL if strict and document["verdict"] == OUT_OF_RANGE else 0


def _show(document: Mapping[str, Any]) -> None:
    """A row for each region, and what to do."""
    from iota_py.assessment.drift_words import ADVICE, worst_words
    from iota_py.assessment.wording import percent

    table = Table("region", "verdict", "left the range", "PSI ≥ 0.1", "PSI ≥ 0.25", "pixels", box=None, header_style="bold", pad_edge=False)
    for one in document["regions"]:
        shares = [percent(one[key]) for key in ("moderate", "large")] if one["large"] is not None else ["", ""]
        verdict = f"[{_COLOURS[one['verdict']]}]{one['verdict']}[/]"
        left, pixels = percent(max(0.0, one["beyond"])), f"{one['pixels']['now']:,}".replace(",", " ")
        table.add_row(escape(one["region"]), verdict, left, *shares, pixels)
    out.print(table)
    out.print(
        "left the range: values that the learning samples have not between 1 and 99 %; PSI: importance of the features that drifted so far"
    )
    for one in document["regions"]:
        if worst_words(one):
            out.print(f"{escape(one['region'])} drifts most in {escape(worst_words(one))}")
    for verdict in _COLOURS:
        names = [one["region"] for one in document["regions"] if one["verdict"] == verdict]
        if names:
            out.print(f"[{_COLOURS[verdict]}]{verdict}[/] {escape(', '.join(names))}: {ADVICE[verdict]}")

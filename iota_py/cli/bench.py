"""`iota-py bench`: how fast this machine is at each stage, against the libraries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from iota_py.cli.console import err, out
from iota_py.io.publish import json_text

if TYPE_CHECKING:
    from collections.abc import Mapping

WIDTH = 136  # of the table: narrower, it would be cut into pieces


def bench(
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Small models and few pixels: a minute or two.")] = False,
    only: Annotated[list[str] | None, typer.Option(help="measure this row alone; may be given several times", metavar="NAME")] = None,
    cache: Annotated[Path | None, typer.Option(help="where trained models and the last result are kept", metavar="DIR")] = None,
) -> int:
    """Measure prediction, gap filling, reading and the whole chain in turn with the libraries, and check that the answers are the same.

    Exit code 1 when an answer is not the same; a target that is missed is only shown.

    Example: [bold]iota-py bench --quick[/]
    """
    from iota_py.bench.scale import FULL, QUICK, Settings, cache_folder, usable_cores
    from iota_py.bench.stored import store_result
    from iota_py.bench.suite import all_identical, run_suite

    with err.status("preparing") as status:

        def say(text: str) -> None:
            status.update(escape(text))
            if not err.is_terminal:
                err.print(escape(text))

        settings = Settings(QUICK if quick else FULL, (cache or cache_folder()).absolute(), min(2, usable_cores()), say)
        result = run_suite(settings, only or ())
    path = store_result(result, settings.cache)
    if as_json:
        typer.echo(json_text(result), nl=False)  # as it is: rich would wrap it
    else:
        _show(result)
        out.print(f"kept in {path}")
    return 0 if all_identical(result) else 1


def _show(result: Mapping[str, Any]) -> None:
    machine, versions = result["machine"], result["versions"]
    out.print(f"{machine['cpu']}, {machine['cores']} cores ({machine['cores_used']} used), {machine['memory_gb']:g} GB, {machine['date']}")
    out.print("   ".join(f"{name} {number}" for name, number in versions.items()))
    out.print(f"load average {' '.join(f'{value:.2f}' for value in machine['load'])}, scale {result['scale']}")
    if machine["busy"]:
        out.print("[yellow]warning[/] the machine was busy when this began: rates are too low, ratios less certain")
    if machine["cores_used"] < 2:
        out.print("[yellow]warning[/] one core only: targets are for two")
    if result["scale"] == "quick":
        out.print("quick: small models and windows, where fixed costs weigh more; targets are for the full benchmark")
    columns = ("row", "ours", "reference", "unit", "ratio", "target", "met", "identical")
    table = Table(*columns, box=None, header_style="bold", pad_edge=False, width=max(out.width, WIDTH))
    for row in result["rows"]:
        met, identical = "yes" if row["met"] else "[yellow]no[/]", "yes" if row["identical"] else "[red]no[/]"
        rates = _rate(row["ours"]), _rate(row["reference"]), row["unit"]
        table.add_row(row["name"], *rates, _ratio(row), f"{row['target']:g}", met, identical)
    out.print(table)
    for row in result["rows"]:
        out.print(f"[bold]{row['name']}[/] against {escape(row['against'])}: {escape(row['note'])}. {_sameness(row)}")
    out.print("rates: median (least–most) of the rounds; ratios: median (quartiles) of the ratios of each round")


def _rate(values: Mapping[str, float]) -> str:
    return f"{values['median']:.3g} ({values['min']:.3g}–{values['max']:.3g})"


def _ratio(row: Mapping[str, Any]) -> str:
    return f"{row['ratio']:.3g} ({row['spread'][0]:.3g}–{row['spread'][1]:.3g})"


def _sameness(row: Mapping[str, Any]) -> str:
    found = f"{row['wrong']:,} differ, largest difference {row['difference']:.2g}"
    speed = "" if row["clock"] == "cpu" else f" {row['rounds']} rounds; ratio by processor seconds {row['ratio_cpu']:.3g}."
    return f"Compared: {escape(row['compared'])}, {row['pixels_compared']:,} pixels: {found}.{speed}"

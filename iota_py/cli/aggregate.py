"""`iota-py aggregate`: a class map in the classes of a coarser nomenclature."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from iota_py.cli import console
from iota_py.cli.tables import show_table

if TYPE_CHECKING:
    import pandas as pd


def aggregate(
    place: Annotated[Path, typer.Argument(help="raster of classes, or folder of a run", metavar="MAP")],
    to: Annotated[str, typer.Option("--to", metavar="FILE|upper", help="nomenclature to go to, or `upper`: the groups of the classes")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE.tif", help="raster to write")],
    nomenclature: Annotated[Path | None, typer.Option(metavar="FILE", help="nomenclature of the map; a run knows its own")] = None,
    rules: Annotated[
        Path | None, typer.Option(metavar="FILE", help="which classes go where; without it each to the one of its alias")
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="language of style and legend; given again, further files; default: en")
    ] = None,
) -> None:
    """Write a class map in coarser classes, with palette, attribute table, style, legend and a table of areas before and after.

    Example: [bold]iota-py aggregate runs/demo --to upper --out groups.tif[/]
    """
    from iota_py.pipeline import aggregation

    wish = aggregation.AggregationWish(place, to, out, nomenclature, rules, tuple(language or ("en",)))
    _show(aggregation.aggregate(wish))
    console.out.print(f"map      {escape(console.short(out))}")


def _show(areas: pd.DataFrame) -> None:
    """The classes that the new map has, under those they were made of."""
    from iota_py.assessment.wording import count, hectares

    rows, before = [], areas[(areas.when == "before") & (areas.pixels > 0)]
    for new in areas[(areas.when == "after") & (areas.pixels > 0)].itertuples():
        rows.append((f"{new.code} {new.name}", count(new.pixels), hectares(new.hectares)))
        made_of = before[before.to == new.code]
        rows.extend((f"    {old.code} {old.name}", count(old.pixels), hectares(old.hectares)) for old in made_of.itertuples())
    show_table(("class", "pixels", "hectares"), rows, right=(1, 2))

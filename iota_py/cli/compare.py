"""`iota-py compare`: where two maps of one place agree, what became of what, and which changes are implausible."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from iota_py.cli.console import out, short
from iota_py.cli.tables import show_table

if TYPE_CHECKING:
    from iota_py.assessment.compare_page import Comparison

SHOWN = 8  # changes on the screen


def compare(
    first: Annotated[Path, typer.Argument(help="raster of classes, or folder of a run", metavar="MAP_A")],
    second: Annotated[Path, typer.Argument(help="another one on the same grid", metavar="MAP_B")],
    rules: Annotated[
        Path | None, typer.Option(metavar="FILE", help="implausible changes (YAML), such as configs/transitions/oso-23.yaml")
    ] = None,
    folder: Annotated[Path | None, typer.Option("--out", metavar="FOLDER", help="folder to write; default: compare_A_B, here")] = None,
    nomenclature: Annotated[Path | None, typer.Option(metavar="FILE", help="what the codes of rasters mean; a run knows its own")] = None,
) -> None:
    """Compare two class maps: agreement, transitions, areas gained and lost, changes that rules call implausible.

    Two runs on the same reference polygons: also which is better on those that both held out, by how much, and how sure that is.

    Writes difference.tif (1 same, 2 another class, 3 implausible), tables, a figure and a page that needs no network.

    Example: [bold]iota-py compare runs/2022 runs/2023 --rules configs/transitions/oso-23.yaml[/]
    """
    from iota_py.pipeline import comparison
    from iota_py.pipeline.class_maps import map_name

    where = folder or Path(f"compare_{map_name(first)}_{map_name(second)}")
    found = comparison.compare((first, second), where, rules, nomenclature)
    _show(found)
    out.print(f"page     {escape(short(where / comparison.PAGE))}")


def _show(found: Comparison) -> None:
    from iota_py.assessment.compare_page import verdict
    from iota_py.assessment.rivals import rival_sentence
    from iota_py.assessment.wording import count, hectares, percent

    for note in found.notes:
        out.print(f"[yellow]note[/]     {escape(note)}")
    out.print(f"result   {escape(verdict(found))}")
    if found.skill is not None:
        out.print(f"skill    {escape(rival_sentence(found.skill))}")
    moved = found.transitions[found.transitions.from_code != found.transitions.to_code]
    if moved.empty:
        return
    largest = moved.sort_values(["pixels", "from_code", "to_code"], ascending=[False, True, True]).head(SHOWN)
    rows = [
        (
            r.from_name,
            f"> {r.to_name}",
            count(r.pixels),
            hectares(r.hectares),
            percent(r.share_of_from),
            "implausible" if r.implausible else "",
        )
        for r in largest.itertuples()
    ]
    show_table(("largest changes", "", "pixels", "hectares", "of the class", ""), rows, right=(2, 3, 4))

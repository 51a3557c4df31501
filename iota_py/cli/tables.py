"""Small tables on the screen, as wide as what they hold: narrower, names and numbers would be cut."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rich.markup import escape
from rich.table import Table

from iota_py.cli.console import out


def show_table(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> None:
    """Print rows of plain texts under headings. right: columns of numbers, set on the right."""
    widths = [max(len(row[place]) for row in [headings, *rows]) for place in range(len(headings))]
    view = Table(box=None, header_style="bold", pad_edge=False, width=sum(widths) + 2 * len(widths))
    for place, heading in enumerate(headings):
        view.add_column(heading, justify="right" if place in right else "left", no_wrap=True, min_width=widths[place])
    for row in rows:
        view.add_row(*map(escape, row))
    out.print(view)

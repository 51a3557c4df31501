"""The legend of a map as an image: its classes under the groups of the upper level, in two columns where there are many."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from iota_py.assessment.figures import MUTED, house_style, png_of
from iota_py.nomenclature import Nomenclature
from iota_py.nomenclature.legend import LegendGroup, legend_groups

ROW = 0.21  # inches
GAP = 0.45  # rows between groups
WIDTH = 2.9  # inches of a column
LONGEST = 16  # rows of a single column


@house_style()
def legend_figure(nomenclature: Nomenclature, language: str = "en") -> bytes:
    """Legend as PNG on white: a swatch, the name in this language and the code of each class."""
    groups = legend_groups(nomenclature, language)
    columns = _columns(groups)
    rows = max(sum(_height(group) for group in column) - GAP for column in columns)
    figure = Figure(figsize=(WIDTH * len(columns) + 0.1, ROW * rows + 0.3))
    for number, column in enumerate(columns):
        axes = figure.add_axes((number / len(columns), 0, 1 / len(columns), 1))
        axes.set_axis_off()
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(rows + 0.7, -0.7)
        _draw(axes, column, language)
    return png_of(figure)


def _height(group: LegendGroup) -> float:
    return len(group.classes) + bool(group.heading) + GAP


def _columns(groups: tuple[LegendGroup, ...]) -> list[list[LegendGroup]]:
    """The groups in one column, or cut where the two halves differ least; a group is never cut."""
    heights = [_height(group) for group in groups]
    if sum(heights) <= LONGEST or len(groups) < 2:
        return [list(groups)]
    cut = min(range(1, len(groups)), key=lambda k: abs(sum(heights[:k]) - sum(heights[k:])))
    return [list(groups[:cut]), list(groups[cut:])]


def _draw(axes: Axes, groups: list[LegendGroup], language: str) -> None:
    row = 0.5
    for group in groups:
        if group.heading:
            axes.text(0.15, row, group.heading, va="center", fontsize=8, fontweight="bold")
            row += 1
        for one in group.classes:
            axes.add_patch(Rectangle((0.15, row - 0.34), 0.26, 0.68, facecolor=one.hex_colour, edgecolor="#5b6470", linewidth=0.5))
            axes.text(0.5, row, one.label(language), va="center", fontsize=8)
            axes.text(WIDTH - 0.1, row, str(one.code), va="center", ha="right", fontsize=7, color=MUTED)
            row += 1
        row += GAP

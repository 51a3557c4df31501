"""Figure of the drift: a heat map of bands and dates for each region and input, in the steps of the rule of thumb."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from iota_py.assessment.figures import INK, MUTED, RULE, house_style, png_of
from iota_py.assessment.importance_figures import UNDATED, Panel, panels_of
from iota_py.assessment.language import marked, translator

STEPS = (0.0, 0.1, 0.25, 0.5, 1.0, 1e9)  # PSI
SHARES = (0.0, 0.05, 0.1, 0.2, 0.4, 1e9)  # of values outside, where there is no PSI
# Light to dark, so that it is read in grey; blue below a PSI of 0.25, orange above, which every kind of colour vision tells apart.
COLOURS = ListedColormap(["#f3f5f7", "#c6d9ea", "#f0b27a", "#d55e00", "#6e2c00"])
_CELL, _LETTER = 0.24, 0.06  # side of a cell, width of a letter of a label, inches
_WORDS = (marked("below 0.1"), marked("0.1 – 0.25"), marked("0.25 – 0.5"), marked("0.5 – 1"), marked("1 and more"))
_SHARE_WORDS = (marked("below 5 %"), "5 – 10 %", "10 – 20 %", "20 – 40 %", marked("40 % and more"))
_INDEX, _OUTSIDE = marked("population stability index"), marked("share of the values outside the usual range")


@house_style()
def drift_figure(table: pd.DataFrame, language: str = "en") -> bytes:
    """PSI of each band and date (share of values outside where no PSI is known). table: `region`, `input`, `band`, `date`, `psi`, `outside`."""
    index = bool(table["psi"].notna().any())
    cells = table.assign(value=table["psi"] if index else table["outside"], input=table["region"] + ", " + table["input"])
    panels = panels_of(cells)
    left = max((len(band) for panel in panels for band in panel.bands), default=1) * _LETTER + 0.3
    widest, rows = max(len(panel.dates) for panel in panels), [len(panel.bands) for panel in panels]
    words = max(len(label) for panel in panels for label in _labels(panel, language)) * _LETTER
    head = words + 0.36  # of a panel: its title and its dates
    width, total = left + max(_CELL * widest, 5.6) + 0.3, sum(_CELL * count + head for count in rows) + 0.65
    figure = Figure(figsize=(width, total))
    norm = BoundaryNorm(STEPS if index else SHARES, COLOURS.N)
    bottom = total
    for panel in panels:
        bottom -= head + _CELL * len(panel.bands)
        box = (left / width, bottom / total, _CELL * len(panel.dates) / width, _CELL * len(panel.bands) / total)
        _draw(figure.add_axes(box), panel, norm, language)
    _legend(figure.add_axes((left / width, 0.12 / total, 5.4 / width, 0.16 / total)), index, language)
    return png_of(figure)


def _draw(axes: Axes, panel: Panel, norm: BoundaryNorm, language: str) -> None:
    years = {date[:4] for date in panel.dates if date != UNDATED}
    axes.pcolormesh(np.ma.masked_invalid(panel.values), cmap=COLOURS, norm=norm, edgecolors="white", linewidth=0.8)
    axes.set_yticks(np.arange(len(panel.bands)) + 0.5, panel.bands, fontsize=7)
    axes.set_ylim(len(panel.bands), 0)
    axes.set_xticks(np.arange(len(panel.dates)) + 0.5, _labels(panel, language), rotation=90, fontsize=6, color=MUTED)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    title = f"{panel.input}, {next(iter(years))}" if len(years) == 1 else panel.input
    axes.set_title(title, fontsize=8.5, fontweight="bold", loc="left", color=INK)


def _labels(panel: Panel, language: str) -> list[str]:
    """Dates as they are written: without their year where it is one, which stands in the title."""
    one_year = len({date[:4] for date in panel.dates if date != UNDATED}) < 2
    return [translator(language)(date) if date == UNDATED else date[5:] if one_year else date for date in panel.dates]


def _legend(axes: Axes, index: bool, language: str) -> None:
    """The steps as boxes with their limits in words."""
    text = translator(language)
    for place, word in enumerate(_WORDS if index else _SHARE_WORDS):
        axes.add_patch(Rectangle((place, 0.05), 0.18, 0.9, facecolor=COLOURS(place), edgecolor=RULE, linewidth=0.6))
        axes.text(place + 0.22, 0.5, text(word), va="center", fontsize=6.5, color=INK)
    axes.set_xlim(-0.02, len(_WORDS))
    axes.set_ylim(0, 1.9)
    axes.text(0, 1.3, text(_INDEX if index else _OUTSIDE), fontsize=6.5, color=MUTED)
    axes.set_axis_off()

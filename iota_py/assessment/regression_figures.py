"""Charts of predicted numbers as PNG bytes; the same input gives the same bytes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from iota_py.assessment.figures import BLUE, INK, MUTED, ORANGE, SHARE_RAMP, decimal_ticks, house_style, png_of
from iota_py.assessment.language import translator
from iota_py.assessment.wording import short_count
from iota_py.nomenclature import Nomenclature

_CELLS = 40  # of the chart of pixels, on a side


@house_style()
def scatter_figure(polygons: pd.DataFrame, pixels: pd.DataFrame, label: str, language: str = "en") -> bytes:
    """Predicted against reference numbers (`target`, `value`), the line where both are equal: polygons one by one, pixels as counts.

    label: of the number, with its unit. Both tables may be empty.
    """
    _, (low, high) = translator(language), _range(polygons, pixels)
    figure = Figure(figsize=(7.6, 4.0), layout="constrained")
    points, counts = figure.subplots(1, 2, sharex=True, sharey=True)
    points.scatter(polygons.target, polygons.value, s=9, color=BLUE, alpha=0.5, linewidth=0)
    points.set_title(_("%(number)s polygons") % {"number": short_count(len(polygons), language)}, fontsize=8, color=MUTED)
    edges = np.linspace(low, high, _CELLS + 1)
    table = np.histogram2d(pixels.target, pixels.value, bins=(edges, edges))[0]
    shown = np.ma.masked_equal(table.T, 0)
    drawn = counts.pcolormesh(edges, edges, shown, cmap=SHARE_RAMP, norm=LogNorm(1, max(2.0, float(table.max()))))
    counts.set_title(_("%(number)s pixels") % {"number": short_count(len(pixels), language)}, fontsize=8, color=MUTED)
    for axes in (points, counts):
        axes.plot([low, high], [low, high], color=ORANGE, linewidth=1, linestyle=(0, (4, 3)))
        axes.set(xlim=(low, high), ylim=(low, high), aspect="equal", xlabel=_("reference %(number)s") % {"number": label})
        axes.grid(visible=True)
        decimal_ticks(axes.xaxis, language)
        decimal_ticks(axes.yaxis, language)
    points.set_ylabel(_("predicted %(number)s") % {"number": label})
    bar = figure.colorbar(drawn, ax=counts, shrink=0.7)
    bar.set_label(_("pixels"))
    bar.outline.set_visible(False)
    return png_of(figure)


@house_style()
def residual_figure(polygons: pd.DataFrame, strata: Nomenclature, label: str, language: str = "en") -> bytes:
    """Predicted less reference number of polygons (`code`, `target`, `value`) by stratum: box of the quarters, whiskers from 5 to 95 %."""
    _, classes = translator(language), strata.classes
    figure = Figure(figsize=(7.4, 0.3 * len(classes) + 1.2), layout="constrained")
    axes = figure.add_subplot()
    for row, one in enumerate(classes):
        own = polygons[polygons.code == one.code]
        _box(axes, row, (own.value - own.target).to_numpy(), one.hex_colour)
        axes.text(1.02, row, short_count(len(own), language), va="center", fontsize=7.5, transform=axes.get_yaxis_transform())
    axes.text(1.02, -1, _("polygons"), va="center", fontsize=7, color=MUTED, transform=axes.get_yaxis_transform())
    axes.axvline(0, color=ORANGE, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    axes.set_yticks(range(len(classes)), [one.label(language) for one in classes])
    axes.set_ylim(len(classes) - 0.4, -1.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    decimal_ticks(axes.xaxis, language)
    axes.set_xlabel(_("predicted less reference %(number)s") % {"number": label})
    return png_of(figure)


def _box(axes: Axes, row: int, residuals: np.ndarray, colour: str) -> None:
    if not residuals.size:
        return
    low, first, middle, third, high = np.quantile(residuals, [0.05, 0.25, 0.5, 0.75, 0.95])
    axes.plot([low, high], [row, row], color=INK, linewidth=0.8, zorder=2)
    axes.barh(row, third - first, left=first, height=0.6, color=colour, edgecolor=INK, linewidth=0.7, zorder=3)
    axes.plot([middle, middle], [row - 0.3, row + 0.3], color="white", linewidth=2.2, zorder=4)
    axes.plot([middle, middle], [row - 0.3, row + 0.3], color=INK, linewidth=1, zorder=5)


def _range(*tables: pd.DataFrame) -> tuple[float, float]:
    """Ends of both axes: all numbers, with a little room."""
    values = np.concatenate([table[column].to_numpy(np.float64) for table in tables for column in ("target", "value")])
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    room = 0.03 * (high - low) or 0.5
    return low - room, high + room

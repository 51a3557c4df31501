"""Figure of confused classes: mean series of both, and of the pixels of one that are taken for the other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure

from iota_py.assessment.figures import BLUE, INK, ORANGE, house_style, png_of
from iota_py.assessment.language import translator

GREEN = "#009e73"
_LINES = ((BLUE, "-", "o"), (GREEN, "--", "s"), (ORANGE, "-.", "^"))  # told apart in grey by dash and marker
_LONGEST = 34


@dataclass(frozen=True, eq=False)
class Series:
    """One band over the dates. what: band or index. dates: ISO. values: float64 (group, 3, date): mean, 25th and 75th percentile of the class,
    of the other class, of the pixels of the class that are taken for the other."""

    what: str
    dates: Sequence[str]
    values: np.ndarray


@dataclass(frozen=True, eq=False)
class Explained:
    """A pair of classes. own, other: their names. series: of one or two bands."""

    own: str
    other: str
    series: Sequence[Series]


@house_style()
def confusion_series_figure(pairs: Sequence[Explained], language: str = "en") -> bytes:
    """A row of charts for each pair, a chart for each band. ValueError when there is no series to draw."""
    across = max((len(pair.series) for pair in pairs), default=0)
    if not across:
        raise ValueError("figure of no series: expected a pair with one at least")
    _ = translator(language)
    figure = Figure(figsize=(3.9 * across + 0.4, 0.75 + 1.9 * len(pairs)))
    charts = figure.subplots(len(pairs), across, squeeze=False)
    labels = [_("rightly the first class"), _("rightly the second"), _("first taken for second")]
    for row, pair in zip(charts, pairs):
        for axes, series in zip(row, pair.series):
            _draw(axes, series, labels)
        for axes in row[len(pair.series) :]:
            axes.set_axis_off()
        row[0].set_title(f"{_short(pair.own)} → {_short(pair.other)}", fontsize=7.5, loc="left", color=INK, fontweight="bold", pad=14)
    handles, names = charts[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="upper right", ncols=3, fontsize=7, frameon=False)
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.28 / figure.get_figheight()))
    return png_of(figure)


def _draw(axes: Axes, series: Series, labels: Sequence[str]) -> None:
    days = date2num([dt.date.fromisoformat(day) for day in series.dates])
    for values, (colour, dash, marker), label in zip(series.values, _LINES, labels):
        axes.fill_between(days, values[1], values[2], color=colour, alpha=0.15, linewidth=0)
        axes.plot(days, values[0], color=colour, linestyle=dash, marker=marker, markersize=2.8, linewidth=1.2, label=label)
    axes.text(0, 1.02, series.what, transform=axes.transAxes, fontsize=7, va="bottom")
    locator = AutoDateLocator(maxticks=6)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))
    axes.tick_params(labelsize=6)
    axes.grid(True)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"

"""Figure of doubtful reference polygons: their series beside what is usual for their class."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.dates import AutoDateLocator, date2num
from matplotlib.figure import Figure

from iota_py.assessment.figures import BLUE, MUTED, ORANGE, date_ticks, house_style, png_of
from iota_py.assessment.language import translator

ACROSS = 3


@dataclass(frozen=True, eq=False)
class Drawn:
    """A polygon. dates: ISO. series: float64 (date,), its median. usual: float64 (3, date), 10th, 50th and 90th percentile of its class."""

    title: str
    what: str
    dates: Sequence[str]
    series: np.ndarray
    usual: np.ndarray


def suspicion_figure(drawn: Sequence[Drawn], total: int, language: str = "en") -> bytes:
    """PNG: one small chart for each polygon, or a line that says that there is none. total: suspicious polygons, drawn or not."""
    _ = translator(language)
    with house_style():
        down = max(1, math.ceil(len(drawn) / ACROSS))
        figure = Figure(figsize=(7.4, 0.5 + 1.5 * down if drawn else 0.8))
        if not drawn:
            text = (
                _("no polygon is suspicious") if total == 0 else _("%(number)s suspicious polygons; these features have no dates to draw")
            )
            figure.text(0.02, 0.5, text % {"number": total}, color=MUTED, va="center")
            return png_of(figure)
        axes = figure.subplots(down, ACROSS, squeeze=False)
        for place, axis in enumerate(axes.ravel()):
            if place >= len(drawn):
                axis.set_axis_off()
                continue
            one = drawn[place]
            days = date2num([dt.date.fromisoformat(day) for day in one.dates])
            axis.fill_between(days, one.usual[0], one.usual[2], color=BLUE, alpha=0.18, linewidth=0, label=_("class, 10–90 %"))
            axis.plot(days, one.usual[1], color=BLUE, linewidth=1, label=_("class, median"))
            axis.plot(days, one.series, color=ORANGE, linewidth=1.4, linestyle="--", label=_("polygon"))
            axis.set_title(one.title, fontsize=7, loc="left")
            locator = AutoDateLocator(maxticks=4)
            axis.xaxis.set_major_locator(locator)
            axis.xaxis.set_major_formatter(date_ticks(locator, language, show_offset=False))
            axis.tick_params(labelsize=6)
            axis.grid(True)
        axes[0, 0].set_ylabel(drawn[0].what, fontsize=6)
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="upper right", ncols=3, fontsize=7, frameon=False)
        figure.tight_layout(rect=(0, 0, 1, 1 - 0.3 / figure.get_figheight()))
        return png_of(figure)

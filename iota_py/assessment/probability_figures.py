"""Figures of probabilities: reliability diagrams of the label given and of each class, and the coverage of conformal sets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from iota_py.assessment.figures import BLUE, INK, MUTED, ORANGE, house_style, png_of
from iota_py.assessment.language import translator
from iota_py.assessment.reliability import expected_calibration_error
from iota_py.assessment.wording import decimal

MOST_CLASSES = 23
FEWEST = 10  # pixels that a point of a curve stands for at least
_ACROSS = 5
_LOOKS = {"raw": (ORANGE, "--", "s"), "p": (BLUE, "-", "o")}


@house_style()
def reliability_figure(tables: Mapping[str, pd.DataFrame], language: str = "en") -> bytes:
    """How often the label is right against its probability, and how many samples have that probability.

    tables: `reliability_table` of the label given, key `p` as the models are used, `raw` before their calibration where they have one.
    """
    _ = translator(language)
    figure = Figure(figsize=(4.6, 4.4), layout="constrained")
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(3.4, 1))
    names = {"p": _("as used") if "raw" in tables else _("model"), "raw": _("before calibration")}
    _diagonal(axes)
    for key, table in _ordered(tables):
        _curve(axes, table, key, f"{names[key]}, ECE {_two(expected_calibration_error(table), language)}")
    axes.set_ylabel(_("share that is right"))
    axes.legend(frameon=False, fontsize=7, loc="upper left")
    table = tables["p"]
    below.bar(table.low, table.samples / max(table.samples.sum(), 1e-9), width=table.high - table.low, align="edge", color=BLUE, alpha=0.5)
    below.set_ylabel(_("samples"))
    below.set_xlabel(_("probability of the label"))
    below.grid(axis="y")
    below.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    return png_of(figure)


@house_style()
def class_figure(tables: Mapping[str, Mapping[str, pd.DataFrame]], language: str = "en") -> bytes:
    """A small reliability diagram for each class: how often a pixel is of the class, against the probability of the class.

    tables: name of the class -> tables as in `reliability_figure`; the first MOST_CLASSES are drawn. ValueError without a class.
    """
    if not tables:
        raise ValueError("reliability of no class: expected one at least")
    drawn = list(tables.items())[:MOST_CLASSES]
    across = min(_ACROSS, len(drawn))
    down = math.ceil(len(drawn) / across)
    width, height = 1.75 * across + 0.4, 1.9 * down + 0.25
    figure = Figure(figsize=(width, height))
    charts = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True).ravel()
    margins = {"left": 0.35 / width, "right": 1 - 0.15 / width, "bottom": 0.25 / height, "top": 1 - 0.35 / height}
    figure.subplots_adjust(**margins, wspace=0.16, hspace=0.34)
    for axes, (name, own) in zip(charts, drawn):
        _diagonal(axes)
        for key, table in _ordered(own):
            _curve(axes, table, key, "", 2.4)
        error = _two(expected_calibration_error(own["p"]), language)
        axes.set_title(f"{name if len(name) < 27 else name[:25] + '…'}\nECE {error}", fontsize=6.5, loc="left")
        axes.tick_params(labelsize=6)
    for axes in charts[len(drawn) :]:
        axes.set_axis_off()
    return png_of(figure)


@house_style()
def coverage_figure(rows: Sequence[Mapping[str, object]], target: float, language: str = "en") -> bytes:
    """Coverage with its interval by polygons, one row each: `name`, `coverage`, `low`, `high`, `set_size`. ValueError without a row."""
    if not rows:
        raise ValueError("coverage of nothing: expected one row at least")
    _ = translator(language)
    figure = Figure(figsize=(7.4, 0.26 * len(rows) + 1.1), layout="constrained")
    axes = figure.add_subplot()
    for place, row in enumerate(rows):
        value, low, high = (float(row[key]) for key in ("coverage", "low", "high"))  # type: ignore[arg-type]
        if not math.isnan(low):
            axes.plot([low, high], [place, place], color=BLUE, linewidth=2.2, alpha=0.45, solid_capstyle="butt")
        axes.plot([value], [place], "o", color=BLUE, markersize=5, markeredgecolor="white", markeredgewidth=0.8, clip_on=False)
        size = decimal(f"{float(row['set_size']):.2f}", language)  # type: ignore[arg-type]
        axes.text(1.03, place, size, va="center", fontsize=7.5, transform=axes.get_yaxis_transform())
    axes.text(1.03, -1, _("set size"), va="center", fontsize=7, color=MUTED, transform=axes.get_yaxis_transform())
    axes.plot([target, target], [-0.6, len(rows) - 0.4], color=ORANGE, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    axes.text(target, -1, _("target"), ha="center", va="center", fontsize=7, color=ORANGE)
    axes.set_yticks(range(len(rows)), [str(row["name"]) for row in rows])
    axes.set_ylim(len(rows) - 0.4, -1.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlim(0, 1)
    axes.grid(axis="x")
    axes.set_xlabel(_("share of the pixels whose set holds their class"))
    return png_of(figure)


def _ordered(tables: Mapping[str, pd.DataFrame]) -> list[tuple[str, pd.DataFrame]]:
    return [(key, tables[key]) for key in _LOOKS if key in tables]


def _diagonal(axes: Axes) -> None:
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle=":")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.grid(True)


def _curve(axes: Axes, table: pd.DataFrame, key: str, label: str, size: float = 4) -> None:
    filled = table[table.samples >= FEWEST]
    colour, dash, marker = _LOOKS[key]
    axes.plot(
        filled.confidence, filled.accuracy, color=colour, linestyle=dash, marker=marker, markersize=size,
        markeredgecolor=INK, markeredgewidth=0.3, linewidth=1.1, label=label or None, clip_on=False,
    )  # fmt: skip


def _two(value: float, language: str) -> str:
    return "–" if np.isnan(value) else decimal(f"{value:.3f}", language)

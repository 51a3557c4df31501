"""What became of each class between two maps, as one image: a heat map of the transitions and bars of the net change."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, PercentFormatter

from iota_py.assessment.figures import CELL, INK, MUTED, ORANGE, SHARE_RAMP, house_style, png_of
from iota_py.assessment.wording import short_count, signed_hectares
from iota_py.nomenclature import Nomenclature

BARS = 2.6  # inches
_TICKS, _FEW_TICKS = [0, 0.01, 0.05, 0.2, 0.5, 1], [0, 0.05, 0.2, 0.5, 1]
_MANY = 8  # classes whose heat map is wide enough for the labels of all ticks


@house_style()
def transition_figure(
    matrix: np.ndarray, implausible: np.ndarray, nomenclature: Nomenclature, pixel_hectares: float, names: tuple[str, str]
) -> bytes:
    """Rows: classes of the first map, coloured by the share of each that went to the class of the column; numbers are hectares (pixels where
    these have no area). Cells that a rule calls implausible are framed. Right: net change of each class. Classes in neither map are left out.

    matrix: int64 (n, n) of pixels, the first map in rows. implausible: bool (256, 256). names: of the two maps.
    """
    present = np.flatnonzero(matrix.sum(axis=0) + matrix.sum(axis=1))
    classes = [nomenclature.classes[k] for k in present]
    counts = matrix[np.ix_(present, present)]
    unit, scale = ("pixels", 1.0) if math.isnan(pixel_hectares) else ("hectares", pixel_hectares)
    labels = [c.label() for c in classes]
    side, label = max(CELL * len(classes), 1.2), 0.065 * max(map(len, labels), default=1)
    figure = Figure(figsize=(side + BARS + label + 0.8, side + 0.75 * label + 1.5), layout="constrained")
    heat, bars = figure.subplots(1, 2, sharey=True, width_ratios=(side, BARS))
    _draw_heat(heat, counts, scale)
    _name_classes(heat, labels, names)
    for row, old in enumerate(classes):
        for col, new in enumerate(classes):
            if row != col and counts[row, col] and implausible[old.code, new.code]:
                heat.add_patch(Rectangle((col - 0.46, row - 0.46), 0.92, 0.92, fill=False, edgecolor=ORANGE, linewidth=1.4))
    _draw_net(bars, (counts.sum(axis=0) - counts.sum(axis=1)) * scale, [c.hex_colour for c in classes])
    bars.set_xlabel(f"net change, {unit}")
    ticks = _TICKS if len(classes) >= _MANY else _FEW_TICKS
    bar = figure.colorbar(heat.images[0], ax=heat, location="bottom", shrink=0.8, aspect=40, pad=0.02, ticks=ticks)
    bar.set_label(f"share of the class of {names[0]}; numbers: {unit}; framed: implausible")
    bar.ax.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    bar.outline.set_visible(False)
    return png_of(figure)


def _draw_heat(axes: Axes, counts: np.ndarray, scale: float) -> None:
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    colours = PowerNorm(0.5, 0, 1)  # small shares are what a reader looks for
    axes.imshow(shares, cmap=SHARE_RAMP, norm=colours, interpolation="nearest", aspect="auto")
    for row, col in np.argwhere(counts > 0):
        ink = "white" if colours(shares[row, col]) > 0.6 else INK
        axes.text(col, row, _short(counts[row, col] * scale), ha="center", va="center", fontsize=6.5, color=ink)


def _short(value: float) -> str:
    """A number on at most five characters; below ten with one decimal."""
    if value < 10 and value != round(value):
        return "<0.1" if value < 0.05 else f"{value:.1f}"
    return short_count(round(value))


def _name_classes(axes: Axes, labels: list[str], names: tuple[str, str]) -> None:
    ticks = np.arange(len(labels))
    axes.set_xticks(ticks, labels, rotation=50, ha="left", rotation_mode="anchor")
    axes.set_yticks(ticks, labels)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel(names[1])
    axes.set_ylabel(names[0])
    axes.tick_params(length=0, labelcolor=INK)
    axes.spines[:].set_visible(False)
    edges = np.arange(len(labels) + 1) - 0.5
    axes.set_xticks(edges, minor=True)
    axes.set_yticks(edges, minor=True)
    axes.grid(which="minor", color="white", linewidth=1)
    axes.tick_params(which="minor", length=0)


def _draw_net(axes: Axes, net: np.ndarray, colours: list[str]) -> None:
    rows = np.arange(net.size)
    axes.barh(rows, net, height=0.62, color=colours, edgecolor=INK, linewidth=0.5)
    axes.axvline(0, color=MUTED, linewidth=0.8)
    reach = max(float(np.abs(net).max()), 1e-9) if net.size else 1.0
    for row, value in zip(rows, net, strict=True):
        side = 1 if value >= 0 else -1
        axes.annotate(
            "0" if value == 0 else signed_hectares(value),
            (value, row),
            xytext=(4 * side, 0),
            textcoords="offset points",
            va="center",
            ha="left" if side > 0 else "right",
            fontsize=7,
        )
    axes.set_xlim(-1.55 * reach, 1.55 * reach)
    axes.grid(axis="x")
    axes.locator_params(axis="x", nbins=5)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.tick_params(axis="y", which="both", length=0, labelleft=False)
    axes.spines["left"].set_visible(False)

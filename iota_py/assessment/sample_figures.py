"""Figure of the samples: how much of each class every step leaves."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from iota_py.assessment.figures import INK, MUTED, ORANGE, SHARE_RAMP, house_style, png_of
from iota_py.assessment.wording import short_count
from iota_py.nomenclature import Nomenclature

ROW, COLUMN = 0.27, 1.02  # inches of a class and of a step


@house_style()
def sample_figure(counts: pd.DataFrame, nomenclature: Nomenclature) -> bytes:
    """PNG of classes × steps: the count in each cell, coloured by what is left of the first step of its unit; a class that is gone, framed.

    counts: one row per class code, columns (unit, step) in order, unit being polygons or pixels. ValueError without a class or a step.
    """
    if counts.empty:
        raise ValueError("figure of no samples: expected at least one class and one step")
    classes = [nomenclature[int(code)] for code in counts.index]
    units = [unit for unit, _ in counts.columns]
    values = counts.to_numpy(np.float64)
    label = 0.075 * max(len(c.label()) for c in classes)
    figure = Figure(figsize=(label + 0.6 + COLUMN * len(units), ROW * len(classes) + 1.5), layout="constrained")
    axes = figure.add_subplot()
    scale = PowerNorm(0.5, 0, 2)  # all of a class is a middle blue: what is missing stands out by being pale
    axes.imshow(_shares(values, units), cmap=SHARE_RAMP, norm=scale, aspect="auto", interpolation="nearest")
    shares = _shares(values, units)
    for (row, column), value in np.ndenumerate(values):
        gone = value == 0 and values[row, :column].any()
        colour = ORANGE if gone else "white" if scale(shares[row, column]) > 0.6 else INK
        axes.text(
            column, row, short_count(int(value)), ha="center", va="center", fontsize=7.5, color=colour, weight="bold" if gone else "normal"
        )
        if gone:
            axes.add_patch(Rectangle((column - 0.47, row - 0.44), 0.94, 0.88, fill=False, edgecolor=ORANGE, linewidth=1.2))
    _titles(axes, [step for _, step in counts.columns], units)
    axes.set_yticks(range(len(classes)), [f"{c.code}  {c.label()}" for c in classes])
    for row, land_cover in enumerate(classes):
        square = Rectangle((-0.5, row - 0.42), 0.07, 0.84, facecolor=land_cover.hex_colour, edgecolor=INK, linewidth=0.4)
        axes.add_patch(square)
    return png_of(figure)


def _shares(values: np.ndarray, units: list[str]) -> np.ndarray:
    """Part of the first step of the unit that is left, 0–1."""
    first = values[:, [units.index(unit) for unit in units]]
    return np.clip(np.divide(values, first, out=np.zeros(values.shape), where=first > 0), 0, 1)


def _titles(axes: Axes, steps: list[str], units: list[str]) -> None:
    axes.set_xticks(range(len(steps)), [textwrap.fill(step, 15) for step in steps], fontsize=7)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for column in range(1, len(steps)):
        change = units[column] != units[column - 1]
        axes.axvline(column - 0.5, color=MUTED if change else "white", linewidth=1.6 if change else 1)

"""A confusion matrix as shares, in percent: of the reference classes, or of the map classes. No word stands in it but the names of the classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from iota_py.assessment.figures import CELL, INK, SHARE_RAMP, house_style, png_of

LEAST = 0.005  # shares below it would be written 0


@house_style()
def share_figure(shares: np.ndarray, names: Sequence[str]) -> bytes:
    """PNG of a matrix (n, n) of shares 0 to 1, reference in rows, with whole percents in the cells; NaN and shares under half a percent stay blank."""
    size = len(names)
    side, label = CELL * size, 0.065 * max(len(name) for name in names)
    figure = Figure(figsize=(max(side + label + 0.9, 3.5), side + 0.75 * label + 0.6), layout="constrained")
    axes = figure.add_subplot()
    scale = PowerNorm(0.5, 0, 1)  # square root: confusions of a few per cent are what a reader looks for
    axes.imshow(np.nan_to_num(shares), cmap=SHARE_RAMP, norm=scale, interpolation="nearest")
    for row, col in np.argwhere(np.nan_to_num(shares) >= LEAST):
        colour = "white" if scale(shares[row, col]) > 0.6 else INK
        axes.text(col, row, f"{100 * shares[row, col]:.0f}", ha="center", va="center", fontsize=7, color=colour)
    for k in range(size):
        axes.add_patch(Rectangle((k - 0.5, k - 0.5), 1, 1, fill=False, edgecolor=INK, linewidth=0.8))
    axes.set_xticks(range(size), names, rotation=45, ha="left", rotation_mode="anchor")
    axes.set_yticks(range(size), names)
    axes.tick_params(length=0, top=True, bottom=False, labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)
    return png_of(figure)

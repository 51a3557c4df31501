"""Pictures of where the models apply: the dissimilarity with what is outside in stripes of grey, and distances of pixels, samples and folds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from iota_py.assessment.figures import BLUE, INK, MUTED, ORANGE, decimal_ticks, house_style, png_of
from iota_py.assessment.language import marked, translator

OUTSIDE, STRIPE = (0.86, 0.86, 0.86), (0.25, 0.25, 0.25)
_MIN_SIDE, _SCREEN_DPI, _PERIOD = 640, 100.0, 8
_PURPLE = "#aa4499"
# Curve -> its words, colour and line: told apart in grey too.
CURVES: Mapping[str, tuple[str, str, Any]] = {
    "pixel_to_sample": (marked("pixels of the map to samples"), INK, "-"),
    "sample_to_sample": (marked("samples to each other"), _PURPLE, (0, (1, 1.2))),
    "polygon": (marked("random folds: held out to learnt"), BLUE, (0, (5, 2))),
    "blocks": (marked("spatial folds: held out to learnt"), ORANGE, (0, (6, 1.5, 1, 1.5))),
}
AXES: Mapping[str, str] = {
    "ground": marked("distance on the ground (m)"),
    "feature": marked("distance in the space of the features (dissimilarity index)"),
}


@house_style()
def dissimilarity_figure(index: np.ndarray, inside: np.ndarray, top: float, language: str = "en") -> bytes:
    """The index (row, col) from dark (0) to light (`top` and beyond), NaN white; where `inside`, bool, is False in stripes of grey."""
    _ = translator(language)
    zoom = max(1, math.ceil(_MIN_SIDE / max(index.shape)))
    index, inside = (values.repeat(zoom, axis=0).repeat(zoom, axis=1) for values in (index, inside))
    ramp = ScalarMappable(Normalize(0, top), matplotlib.colormaps["viridis"])
    picture = ramp.to_rgba(np.nan_to_num(index))[..., :3]
    rows, cols = np.indices(index.shape, sparse=True)
    stripe = (rows + cols) % _PERIOD < _PERIOD // 3
    picture[~inside] = OUTSIDE
    picture[~inside & stripe] = STRIPE
    picture[np.isnan(index)] = 1
    height, width = (length / _SCREEN_DPI for length in index.shape)
    page = max(width, 4.0)
    letters, foot = 2.1 * page, 0.085 * page + 0.1
    tall = height + foot
    figure = Figure(figsize=(page, tall))
    axes = figure.add_axes(((1 - width / page) / 2, foot / tall, width / page, height / tall))
    axes.set_axis_off()
    axes.imshow(picture, interpolation="nearest", aspect="auto")
    bar = figure.colorbar(
        ramp, cax=figure.add_axes((0.06, 0.76 * foot / tall, 0.52, 0.14 * foot / tall)), orientation="horizontal", extend="max"
    )
    bar.set_label(_("dissimilarity index"), fontsize=letters, labelpad=0.1 * letters)
    bar.ax.tick_params(labelsize=0.9 * letters, labelcolor=MUTED, length=2, pad=0.2 * letters)
    bar.ax.locator_params(nbins=5)
    decimal_ticks(bar.ax.xaxis, language)
    bar.outline.set_visible(False)
    patch = Patch(facecolor=OUTSIDE, edgecolor=STRIPE, hatch="////", linewidth=0, label=_("outside"))
    figure.legend(handles=[patch], loc="lower right", bbox_to_anchor=(0.98, 0.25 * foot / tall), fontsize=letters, frameon=False)
    return png_of(figure, dpi=_SCREEN_DPI)


@house_style()
def distances_figure(distances: Mapping[str, Any], language: str = "en") -> bytes:
    """Shares of pixels, samples and held-out samples that are no farther from the nearest sample, on the ground and in the space of the features.

    distances: of assessment/applicability.json. ValueError where no curve can be drawn.
    """
    _ = translator(language)
    shown = [space for space in AXES if any(one["number"] for one in distances[space]["distributions"].values())]
    if not shown:
        raise ValueError("no distance is known")
    figure = Figure(figsize=(8.2 if len(shown) > 1 else 4.6, 3.5), layout="constrained")
    for place, space in enumerate(shown):
        axes = figure.add_subplot(1, len(shown), place + 1)
        _curves(axes, distances[space]["distributions"], space, _)
        axes.set_xlabel(_(AXES[space]))
        axes.set_ylabel(_("share no farther") if place == 0 else "")
        if space == "feature":
            decimal_ticks(axes.xaxis, language)
        decimal_ticks(axes.yaxis, language)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False, fontsize=7.5, handlelength=4)
    return png_of(figure)


def _curves(axes: Axes, found: Mapping[str, Any], space: str, _: Any) -> None:
    longest = 0.0
    for name, (words, colour, line) in CURVES.items():
        quantiles = np.array(found.get(name, {"quantiles": []})["quantiles"])
        if len(quantiles):
            values = np.maximum(quantiles, 1.0) if space == "ground" else quantiles
            axes.plot(values, np.linspace(0, 1, len(values)), color=colour, linestyle=line, linewidth=1.8, label=_(words))
            longest = max(longest, float(np.quantile(values, 0.98)))
    if space == "ground":
        axes.set_xscale("log")
    else:
        axes.set_xlim(0, longest * 1.05)
    axes.set_ylim(0, 1)
    axes.grid()

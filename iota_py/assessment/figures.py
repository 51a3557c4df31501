"""Charts of the assessment as PNG bytes. The same input gives the same bytes: bundled font, default settings, no metadata.

Colours other than those of the nomenclature are told apart with every kind of colour vision.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PatchCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize, PowerNorm
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, PercentFormatter

from iota_py.assessment.language import translator
from iota_py.assessment.metrics import scores
from iota_py.assessment.wording import count, decimal, hectares, percent, short_count, undefined
from iota_py.nomenclature import Nomenclature

DPI = 160
_TALLEST, _LOWEST_ROW = 14.0, 0.05  # inches: of all the rows of the calendar, of one
CELL = 0.37  # side of a cell of the matrix, inches: room for five characters
INK, MUTED, RULE = "#1c2430", "#667080", "#c9cfd8"
BLUE, ORANGE = "#0072b2", "#d55e00"
SHARE_RAMP = LinearSegmentedColormap.from_list("share", ["#f7f9fb", "#cfe1ef", "#7fb2d6", "#2f7db8", "#0b3c6f"])
CLOUD_RAMP = LinearSegmentedColormap.from_list("cloud", ["#0b3c6f", "#2f7db8", "#9cc4e0", "#dfe5ea", "#f1efec"])
_SETTINGS = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": RULE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
    "grid.color": "#e4e8ed",
    "grid.linewidth": 0.6,
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw with the settings of the report, whatever the user's own matplotlib settings; these come back afterwards."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        yield


def png_of(figure: Figure, dpi: float = DPI) -> bytes:
    """PNG of a figure on white, without the name and version of the software."""
    FigureCanvasAgg(figure)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, facecolor="white", metadata={"Software": None})
    return buffer.getvalue()


@house_style()
def confusion_figure(confusion: np.ndarray, nomenclature: Nomenclature, language: str = "en") -> bytes:
    """Confusion matrix (n, n): counts, coloured by share of the reference class; recall on the right, precision below."""
    _, score = translator(language), scores(confusion)
    size = len(nomenclature.classes)
    rows = confusion.sum(axis=1, keepdims=True)
    shares = np.divide(confusion, rows, out=np.zeros(confusion.shape), where=rows > 0)
    names = [c.label(language) for c in nomenclature.classes]
    side, label = CELL * size, 0.065 * max(len(name) for name in names)
    figure = Figure(figsize=(max(side + label + 1.1, 5.5), side + 0.75 * label + 1.7), layout="constrained")
    axes = figure.add_subplot()
    # Square-root scale: confusions of a few per cent are what a reader looks for.
    scale = PowerNorm(0.5, 0, 1)
    axes.imshow(shares, cmap=SHARE_RAMP, norm=scale, interpolation="nearest")
    for row, col in np.argwhere(confusion > 0):
        colour = "white" if scale(shares[row, col]) > 0.6 else INK
        axes.text(col, row, short_count(int(confusion[row, col]), language), ha="center", va="center", fontsize=7, color=colour)
    _label_matrix(axes, names, _("map"), _("reference"))
    for k in range(size):
        axes.add_patch(Rectangle((k - 0.5, k - 0.5), 1, 1, fill=False, edgecolor=INK, linewidth=0.8))
        axes.text(size - 0.3, k, _two_digits(score.recall[k], language), va="center", fontsize=7.5)
        axes.text(k, size - 0.3, _two_digits(score.precision[k], language), ha="center", va="top", fontsize=7.5, rotation=90)
    axes.text(size - 0.3, -0.75, _("recall"), va="bottom", fontsize=7.5, color=MUTED)
    axes.text(-0.75, size - 0.3, _("precision"), ha="right", va="top", fontsize=7.5, color=MUTED)
    bar = figure.colorbar(axes.images[0], ax=axes, location="bottom", shrink=0.6, aspect=40, pad=0.02, ticks=[0, 0.01, 0.05, 0.2, 0.5, 1])
    bar.set_label(_("share of the pixels of the reference class"))
    bar.ax.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    bar.outline.set_visible(False)
    return png_of(figure)


@house_style()
def f1_figure(metrics: dict[str, Any], nomenclature: Nomenclature, language: str = "en") -> bytes:
    """F1 of each class (`metrics_document`): mean, 95 % interval, the draws one by one; support on the right."""
    _, classes = translator(language), nomenclature.classes
    figure = Figure(figsize=(7.4, 0.27 * len(classes) + 1.1), layout="constrained")
    axes = figure.add_subplot()
    for row, land_cover in enumerate(classes):
        entry = metrics["per_class"][str(land_cover.code)]
        _draw_interval(axes, row, entry["f1"], language)
        axes.text(
            1.03, row, short_count(round(entry["support"]), language), va="center", fontsize=7.5, transform=axes.get_yaxis_transform()
        )
    axes.text(1.03, -1, _("support"), va="center", fontsize=7, color=MUTED, transform=axes.get_yaxis_transform())
    macro = metrics["f1_macro"]["mean"]
    if macro is not None:
        axes.plot([macro, macro], [-0.6, len(classes) - 0.4], color=ORANGE, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
        axes.text(
            macro, -1, _("mean %(value)s") % {"value": _two_digits(macro, language)}, ha="center", va="center", fontsize=7, color=ORANGE
        )
    _name_rows(axes, [c.label(language) for c in classes], room=1.5)
    axes.grid(axis="x")
    axes.set_xlim(0, 1)
    decimal_ticks(axes.xaxis, language)
    axes.set_xlabel("F1")
    return png_of(figure)


@house_style()
def area_figure(areas: pd.DataFrame, nomenclature: Nomenclature, language: str = "en") -> bytes:
    """Bars of the hectares of each class (`class_areas`), in the colours of the nomenclature."""
    figure = Figure(figsize=(7.4, 0.27 * len(areas) + 0.9), layout="constrained")
    axes = figure.add_subplot()
    rows = np.arange(len(areas))
    colours = [nomenclature[int(code)].hex_colour for code in areas["code"]]
    axes.barh(rows, areas["hectares"], height=0.68, color=colours, edgecolor=INK, linewidth=0.5)
    for row, area, share in zip(rows, areas["hectares"], areas["share"], strict=True):
        text = f"{hectares(area, language)} ha" + ("" if math.isnan(share) else f"  ({percent(share, language)})")
        axes.annotate(text, (area, row), xytext=(5, 0), textcoords="offset points", va="center", fontsize=7)
    _name_rows(axes, list(areas["name"]) if language == "en" else [nomenclature[int(code)].label(language) for code in areas["code"]])
    axes.grid(axis="x")
    axes.set_xlim(0, max(float(areas["hectares"].max()), 1e-9) * 1.28)
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: count(value) if value == round(value) else decimal(f"{value:g}", language))
    )
    axes.set_xlabel(translator(language)("hectares of the map"))
    return png_of(figure)


@house_style()
def dates_figure(acquisitions: pd.DataFrame, language: str = "en") -> bytes:
    """Calendar of cloud share: one row per tile, one cell per acquisition, marks on those merged or set aside.

    Columns: tile, date, cloud_share (0-1, NaN unknown), status ('used', 'merged', 'set aside'). ValueError when there is no row.
    """
    if acquisitions.empty:
        raise ValueError("calendar of no acquisition: expected at least one")
    if "series" in acquisitions:
        acquisitions = acquisitions.assign(tile=(acquisitions["tile"] + " " + acquisitions["series"]).str.strip())
    cells = _calendar_cells(acquisitions)
    tiles = sorted(acquisitions["tile"].unique())
    _, row = translator(language), min(0.36, max(_LOWEST_ROW, _TALLEST / len(tiles)))
    figure = Figure(figsize=(9.6, row * len(tiles) + 1.5), layout="constrained")
    axes = figure.add_subplot()
    known = cells["cloud_share"].notna()
    boxes = _boxes(cells[known], cmap=CLOUD_RAMP, norm=Normalize(0, 1), edgecolor="#8b95a3", linewidth=0.3)
    boxes.set_array(cells.loc[known, "cloud_share"].to_numpy(dtype=np.float64))
    axes.add_collection(boxes)
    axes.add_collection(_boxes(cells[~known], facecolor="white", edgecolor=MUTED, linewidth=0.5, hatch="//////"))
    _mark(axes, cells[cells["status"] == "set aside"], "x", _("set aside"), ORANGE, row / 0.36)
    _mark(axes, cells[cells["status"] == "merged"], "+", _("merged"), INK, row / 0.36)
    every = math.ceil(0.12 / row)  # names that do not touch
    _name_rows(axes, [tile if k % every == 0 else "" for k, tile in enumerate(tiles)])
    margin = 4 + cells["width"].max()
    axes.set_xlim(cells["left"].min() - margin, cells["left"].max() + margin)
    locator = AutoDateLocator(minticks=4, maxticks=14)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(date_ticks(locator, language))
    if (cells["status"] != "used").any():
        figure.legend(loc="outside upper right", ncols=2, frameon=False, fontsize=7.5)
    bar = figure.colorbar(boxes, ax=axes, location="bottom", shrink=0.3, aspect=30, pad=0.04)
    bar.set_label(_("cloud share") if known.all() else _("cloud share (hatched: unknown)"))
    bar.ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    bar.outline.set_edgecolor(RULE)
    return png_of(figure)


def decimal_ticks(axis: Axis, language: str) -> None:
    """Numbers of an axis as the language writes them."""
    if language != "en":
        axis.set_major_formatter(FuncFormatter(lambda value, _: decimal(f"{value:g}", language)))


def date_ticks(locator: AutoDateLocator, language: str, **settings: Any) -> ConciseDateFormatter:
    """Dates of an axis as the language writes them: of months by their numbers where their names would be English."""
    if language == "en":
        return ConciseDateFormatter(locator, **settings)
    clock = ["%H:%M", "%H:%M", "%S"]
    return ConciseDateFormatter(
        locator,
        formats=["%Y", "%m/%Y", "%d/%m", *clock],
        zero_formats=["", "%m/%Y", "%d/%m", "%d/%m", *clock[:2]],
        offset_formats=["", "", "%Y", "%d/%m/%Y", "%d/%m/%Y", "%d/%m/%Y"],
        **settings,
    )


def _two_digits(value: float, language: str = "en") -> str:
    return translator(language)("undef.") if math.isnan(value) else decimal(f"{value:.2f}", language)


def _label_matrix(axes: Axes, names: list[str], across: str, down: str) -> None:
    ticks = range(len(names))
    axes.set_xticks(ticks, names, rotation=50, ha="left", rotation_mode="anchor")
    axes.set_yticks(ticks, names)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel(across)
    axes.set_ylabel(down)
    axes.tick_params(length=0, labelcolor=INK)
    axes.spines[:].set_visible(False)
    axes.set_xticks(np.arange(len(names) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(names) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1)
    axes.tick_params(which="minor", length=0)


def _name_rows(axes: Axes, names: list[str], room: float = 0.6) -> None:
    """One named row per entry, the first on top with this room (in rows) above its middle."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -room)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _draw_interval(axes: Axes, row: int, score: dict[str, Any], language: str) -> None:
    if score["mean"] is None:
        axes.text(0.01, row, undefined(language), va="center", fontsize=7, color=MUTED, style="italic")
        return
    draws = [value for value in score["values"] if value is not None]
    if score["ci95"] is not None:
        axes.plot(score["ci95"], [row, row], color=BLUE, linewidth=2.2, alpha=0.45, solid_capstyle="butt", zorder=2)
        axes.plot(draws, [row] * len(draws), "|", color=INK, markersize=6, markeredgewidth=0.7, zorder=3)
    axes.plot([score["mean"]], [row], "o", color=BLUE, markersize=5, markeredgecolor="white", markeredgewidth=0.8, zorder=4, clip_on=False)


def _calendar_cells(acquisitions: pd.DataFrame) -> pd.DataFrame:
    """Place of each acquisition: left (days), row, height, width. Those of one tile and one day share the height of the row."""
    cells = acquisitions[["tile", "date", "cloud_share", "status"]].copy()
    cells["date"] = pd.to_datetime(cells["date"])
    cells["cloud_share"] = cells["cloud_share"].astype(np.float64)
    cells = cells.sort_values(["tile", "date", "status"], kind="stable").reset_index(drop=True)
    same_day = cells.groupby(["tile", "date"])["date"]
    cells["height"] = 0.8 / same_day.transform("size")
    cells["row"] = cells["tile"].map({tile: k for k, tile in enumerate(sorted(cells["tile"].unique()))})
    cells["top"] = cells["row"] - 0.4 + same_day.cumcount() * cells["height"]
    gaps = cells.groupby("tile")["date"].diff().dt.days
    gap = gaps[gaps > 0].min()
    cells["width"] = 5.0 if pd.isna(gap) else min(float(gap), 5.0)
    cells["left"] = date2num(cells["date"].to_numpy())
    return cells


def _boxes(cells: pd.DataFrame, **look: Any) -> PatchCollection:
    places = zip(cells["left"], cells["top"], cells["width"], cells["height"], strict=True)
    return PatchCollection([Rectangle((left, top), width, height) for left, top, width, height in places], **look)


def _mark(axes: Axes, cells: pd.DataFrame, marker: str, label: str, colour: str, size: float) -> None:
    if cells.empty:
        return
    middle = cells["left"] + cells["width"] / 2, cells["top"] + cells["height"] / 2
    halo = [withStroke(linewidth=4 * size, foreground="white")]
    axes.scatter(*middle, s=34 * size**2, marker=marker, color=colour, linewidth=1.9 * size, label=label, zorder=3, path_effects=halo)

"""Figures of what features are worth: a heat map by band and date, falls by group, SHAP by class, the curve of the elimination.

One sequential ramp, light to dark, that is read with every kind of colour vision and in grey.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from iota_py.assessment.figures import BLUE, INK, MUTED, ORANGE, RULE, SHARE_RAMP, decimal_ticks, house_style, png_of
from iota_py.assessment.language import marked, translator
from iota_py.assessment.wording import decimal, percent

CELL = 0.22  # side of a cell, inches
LETTER = 0.068  # width of a letter of a label, inches
UNDATED = marked("no date")
MOST_COLUMNS = 25  # of the figure of SHAP values
_SHUFFLED = {
    "band": marked("fall when a band is shuffled"),
    "sensor": marked("fall when a sensor is shuffled"),
    "column": marked("fall when a column is shuffled"),
    "date": marked("fall when a date is shuffled"),
}
_LEFT, _RIGHT = ("band", "sensor", "column"), ("date",)


@dataclass(frozen=True, eq=False)
class Panel:
    """Cells of one input. values: (band, date), NaN where there is no column. dates: ISO, the last one UNDATED where it has such columns."""

    input: str
    bands: tuple[str, ...]
    dates: tuple[str, ...]
    values: np.ndarray


def panels_of(table: pd.DataFrame) -> list[Panel]:
    """A panel for each input of a table with `input`, `band`, `date` ("" without) and `value`: the mean over rows of a cell.

    Inputs and bands in the order of their first row, dates ascending.
    """
    found = []
    for name, rows in table.assign(date=table.date.fillna("").replace("", UNDATED)).groupby("input", sort=False):
        bands = tuple(dict.fromkeys(rows.band))
        dates = tuple(sorted(set(rows.date) - {UNDATED})) + ((UNDATED,) if (rows.date == UNDATED).any() else ())
        cells = rows.groupby(["band", "date"]).value.mean()
        values = np.array([[cells.get((band, date), math.nan) for date in dates] for band in bands])
        found.append(Panel(str(name), bands, dates, values))
    return found


@house_style()
def heat_figure(table: pd.DataFrame, label: str, share: bool = True, language: str = "en") -> bytes:
    """Bands in rows, dates in columns, a panel for each input; columns without a date at the side.

    table: as in `panels_of`. label: what the colour is, in the language. share: values are shares of a whole, of which each row has its sum written beside it;
    else values below 0 have the colour of 0.
    """
    panels = panels_of(table)
    if not panels:
        return _nothing(language)
    years = {date[:4] for panel in panels for date in panel.dates if date != UNDATED}
    left = max(len(band) for panel in panels for band in panel.bands) * LETTER / CELL + 0.8
    stamp = 2.3 if len(years) < 2 else 3.4
    width = max(len(panel.dates) + (1.0 if UNDATED in panel.dates and len(panel.dates) > 1 else 0) for panel in panels)
    height = sum(len(panel.bands) + stamp + 1.6 for panel in panels)
    right = 3.0 if share else 0.6
    total = left + max(width, 12) + right
    figure = Figure(figsize=(total * CELL, height * CELL + 0.75))
    bottom = 0.75 / (height * CELL + 0.75)
    axes = figure.add_axes((0, bottom, 1, 1 - bottom))
    axes.set_axis_off()
    axes.set_xlim(-left, max(width, 12) + right)
    axes.set_ylim(height, 0)
    scale = PowerNorm(0.5, 0, max(1e-9, *(float(np.nanmax(panel.values)) for panel in panels)), clip=True)
    top = 0.0
    for panel in panels:
        top = _draw_panel(axes, panel, top + stamp + 1.2, scale, years if len(years) < 2 else None, share, language) + 0.4
    bar_axes = figure.add_axes((left / total, 0.42 / (height * CELL + 0.75), min(12, width + 4) / total, 0.1 / (height * CELL + 0.75)))
    bar = figure.colorbar(axes.images[0], cax=bar_axes, orientation="horizontal")
    bar.set_label(label + (translator(language)(", mean over the models") if _models(table) > 1 else ""))
    ticks = [scale.vmax * step**2 / 16 for step in range(5)]  # evenly spaced on a square-root scale
    bar.set_ticks(ticks, labels=[decimal(f"{100 * tick:.2g} %" if share else f"{tick:.2g}", language) for tick in ticks])
    bar.ax.tick_params(labelsize=6.5)
    bar.outline.set_edgecolor(RULE)
    return png_of(figure)


def _draw_panel(axes: Axes, panel: Panel, top: float, scale: PowerNorm, years: set[str] | None, share: bool, language: str) -> float:
    """Draw a panel whose cells begin at `top`; where they end. years: the one year there is, left out of the dates; None: several."""
    rows = len(panel.bands)
    dated = len(panel.dates) - (UNDATED in panel.dates)
    title = f"{panel.input}, {next(iter(years))}" if years and dated else panel.input
    stamp = 2.3 if years is not None else 3.4
    axes.text(0, top - stamp - 0.3, title, va="bottom", fontsize=8.5, fontweight="bold")
    blocks = [(0, dated, 0.0)] if dated else []
    if UNDATED in panel.dates:
        blocks.append((dated, dated + 1, dated + 1.0 if dated else 0.0))
    for first, last, place in blocks:
        extent = (place, place + last - first, top + rows, top)
        masked = np.ma.masked_invalid(panel.values[:, first:last])
        axes.imshow(masked, cmap=SHARE_RAMP, norm=scale, extent=extent, interpolation="nearest", aspect="auto")
        axes.hlines(top + np.arange(1, rows), place, place + last - first, color="white", linewidth=0.8)
        axes.vlines(place + np.arange(1, last - first), top, top + rows, color="white", linewidth=0.8)
        for column in range(first, last):
            date = panel.dates[column]
            text = translator(language)(UNDATED) if date == UNDATED else date if years is None else date[5:]
            axes.text(place + column - first + 0.5, top - 0.2, text, rotation=90, ha="center", va="bottom", fontsize=6, color=MUTED)
    for row, band in enumerate(panel.bands):
        axes.text(-0.3, top + row + 0.5, band, ha="right", va="center", fontsize=7)
        if share:
            total = blocks[-1][2] + blocks[-1][1] - blocks[-1][0] + 0.3
            axes.text(
                total, top + row + 0.5, percent(float(np.nansum(panel.values[row])), language), va="center", fontsize=6.5, color=MUTED
            )
    return top + rows


@house_style()
def falls_figure(table: pd.DataFrame, language: str = "en") -> bytes:
    """How far scores fall when groups of columns are shuffled together: mean over the models, bar ± standard deviation of the shufflings.

    table: `kind`, `name`, `overall_accuracy`, `f1_macro` and their `_sd`, a row for each group and model.
    """
    if table.empty:
        return _nothing(language)
    sides = [[kind for kind in kinds if (table.kind == kind).any()] for kinds in (_LEFT, _RIGHT)]
    sides = [kinds for kinds in sides if kinds]
    counts = [[table[table.kind == kind].name.nunique() for kind in kinds] for kinds in sides]
    tallest = max(sum(count + 2 for count in column) for column in counts)
    figure = Figure(figsize=(4.6 * len(sides), 0.17 * tallest + 0.9), layout="constrained")
    grid = figure.add_gridspec(1, len(sides))
    means = table.groupby(["kind", "name"])[["f1_macro", "f1_macro_sd", "overall_accuracy"]].mean()
    limit = max(float((means.f1_macro + means.f1_macro_sd.fillna(0)).max()), float(means.overall_accuracy.max()), 1e-3) * 1.12
    for place, (kinds, sizes) in enumerate(zip(sides, counts)):
        rows = [size + 2 for size in sizes]
        inner = grid[place].subgridspec(len(kinds) + 1, 1, height_ratios=[*rows, max(tallest - sum(rows), 0.01)])
        for row, kind in enumerate(kinds):
            _draw_falls(figure.add_subplot(inner[row]), table[table.kind == kind], kind, limit, language)
    return png_of(figure)


def _draw_falls(axes: Axes, rows: pd.DataFrame, kind: str, limit: float, language: str) -> None:
    _ = translator(language)
    names = list(dict.fromkeys(rows.name))
    grouped = rows.groupby("name")
    mean = grouped[["f1_macro", "overall_accuracy"]].mean().loc[names]
    spread = np.sqrt((grouped["f1_macro_sd"].apply(lambda sd: float((sd**2).mean()))).loc[names]).fillna(0)
    places = np.arange(len(names))
    axes.barh(places, mean.f1_macro, height=0.66, color=BLUE, label=_("mean F1"))
    axes.errorbar(mean.f1_macro, places, xerr=spread, fmt="none", ecolor=INK, elinewidth=0.8)
    axes.plot(mean.overall_accuracy, places, "D", color=ORANGE, markersize=3.5, label=_("overall accuracy"), linestyle="none")
    axes.set_yticks(places, names, fontsize=6.5)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(min(0.0, float(mean.min().min())) * 1.05, limit)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=6.5)
    axes.grid(axis="x")
    decimal_ticks(axes.xaxis, language)
    axes.set_title(_(_SHUFFLED[kind]), fontsize=8, loc="left", color=MUTED)
    axes.legend(loc="lower right", fontsize=6, frameon=False)


@house_style()
def shap_figure(table: pd.DataFrame, language: str = "en") -> bytes:
    """The columns of largest mean absolute SHAP value, by class; mean over the models. table: `class`, `column`, `mean_absolute`, a row for
    each of them and model."""
    if table.empty:
        return _nothing(language)
    values = table.pivot_table(index="column", columns="class", values="mean_absolute", aggfunc="mean", sort=False)
    order = values.mean(axis=1).sort_values(ascending=False, kind="stable").index[:MOST_COLUMNS]
    values = values.loc[order]
    label = max(len(str(name)) for name in values.index) * LETTER
    figure = Figure(figsize=(label + 0.34 * len(values.columns) + 1.6, 0.2 * len(values) + 1.6), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(values, cmap=SHARE_RAMP, norm=PowerNorm(0.5, 0, max(float(values.max().max()), 1e-9)), aspect="auto")
    axes.set_yticks(range(len(values)), [str(name) for name in values.index], fontsize=6.5)
    axes.set_xticks(range(len(values.columns)), list(values.columns), rotation=50, ha="left", rotation_mode="anchor", fontsize=7)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(image, ax=axes, shrink=0.6)
    decimal_ticks(bar.ax.yaxis, language)
    bar.set_label(translator(language)("mean absolute SHAP value"))
    bar.outline.set_edgecolor(RULE)
    return png_of(figure)


@house_style()
def elimination_figure(document: Mapping[str, Any], language: str = "en") -> bytes:
    """Scores against the number of columns left, mean and standard deviation over the folds; the number chosen. document: elimination.json."""
    _ = translator(language)
    steps: Sequence[Mapping[str, Any]] = document["steps"]
    counts = np.array([step["columns"] for step in steps])
    figure = Figure(figsize=(7.4, 3.4), layout="constrained")
    axes = figure.add_subplot()
    for key, colour, style, label in (("f1_macro", BLUE, "-", _("mean F1")), ("overall_accuracy", ORANGE, "--", _("overall accuracy"))):
        mean, spread = (np.array([step[name] for step in steps]) for name in (key, f"{key}_sd"))
        axes.fill_between(counts, mean - spread, mean + spread, color=colour, alpha=0.15, linewidth=0)
        axes.plot(counts, mean, color=colour, linestyle=style, marker="o", markersize=3, label=label)
    axes.axvline(document["chosen"], color=INK, linewidth=0.8, linestyle=(0, (2, 2)))
    axes.annotate(_("%(number)s kept") % {"number": document["chosen"]}, (document["chosen"], 0.02), xycoords=("data", "axes fraction"), xytext=(4, 0),
                  textcoords="offset points", fontsize=7, color=INK)  # fmt: skip
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(_ticks(int(counts.max()))))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, place: f"{value:g}"))
    decimal_ticks(axes.yaxis, language)
    axes.set_xlabel(_("columns left"))
    axes.grid()
    axes.legend(frameon=False, loc="lower right")
    return png_of(figure)


def _ticks(largest: int) -> list[int]:
    """1, 2, 5, 10, 20, 50, … up to the number of columns, and that number itself where there is room before it."""
    found = [base * 10**power for power in range(5) for base in (1, 2, 5) if base * 10**power <= largest]
    return [tick for tick in found if tick * 1.4 < largest] + [largest]


def _models(table: pd.DataFrame) -> int:
    keys = [key for key in ("region", "run", "model") if key in table.columns]
    return len(table[keys].drop_duplicates()) if keys else 1


def _nothing(language: str) -> bytes:
    text = translator(language)("nothing to show: no validation pixel, or a model that says nothing of columns")
    figure = Figure(figsize=(6, 0.6))
    figure.text(0.5, 0.5, text, ha="center", va="center", color=MUTED)
    return png_of(figure)

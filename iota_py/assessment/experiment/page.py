"""The page of an experiment: one HTML file that needs no network and no script, as the report of a run."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from iota_py.assessment.experiment.documents import changed_settings
from iota_py.assessment.experiment.strips import Scale, dots, scale_of
from iota_py.assessment.experiment.values import LEVEL, NAMES, Comparison, Standing
from iota_py.assessment.experiment.words import answers, interval_text, p_text, verdicts
from iota_py.assessment.page import environment, picture
from iota_py.assessment.wording import bytes_text

STEPS = 8  # shades of a matrix
FULL = 0.2  # difference of shares that has the darkest shade
LINE = 8  # height of a dot


def render_comparison(data: Comparison) -> str:
    """The page as one HTML text."""
    every = [one for group in data.groups for one in data.of(group)]
    made = environment()
    made.filters.update(bytes=bytes_text, interval=interval_text, p=p_text)
    return made.get_template("experiment.html.j2").render(
        data=data,
        measure=NAMES[data.score],
        verdicts=verdicts(data),
        groups=[_group(data, group) for group in data.groups],
        scale=_overall_scale(data),
        answers=_answers(data),
        answer_scale=_effect_scale(data),
        effects=[_effect(data, one) for one in data.effects],
        regions=_regions(data, every),
        legend=data.nomenclature.classes,
        spots=[(spot, {name: picture(png, f"{name} at {spot.title}") for name, png in spot.images.items()}) for spot in data.spots],
        shown=[one.entrant for one in every if data.spots and one.entrant.name in data.spots[0].images],
        settings=changed_settings(data),
        level=LEVEL,
        nan=math.isnan,
    )


def _group(data: Comparison, group: tuple[str, ...]) -> dict[str, Any]:
    every = data.of(group)
    scale = _overall_scale(data)
    rows = [_row(data, one, scale) for one in every]
    others = [one for one in every if one.against is not None and one.against.differences]
    return {"name": ", ".join(group), "rows": rows, "classes": _classes(data, others), **_matrices(data, every)}


def _row(data: Comparison, one: Standing, scale: Scale) -> dict[str, Any]:
    found = one.against.differences.get(data.score) if one.against is not None else None
    best = max((s.spreads[data.score].mean for s in data.of(one.entrant.group)), default=math.nan)
    sure = one.against is not None and one.against.sure
    return {
        "standing": one,
        "entrant": one.entrant,
        "spread": one.spreads[data.score],
        "others": [(NAMES[m], one.spreads[m]) for m in one.spreads if m != data.score],
        "best": one.spreads[data.score].mean == best,
        "difference": found,
        "sure": sure,
        "dots": dots(scale, [(found, sure, one.entrant.label)], 16.0),
    }


def _overall_scale(data: Comparison) -> Scale:
    return scale_of((one.against.differences.get(data.score) for one in data.standings if one.against is not None), 180.0)


def _effect_scale(data: Comparison) -> Scale:
    return scale_of((one.contrast.differences.get(data.score) for one in data.effects), 300.0)


def _answers(data: Comparison) -> list[dict[str, Any]]:
    scale = _effect_scale(data)
    found = []
    for one in answers(data):
        lines = [(e.contrast.differences.get(data.score), e.contrast.sure, " ".join(e.setting)) for e in one.effects]
        found.append({"answer": one, "dots": dots(scale, lines, LINE), "height": LINE * len(lines)})
    return found


def _effect(data: Comparison, one: Any) -> dict[str, Any]:
    return {"effect": one, "difference": one.contrast.differences.get(data.score), "adjusted": one.contrast.adjusted}


def _classes(data: Comparison, others: list[Standing]) -> dict[str, Any]:
    """Differences of the F1 of each class: a row for each class, a cell for each entrant set against the baseline."""
    per = {one.entrant.name: one.against.differences if one.against else {} for one in others}
    scale = scale_of((found.get(f"f1:{c.code}") for found in per.values() for c in data.nomenclature.classes), 110.0)
    rows = []
    for c in data.nomenclature.classes:
        cells = []
        for found in per.values():
            one = found.get(f"f1:{c.code}")
            apart = one is not None and not math.isnan(one.low) and (one.low > 0 or one.high < 0)
            cells.append({"difference": one, "apart": apart, "dots": dots(scale, [(one, apart, c.label())], 14.0)})
        rows.append({"class": c, "cells": cells})
    return {"rows": rows, "labels": [one.entrant.label for one in others], "scale": scale}


def _matrices(data: Comparison, every: tuple[Standing, ...]) -> dict[str, Any]:
    """Row-normalised matrices of the baseline and of the best other, and the difference of each other to the baseline."""
    base = next((one for one in every if one.against is None), every[0])
    rest = [one for one in every if one is not base]
    start = shares(base.confusion)
    best = rest[0] if rest else None
    found = [] if best is None else [_matrix(base, start), _matrix(best, shares(best.confusion))]
    return {
        "matrices": found,
        "differences": [(one.entrant.label, _difference_cells(shares(one.confusion) - start)) for one in rest],
        "base": base.entrant.label,
    }


def shares(confusion: np.ndarray) -> np.ndarray:
    """A matrix of counts as shares of its rows, NaN for a row of none."""
    rows = confusion.sum(axis=1, keepdims=True)
    return np.divide(confusion, rows, out=np.full(confusion.shape, np.nan), where=rows > 0)


def _matrix(one: Standing, values: np.ndarray) -> tuple[str, list[list[tuple[str, str]]]]:
    return one.entrant.label, [[_share_cell(value) for value in row] for row in values.tolist()]


def _share_cell(value: float) -> tuple[str, str]:
    """Text and shade of a share."""
    if math.isnan(value):
        return "", ""
    return (f"{100 * value:.0f}" if value >= 0.005 else "·"), f"s{round(STEPS * value)}"


def _difference_cells(values: np.ndarray) -> list[list[tuple[str, str]]]:
    return [[_difference_cell(value) for value in row] for row in values.tolist()]


def _difference_cell(value: float) -> tuple[str, str]:
    """Text, in hundredths, and shade of a difference of shares."""
    if math.isnan(value):
        return "", ""
    shade = round(STEPS * max(-1.0, min(1.0, value / FULL)))
    return (f"{100 * value:+.0f}".replace("-", "−") if abs(value) >= 0.005 else "·"), f"u{shade}" if shade >= 0 else f"d{-shade}"


def _regions(data: Comparison, every: list[Standing]) -> dict[str, Any]:
    """Overall accuracy of each entrant in each region, best of each group marked."""
    rows = []
    for name, found in data.regions.iterrows():
        cells = []
        for one in every:
            mates = [found.get(mate.entrant.name) for mate in every if mate.entrant.group == one.entrant.group]
            value = found.get(one.entrant.name)
            known = [v for v in mates if v is not None and not math.isnan(v)]
            cells.append({"value": value, "best": bool(known) and value == max(known) and len(known) > 1})
        rows.append({"name": str(name), "cells": cells})
    return {"rows": rows, "columns": [(one.entrant.group, one.entrant.label) for one in every]}

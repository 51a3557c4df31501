"""The comparison as a document and as a table, for programs."""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd

from iota_py.assessment.experiment.values import MEASURES, Comparison, Contrast, Standing

DECIMALS = 6


def comparison_document(data: Comparison) -> dict[str, Any]:
    """Content of compare.json: scores, differences with intervals and p values, effects, cost, changed settings."""
    return {
        "title": data.title,
        "created": data.created,
        "score": data.score,
        "variants": [_variant(data, one) for group in data.groups for one in data.of(group)],
        "effects": [
            {"axis": e.axis, "choice": e.choice, "instead_of": e.instead, "group": e.group, "setting": e.setting, **_contrast(e.contrast)}
            for e in data.effects
        ],
        "regions": {str(name): row for name, row in data.regions.to_dict("index").items()},
        "classes": [{"code": c.code, "alias": c.alias, "name": c.label()} for c in data.nomenclature.classes],
        "missing": dict(data.missing),
        "notes": list(data.notes),
        "provenance": dict(data.provenance),
    }


def comparison_table(data: Comparison) -> pd.DataFrame:
    """Content of compare.csv: a row for each variant."""
    return pd.DataFrame([_row(data, one) for group in data.groups for one in data.of(group)])


def changed_settings(data: Comparison) -> dict[str, list[str]]:
    """Settings that are not the same for all: key -> value of each entrant as text, in the order of `standings`; `–` where it has none."""
    entrants = [one.entrant for one in data.standings]
    keys = sorted({key for one in entrants for key in one.settings})
    found = {key: [_text(one.settings.get(key)) for one in entrants] for key in keys}
    return {key: values for key, values in found.items() if len(set(values)) > 1}


def _text(value: object) -> str:
    if value is None:
        return "–"
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _variant(data: Comparison, one: Standing) -> dict[str, Any]:
    entrant = one.entrant
    per_class = {str(c.code): value for c, value in zip(data.nomenclature.classes, one.f1.tolist(), strict=True)}
    return {
        "name": entrant.name,
        "group": entrant.group,
        "choices": dict(entrant.choices),
        "scores": {measure: dataclasses.asdict(spread) for measure, spread in one.spreads.items()},
        "f1": per_class,
        "confusion": one.confusion.tolist(),
        "against_baseline": None if one.against is None else _contrast(one.against),
        "cost": {**dataclasses.asdict(entrant.cost), "speed": entrant.cost.speed},
        "unit": entrant.unit,
        "runs": list(entrant.places),
        "manifests": list(entrant.manifests),
        "settings": dict(entrant.settings),
    }


def _contrast(one: Contrast) -> dict[str, Any]:
    differences = {name: dataclasses.asdict(found) for name, found in one.differences.items()}
    return {"baseline": one.baseline, "other": one.other, "reason": one.reason, "p_adjusted": one.adjusted, "differences": differences}


def _row(data: Comparison, one: Standing) -> dict[str, Any]:
    entrant, row = one.entrant, {}
    row |= {"variant": entrant.name, "group": " ".join(entrant.group), "baseline": one.against is None}
    for measure in MEASURES:
        row |= {measure: one.spreads[measure].mean, f"{measure}_std": one.spreads[measure].std}
    row["draws"] = one.spreads[data.score].n
    found = None if one.against is None else one.against.differences.get(data.score)
    row |= {name: None if found is None else getattr(found, name) for name in ("difference", "low", "high", "p_value")}
    row["p_adjusted"] = None if one.against is None else one.against.adjusted
    cost = entrant.cost
    row |= {"wall_seconds": cost.wall, "training_seconds": cost.training, "mapping_seconds": cost.mapping}
    row |= {"mpx_per_second_and_worker": cost.speed, "model_bytes": cost.model, "runs": " ".join(entrant.places)}
    return {key: round(value, DECIMALS) if isinstance(value, float) else value for key, value in row.items()}

"""A run against another one, its baseline: which scores, classes and regions moved, how sure that is, and in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from iota_py.assessment.language import marked, said, translator
from iota_py.assessment.paired import Difference, clustered_mcnemar, paired_bootstrap, shared_polygons
from iota_py.assessment.wording import count, p_value, percent, score, signed
from iota_py.nomenclature import Nomenclature

DRAWS = 2000
MEASURES = {
    "overall_accuracy": marked("overall accuracy"),
    "kappa": marked("kappa"),
    "f1_macro": marked("mean F1"),
}
CHANGES_KEPT = 30
SHOWN = 6  # classes or regions named in a sentence
_NUMBERS = ("baseline", "other", "difference", "low", "high", "p_value")


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted for being several, by Holm's step-down method (Holm 1979, Scandinavian Journal of Statistics 6, 65-70).

    The k-th smallest of n is multiplied by n - k + 1, never below one before it, at most 1. NaN counts for none and stays NaN.
    """
    given = np.asarray(p_values, np.float64)
    known = np.flatnonzero(~np.isnan(given))
    order = known[np.argsort(given[known], kind="stable")]
    adjusted = np.full(given.shape, np.nan)
    steps = given[order] * np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0) if order.size else steps
    return [float(value) for value in adjusted]


def compared_scores(baseline: pd.DataFrame, other: pd.DataFrame, classes: Nomenclature, draws: int = DRAWS) -> dict[str, Any]:
    """Differences of the headline scores, of the F1 of each class and of the accuracy of each region (`polygon_scores`), other less baseline.

    classes: those of the scores. Classes and regions whose interval leaves 0 out come first, the largest difference first; each has p_value and
    `p_holm`, adjusted over the classes or over the regions. polygons: those that both held out. Raises ValueError when they share none.
    """
    before, after = shared_polygons(baseline, other)
    names = {f"f1:{c.code}": c for c in classes.classes}
    found = {one.measure: one for one in paired_bootstrap(before, after, classes.codes, (*MEASURES, *names), draws)}
    statistic, p_value = clustered_mcnemar(before, after)
    of_classes = [{"code": c.code, "alias": c.alias, "name": c.label(), **_entry(found[measure])} for measure, c in names.items()]
    return {
        "polygons": int(before.polygon.nunique()),
        "mcnemar": {"statistic": _or_none(statistic), "p_value": _or_none(p_value)},
        "measures": [{**_entry(found[measure]), "moved": moved(_entry(found[measure]))} for measure in MEASURES],
        "classes": _moved_first(of_classes),
        "regions": _moved_first(_of_regions(before, after, classes, draws)),
    }


def _of_regions(before: pd.DataFrame, after: pd.DataFrame, classes: Nomenclature, draws: int) -> list[dict[str, Any]]:
    """Overall accuracy of each region that both have, none where there is one."""
    names = sorted(set(before.region) & set(after.region))
    rows: list[dict[str, Any]] = []
    for name in names if len(names) > 1 else ():
        parts = [table[table.region == name] for table in (before, after)]
        try:
            found = paired_bootstrap(parts[0], parts[1], classes.codes, ("overall_accuracy",), draws)[0]
        except ValueError:  # polygons of this region are of another one in the baseline
            continue
        rows.append({"region": str(name), **_entry(found)})
    return rows


def _entry(found: Difference) -> dict[str, Any]:
    return {"measure": found.measure, **{key: _or_none(getattr(found, key)) for key in _NUMBERS}, "polygons": found.polygons}


def _moved_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With adjusted p-values: those that moved, the largest difference first; then the others, likewise; undefined ones last."""
    adjusted = holm([math.nan if row["p_value"] is None else row["p_value"] for row in rows])
    full = [{**row, "p_holm": _or_none(value), "moved": moved(row)} for row, value in zip(rows, adjusted, strict=True)]
    return sorted(full, key=lambda row: (not row["moved"], -abs(row["difference"] or 0.0), row["difference"] is None))


def moved(entry: Mapping[str, Any]) -> bool:
    """Whether the interval of a difference leaves 0 out."""
    return entry["low"] is not None and (entry["low"] > 0 or entry["high"] < 0)


def map_changes(matrix: np.ndarray, transitions: pd.DataFrame) -> dict[str, Any]:
    """What became of the pixels that both maps give a class: `pixels`, `changed`, `share`, the CHANGES_KEPT largest transitions, how many kinds.

    matrix: int64 (n, n), baseline in rows. transitions: `transition_table` of it.
    """
    pixels, same = int(matrix.sum()), int(np.trace(matrix))
    other = transitions[transitions.from_code != transitions.to_code]
    largest = other.sort_values(["pixels", "from_code", "to_code"], ascending=[False, True, True]).head(CHANGES_KEPT)
    columns = ["from_code", "from_name", "to_code", "to_name", "pixels", "hectares", "share_of_from"]
    rows = largest[columns].astype(object).where(largest[columns].notna(), None).to_dict("records")
    share = (pixels - same) / pixels if pixels else None
    return {"compared": True, "pixels": pixels, "changed": pixels - same, "share": share, "kinds": len(other), "transitions": rows}


def settings_changes(baseline: Mapping[str, Any], other: Mapping[str, Any], ignored: Sequence[str] = ()) -> list[dict[str, str]]:
    """Keys whose values differ: `key`, `baseline`, `other` as texts, "" where one has no such key. ignored: first keys that decide no result."""
    before, after = (_flat({key: value for key, value in one.items() if key not in ignored}) for one in (baseline, other))
    keys = [*after, *(key for key in before if key not in after)]
    return [
        {"key": key, "baseline": before.get(key, ""), "other": after.get(key, "")}
        for key in keys
        if before.get(key, "") != after.get(key, "")
    ]


def _flat(value: Any, prefix: str = "") -> dict[str, str]:
    if isinstance(value, Mapping) and value:
        found: dict[str, str] = {}
        for key, item in value.items():
            found |= _flat(item, f"{prefix}.{key}" if prefix else str(key))
        return found
    return {} if value is None else {prefix: str(value)}


def difference_table(document: Mapping[str, Any]) -> pd.DataFrame:
    """Every difference as one table: level (all, class, region), name, measure, the numbers of `Difference`, and the adjusted p-value."""
    rows = [{"level": "all", "name": "", **one} for one in document.get("measures", [])]
    rows += [{"level": "class", "name": one["alias"], **one} for one in document.get("classes", [])]
    rows += [{"level": "region", "name": one["region"], **one} for one in document.get("regions", [])]
    return pd.DataFrame(rows, columns=["level", "name", "measure", *_NUMBERS, "p_holm", "polygons"])


def baseline_line(document: Mapping[str, Any], language: str = "en") -> str:
    """The verdict in one sentence."""
    _, name = translator(language), document["name"]
    if not document["comparable"]:
        return _("not compared with %(name)s: %(reason)s") % {"name": name, "reason": said(document["reason"], language)}
    entry = document["measures"][0]
    values = {"name": name, "measure": _("overall accuracy"), **interval_texts(entry, language), "polygons": count(document["polygons"])}
    if entry["low"] is None:
        return _("against %(name)s: %(measure)s %(difference)s, too few polygons to say how sure that is (%(polygons)s)") % values
    if entry["low"] > 0:
        return _("better than %(name)s: %(measure)s %(difference)s %(interval)s (%(polygons)s polygons)") % values
    if entry["high"] < 0:
        return _("worse than %(name)s: %(measure)s %(difference)s %(interval)s (%(polygons)s polygons)") % values
    return (
        _("no difference from %(name)s that these polygons can show: %(measure)s %(difference)s %(interval)s (%(polygons)s polygons)")
        % values
    )


def moved_line(document: Mapping[str, Any], language: str = "en", named: Callable[[str], str] = str) -> str:
    """Which classes and regions moved, and how much of the map, in one or more sentences; empty where nothing was compared.

    named: English name of a class -> its name in the language.
    """
    if not document["comparable"]:
        return ""
    _, texts = translator(language), []
    classes = [(named(one["name"]), one["difference"]) for one in document["classes"] if one["moved"]]
    if classes:
        values = {"number": len(classes), "all": len(document["classes"]), "listed": _listed(classes, language)}
        texts.append(_("F1 moved in %(number)s of %(all)s classes: %(listed)s.") % values)
    else:
        texts.append(_("The F1 of no class moved beyond its interval."))
    regions = [(_("region %(name)s") % {"name": one["region"]}, one["difference"]) for one in document["regions"] if one["moved"]]
    if regions:
        texts.append(_("Accuracy moved: %(listed)s.") % {"listed": _listed(regions, language)})
    if document["map"]["compared"]:
        texts.append(_("%(share)s of the pixels of the map changed class.") % {"share": percent(document["map"]["share"], language)})
    return " ".join(texts)


def _listed(moves: Sequence[tuple[str, float]], language: str) -> str:
    """The first of them by name, with how far they moved, and how many more there are."""
    shown = ", ".join(f"{name} ({signed(difference, language)})" for name, difference in moves[:SHOWN])
    left = len(moves) - SHOWN
    return shown + (translator(language)(" and %(number)s more") % {"number": left} if left > 0 else "")


def interval_texts(entry: Mapping[str, Any], language: str = "en") -> dict[str, str]:
    """The numbers of a difference as texts: both scores, difference, interval in brackets, p-values."""
    known = entry["low"] is not None
    bracket = f"[{signed(entry['low'], language)} ; {signed(entry['high'], language)}]" if known else ""
    if language == "en":
        bracket = bracket.replace(" ;", ",")
    return {
        "baseline": score(entry["baseline"], language),
        "other": score(entry["other"], language),
        "difference": signed(entry["difference"], language),
        "interval": bracket,
        "p_value": p_value(entry["p_value"], language),
        "p_holm": p_value(entry.get("p_holm"), language),
    }


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else float(value)

"""Two runs on the polygons that both held out: which is better, by how much, and how sure that is. Model skill, not the accuracy of maps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from iota_py.assessment.bootstrap import HEADLINES
from iota_py.assessment.paired import Difference, clustered_mcnemar, paired_bootstrap, shared_polygons
from iota_py.assessment.wording import p_value
from iota_py.nomenclature import Nomenclature

DRAWS = 2000
NAMES = {"overall_accuracy": "overall accuracy", "kappa": "kappa", "f1_macro": "mean F1"}


@dataclass(frozen=True)
class Rivals:
    """names: of the baseline and of the other. differences: of the headline scores, then of the F1 of each class seen. mcnemar: statistic and p-value of
    the clustered test, NaN where polygons do not hold as many pixels in both. polygons, runs: that both held out. classes: all that can occur."""

    names: tuple[str, str]
    differences: tuple[Difference, ...]
    mcnemar: tuple[float, float]
    polygons: int
    runs: int
    draws: int
    classes: Nomenclature


def rivals(names: tuple[str, str], baseline: pd.DataFrame, other: pd.DataFrame, classes: Nomenclature, draws: int = DRAWS) -> Rivals:
    """What the polygons of two runs say (`paired_bootstrap`). Raises ValueError when no polygon was held out by both, or one has two classes."""
    first, second = shared_polygons(baseline, other)
    seen = {int(code) for table in (first, second) for name in ("code", "mapped") for code in table[name].unique()}
    codes = [code for code in classes.codes if code in seen]
    measures = (*HEADLINES, *(f"f1:{code}" for code in codes))
    found = paired_bootstrap(first, second, codes, measures, draws)
    return Rivals(names, tuple(found), clustered_mcnemar(first, second), first.polygon.nunique(), first.run.nunique(), draws, classes)


def rival_sentence(found: Rivals) -> str:
    """Which of both has the higher overall accuracy, by how much, and how sure that is."""
    accuracy, (a, b) = found.differences[0], found.names
    where = f"on the {found.polygons} polygons that both held out" + (f", over {found.runs} draws" if found.runs > 1 else "")
    numbers = f"overall accuracy {_score(accuracy.other)} for {b}, {_score(accuracy.baseline)} for {a}"
    if math.isnan(accuracy.low):
        return f"{where}: {numbers}; too few polygons to say which is better"
    sure = f"difference {_signed(accuracy.difference)}, 95 % interval {_signed(accuracy.low)} to {_signed(accuracy.high)}, {p_text(accuracy.p_value)}"
    if math.isfinite(found.mcnemar[1]):
        sure += f"; clustered McNemar test {p_text(found.mcnemar[1])}"
    if accuracy.low <= 0 <= accuracy.high:
        return f"the two cannot be told apart {where}: {numbers} ({sure})"
    return f"{b if accuracy.difference > 0 else a} is better {where}: {numbers} ({sure})"


def rival_table(found: Rivals) -> pd.DataFrame:
    """Rows `measure`, `class` (alias, empty for all), `baseline`, `other`, `difference`, `low`, `high`, `p_value`, `polygons`."""
    rows = []
    for one in found.differences:
        measure, _, code = one.measure.partition(":")
        rows.append({**asdict(one), "measure": measure, "class": found.classes[int(code)].alias if code else ""})
    return pd.DataFrame(rows)[["measure", "class", "baseline", "other", "difference", "low", "high", "p_value", "polygons"]]


def rival_rows(found: Rivals) -> list[dict[str, Any]]:
    """The table for the page: texts, and whether the interval leaves out 0."""
    rows = []
    for one in found.differences:
        measure, _, code = one.measure.partition(":")
        known = not math.isnan(one.low)
        rows.append(
            {
                "name": f"F1 of {found.classes[int(code)].label()}" if code else NAMES[measure],
                "baseline": _score(one.baseline),
                "other": _score(one.other),
                "difference": _signed(one.difference),
                "interval": f"{_signed(one.low)} to {_signed(one.high)}" if known else "no interval",
                "p_value": p_value(one.p_value) if known else "",
                "polygons": one.polygons,
                "sure": known and not one.low <= 0 <= one.high,
            }
        )
    return rows


def rival_document(found: Rivals) -> Mapping[str, Any]:
    """Entry `skill` of agreement.json; undefined numbers are None."""
    statistic, p_value = (None if math.isnan(value) else value for value in found.mcnemar)
    return {
        "polygons": found.polygons,
        "runs": found.runs,
        "draws": found.draws,
        "verdict": rival_sentence(found),
        "clustered_mcnemar": {"statistic": statistic, "p_value": p_value},
        "differences": [{key: _known(value) for key, value in asdict(one).items()} for one in found.differences],
    }


def p_text(value: float) -> str:
    """A p-value: `p 0.034`, `p < 0.001`."""
    return f"p {p_value(value)}"


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _score(value: float) -> str:
    return "undefined" if math.isnan(value) else f"{value:.3f}"


def _signed(value: float) -> str:
    return "undefined" if math.isnan(value) else f"{value:+.3f}".replace("-", "−")

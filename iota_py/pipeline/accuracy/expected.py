"""User's accuracies that are conjectured before a sample is drawn: they decide its size, and nothing of what is estimated from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from iota_py.errors import Fault, InputError
from iota_py.io.publish import read_json
from iota_py.io.tables import read_texts
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.accuracy.strata import Stratum

ASSUMED = 0.8


@dataclass(frozen=True)
class Expected:
    """by_code: user's accuracy of each class, 0 to 1; other: of classes that are not there. source: where they come from, in words."""

    by_code: Mapping[int, float]
    other: float
    source: str

    def of(self, strata: Sequence[Stratum], counts: Mapping[int, int]) -> np.ndarray:
        """Of each stratum, (stratum,): mean over its pixels. A pixel of two maps is taken to be right where both are, independently."""
        found = []
        for one in strata:
            pixels = np.array([counts[value] for value in one.values], np.float64)
            found.append(float(pixels @ [self._of_value(value, one.changes is not None) for value in one.values] / pixels.sum()))
        return np.array(found)

    def _of_value(self, value: int, pair: bool) -> float:
        last = self.by_code.get(value & 255, self.other)
        return last * self.by_code.get(value >> 8 & 255, self.other) if pair else last


def expected_accuracies(wish: str | None, place: Path, classes: Nomenclature) -> Expected:
    """What `--expect` says: one number for all classes, or a CSV file of `code` (or alias) and `users_accuracy`.

    Where it says nothing: the held-out precision of the run at `place`, or ASSUMED for all. Raises InputError E-ACC-013.
    """
    if wish is None:
        return _of_run(place) or Expected({}, ASSUMED, f"{ASSUMED:g} for all classes, an assumption")
    try:
        number = float(wish)
    except ValueError:
        return _of_table(Path(wish), classes)
    if not 0 <= number <= 1:
        raise InputError(Fault("E-ACC-013", wish, "--expect", "expected a number from 0 to 1, or a CSV file", "such as 0.85"))
    return Expected({}, number, f"{number:g} for all classes, as was said")


def _of_run(place: Path) -> Expected | None:
    metrics = place / paths.METRICS
    if not metrics.is_file():
        return None
    found = {int(code): entry.get("precision", {}).get("mean") for code, entry in read_json(metrics).get("per_class", {}).items()}
    known = {code: float(value) for code, value in found.items() if value is not None}
    if not known:
        return None
    # A held-out precision of 1 promises no errors at all, and would leave the class without points: no map is that good.
    capped = {code: min(max(value, 0.05), 0.95) for code, value in known.items()}
    return Expected(capped, ASSUMED, f"held-out precision of {place.name}, kept between 0.05 and 0.95")


def _of_table(path: Path, classes: Nomenclature) -> Expected:
    frame = read_texts(path)
    if "users_accuracy" not in frame or not {"code", "alias"} & set(frame):
        raise InputError(Fault("E-ACC-013", str(path), "", "expected columns code (or alias) and users_accuracy", "see docs/accuracy.md"))
    found: dict[int, float] = {}
    for label, text in zip(frame["code" if "code" in frame else "alias"], frame["users_accuracy"]):
        code = classes.code_of(label)
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if code is None or not 0 <= value <= 1:
            message = f"`{label}`, `{text}`: expected a class of {classes.name} and a number from 0 to 1"
            raise InputError(Fault("E-ACC-013", str(path), "users_accuracy", message, "correct that line"))
        found[code] = value
    return Expected(found, ASSUMED, f"{path.name}; {ASSUMED:g} for classes that it does not hold")

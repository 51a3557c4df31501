"""Gates of quality: numbers of a map against what the campaign asks, each with a sentence that says why. Nothing is read here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from iota_py.config.campaign import AccuracyGate, ClassDrift, ClearDates

PASSED, HELD, OPEN = "passed", "held", "not judged"
ROUNDING = 1e-12  # of sums and differences: 0.1 + 0.2 is not above 0.3
NODATA, DATES, DRIFT, ACCURACY, VERIFY = "nodata", "clear_dates", "drift", "accuracy", "verify"
WANTS = {  # gate -> why orders are held
    NODATA: "for pixels without a class",
    DATES: "for want of dates",
    DRIFT: "for class drift",
    ACCURACY: "for accuracy below the champion's",
    VERIFY: "for files that are not whole",
}


@dataclass(frozen=True)
class Gate:
    """What a gate found. state: PASSED, HELD or OPEN. value, limit: numbers that were compared, None where there are none. text: a sentence.
    detail: what was asked, in a few words."""

    gate: str
    state: str
    value: float | None
    limit: float | None
    text: str
    detail: str = ""


@dataclass(frozen=True)
class Before:
    """The map before. name: of its order, or its folder. classes: code -> pixels."""

    name: str
    classes: Mapping[int, int]


def nodata_gate(classes: Mapping[int, int], covered: int, limit: float) -> Gate:
    """Share of the pixels of the tiles without a class. classes: code -> pixels, 0 not among them. covered: pixels of the tiles."""
    value = max(0, covered - sum(classes.values())) / covered if covered else 1.0
    state = PASSED if value <= limit else HELD
    return Gate(NODATA, state, value, limit, f"{100 * value:.2f} % of the pixels have no class, {100 * limit:g} % are allowed")


def dates_gate(validity: Mapping[int, int], covered: int, wish: ClearDates) -> Gate:
    """Share of the pixels of the tiles with enough clear observations. validity: number of them -> pixels; those without any may be missing."""
    enough = sum(pixels for number, pixels in validity.items() if number >= wish.minimum)
    value = min(1.0, enough / covered) if covered else 0.0
    state = PASSED if value >= wish.share else HELD
    text = f"{100 * value:.1f} % of the pixels have {wish.minimum} clear dates or more, {100 * wish.share:g} % are asked for"
    return Gate(DATES, state, value, wish.share, text, f"fewer than {wish.minimum} clear")


def drift_gate(classes: Mapping[int, int], before: Before | None, wish: ClassDrift, names: Mapping[int, str]) -> Gate:
    """Shares of the classes against those of the map before. The value is the total variation, ½ Σ |p − q|, even where one class alone holds."""
    if before is None or not sum(before.classes.values()):
        state = HELD if wish.required else OPEN
        return Gate(DRIFT, state, None, wish.total_variation, "there is no delivered map of this place before it")
    now, then = _shares(classes), _shares(before.classes)
    moves = {code: now.get(code, 0.0) - then.get(code, 0.0) for code in sorted({*now, *then})}
    value = sum(abs(move) for move in moves.values()) / 2
    worst = max(moves, key=lambda code: (abs(moves[code]), -code))
    text = f"total variation {value:.3f} against {before.name}, {wish.total_variation:g} is allowed"
    if value > wish.total_variation + ROUNDING:
        return Gate(DRIFT, HELD, value, wish.total_variation, f"{text}; most of {_named(worst, names)}, {_points(then, now, worst)}")
    odd = _changed(now, then, wish)
    if odd:
        listed = ", ".join(f"{_named(code, names)} {_points(then, now, code)}" for code in odd[:3])
        more = f" and {len(odd) - 3} more" if len(odd) > 3 else ""
        asked = wish.class_change or 0.0
        return Gate(
            DRIFT, HELD, value, wish.total_variation, f"changed by more than {100 * asked:g} % against {before.name}: {listed}{more}"
        )
    return Gate(DRIFT, PASSED, value, wish.total_variation, text)


def accuracy_gate(score: float | None, champion: float | None, whose: str, wish: AccuracyGate) -> Gate:
    """A score against the champion's less the margin; one that is not known holds."""
    name = wish.measure.replace("_", " ")
    if score is None or champion is None:
        return Gate(ACCURACY, HELD, score, None, f"{name} of {'this map' if score is None else whose} is not known")
    limit = champion - wish.margin
    text = f"{name} {score:.3f}, {whose} has {champion:.3f} and {wish.margin:g} less is allowed"
    return Gate(ACCURACY, PASSED if score >= limit - ROUNDING else HELD, score, limit, text)


def verify_gate(faults: Sequence[str], files: int) -> Gate:
    """Whether every file is what was written. faults: one line each."""
    if not faults:
        return Gate(VERIFY, PASSED, 0.0, 0.0, f"no fault in {files} files")
    more = f" and {len(faults) - 1} more" if len(faults) > 1 else ""
    return Gate(VERIFY, HELD, float(len(faults)), 0.0, f"{faults[0]}{more}")


def held(gates: Sequence[Gate]) -> tuple[Gate, ...]:
    """Those that hold the order."""
    return tuple(one for one in gates if one.state == HELD)


def _changed(now: Mapping[int, float], then: Mapping[int, float], wish: ClassDrift) -> list[int]:
    """Codes whose share changed too much, the largest change first."""
    if wish.class_change is None:
        return []
    found = {}
    for code in {*now, *then}:
        before, after = then.get(code, 0.0), now.get(code, 0.0)
        if max(before, after) >= wish.class_share and abs(after - before) > wish.class_change * before:
            found[code] = abs(after - before)
    return sorted(found, key=lambda code: (-found[code], code))


def _shares(classes: Mapping[int, int]) -> dict[int, float]:
    total = sum(classes.values())
    return {code: pixels / total for code, pixels in classes.items()} if total else {}


def _named(code: int, names: Mapping[int, str]) -> str:
    return names.get(code, f"class {code}")


def _points(then: Mapping[int, float], now: Mapping[int, float], code: int) -> str:
    return f"{100 * then.get(code, 0.0):.1f} % to {100 * now.get(code, 0.0):.1f} %"

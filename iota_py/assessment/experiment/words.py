"""The results of a comparison in sentences: which is best, by how much, how sure; and what each choice changes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from iota_py.assessment.experiment.values import NAMES, Comparison, Contrast, Effect, Standing
from iota_py.assessment.wording import p_value, score, signed


@dataclass(frozen=True)
class Answer:
    """What one choice changes, over the settings of the other axes. text: in how many it is better or worse, and by how much."""

    axis: str
    choice: str
    instead: str
    group: tuple[str, ...]
    text: str
    effects: tuple[Effect, ...]


def verdicts(data: Comparison) -> list[tuple[str, str]]:
    """Name of each group of entrants, empty where there is but one, and its result in a sentence."""
    return [(", ".join(group), _verdict(data, group)) for group in data.groups]


def answers(data: Comparison) -> list[Answer]:
    """One for each choice and group, in the order of the effects."""
    found: dict[tuple[str, str, tuple[str, ...]], list[Effect]] = {}
    for one in data.effects:
        found.setdefault((one.axis, one.choice, one.group), []).append(one)
    return [
        Answer(axis, choice, every[0].instead, group, _summary(every, data.score), tuple(every))
        for (axis, choice, group), every in found.items()
    ]


def p_text(value: float) -> str:
    """A p value as it is said; empty where there is none."""
    if math.isnan(value):
        return ""
    text = p_value(value)
    return f"p\u202f{text}".replace("< ", "<\u202f") if text.startswith("<") else f"p\u202f=\u202f{text}"


def interval_text(low: float, high: float) -> str:
    """An interval of a difference; empty where there is none."""
    return "" if math.isnan(low) else f"{signed(low)} to {signed(high)}"


def _verdict(data: Comparison, group: tuple[str, ...]) -> str:
    every = data.of(group)
    base = next((one for one in every if one.against is None), None)
    ranked = sorted((one for one in every if not math.isnan(_mean(data, one))), key=lambda one: -_mean(data, one))
    if not ranked:
        return "No score is defined"
    best = ranked[0]
    name = f"{NAMES[data.score]} {score(_mean(data, best))}"
    if base is None or len(every) == 1:
        return f"{best.entrant.label} scores highest, {name}"
    if best is base:
        return f"Nothing scores higher than the baseline {base.entrant.label}, {name}{_runner_up(data, ranked)}"
    found = best.against.differences.get(data.score) if best.against is not None else None
    if best.against is None or found is None:
        return f"{best.entrant.label} scores highest, {name}; it cannot be paired with {base.entrant.label}: {best.against and best.against.reason}"
    by = f"{signed(found.difference)} against {base.entrant.label} ({_how_sure(best.against, found.low, found.high)})"
    if best.against.sure:
        return f"{best.entrant.label} is best: {name}, {by}"
    return f"{best.entrant.label} scores highest, {name}, but {by} may be chance"


def _runner_up(data: Comparison, ranked: Sequence[Standing]) -> str:
    second = ranked[1] if len(ranked) > 1 else None
    found = second.against.differences.get(data.score) if second is not None and second.against is not None else None
    if second is None or second.against is None or found is None:
        return ""
    return f"; next comes {second.entrant.label}, {signed(found.difference)} ({_how_sure(second.against, found.low, found.high)})"


def _how_sure(one: Contrast, low: float, high: float) -> str:
    parts = [f"95 % interval {interval_text(low, high)}" if not math.isnan(low) else "no interval", p_text(one.adjusted)]
    return ", ".join(filter(None, parts))


def _summary(every: Sequence[Effect], measure: str) -> str:
    known = [one for one in every if one.contrast.differences]
    if not known:
        return f"cannot be paired: {every[0].contrast.reason}"
    values = [one.contrast.differences[measure].difference for one in known]
    better = sum(one.contrast.sure and value > 0 for one, value in zip(known, values, strict=True))
    worse = sum(one.contrast.sure and value < 0 for one, value in zip(known, values, strict=True))
    counts = ((better, "better"), (worse, "worse"), (len(known) - better - worse, "undecided"))
    if len(known) == 1:
        words = next(word for count, word in counts if count)
        return f"{words}: {signed(values[0])}"
    parts = [f"{word} in {count}" for count, word in counts if count]
    return f"{', '.join(parts)} of {len(known)}: {signed(min(values))} to {signed(max(values))}"


def _mean(data: Comparison, one: Standing) -> float:
    return one.spreads[data.score].mean

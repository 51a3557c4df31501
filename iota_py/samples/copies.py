"""Learning samples of one region that the model of another learns from too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iota_py.samples.split import generator

_COPY = 13  # name of the streams, after seed, source, class and destination


@dataclass(frozen=True)
class CopyRule:
    """codes: classes to copy, None for all. number: samples of each class at most; percent: share of them; neither: all."""

    source: int
    to: int
    codes: tuple[int, ...] | None = None
    number: int | None = None
    percent: float | None = None


def quantity(rule: CopyRule, count: int) -> int:
    """Samples to copy of a class that has `count` in the source region: half to even where a percentage gives a half."""
    if rule.number is not None:
        return min(rule.number, count)
    return count if rule.percent is None else round(count * rule.percent / 100)


def copied(labels: np.ndarray, rule: CopyRule, seed: int) -> np.ndarray:
    """Positions of the samples of the source region (labels: uint8) that a rule copies, ascending.

    Drawn without replacement, class by class; streams are named by seed, source, class and destination.
    """
    chosen = [np.zeros(0, np.int64)]
    for code in np.unique(labels).tolist():
        if rule.codes is None or code in rule.codes:
            rows = np.flatnonzero(labels == code)
            chosen.append(generator(seed, rule.source, code, _COPY, rule.to).permutation(rows)[: quantity(rule, len(rows))])
    return np.sort(np.concatenate(chosen))


def absent(labels: np.ndarray, rule: CopyRule) -> list[int]:
    """Classes that a rule names and the source region has no sample of."""
    return sorted(set(rule.codes or ()) - set(np.unique(labels).tolist()))

"""Area of what changed between two dates, from a stratified sample whose points were labelled at both (Stehman 2014; Olofsson et al. 2014).

Every quantity is a mean over the population of a number of each pixel, so that its standard error takes in that both dates were seen at the same
points: 1 where class i became class j; for a class, 1 where it was gained, where it was lost, gained less lost (net), gained or lost (gross).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from iota_py.assessment.area import Estimate
from iota_py.assessment.strata import StratifiedSample, mean_estimate, ratio_estimate

TREND = ("first", "second", "gain", "loss", "net", "gross")


@dataclass(frozen=True)
class Transition:
    """One class that became another. share: of the population, 0 to 1, on the ground. users_accuracy, producers_accuracy: of this change in the maps.
    reference_points, mapped_points: points that show it."""

    before: int
    after: int
    share: Estimate
    users_accuracy: Estimate
    producers_accuracy: Estimate
    reference_points: int
    mapped_points: int


@dataclass(frozen=True)
class ChangeAccuracy:
    """What a sample says of the change between two maps; shares of the population, 0 to 1.

    overall_accuracy: both maps right. changed: share that changed on the ground. users_accuracy: of what the maps show as changed, the share
    that changed; producers_accuracy: of what changed, the share that they show. transitions: changes that points or maps show, by codes.
    classes: code -> of TREND, the share of the class at each date, what it gained and lost, gain less loss, gain and loss.
    """

    overall_accuracy: Estimate
    changed: Estimate
    users_accuracy: Estimate
    producers_accuracy: Estimate
    transitions: tuple[Transition, ...]
    classes: dict[int, dict[str, Estimate]]


def change_accuracy(
    sample: StratifiedSample,
    reference: tuple[npt.ArrayLike, npt.ArrayLike],
    mapped: tuple[npt.ArrayLike, npt.ArrayLike],
    codes: Sequence[int],
) -> ChangeAccuracy:
    """Estimates of change. reference, mapped: classes of each point at the first and at the second date, (point,) each.

    Net and gross change of a class: E[gain - loss] and E[gain + loss]. NaN where a number is undefined, as in `stratified_accuracy`.
    """
    before, after, map_before, map_after = (np.asarray(values) for values in (*reference, *mapped))
    moved, shown = before != after, map_before != map_after
    pairs = sorted({*zip(before[moved].tolist(), after[moved].tolist()), *zip(map_before[shown].tolist(), map_after[shown].tolist())})
    return ChangeAccuracy(
        overall_accuracy=mean_estimate(sample, (before == map_before) & (after == map_after)),
        changed=mean_estimate(sample, moved),
        users_accuracy=ratio_estimate(sample, moved & shown, shown),
        producers_accuracy=ratio_estimate(sample, moved & shown, moved),
        transitions=tuple(
            _transition(sample, pair, (before == pair[0]) & (after == pair[1]), (map_before == pair[0]) & (map_after == pair[1]))
            for pair in pairs
        ),
        classes={int(code): _trend(sample, before == code, after == code) for code in codes},
    )


def _transition(sample: StratifiedSample, pair: tuple[int, int], truth: np.ndarray, shown: np.ndarray) -> Transition:
    return Transition(
        *pair,
        share=mean_estimate(sample, truth),
        users_accuracy=ratio_estimate(sample, truth & shown, shown),
        producers_accuracy=ratio_estimate(sample, truth & shown, truth),
        reference_points=int(truth.sum()),
        mapped_points=int(shown.sum()),
    )


def _trend(sample: StratifiedSample, first: np.ndarray, second: np.ndarray) -> dict[str, Estimate]:
    gain, loss = (second & ~first).astype(np.float64), (first & ~second).astype(np.float64)
    return {name: mean_estimate(sample, values) for name, values in zip(TREND, (first, second, gain, loss, gain - loss, gain + loss))}

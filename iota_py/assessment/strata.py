"""Accuracy and area from a stratified random sample whose strata need not be the classes of the map (Stehman 2014).

S. V. Stehman: Estimating area and map accuracy for stratified random sampling when the strata are different from the map classes, International
Journal of Remote Sensing 35 (2014), equations 2, 3 and 14 to 28. Means of strata (indicator estimators) and ratios of two of them; with the
classes of the map as strata and no correction for a finite population they are those of Olofsson et al. (2014).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from iota_py.assessment.area import Estimate, MapAccuracy, checked_areas
from iota_py.assessment.confusion import confusion_matrix


@dataclass(frozen=True)
class StratifiedSample:
    """stratum: int64 (point,), position of the stratum of each point. sizes: float64 (stratum,), pixels of each, or its area.

    finite: the variances take in that strata are finite, (1 - n_h / N_h); only where sizes are pixels.
    """

    stratum: np.ndarray
    sizes: np.ndarray
    finite: bool = True

    @classmethod
    def of(cls, stratum: npt.ArrayLike, sizes: npt.ArrayLike, finite: bool = True) -> StratifiedSample:
        """Checked. Raises ValueError for a stratum that `sizes` does not hold, for sizes that are negative, not finite or all 0, and for more
        points than a stratum has pixels where `finite`."""
        where = np.asarray(stratum)
        size = np.asarray(sizes, dtype=np.float64)
        size = checked_areas(size, size.size)
        if where.ndim != 1 or (where.size and where.dtype.kind not in "iu"):
            raise ValueError("stratum: expected whole numbers, one for each point")
        where = where.astype(np.int64)
        if where.size and not (where.min() >= 0 and where.max() < size.size):
            raise ValueError(f"stratum: expected positions 0 to {size.size - 1}")
        made = cls(where, size, finite)
        if finite and (made.points > size).any():
            raise ValueError("a stratum has more points than pixels; finite=False where sizes are areas")
        return made

    @property
    def points(self) -> np.ndarray:
        """Points of each stratum, int64 (stratum,)."""
        return np.bincount(self.stratum, minlength=self.sizes.size)

    @property
    def unsampled(self) -> tuple[int, ...]:
        """Strata that have a size and no point."""
        return tuple(np.flatnonzero((self.points == 0) & (self.sizes > 0)).tolist())

    @property
    def single(self) -> tuple[int, ...]:
        """Strata with a size and one point."""
        return tuple(np.flatnonzero((self.points == 1) & (self.sizes > 0)).tolist())

    def means(self, values: np.ndarray) -> np.ndarray:
        """Mean of the values (point,) in each stratum, NaN where it has no point."""
        sums = np.bincount(self.stratum, weights=values, minlength=self.sizes.size)
        return np.divide(sums, self.points, out=np.full(sums.shape, np.nan), where=self.points > 0)

    def total(self, values: np.ndarray) -> float:
        """Estimated sum of the values over the population; NaN where a stratum with a size has no point."""
        return float(np.where(self.sizes > 0, self.sizes * self.means(values), 0.0).sum())

    def total_variance(self, values: np.ndarray) -> float:
        """Variance of `total`; NaN where a stratum with a size has fewer than two points."""
        points = self.points
        gap = values - self.means(values)[self.stratum]
        squares = np.bincount(self.stratum, weights=gap**2, minlength=self.sizes.size)
        sample = np.divide(squares, points - 1, out=np.full(squares.shape, np.nan), where=points > 1)
        left = 1 - np.divide(points, self.sizes, out=np.zeros(self.sizes.shape), where=self.sizes > 0) if self.finite else 1.0
        # A stratum that was seen whole has no variance left, even with a single pixel.
        sample = np.where((left == 0) & (points > 0), 0.0, sample)
        per_point = np.divide(sample, points, out=np.full(sample.shape, np.nan), where=points > 0)
        return float(np.where(self.sizes > 0, self.sizes**2 * left * per_point, 0.0).sum())


def mean_estimate(sample: StratifiedSample, values: npt.ArrayLike) -> Estimate:
    """Mean over the population of a quantity of each pixel: its share where the values are 0 and 1. values: (point,)."""
    value, size = np.asarray(values, dtype=np.float64), float(sample.sizes.sum())
    return Estimate(sample.total(value) / size, float(np.sqrt(sample.total_variance(value))) / size)


def ratio_estimate(sample: StratifiedSample, part: npt.ArrayLike, whole: npt.ArrayLike) -> Estimate:
    """Ratio of two means over the population, R = Y / X, with the variance of the linearised ratio: that of y - R x, over X². NaN where X is 0."""
    y, x = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    below = sample.total(x)
    if not below > 0:
        return Estimate(float("nan"), float("nan"))
    ratio = sample.total(y) / below
    return Estimate(ratio, float(np.sqrt(sample.total_variance(y - ratio * x))) / below)


def stratified_accuracy(
    sample: StratifiedSample, reference: npt.ArrayLike, mapped: npt.ArrayLike, codes: Sequence[int], mapped_area: npt.ArrayLike
) -> MapAccuracy:
    """Accuracy of a map and area of its classes, each with its standard error, from any strata.

    reference, mapped: class of each point, (point,), all in `codes` (n, ascending). mapped_area: (n,) area of each class in the map, in the unit
    of the sizes of the strata; it is only handed on. `area` is in that unit too. NaN where a number is undefined, as in
    `area.area_weighted_accuracy`; there `unsampled` and `single` hold strata. Raises ValueError for a class that is not in `codes`.
    """
    counts = confusion_matrix(reference, mapped, codes)
    truth, shown = np.asarray(reference), np.asarray(mapped)
    if counts.sum() != shown.size:
        raise ValueError("map: classes that are not in the codes")
    is_truth = [(truth == code).astype(np.float64) for code in codes]
    is_shown = [(shown == code).astype(np.float64) for code in codes]
    share = _together([mean_estimate(sample, own) for own in is_truth])
    right = [a * b for a, b in zip(is_truth, is_shown)]
    proportions = np.array([[sample.total(a * b) for b in is_shown] for a in is_truth]) / float(sample.sizes.sum())
    return MapAccuracy(
        overall_accuracy=mean_estimate(sample, truth == shown),
        users_accuracy=_together([ratio_estimate(sample, y, x) for y, x in zip(right, is_shown)]),
        producers_accuracy=_together([ratio_estimate(sample, y, x) for y, x in zip(right, is_truth)]),
        area=share.scaled(float(sample.sizes.sum())),
        area_share=share,
        mapped_area=np.asarray(mapped_area, dtype=np.float64),
        proportions=proportions,
        counts=counts,
        unsampled=sample.unsampled,
        single=sample.single,
    )


def _together(estimates: Sequence[Estimate]) -> Estimate:
    """One estimate of arrays."""
    return Estimate(np.array([e.value for e in estimates]), np.array([e.standard_error for e in estimates]))

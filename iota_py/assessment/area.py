"""Accuracy and area of a map from a probability sample whose strata are the classes of the map (Olofsson et al. 2014).

P. Olofsson, G. M. Foody, M. Herold, S. V. Stehman, C. E. Woodcock, M. A. Wulder: Good practices for estimating area and assessing accuracy of
land change, Remote Sensing of Environment 148 (2014), equations 1 to 11. The paper has the map in rows; here, as everywhere in
this project, the reference is in rows and the map in columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """An estimate and its standard error: two numbers, or two arrays (class,). NaN where undefined.

    Used as a number or an array it is its value; `estimate[k]` is that of one class.
    """

    value: Any
    standard_error: Any

    def margin(self, level: float = LEVEL) -> Any:
        """Half the width of the interval: the standard error times the quantile of the normal distribution (1.96 at 95 %)."""
        if not 0 < level < 1:
            raise ValueError(f"level {level}: expected a number between 0 and 1, such as 0.95")
        return float(stats.norm.ppf((1 + level) / 2)) * self.standard_error

    def interval(self, level: float = LEVEL) -> tuple[Any, Any]:
        """Lower and upper end of the normal interval, not cut at 0 or 1; NaN where the standard error is undefined."""
        return self.value - self.margin(level), self.value + self.margin(level)

    def scaled(self, factor: float) -> Estimate:
        """The estimate in another unit."""
        return Estimate(self.value * factor, self.standard_error * abs(factor))

    def __getitem__(self, position: int) -> Estimate:
        return Estimate(float(self.value[position]), float(self.standard_error[position]))

    def __float__(self) -> float:
        return float(self.value)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.value, dtype=dtype)


@dataclass(frozen=True)
class MapAccuracy:
    """What a probability sample says of a map of n classes. Shares are of the mapped area, 0 to 1; arrays are (n,).

    users_accuracy: of what the map shows as a class, the share that is it. producers_accuracy: of what is a class, the share that the map
    shows as it. area: of each class on the ground, in the unit of the mapped area; area_share: the same as a share. mapped_area: as the map
    has it. proportions: (n, n) estimated shares of the area, reference in rows, map in columns. counts: int64 (n, n), sample points, the
    same way round. unsampled: positions of classes (of strata, in `strata.stratified_accuracy`) that have an area and no point: what they
    hold is unknown, so all that depends on them is NaN. single: those with one point, which have no variance.
    """

    overall_accuracy: Estimate
    users_accuracy: Estimate
    producers_accuracy: Estimate
    area: Estimate
    area_share: Estimate
    mapped_area: np.ndarray
    proportions: np.ndarray
    counts: np.ndarray
    unsampled: tuple[int, ...] = ()
    single: tuple[int, ...] = ()


def area_weighted_accuracy(confusion: npt.ArrayLike, mapped_area: npt.ArrayLike) -> MapAccuracy:
    """Accuracy of a map and area of its classes from a sample stratified by the classes of the map, each with its standard error.

    confusion: (n, n) sample points, whole and not negative, reference in rows, map in columns. mapped_area: (n,) area of each class in
    the map, in any unit (pixels, hectares, shares), finite and not negative. With W_i the share of class i in the map, n_ij its points of reference class j
    and n_i. all of them: p_ij = W_i n_ij / n_i., O = sum p_jj, U_i = p_ii / p_i., P_j = p_jj / p_.j, A_j = A p_.j. Standard errors by
    equations 5, 6, 7 and 10 of the paper, without correction for a finite population.

    NaN, never 0, where a number is undefined: the user's accuracy of a class without points, the producer's accuracy of a class that no
    point shows, every variance that takes in a class with a single point (`single`), and all but the user's accuracy of the sampled
    classes when a class with an area has no point (`unsampled`). A class without area weighs nothing. Where all points of a class agree its
    variance is 0 by these formulas, which a larger sample might not confirm.
    Raises ValueError for other shapes, for counts that are negative or not whole, and for areas that are negative, not finite or all 0.
    """
    counts = checked_counts(confusion)
    area = checked_areas(mapped_area, counts.shape[0])
    size, total = counts.sum(axis=0), float(area.sum())
    weight, drawn = area / total, size > 0
    rate = np.divide(counts, size, out=np.full(counts.shape, np.nan), where=drawn)  # n_ij / n_i., NaN where nothing was drawn
    variance = _over(rate * (1 - rate), size - 1)
    proportions = _weighted(weight, rate)
    users = np.diagonal(rate).copy()
    users_variance = np.diagonal(variance).copy()
    share = proportions.sum(axis=1)
    share_error = np.sqrt(_weighted(weight**2, variance).sum(axis=1))
    overall = Estimate(float(np.trace(proportions)), float(np.sqrt(_weighted(weight**2, users_variance).sum())))
    area_share = Estimate(share, share_error)
    return MapAccuracy(
        overall_accuracy=overall,
        users_accuracy=Estimate(users, np.sqrt(users_variance)),
        producers_accuracy=_producers(proportions, weight, variance),
        area=area_share.scaled(total),
        area_share=area_share,
        mapped_area=area,
        proportions=proportions,
        counts=counts,
        unsampled=tuple(np.flatnonzero(~drawn & (area > 0)).tolist()),
        single=tuple(np.flatnonzero((size == 1) & (area > 0)).tolist()),
    )


def _producers(proportions: np.ndarray, weight: np.ndarray, variance: np.ndarray) -> Estimate:
    """Equations 3 and 7: variance of p_ij / W_i given (reference, map)."""
    right, share = np.diagonal(proportions), proportions.sum(axis=1)
    accuracy = _over(right, share)
    terms = _weighted(weight**2, variance)  # V of each p_ij
    own = np.diagonal(terms)
    others = np.where(np.eye(len(weight), dtype=bool), 0.0, terms).sum(axis=1)
    spread = (1 - accuracy) ** 2 * own + accuracy**2 * others
    return Estimate(accuracy, np.sqrt(_over(spread, share**2)))


def _weighted(weight: np.ndarray, values: np.ndarray) -> np.ndarray:
    """weight × values by column, 0 where the weight is 0 whatever the value: what has no area adds nothing, even where it is unknown."""
    return np.where(weight > 0, weight * values, 0.0)


def _over(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, NaN where whole is not positive."""
    part, whole = np.broadcast_arrays(np.asarray(part, np.float64), np.asarray(whole, np.float64))
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def checked_counts(confusion: npt.ArrayLike) -> np.ndarray:
    """A square matrix of whole counts, int64. Raises ValueError when it is none."""
    given = np.asarray(confusion)
    if given.ndim != 2 or given.shape[0] != given.shape[1] or given.size == 0:
        raise ValueError(f"confusion matrix has shape {given.shape}: expected (n, n), reference in rows, map in columns")
    if given.dtype.kind not in "iuf" or not np.isfinite(given).all() or (given < 0).any() or (given != np.floor(given)).any():
        raise ValueError("confusion matrix: expected whole counts of sample points, none negative; shares of area are not counts")
    return given.astype(np.int64)


def checked_areas(mapped_area: npt.ArrayLike, size: int) -> np.ndarray:
    """Areas float64 (size,). Raises ValueError when they are not finite, negative, all 0 or of another number."""
    area = np.asarray(mapped_area, dtype=np.float64)
    if area.shape != (size,):
        raise ValueError(f"mapped area has shape {area.shape}: expected ({size},), one for each class")
    if not np.isfinite(area).all() or (area < 0).any() or not area.sum() > 0:
        raise ValueError("mapped area: expected finite areas, none negative and not all 0")
    return area

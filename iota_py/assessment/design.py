"""How many points a stratified sample needs, how they are shared among the strata, and what errors to expect of each way.

W. G. Cochran: Sampling Techniques, 3rd edition (1977), equations 5.25 and 5.26; Olofsson et al. (2014), section 5.1. Strata are classes of the
map whose user's accuracies are conjectured before anything is looked at.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

ALLOCATIONS = ("minimum", "proportional", "equal", "neyman")
LEAST = 2  # points of a stratum: with fewer there is no variance


@dataclass(frozen=True)
class Anticipated:
    """Standard errors to expect, NaN where a stratum has fewer than two points. overall_accuracy: of the whole map. users_accuracy: (stratum,).
    area_share: (stratum,), of the shares of the classes on the ground, if what is wrong in a stratum is of the other classes in
    proportion to their mapped area."""

    overall_accuracy: float
    users_accuracy: np.ndarray
    area_share: np.ndarray


def sample_size(weights: npt.ArrayLike, users_accuracy: npt.ArrayLike, standard_error: float, pixels: float | None = None) -> int:
    """Points for a target standard error of the overall accuracy: n = (sum W_i S_i)² / (S(O)² + sum W_i S_i² / N), S_i = sqrt(U_i (1 - U_i)),
    rounded up. Cochran, equation 5.25.

    weights: (stratum,) mapped shares or areas. users_accuracy: (stratum,) conjectured, 0 to 1. pixels: of the map, N; None for a map so large
    that the second term vanishes, as Olofsson et al. do. At least two points a stratum with an area, for variances to exist; at most N.
    Raises ValueError for numbers out of their range.
    """
    weight, users = _checked(weights, users_accuracy)
    if not (math.isfinite(standard_error) and 0 < standard_error < 1):
        raise ValueError(f"target standard error {standard_error}: expected a number between 0 and 1, such as 0.01")
    deviation = np.sqrt(users * (1 - users))
    below = standard_error**2 + (float(weight @ deviation**2) / pixels if pixels else 0.0)
    wanted = math.ceil(float(weight @ deviation) ** 2 / below - 1e-9)
    least = LEAST * int(np.count_nonzero(weight))
    most = int(pixels) if pixels else max(wanted, least)
    return min(max(wanted, least), most)


def allocate(
    total: int, pixels: npt.ArrayLike, how: str = "minimum", *, minimum: int = 50, users_accuracy: npt.ArrayLike | None = None
) -> np.ndarray:
    """Points of each stratum, int64 (stratum,), adding up to `total`; none has more points than pixels, nor fewer than two where it has them.

    pixels: (stratum,) size of each. how: `proportional` to the pixels; `equal`; `neyman`, proportional to W_i S_i (best for
    the overall accuracy, equation 5.26); `minimum` (Olofsson et al.): strata whose proportional part is below `minimum` get that
    many, the others share the rest in proportion. users_accuracy: (stratum,), for `neyman`.
    Raises ValueError when total is too small for that, or larger than all pixels.
    """
    size = np.asarray(pixels)
    if size.ndim != 1 or size.dtype.kind not in "iu" or (size < 0).any() or not size.any():
        raise ValueError("pixels: expected whole numbers, none negative and not all 0")
    size = size.astype(np.int64)
    if how not in ALLOCATIONS:
        raise ValueError(f"allocation {how!r}: expected one of {', '.join(ALLOCATIONS)}")
    floor = np.minimum(size, LEAST)
    if how == "minimum":
        floor = np.minimum(size, max(minimum, LEAST))
    if total < floor.sum():
        raise ValueError(f"{total} points for {np.count_nonzero(size)} strata: expected {int(floor.sum())} at least")
    if total > size.sum():
        raise ValueError(f"{total} points: the strata have {int(size.sum())} pixels")
    return _shared(total, _claims(size, how, users_accuracy), floor, size)


def anticipated(weights: npt.ArrayLike, users_accuracy: npt.ArrayLike, points: npt.ArrayLike) -> Anticipated:
    """Standard errors to expect of these numbers of points, from conjectured user's accuracies (Olofsson et al. 2014, equations 5, 6 and 10).

    weights, users_accuracy, points: (stratum,). Raises ValueError for numbers out of their range.
    """
    weight, users = _checked(weights, users_accuracy)
    drawn = np.asarray(points, dtype=np.float64)
    freedom = np.where(drawn > 1, drawn - 1, np.nan)
    spread = users * (1 - users) / freedom
    others = np.divide(1.0, 1 - weight, out=np.zeros(weight.shape), where=weight < 1)
    rate = np.outer(weight, (1 - users) * others)  # (class on the ground, stratum): what is wrong is shared by mapped area
    np.fill_diagonal(rate, users)
    shares = np.where(weight > 0, weight**2 * rate * (1 - rate) / freedom, 0.0)
    overall = np.where(weight > 0, weight**2 * spread, 0.0).sum()
    return Anticipated(float(np.sqrt(overall)), np.sqrt(spread), np.sqrt(shares.sum(axis=1)))


def _checked(weights: npt.ArrayLike, users_accuracy: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    weight, users = np.asarray(weights, dtype=np.float64), np.asarray(users_accuracy, dtype=np.float64)
    if weight.ndim != 1 or weight.shape != users.shape:
        raise ValueError(f"{weight.shape} weights and {users.shape} accuracies: expected one of each for a stratum")
    if not np.isfinite(weight).all() or (weight < 0).any() or not weight.sum() > 0:
        raise ValueError("weights: expected finite numbers, none negative and not all 0")
    if not ((users >= 0) & (users <= 1)).all():
        raise ValueError("conjectured user's accuracies: expected numbers from 0 to 1")
    return weight / weight.sum(), users


def _claims(size: np.ndarray, how: str, users_accuracy: npt.ArrayLike | None) -> np.ndarray:
    """What the parts of the strata are in proportion to."""
    if how == "equal":
        return (size > 0).astype(np.float64)
    if how != "neyman":
        return size.astype(np.float64)
    if users_accuracy is None:
        raise ValueError("allocation 'neyman' needs conjectured user's accuracies")
    weight, users = _checked(size, users_accuracy)
    claims = weight * np.sqrt(users * (1 - users))
    return claims if claims.any() else weight


def _shared(total: int, claims: np.ndarray, floor: np.ndarray, ceiling: np.ndarray) -> np.ndarray:
    """`total` in proportion to the claims within floor and ceiling, whole by largest remainders (ties: the first).

    Strata whose part leaves the limits are set to the limit and the others share what is left, until none leaves them; of both kinds at once,
    the kind that is farther out is set first, so that the sum can always be kept.
    """
    part, free = np.zeros(len(claims)), np.ones(len(claims), dtype=bool)
    while free.any():
        left, claim = total - part[~free].sum(), np.where(free, claims, 0.0)
        part[free] = (left * claim / claim.sum())[free] if claim.sum() > 0 else left / free.sum()
        low, high = free & (part < floor), free & (part > ceiling)
        if not (low.any() or high.any()):
            break
        too_low = (floor - part)[low].sum() >= (part - ceiling)[high].sum()
        chosen, limit = (low, floor) if too_low else (high, ceiling)
        part[chosen], free = limit[chosen], free & ~chosen
    whole = np.floor(part + 1e-9).astype(np.int64)
    order = np.lexsort((np.arange(len(part)), -(part - whole)))
    able = order[(whole < ceiling)[order]]
    whole[able[: total - int(whole.sum())]] += 1
    return whole

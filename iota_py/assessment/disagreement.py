"""Quantity and allocation disagreement between reference and map.

R. G. Pontius and M. Millones: Death to Kappa: birth of quantity disagreement and allocation disagreement for accuracy assessment,
International Journal of Remote Sensing 32 (2011), equations 2 to 7.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Disagreement:
    """Shares of the area, 0 to 1. total = 1 - overall accuracy = quantity + allocation.

    quantity: what different totals of the classes explain. allocation: the rest, the same amounts in other places. quantity_by_class and
    allocation_by_class, (n,): of one class against all others; each adds up to twice the one of all, since an error is between two classes.
    """

    total: float
    quantity: float
    allocation: float
    quantity_by_class: np.ndarray
    allocation_by_class: np.ndarray


def disagreement(matrix: npt.ArrayLike) -> Disagreement:
    """Disagreement of a matrix (n, n), reference in rows, map in columns: q_g = |p_g. - p_.g|, Q = sum q_g / 2, a_g = 2 min(p_g. - p_gg,
    p_.g - p_gg), A = sum a_g / 2, D = 1 - sum p_gg = Q + A.

    matrix: shares of the area, as `MapAccuracy.proportions`, or counts, which are divided by their sum. Counts of a stratified sample do not
    stand for the map: weight them first. All is NaN where the matrix holds a NaN or is all 0.
    Raises ValueError when it is not square or holds a negative number.
    """
    given = np.asarray(matrix, dtype=np.float64)
    if given.ndim != 2 or given.shape[0] != given.shape[1] or given.size == 0:
        raise ValueError(f"matrix has shape {given.shape}: expected (n, n)")
    if (given < 0).any():
        raise ValueError("matrix: expected counts or shares, none negative")
    total = float(given.sum())
    share = given / total if total > 0 else np.full(given.shape, np.nan)
    right, in_reference, in_map = np.diagonal(share), share.sum(axis=1), share.sum(axis=0)
    quantity = np.abs(in_reference - in_map)
    # Differences of sums may miss 0 by the last bit.
    allocation = 2 * np.maximum(np.minimum(in_reference - right, in_map - right), 0.0)
    q, a = float(quantity.sum() / 2), float(allocation.sum() / 2)
    return Disagreement(q + a, q, a, quantity, allocation)

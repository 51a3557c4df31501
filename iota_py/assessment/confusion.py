"""Confusion matrices: reference in rows, map in columns, classes in ascending order of their codes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def confusion_matrix(reference: npt.ArrayLike, mapped: npt.ArrayLike, codes: Sequence[int]) -> np.ndarray:
    """Count the pixels of each (reference class, map class).

    reference, mapped: whole numbers, same shape, any number of axes. codes: the n classes, strictly ascending.
    Returns int64 (n, n). Pixels whose map value is not in `codes` (0 = unclassified) are left out: `unclassified` counts them.
    Raises ValueError when a reference value is not in `codes`, when the shapes differ or when a value is not a whole number.
    """
    truth, answer = _whole_numbers(reference, "reference"), _whole_numbers(mapped, "map")
    if truth.shape != answer.shape:
        raise ValueError(f"reference has shape {truth.shape}, map has shape {answer.shape}: expected the same")
    rows, in_rows = _positions(truth, codes)
    if not in_rows.all():
        strangers = np.unique(truth.ravel()[~in_rows])[:10].tolist()
        raise ValueError(f"reference values {strangers} are not among the codes {list(codes)}")
    cols, in_cols = _positions(answer, codes)
    size = len(codes)
    return np.bincount(rows[in_cols] * size + cols[in_cols], minlength=size * size).astype(np.int64).reshape(size, size)


def unclassified(mapped: npt.ArrayLike, codes: Sequence[int]) -> int:
    """Number of pixels whose map value is not in `codes`: those that `confusion_matrix` leaves out."""
    _, known = _positions(_whole_numbers(mapped, "map"), codes)
    return int(known.size - np.count_nonzero(known))


def _whole_numbers(values: npt.ArrayLike, what: str) -> np.ndarray:
    array = np.asarray(values)
    if array.size and array.dtype.kind not in "iu":
        raise ValueError(f"{what} holds {array.dtype}: expected whole numbers")
    return array.astype(np.int64, copy=False)


def _positions(values: np.ndarray, codes: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Rank of each value among the codes, and whether it is one of them (the rank means nothing where it is not). Both (pixel,)."""
    order = np.asarray(codes, dtype=np.int64)
    if order.ndim != 1 or order.size == 0 or np.any(np.diff(order) <= 0):
        raise ValueError(f"codes {list(codes)}: expected at least one, strictly ascending")
    flat = values.ravel()
    rank = np.minimum(np.searchsorted(order, flat), order.size - 1)
    return rank, order[rank] == flat

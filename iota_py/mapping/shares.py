"""Probabilities as whole thousandths that add up."""

from __future__ import annotations

import numpy as np

WHOLE = 1000
NODATA = 65535


def apportion(probabilities: np.ndarray) -> np.ndarray:
    """Probabilities (pixel, class), 0-1, as thousandths, uint16, which add up to 1000 in each pixel.

    Rounded down, then the classes with the largest remainders take one more each, of equal remainders the first ones (largest remainders,
    Hamilton's rule of apportionment). So a class is never above one that is more probable, and none is a thousandth or more from its own.
    """
    share = np.asarray(probabilities, np.float64)
    exact = share * (WHOLE / share.sum(axis=1, keepdims=True))
    down = np.floor(exact)
    missing = WHOLE - down.sum(axis=1, keepdims=True)
    order = np.argsort(down - exact, axis=1, kind="stable")  # the largest remainder first
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(share.shape[1])[None, :], axis=1)
    return (down + (rank < missing)).astype(np.uint16)


def thousandths(values: np.ndarray) -> np.ndarray:
    """Values 0-1 as whole thousandths, uint16, rounded half to even."""
    return np.rint(values * 1000).astype(np.uint16)

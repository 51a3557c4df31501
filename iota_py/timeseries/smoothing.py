"""Smooth fills: Savitzky-Golay on the filled targets, Whittaker on the observations."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray
from scipy.signal import savgol_filter


def savitzky_golay(filled: NDArray[np.float32], window: int, order: int) -> NDArray[np.float32]:
    """Filled series smoothed by local polynomials, float32 (target, band, pixel).

    Savitzky & Golay 1964 (Analytical Chemistry 36, 1627–1639), as Chen et al. 2004 (Remote Sensing of Environment 91, 332–344) apply it to
    filled vegetation series. filled: float32 (target, band, pixel), at evenly spaced targets, at least `window` of them. window: odd.
    order: of the polynomials, below window. The first and last (window - 1) / 2 targets are on the polynomials of the first and last window.
    """
    matrix = _matrix(len(filled), window, order)
    out = np.empty_like(filled)
    for row, weights in enumerate(matrix):
        # Target after target: a matrix product adds in an order that depends on the number of pixels.
        total = np.zeros(filled.shape[1:])
        for column in np.flatnonzero(weights):
            total += weights[column] * filled[column]
        out[row] = total
    return out


@functools.lru_cache(maxsize=16)
def _matrix(targets: int, window: int, order: int) -> NDArray[np.float64]:
    """The smoother as a matrix (target, target): it is linear, so smoothing the unit vectors gives its columns."""
    found = savgol_filter(np.eye(targets), window, order, axis=0, mode="interp")
    return np.where(np.abs(found) < 1e-13, 0, found)


def whittaker(
    values: NDArray[np.int16], valid: NDArray, days: NDArray[np.int32], targets: NDArray[np.int32], strength: float
) -> NDArray[np.float32]:
    """Whittaker smoother of the valid observations, read on the target days, float32 (target, band, pixel).

    Eilers 2003 (Analytical Chemistry 75, 3631–3636): the daily series z that minimises `sum over valid dates of (y - z)² + strength x
    sum of (second differences of z)²`. Arguments as for `fills.fill`. strength > 0: with an observation every d days, a swing with a period
    of 2 pi (strength d)^(1/4) days is halved, shorter ones are damped more. Outside the valid days of a pixel z keeps its value at the
    nearest one; of a single valid day it is the mean. In float64, by the L D L' decomposition of the pentadiagonal matrix, which all the
    bands of a pixel share. The reference of `whittaker_pixels`.
    """
    usable = np.asarray(valid) != 0
    out = np.zeros((len(targets), *values.shape[1:]), np.float32)
    if len(days) == 0:
        return out
    length, slot = int(days[-1] - days[0]) + 1, days - days[0]
    weight, weighted = np.zeros((length, values.shape[2])), np.zeros((length, *values.shape[1:]))
    for row, day in enumerate(slot):
        weight[day] += usable[row]
        weighted[day] += usable[row] * values[row].astype(np.float64)
    seen = weight > 0
    blind = ~seen.any(axis=0)
    first, last = np.argmax(seen, axis=0), length - 1 - np.argmax(seen[::-1], axis=0)
    alone = first == last
    mean = np.take_along_axis(weighted, first[None, None], axis=0)[0] / np.maximum(np.take_along_axis(weight, first[None], axis=0)[0], 1)
    smooth = _penalised(np.where(alone | blind, 1, weight), weighted, strength)  # these two have no solution of their own
    for row, target in enumerate(targets):
        day = np.clip(target - days[0], first, last)
        out[row] = np.where(alone, mean, np.take_along_axis(smooth, day[None, None], axis=0)[0])
    return np.where(blind, np.float32(0), out)


def _penalised(weight: NDArray[np.float64], right: NDArray[np.float64], strength: float) -> NDArray[np.float64]:
    """Solve (W + strength D'D) z = right, (day, band, pixel), D the second differences; weight: (day, pixel). `right` is overwritten."""
    main, beside, second = penalty(len(weight), strength)
    pivot, near, far = np.zeros_like(weight), np.zeros_like(weight), np.zeros_like(weight)
    for i in range(len(weight)):
        pivot[i] = weight[i] + main[i]
        above = np.full(weight.shape[1], beside[i])
        if i >= 1:
            pivot[i] -= near[i - 1] * near[i - 1] * pivot[i - 1]
            above -= near[i - 1] * far[i - 1] * pivot[i - 1]
            right[i] -= near[i - 1] * right[i - 1]
        if i >= 2:
            pivot[i] -= far[i - 2] * far[i - 2] * pivot[i - 2]
            right[i] -= far[i - 2] * right[i - 2]
        near[i] = above / pivot[i]
        far[i] = second[i] / pivot[i]
    for i in range(len(weight) - 1, -1, -1):
        right[i] /= pivot[i]
        if i + 1 < len(weight):
            right[i] -= near[i] * right[i + 1]
        if i + 2 < len(weight):
            right[i] -= far[i] * right[i + 2]
    return right


@functools.lru_cache(maxsize=16)
def penalty(length: int, strength: float) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The three diagonals of strength x D'D, each of the length of the series, zeros beyond their end."""
    main, beside, second = np.zeros(length), np.zeros(length), np.zeros(length)
    for row in range(length - 2):  # the row (1, -2, 1) of D adds its outer product
        main[row : row + 3] += (1, 4, 1)
        beside[row : row + 2] += (-2, -2)
        second[row] += 1
    return strength * main, strength * beside, strength * second

"""Multi-temporal speckle filter of radar series (Quegan & Yu 2001, IEEE TGRS 39: 2373-2379, in the form with equal weights).

For a pixel on date k, of N dates with powers I and local means m over a square window,

    filtered(k) = m(k) · (1/N) · Σ_i I(i) / m(i):

the local mean of the date, times what the pixel has beside its neighbours on average over all dates. Space keeps its detail, since the
ratio is that of the pixel, and time keeps its change, since the mean is that of the date. Sums are float64, added in one order, so a
window of a raster read with its margin gives the bits of the whole raster.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MISSING = np.int16(-32768)
_DECIBEL, _LINEAR = 100, 10_000  # stored number per decibel, per unit of power


def speckle_margin(window: int) -> int:
    """Pixels that the filter needs around those asked for. Raises ValueError unless the window is odd and at least 3."""
    if window < 3 or window % 2 == 0:
        raise ValueError(f"expected an odd window of at least 3 pixels, found {window}")
    return window // 2


def speckle_filtered(values: NDArray[np.floating], valid: NDArray[np.bool_], window: int) -> NDArray[np.float32]:
    """Filtered power, float32 (date, band, row, col), NaN where a pixel is not usable. Bands are filtered apart.

    values: linear power >= 0 (date, band, row, col), NaN counts as not usable. valid: bool (date, row, col). window: pixels on a side, odd.
    Local means and averages are over usable pixels and dates alone; at the edges the window is what lies inside. A date whose local mean
    is 0 is itself 0 there and takes no part in the average. Raises ValueError on shapes that disagree or an even window.
    """
    if values.ndim != 4 or valid.shape != (values.shape[0], *values.shape[2:]):
        raise ValueError(f"expected values (date, band, row, col) and valid (date, row, col), found {values.shape} and {valid.shape}")
    half = speckle_margin(window)
    out = np.empty(values.shape, np.float32)
    for band in range(values.shape[1]):
        out[:, band] = _filtered(values[:, band], valid, half)
    return out


def despeckled(values: NDArray[np.int16], valid: NDArray[np.bool_], unit: str, window: int) -> NDArray[np.int16]:
    """As `speckle_filtered`, of stored numbers: int16 (date, band, row, col), -32768 where not usable.

    unit: `decibel` (hundredths of a decibel) or `linear` (power × 10,000). The filter works on linear power in both cases.
    """
    out = np.empty_like(values)
    for band in range(values.shape[1]):
        part = values[:, band : band + 1]
        out[:, band : band + 1] = stored_power(speckle_filtered(power(part, unit), valid, window), unit)
    return out


def power(stored: NDArray[np.int16], unit: str) -> NDArray[np.float32]:
    """Linear power of stored numbers; `unit` as in `despeckled`. What stands for missing becomes a number too."""
    numbers = stored.astype(np.float64)
    return (10 ** (numbers / (10 * _DECIBEL)) if _is_decibel(unit) else numbers / _LINEAR).astype(np.float32)


def stored_power(values: NDArray[np.floating], unit: str) -> NDArray[np.int16]:
    """The inverse of `power`, rounded half to even and cut at ±32767; -32768 for NaN and, in decibels, for no power at all."""
    usable = np.isfinite(values) & ((values > 0) | (not _is_decibel(unit)))
    numbers = np.where(usable, values, 1).astype(np.float64)
    scaled = 10 * np.log10(numbers) * _DECIBEL if _is_decibel(unit) else numbers * _LINEAR
    return np.where(usable, np.clip(np.rint(scaled), -32767, 32767), _MISSING).astype(np.int16)


def _is_decibel(unit: str) -> bool:
    if unit not in ("decibel", "linear"):
        raise ValueError(f"expected the unit decibel or linear, found {unit}")
    return unit == "decibel"


def _filtered(values: NDArray[np.floating], valid: NDArray[np.bool_], half: int) -> NDArray[np.float32]:
    """Of one band (date, row, col)."""
    usable = valid & np.isfinite(values)
    numbers = np.where(usable, values, 0).astype(np.float64)
    means = _box_sum(numbers, half) / np.maximum(_box_sum(usable.astype(np.float64), half), 1)
    counted = usable & (means > 0)
    ratios = np.divide(numbers, means, out=np.zeros_like(means), where=counted)
    total, count = np.zeros(values.shape[1:]), np.zeros(values.shape[1:])
    for ratio, counts in zip(ratios, counted):  # date after date: np.sum is free to add in another order
        total += ratio
        count += counts
    return np.where(usable, means * (total / np.maximum(count, 1)), np.nan).astype(np.float32)


def _box_sum(values: NDArray[np.float64], half: int) -> NDArray[np.float64]:
    """Sums over squares of 2·half + 1 pixels (date, row, col), nothing beyond the edges."""
    for axis in (1, 2):
        width = values.shape[axis]
        padded = np.pad(values, [(half, half) if a == axis else (0, 0) for a in range(3)])
        values = np.zeros_like(values)
        for shift in range(2 * half + 1):
            values += padded[:, shift : shift + width] if axis == 1 else padded[:, :, shift : shift + width]
    return values

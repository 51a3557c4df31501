"""From the numbers of a file to the int16 that are computed with, and from a mask to what it forbids."""

from __future__ import annotations

import functools

import numpy as np

from iota_py.products.pixels import MISSING, forbid_bits, forbid_values, limits
from iota_py.products.product import Layer, MaskLayer

UNBOUNDED = (-np.inf, np.inf)
STORED_LIMITS = limits(-32767, 32767, ())


def stored(
    raw: np.ndarray, layer: Layer, valid_range: tuple[float, float] | None, missing: tuple[float, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of a file as stored int16, and the limits within which they are usable. Rounded half to even, then clipped to ±32767.

    valid_range and missing are in the file's own numbers. The laws are those of Layer.
    """
    if raw.dtype == np.int16 and layer.as_stored:
        return raw, limits(*(valid_range or UNBOUNDED), missing)
    usable = known(raw, valid_range, missing)
    if layer.law == "decibel":
        usable &= raw > 0
    values = np.clip(np.rint(_LAWS[layer.law](np.where(usable, raw, 1).astype(np.float64), layer)), -32767, 32767).astype(np.int16)
    return np.where(usable, values, MISSING), STORED_LIMITS


def known(raw: np.ndarray, valid_range: tuple[float, float] | None, missing: tuple[float, ...]) -> np.ndarray:
    """Bool, True where a number of a file is finite, none of those that stand for missing, and in range."""
    low, high = valid_range or UNBOUNDED
    there = np.isfinite(raw) if raw.dtype.kind == "f" else np.ones(raw.shape, bool)
    for number in missing:
        there &= raw != number
    return there & (raw >= low) & (raw <= high)


_LAWS = {
    "linear": lambda numbers, layer: numbers * layer.scale + layer.shift,
    "decibel": lambda numbers, layer: 10 * np.log10(numbers) * layer.scale + layer.shift,
    "above": lambda numbers, layer: numbers > layer.scale,
}


def forbid(raw: np.ndarray, mask: MaskLayer, valid: np.ndarray) -> None:
    """Clear valid uint8 (row, col) where the mask, whole numbers or not, says unusable."""
    if raw.dtype == np.uint8 and not mask.values:
        forbid_bits(raw, np.uint8(mask.bits & 0xFF), valid)
    elif raw.dtype == np.uint8:
        forbid_values(raw, _forbidden(mask), valid)
    else:
        bad = np.isin(raw, mask.values)
        if mask.bits:
            bad |= (raw & np.asarray(mask.bits & np.iinfo(raw.dtype).max, raw.dtype)) != 0
        valid[bad] = 0


@functools.lru_cache(maxsize=4096)
def _forbidden(mask: MaskLayer) -> np.ndarray:
    """For each value of an 8-bit mask, 1 where it means unusable."""
    values = np.arange(256)
    return ((values & mask.bits != 0) | np.isin(values, mask.values)).astype(np.uint8)

"""Random streams drawn by name, and smooth random fields."""

from __future__ import annotations

import zlib

import numpy as np
from scipy import ndimage


def stream(seed: int, *names: object) -> np.random.Generator:
    """The random stream of these names: it depends on nothing else, so that adding a date never changes another one."""
    return np.random.default_rng([seed, *(zlib.crc32(str(name).encode()) for name in names)])


def smooth_field(shape: tuple[int, int], scale: float, rng: np.random.Generator) -> np.ndarray:
    """A random field (row, col), float32, zero mean and unit variance, that varies over `scale` pixels.

    White noise on a grid of that spacing, interpolated by cubic splines: the cost does not depend on the scale.
    """
    nodes = tuple(int(np.ceil(n / scale)) + 4 for n in shape)
    coarse = ndimage.spline_filter(rng.standard_normal(nodes), order=3, mode="mirror")
    rows, cols = (1.5 + np.arange(n) / scale for n in shape)
    field = _interpolate(coarse, rows, cols)
    return ((field - field.mean()) / max(float(field.std()), 1e-6)).astype(np.float32)


def _interpolate(coefficients: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """Cubic B-spline of coefficients at rows × cols: two products with sparse weights instead of one look-up per pixel."""
    along = np.einsum("kr,krc->rc", *_weights(coefficients, rows))
    return np.einsum("kc,kcr->cr", *_weights(along.T, cols)).T


def _weights(coefficients: np.ndarray, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights (4, position) and the 4 neighbouring rows (4, position, col) of a cubic B-spline."""
    base = np.floor(positions).astype(int)
    t = positions - base
    weights = np.stack([(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3]) / 6
    return weights, coefficients[np.stack([base - 1, base, base + 1, base + 2])]

"""Pixels drawn for a picture of the land, in small windows spread over a tile: little is read, and the same places are found every year."""

from __future__ import annotations

import hashlib

import numpy as np

from iota_py.grid.windows import Shape, Window, split

SIDE = 64  # pixels on a side of a window
PER_WINDOW = 1250  # pixels of a region drawn from a window, at most


def scattered_windows(shape: Shape, seed: int, tile: str) -> list[Window]:
    """Windows of SIDE pixels that cover a grid once, in an order that is random, the same for the same seed and tile."""
    windows = split(shape, (SIDE, SIDE))
    return [windows[place] for place in _stream(seed, tile).permutation(len(windows))]


def drawn_positions(usable: np.ndarray, most: int, seed: int, tile: str, window: Window) -> np.ndarray:
    """Positions int64 (pixel,), ascending, of at most `most` usable pixels of a window. usable: bool (pixel,), row-major."""
    found = np.flatnonzero(usable)
    if len(found) <= most:
        return found
    return np.sort(_stream(seed, f"{tile} {window.row} {window.col}").permutation(found)[:most])


def _stream(seed: int, name: str) -> np.random.Generator:
    words = np.frombuffer(hashlib.sha256(name.encode()).digest()[:16], "<u4").tolist()
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *words])))

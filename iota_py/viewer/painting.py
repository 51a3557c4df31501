"""Squares of layers as pictures."""

from __future__ import annotations

import functools
from collections.abc import Collection

import numpy as np

from iota_py.io.tiles import Pyramid, Table, painted, ramp, read_square
from iota_py.viewer.layers import Layer

FAINT = 46  # opacity, of 255, of classes while another one is highlighted
RAMP = "viridis"
BOTH = (  # what the difference of two runs shows: value, words, colour (told apart with every kind of colour vision: Okabe and Ito 2008)
    (1, "the same class", (189, 194, 198)),
    (2, "another class", (213, 94, 0)),
    (3, "classified in the first run only", (0, 114, 178)),
    (4, "classified in the second run only", (86, 180, 233)),
)


@functools.lru_cache(maxsize=8)
def ramp_table() -> Table:
    """Colours of a quantity, 0 to 255."""
    return ramp(RAMP)


def class_table(layer: Layer, hidden: Collection[int], lit: int | None) -> Table:
    """Colours of a layer with a legend: values without an entry and hidden ones are transparent, others faint while one is highlighted."""
    table = dict.fromkeys(range(256), (0, 0, 0, 0))
    for entry in layer.entries:
        opacity = 0 if entry.value in hidden else 255 if lit is None or lit == entry.value else FAINT
        table[entry.value] = (*entry.colour, opacity)
    return table


def paint(layer: Layer, pyramid: Pyramid, square: tuple[int, int, int], hidden: Collection[int] = (), lit: int | None = None) -> bytes:
    """PNG of a square of a layer."""
    values = read_square(str(layer.path), layer.band, pyramid, square, layer.resampling)
    if layer.entries:
        codes = values if values.dtype == np.uint8 else (values > 0).astype(np.uint8)  # a wider one tells where, not what
        return painted(codes, class_table(layer, hidden, lit))
    numbers = values.astype(np.float64) * layer.scale + layer.offset
    missing = np.ma.getmaskarray(numbers) | ~np.isfinite(numbers.data)
    place = np.clip(np.where(missing, layer.low, numbers.data) - layer.low, 0, layer.high - layer.low) / (layer.high - layer.low)
    return painted(np.ma.array(np.rint(255 * place).astype(np.uint8), mask=missing), ramp_table())


def paint_difference(first: Layer, second: Layer, pyramid: Pyramid, square: tuple[int, int, int]) -> bytes:
    """PNG of where two maps of classes on one grid say the same, and where they do not."""
    a, b = (read_square(str(one.path), one.band, pyramid, square, one.resampling).filled(0) for one in (first, second))
    values = np.select([(a == 0) & (b == 0), a == b, b == 0, a == 0], [0, 1, 3, 4], 2).astype(np.uint8)
    table = dict.fromkeys(range(256), (0, 0, 0, 0)) | {value: (*colour, 255) for value, _, colour in BOTH}
    return painted(np.ma.array(values, mask=values == 0), table)

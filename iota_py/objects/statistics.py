"""Statistics of the pixels of each segment, from sums that parts of a segment add to.

Features are int16 and the sums int64, so they are exact: neither the order of pixels nor where a segment is cut changes a figure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numba import njit

AREA, COMPACTNESS = "object_area", "object_compactness"
_NEEDS = {"mean": ("sum",), "std": ("sum", "squares"), "min": ("min",), "max": ("max",), "median": ("median",)}
_LARGEST = np.iinfo(np.int16).max


@dataclass(frozen=True, eq=False)
class Sums:
    """Segments, or parts of them, in ascending order. segment: uint32 (segment,); pixels: int64 (segment,).

    parts: (segment, feature) arrays by name: sum, squares int64; min, max, median int16; those that the statistics asked for need.
    """

    segment: np.ndarray
    pixels: np.ndarray
    parts: dict[str, np.ndarray]

    def rows(self, chosen: np.ndarray) -> Sums:
        """Some of the segments."""
        return Sums(self.segment[chosen], self.pixels[chosen], {name: part[chosen] for name, part in self.parts.items()})


def object_names(features: Sequence[str], statistics: Sequence[str]) -> tuple[str, ...]:
    """Columns of an object: `<feature>_<statistic>`, feature by feature, then its area and its compactness."""
    return (*(f"{name}_{statistic}" for name in features for statistic in statistics), AREA, COMPACTNESS)


def sums_of(features: np.ndarray, segments: np.ndarray, statistics: Sequence[str]) -> Sums:
    """Sums of features int16 (pixel, feature) over segments (pixel,), 0 for pixels of none."""
    inside = segments > 0
    numbers, position = np.unique(segments[inside], return_inverse=True)
    values = np.ascontiguousarray(features[inside])
    wanted = tuple(name for name in ("sum", "squares", "min", "max") if any(name in _NEEDS[s] for s in statistics))
    shape = len(numbers), features.shape[1]
    every = {
        "sum": np.zeros(shape, np.int64),
        "squares": np.zeros(shape, np.int64),
        "min": np.full(shape, _LARGEST, np.int16),
        "max": np.full(shape, -_LARGEST - 1, np.int16),
    }
    _add(values, position.ravel(), every["sum"], every["squares"], every["min"], every["max"])
    parts = {name: every[name] for name in wanted}
    if "median" in statistics:
        parts["median"] = _medians(values, position.ravel(), len(numbers))
    return Sums(numbers.astype(np.uint32), np.bincount(position.ravel(), minlength=len(numbers)).astype(np.int64), parts)


def merged(parts: Sequence[Sums]) -> Sums:
    """Parts of segments put together. Raises ValueError for a median of a segment in several parts."""
    every = np.concatenate([part.segment for part in parts])
    numbers, position = np.unique(every, return_inverse=True)
    names = parts[0].parts
    if "median" in names and len(numbers) < len(every):
        raise ValueError("the median of a segment in several parts is not known")
    order = np.argsort(position, kind="stable")
    starts = np.searchsorted(position[order], np.arange(len(numbers)))
    how = {"min": np.minimum, "max": np.maximum}

    def reduced(name: str, values: np.ndarray) -> np.ndarray:
        return how.get(name, np.add).reduceat(values[order], starts, axis=0).astype(values.dtype) if len(numbers) else values

    pixels = reduced("pixels", np.concatenate([part.pixels for part in parts]))
    return Sums(numbers, pixels, {name: reduced(name, np.concatenate([part.parts[name] for part in parts])) for name in names})


def statistic_columns(sums: Sums, statistics: Sequence[str]) -> np.ndarray:
    """Statistics int16 (segment, feature × statistic), in the order of `object_names`, rounded to the nearest (half to even).

    std is that of the population. With q the whole part of the mean, the squares about q are whole and exact; the rest of the mean is
    taken off as a number below 1: no digit is lost, however large the segment.
    """
    columns = np.stack([_statistic(sums, name) for name in statistics], axis=2)
    return np.ascontiguousarray(columns.reshape(len(columns), columns.shape[1] * columns.shape[2]))


def shape_columns(pixels: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Area in pixels, at most 32767, and compactness, int16 (segment, 2).

    Compactness is 1000 × 16 × area / perimeter², the perimeter in edges of pixels: 1000 for a square, less for what is long or ragged
    (the isoperimetric quotient, Polsby and Popper 1991, with the square in place of the circle).
    """
    share = 1000.0 * 16.0 * pixels / np.maximum(edges.astype(np.float64), 1) ** 2
    return np.stack([np.minimum(pixels, _LARGEST), np.rint(share)], axis=1).astype(np.int16)


def sums_frame(sums: Sums) -> pd.DataFrame:
    """As a table: segment, pixels, and a column `<name>_<position of the feature>` for each part."""
    tables = [pd.DataFrame({"segment": sums.segment, "pixels": sums.pixels})]
    tables += [pd.DataFrame(values, columns=[f"{name}_{i}" for i in range(values.shape[1])]) for name, values in sums.parts.items()]
    return pd.concat(tables, axis=1)


def sums_from_frame(frame: pd.DataFrame) -> Sums:
    """The inverse of `sums_frame`."""
    names = dict.fromkeys(column.split("_")[0] for column in frame.columns[2:])
    parts = {name: frame[[c for c in frame.columns if c.startswith(f"{name}_")]].to_numpy() for name in names}
    return Sums(frame.segment.to_numpy(np.uint32), frame.pixels.to_numpy(np.int64), parts)


def whole_segments(parts: Iterator[Sums], cells_of: dict[int, int]) -> Iterator[Sums]:
    """Segments as soon as all their parts have come. cells_of: in how many parts each segment comes that comes in several."""
    left = dict(cells_of)
    waiting: list[Sums] = []
    for part in parts:
        shared = np.isin(part.segment, np.fromiter(cells_of, np.uint32, len(cells_of)))
        ready = [part.rows(~shared)]
        waiting.append(part.rows(shared))
        ended = []
        for number in part.segment[shared].tolist():
            left[number] -= 1
            if left[number] == 0:
                ended.append(number)
        if ended:
            every = merged(waiting)
            now = np.isin(every.segment, np.array(ended, np.uint32))
            ready.append(every.rows(now))
            waiting = [every.rows(~now)]
        found = merged(ready)
        if len(found.segment):
            yield found


def _statistic(sums: Sums, name: str) -> np.ndarray:
    if name in ("min", "max", "median"):
        return sums.parts[name]
    count = sums.pixels[:, None]
    total = sums.parts["sum"]
    if name == "mean":
        return np.rint(total / count).astype(np.int16)
    whole, rest = np.divmod(total, count)
    about = sums.parts["squares"] - 2 * whole * total + count * whole**2
    variance = about / count - (rest / count) ** 2
    return np.minimum(np.rint(np.sqrt(np.maximum(variance, 0))), _LARGEST).astype(np.int16)


@njit(nogil=True, cache=True)
def _add(values, position, total, squares, low, high):  # type: ignore[no-untyped-def]
    for pixel in range(values.shape[0]):
        row = position[pixel]
        for column in range(values.shape[1]):
            value = np.int64(values[pixel, column])
            total[row, column] += value
            squares[row, column] += value * value
            low[row, column] = min(low[row, column], values[pixel, column])
            high[row, column] = max(high[row, column], values[pixel, column])


def _medians(values: np.ndarray, position: np.ndarray, count: int) -> np.ndarray:
    order = np.argsort(position, kind="stable")
    bounds = np.searchsorted(position[order], np.arange(count + 1))
    out = np.zeros((count, values.shape[1]), np.int16)
    _fill_medians(values, order, bounds, out)
    return out


@njit(nogil=True, cache=True)
def _fill_medians(values, order, bounds, out):  # type: ignore[no-untyped-def]
    for segment in range(out.shape[0]):
        first, last = bounds[segment], bounds[segment + 1]
        for column in range(out.shape[1]):
            ranked = np.sort(values[order[first:last], column])
            middle = (last - first) // 2
            if (last - first) % 2:
                out[segment, column] = ranked[middle]
            else:
                out[segment, column] = np.rint((np.float64(ranked[middle - 1]) + np.float64(ranked[middle])) / 2)

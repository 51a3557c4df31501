"""Projections: what makes fewer columns of the features before a model sees them. Training fits them, prediction applies them.

A projection takes int16 features and gives int16 columns, so codes, compiled forests and boosters work on them as on any features. It
looks at one pixel at a time, adding up in one fixed order: a pixel gets the same numbers in any block of pixels, on any number of threads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import config, njit

LOWEST, HIGHEST = -32768, 32767
BLOCK = 4096  # pixels whose scores are in memory at a time
_LANES = 64  # pixels that the kernel takes together


@dataclass(frozen=True, eq=False)
class Subset:
    """Some of the columns, as they are. features: number of columns taken. columns: int64, ascending positions. names: those of the columns."""

    features: int
    columns: np.ndarray
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_columns(self.columns, self.features)
        if len(self.columns) == 0 or len(self.names) != len(self.columns) or (np.diff(self.columns) <= 0).any():
            raise ValueError("a subset keeps at least one column, in ascending order, with a name for each")

    def apply(self, features: np.ndarray) -> np.ndarray:
        """The columns kept, int16 (pixel, column), of features int16 (pixel, feature)."""
        _check_features(features, self.features)
        return np.take(features, self.columns, axis=1)

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Float64 (feature,) of what each column kept is worth: 0 for those left out."""
        out = np.zeros(self.features)
        out[self.columns] = values
        return out


@dataclass(frozen=True, eq=False)
class Components:
    """Principal components of a group of columns.

    group: its name. columns: int64 (column,), positions among the features. mean, scale: float64 (column,), subtracted, then divided by.
    vectors: float64 (component, column), rows of length 1. shares: float64 (component,), of the variance of the group.
    """

    group: str
    columns: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    vectors: np.ndarray
    shares: np.ndarray

    def __post_init__(self) -> None:
        size = len(self.columns)
        sizes = (self.mean.shape, self.scale.shape, self.vectors.shape, self.shares.shape)
        if sizes != ((size,), (size,), (len(self.vectors), size), (len(self.vectors),)) or not (self.scale > 0).all():
            raise ValueError(f"group {self.group}: expected {size} means and scales above 0, and rows of {size}, found {sizes}")


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """Components of one group of columns after the other: `pca_<group>_1`, `pca_<group>_2`, …

    features: number of columns taken; those in no group are left out. factor: a column is round(factor × score), halves to the even
    number, clipped to int16; one factor for all, so that components keep their proportions. A score is therefore known to
    0.5 / factor, and clipped beyond 32767 / factor.
    """

    features: int
    groups: tuple[Components, ...]
    factor: float

    def __post_init__(self) -> None:
        for group in self.groups:
            _check_columns(group.columns, self.features)
        if not self.groups or not self.factor > 0:
            raise ValueError("principal components need a group and a factor above 0")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns made, in order."""
        return tuple(f"pca_{group.group}_{rank + 1}" for group in self.groups for rank in range(len(group.vectors)))

    def scores(self, features: np.ndarray) -> np.ndarray:
        """Scores float64 (pixel, component), before factor and rounding, of features int16 (pixel, feature)."""
        _check_features(features, self.features)
        if config.DISABLE_JIT:
            return self.scores_in_numpy(features)
        out = np.empty((len(features), len(self.names)))
        _scores(np.ascontiguousarray(features), self._layout, out)
        return out

    def scores_in_numpy(self, features: np.ndarray) -> np.ndarray:
        """The same sums column after column in numpy, with the same bits: for the tests, and where nothing can be compiled."""
        parts = []
        for group in self.groups:
            weights, offset = _weights(group)
            found = np.repeat(offset[None], len(features), axis=0)
            for place, column in enumerate(group.columns):
                found += features[:, column, None].astype(np.float64) * weights[:, place]
            parts.append(found)
        return np.concatenate(parts, axis=1)

    def apply(self, features: np.ndarray) -> np.ndarray:
        """Components int16 (pixel, component) of features int16 (pixel, feature)."""
        _check_features(features, self.features)
        out = np.empty((len(features), len(self.names)), np.int16)
        for first in range(0, len(features), BLOCK):
            scores = self.scores(features[first : first + BLOCK])
            out[first : first + BLOCK] = np.rint(np.clip(scores * self.factor, LOWEST, HIGHEST))
        return out

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Float64 (feature,) of what each component is worth: a component is shared out by its squared loadings, which add up to 1."""
        out, first = np.zeros(self.features), 0
        for group in self.groups:
            last = first + len(group.vectors)
            out[group.columns] += (values[first:last, None] * group.vectors**2).sum(axis=0)
            first = last
        return out

    @cached_property
    def _layout(self) -> tuple[np.ndarray, ...]:
        """What the kernel reads: columns, starts of the groups among them, components of each group, their weights, their offsets."""
        starts = np.cumsum([0, *(len(g.columns) for g in self.groups)], dtype=np.int64)
        counts = np.array([len(g.vectors) for g in self.groups], np.int64)
        weights, offsets = zip(*map(_weights, self.groups))
        return (
            np.concatenate([g.columns for g in self.groups]),
            starts,
            counts,
            np.concatenate([w.ravel() for w in weights]),
            np.concatenate(offsets),
        )


Projection = Subset | PrincipalComponents


def projection_arrays(projection: Projection) -> dict[str, np.ndarray]:
    """A projection as arrays that need no pickle, for a file."""
    if isinstance(projection, Subset):
        return {"features": np.int64(projection.features), "columns": projection.columns, "names": np.array(projection.names)}
    groups = projection.groups
    return {
        "features": np.int64(projection.features),
        "factor": np.float64(projection.factor),
        "groups": np.array([g.group for g in groups]),
        "starts": np.cumsum([0, *(len(g.columns) for g in groups)], dtype=np.int64),
        "counts": np.array([len(g.vectors) for g in groups], np.int64),
        "loadings": np.concatenate([g.vectors.ravel() for g in groups]),
        **{name: np.concatenate([getattr(g, name) for g in groups]) for name in ("columns", "mean", "scale", "shares")},
    }


def projection_of(arrays: Mapping[str, np.ndarray]) -> Projection:
    """The inverse of projection_arrays. ValueError or KeyError: the arrays are no projection."""
    features = int(arrays["features"])
    if "loadings" not in arrays:
        return Subset(features, arrays["columns"], tuple(str(name) for name in arrays["names"]))
    groups, loading, share = [], 0, 0
    for number, (name, count) in enumerate(zip(arrays["groups"], arrays["counts"])):
        own = slice(int(arrays["starts"][number]), int(arrays["starts"][number + 1]))
        size = own.stop - own.start
        vectors = arrays["loadings"][loading : loading + count * size].reshape(count, size)
        shares = arrays["shares"][share : share + count]
        groups.append(Components(str(name), arrays["columns"][own], arrays["mean"][own], arrays["scale"][own], vectors, shares))
        loading, share = loading + count * size, share + count
    return PrincipalComponents(features, tuple(groups), float(arrays["factor"]))


def _weights(group: Components) -> tuple[np.ndarray, np.ndarray]:
    """Weights (component, column) of the values themselves, and offset (component,): the same scores without subtracting and dividing."""
    weights = group.vectors / group.scale
    return weights, -(weights * group.mean).sum(axis=1)


def _check_columns(columns: np.ndarray, features: int) -> None:
    if columns.ndim != 1 or columns.dtype != np.int64 or len(set(columns.tolist())) != len(columns):
        raise ValueError("columns are distinct int64 positions")
    if len(columns) and not 0 <= columns.min() <= columns.max() < features:
        raise ValueError(f"columns {columns.min()} to {columns.max()} of {features} features")


def _check_features(features: np.ndarray, expected: int) -> None:
    if features.dtype != np.int16 or features.ndim != 2 or features.shape[1] != expected:
        raise ValueError(f"expected (pixel, {expected}) int16, found {features.shape} {features.dtype}")


@njit(nogil=True, cache=True, error_model="numpy")
def _scores(features, layout, out):
    """Fill out (pixel, component) float64, layout as in `_layout`. Each sum runs over the columns of its group in their order, whatever the
    pixels beside it."""
    columns, starts, counts, weights, offsets = layout
    widest = 0
    for group in range(len(counts)):
        widest = max(widest, starts[group + 1] - starts[group])
    values, total = np.zeros((widest, _LANES)), np.zeros(_LANES)
    for first in range(0, features.shape[0], _LANES):
        lanes = min(_LANES, features.shape[0] - first)
        block, component, place = features[first : first + lanes], 0, 0
        for group in range(len(counts)):
            start, size = starts[group], starts[group + 1] - starts[group]
            for j in range(size):
                column, line = np.uint64(columns[start + j]), values[j]
                for i in range(np.uint64(lanes)):  # unsigned: a signed index costs a test for negative ones at each access
                    line[i] = block[i, column]
            for _ in range(counts[group]):
                total[:] = offsets[component]
                for j in range(size):
                    weight, line = weights[place + j], values[j]
                    for i in range(_LANES):  # lanes beyond the last pixel hold what was there: never written out
                        total[i] += weight * line[i]
                for i in range(lanes):
                    out[first + i, component] = total[i]
                component += 1
                place += size

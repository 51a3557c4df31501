"""Principal components of groups of columns, fitted on learning samples alone.

Columns are standardised with their mean and sample standard deviation (n - 1); the components are the eigenvectors of the correlations
of a group, by falling variance (Jolliffe 2002, chapter 2). Same samples, same bytes: sums of squares are whole numbers below 2**53, exact
in any order of adding, and what follows runs on one thread.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from threadpoolctl import threadpool_limits

from iota_py.errors import Fault, TaskError
from iota_py.moments import moments
from iota_py.projection import BLOCK, Components, PrincipalComponents, Subset

LARGEST = 16384  # where the largest score of the learning samples comes at most: pixels twice as far out are not clipped
_NO_VARIANCE = 1e-9  # of a component, against a standardised column: what rounding leaves of none


def fit_components(features: np.ndarray, groups: Mapping[str, Sequence[int]], components: int | float) -> PrincipalComponents:
    """Components of each group of columns of learning samples, int16 (sample, feature).

    groups: name -> positions of its columns. components: how many of each group, or, below 1, the least share of the variance of the
    group that they explain together. Never more than the group has columns, and none without variance: a group of constant
    columns gives none. Sign: the largest loading, the first of equal ones, is positive.
    TaskError: E-RED-001 fewer than two samples, E-RED-002 no column varies.
    """
    if len(features) < 2:
        text = f"components need at least two learning samples, found {len(features)}"
        raise TaskError(Fault("E-RED-001", "samples", "reduction", text, "give more reference polygons, or leave `reduction` out"))
    mean, covariance = moments(features)
    deviation = np.sqrt(np.diagonal(covariance))
    scale = np.where(deviation > 0, deviation, 1.0)
    correlation = covariance / np.outer(scale, scale)
    with threadpool_limits(1):
        found = [_group(name, np.array(columns, np.int64), mean, scale, correlation, components) for name, columns in groups.items()]
    kept = tuple(group for group in found if len(group.vectors))
    if not kept:
        text = f"all {features.shape[1]} columns are constant over {len(features)} learning samples"
        raise TaskError(Fault("E-RED-002", "samples", "reduction", text, "check the inputs and the polygons"))
    plain = PrincipalComponents(features.shape[1], kept, 1.0)
    largest = max(float(np.abs(plain.scores(features[first : first + BLOCK])).max()) for first in range(0, len(features), BLOCK))
    return PrincipalComponents(features.shape[1], kept, 2.0 ** math.floor(math.log2(LARGEST / largest)))


def keep(names: Sequence[str], kept: Sequence[str]) -> Subset:
    """The projection on some of the columns, in the order of `names`, which has them all."""
    wanted = set(kept)
    columns = np.array([place for place, name in enumerate(names) if name in wanted], np.int64)
    return Subset(len(names), columns, tuple(names[place] for place in columns))


def _group(
    name: str, columns: np.ndarray, mean: np.ndarray, scale: np.ndarray, correlation: np.ndarray, components: int | float
) -> Components:
    variances, vectors = np.linalg.eigh(correlation[np.ix_(columns, columns)])
    variances, vectors = variances[::-1], vectors.T[::-1]
    count = _count(variances, components)
    vectors = np.ascontiguousarray(vectors[:count])
    place = np.abs(vectors).round(9).argmax(axis=1)  # rounded: of loadings that are equal but for the last bits, the first
    signs = np.where(vectors[np.arange(count), place] < 0, -1.0, 1.0)
    total = max(float(variances.clip(0).sum()), _NO_VARIANCE)
    return Components(name, columns, mean[columns], scale[columns], vectors * signs[:, None], variances[:count].clip(0) / total)


def _count(variances: np.ndarray, components: int | float) -> int:
    """How many components are kept, of variances in falling order."""
    most = int((variances > _NO_VARIANCE).sum())
    if isinstance(components, int):
        return min(components, most)
    shares = np.cumsum(variances.clip(0)) / max(float(variances.clip(0).sum()), _NO_VARIANCE)
    return min(int((shares < components - _NO_VARIANCE).sum()) + 1, most)

"""Further learning samples of small classes, made from those that are there: replicated, with noise, or between neighbours (SMOTE).

SMOTE: Chawla et al. 2002, by imbalanced-learn. The noise is that of OTB's SampleAugmentation: normal, with a share of the standard
deviation of each feature in the class.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from iota_py.errors import ConfigError, Fault, InputError
from iota_py.samples.split import generator

_AUGMENT = 12  # name of the streams, after seed, region and class


@dataclass(frozen=True)
class Augmentation:
    """method: replicate, jitter, smote. target: minimum (number), balance (as many as the largest class), byclass (table).

    jitter: standard deviation of the noise as a share of that of the feature in the class. neighbours: of smote.
    """

    method: str
    target: str
    number: int | None = None
    table: Mapping[int, int] | None = None
    jitter: float = 0.1
    neighbours: int = 5


def missing(counts: Mapping[int, int], augmentation: Augmentation) -> dict[int, int]:
    """Samples to add to each class that has some and lacks some, from how many each class has."""
    largest = max(counts.values(), default=0)

    def aim(code: int) -> int:
        if augmentation.target == "minimum":
            return int(augmentation.number or 0)
        if augmentation.target == "balance":
            return largest
        if augmentation.target == "byclass":
            return int((augmentation.table or {}).get(code, 0))
        raise ValueError(f"unknown target {augmentation.target}")

    lacking = {code: aim(code) - n for code, n in sorted(counts.items()) if n > 0}
    return {code: n for code, n in lacking.items() if n > 0}


def additions(
    features: np.ndarray, labels: np.ndarray, augmentation: Augmentation, seed: int, region: int
) -> tuple[np.ndarray, np.ndarray]:
    """Samples to add: position of the sample that each was made from (with smote, of the nearest one of its class), and features int16.

    features: int16 (sample, feature), labels: uint8 (sample,). Class by class in ascending order; streams are named by seed, region and
    class. Added features are rounded (half to even) and kept within the values that each feature takes in `features`. Raises InputError
    E-AUG-002: a class has one sample only, where smote finds no neighbour.
    """
    codes, counts = np.unique(labels, return_counts=True)
    parents, made = [np.zeros(0, np.int64)], [np.zeros((0, features.shape[1]), np.int16)]
    low, high = (features.min(axis=0), features.max(axis=0)) if len(features) else (None, None)
    for code, n in missing(dict(zip(codes.tolist(), counts.tolist())), augmentation).items():
        rows = np.flatnonzero(labels == code)
        chosen, values = _made(features[rows], n, augmentation, generator(seed, region, code, _AUGMENT), code)
        parents.append(rows[chosen])
        made.append(np.clip(np.rint(values), low, high).astype(np.int16))
    return np.concatenate(parents), np.concatenate(made)


def _made(own: np.ndarray, n: int, augmentation: Augmentation, rng: np.random.Generator, code: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions in `own`, the samples of a class, and features of n samples made from them."""
    if augmentation.method == "smote":
        return _between_neighbours(own, n, augmentation.neighbours, rng, code)
    parents = _parents(len(own), n, rng)
    if augmentation.method == "replicate":
        return parents, own[parents]
    if augmentation.method == "jitter":
        return parents, _jittered(own[parents], own, augmentation.jitter, rng)
    raise ValueError(f"unknown method {augmentation.method}")


def require_library(method: str) -> None:
    """Raise ConfigError E-AUG-001 when smote is asked for and imbalanced-learn is not installed."""
    if method == "smote" and importlib.util.find_spec("imblearn") is None:
        fix = "pip install 'iota-py[balance]', or method: jitter"
        raise ConfigError(Fault("E-AUG-001", "config", "samples.augmentation.method", "smote needs imbalanced-learn, not installed", fix))


def _parents(count: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Positions of n of `count` samples, each taken as often as any other or once more, at random which."""
    times, rest = divmod(n, count)
    return np.concatenate([np.tile(np.arange(count), times), np.sort(rng.permutation(count)[:rest])])


def _jittered(features: np.ndarray, own: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Features float32 with normal noise, whose standard deviation is a share of that of each feature of `own` (n - 1; 0 for one sample)."""
    deviation = own.std(axis=0, ddof=1, dtype=np.float64) if len(own) > 1 else np.zeros(own.shape[1])
    noise = rng.standard_normal(features.shape, np.float32)
    noise *= (share * deviation).astype(np.float32)
    noise += features
    return noise


def _between_neighbours(own: np.ndarray, n: int, neighbours: int, rng: np.random.Generator, code: int) -> tuple[np.ndarray, np.ndarray]:
    """Position of the nearest sample of the class to each of n samples between some and their neighbours in it, and their features float32."""
    from imblearn.over_sampling import SMOTE
    from sklearn.metrics import pairwise_distances_argmin

    if len(own) < 2:
        fix = "use method: jitter or replicate, add polygons, or leave the region out of samples.augmentation.regions"
        raise InputError(Fault("E-AUG-002", "samples", "augmentation.method", f"smote: class {code} has one learning sample only", fix))
    # One sample of another class: the library refuses a single class, and class by class the streams stay apart.
    values = np.concatenate([own, np.zeros((1, own.shape[1]), np.int16)]).astype(np.float32)
    labels = np.array([1] * len(own) + [0])
    sampler = SMOTE(
        sampling_strategy={1: len(own) + n},
        k_neighbors=min(neighbours, len(own) - 1),
        random_state=int(rng.integers(0, 2**31 - 1)),
    )
    made = sampler.fit_resample(values, labels)[0][len(values) :]
    return pairwise_distances_argmin(made, values[: len(own)]), made

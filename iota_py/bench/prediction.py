"""Prediction rows: the compiled engines against the libraries, on the same models and the same pixels.

Ours goes from int16 features to labels and confidence. The library is given its own input ready (float32) and only asked for its
probabilities. Both use the same number of threads.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import numpy as np

from iota_py.bench.models import prepared, recipes
from iota_py.bench.row import Identity, Measure
from iota_py.bench.scale import Scale, Settings
from iota_py.bench.timing import Side, interleave
from iota_py.bench.workload import part_features, pixels
from iota_py.prediction.engine import Engine, Prediction
from iota_py.prediction.library import LibraryEngine
from iota_py.prediction.loading import load_engine
from iota_py.training.fit import Fitted

PIECE = 2048  # pixels that a thread takes at a time
ALLOWED = {"random_forest": 2e-5, "lightgbm": 2e-6}  # difference of confidence
ALLOWED_SHARES = 1e-4  # difference of any probability


def measure_prediction(settings: Settings, model: str, probabilities: bool = False) -> Measure:
    """One row: speed on a few pixels, then sameness on all of them. probabilities: all classes are asked for, not the best alone."""
    fitted, engine = _loaded(settings, model)
    forest = fitted.kind == "random_forest"
    count = settings.scale.forest_pixels if forest else settings.scale.boosting_pixels
    sample, repeats = pixels(settings.scale, count), 1 if forest else settings.scale.repeats
    settings.say(f"{model}: {settings.scale.rounds} rounds of {len(sample):,} pixels")
    with ThreadPoolExecutor(settings.cores) as pool:
        ours = Side(lambda: predict_pieces(pool, engine, sample, probabilities), len(sample) / 1e6, repeats)
        rates = interleave(ours, Side(library_call(fitted, sample, settings.cores), len(sample) / 1e6), settings.scale.rounds)
    identity = _identities(settings, model)[probabilities]
    return Measure(rates, identity, note=f"{recipes(settings)[model].describe()}; {_size(fitted)}; {settings.cores} threads each")


def predict_pieces(pool: Executor, engine: Engine, features: np.ndarray, probabilities: bool = False) -> Prediction:
    """Prediction of all pixels, pieces of them shared among threads."""
    starts = range(0, len(features), PIECE)
    parts = list(pool.map(lambda start: engine.predict(features[start : start + PIECE], probabilities), starts))
    shares = np.concatenate([part.probabilities for part in parts]) if probabilities else None
    return Prediction(np.concatenate([p.labels for p in parts]), np.concatenate([p.confidence for p in parts]), shares)


def library_call(fitted: Fitted, features: np.ndarray, threads: int) -> Callable[[], np.ndarray]:
    """The library's own call for probabilities, on `threads` threads, its input made ready."""
    raw = (features if fitted.book is None else fitted.book.encode(features)).astype(np.float32)
    if fitted.kind == "lightgbm":
        return lambda: fitted.estimator.predict(raw, num_threads=threads)
    estimator = copy.copy(fitted.estimator)
    estimator.n_jobs = threads
    return lambda: estimator.predict_proba(raw)


def compare(pool: Executor, engine: Engine, reference: Engine, features: np.ndarray, allowed: float) -> tuple[Identity, Identity]:
    """Sameness of two engines on some pixels: of labels and confidence, within `allowed`; of labels and all probabilities."""
    ours, full = predict_pieces(pool, engine, features), predict_pieces(pool, engine, features, True)
    theirs = predict_pieces(pool, reference, features, True)
    assert full.probabilities is not None
    assert theirs.probabilities is not None
    found = []
    pairs = ((ours, ours.confidence, theirs.confidence, allowed), (full, full.probabilities, theirs.probabilities, ALLOWED_SHARES))
    for (prediction, mine, other, limit), what in zip(pairs, ("confidence", "probability")):
        wrong = int((prediction.labels != theirs.labels).sum())
        difference = float(np.abs(mine.astype(np.float64) - other).max(initial=0))
        holds = wrong == 0 and difference <= limit
        found.append(Identity(holds, f"labels, and {what} within {limit:g}", wrong, difference, len(features)))
    return found[0], found[1]


@functools.lru_cache(maxsize=8)
def _identities(settings: Settings, model: str) -> tuple[Identity, Identity]:
    """Sameness on all parts, of labels and confidence, and of probabilities; once for the two rows of a model."""
    fitted, engine = _loaded(settings, model)
    reference = LibraryEngine(fitted.estimator, fitted.book, fitted.classes)  # one thread for each piece: it adds up in one order
    settings.say(f"{model}: comparing {settings.scale.parts * settings.scale.part[0] * settings.scale.part[1]:,} pixels with the library")
    with ThreadPoolExecutor(settings.cores) as pool:
        pairs = [compare(pool, engine, reference, part, ALLOWED[fitted.kind]) for part in _parts(settings.scale)]
    return Identity.worst(pair[0] for pair in pairs), Identity.worst(pair[1] for pair in pairs)


@functools.lru_cache(maxsize=1)
def _loaded(settings: Settings, model: str) -> tuple[Fitted, Engine]:
    fitted = prepared(settings, model)
    return fitted, load_engine(fitted)


def _parts(scale: Scale) -> Iterator[np.ndarray]:
    return (part_features(scale, part) for part in range(scale.parts))


def _size(fitted: Fitted) -> str:
    """Trees and leaves, in words."""
    if fitted.kind == "random_forest":
        leaves: Any = [tree.get_n_leaves() for tree in fitted.estimator.estimators_]
    else:
        leaves = [tree["num_leaves"] for tree in fitted.estimator.dump_model()["tree_info"]]
    return f"{len(leaves):,} trees, {sum(leaves):,} leaves, {len(fitted.names)} features, {len(fitted.classes)} classes"

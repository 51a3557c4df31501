"""What it costs to say of each pixel whether the model applies, and how far the quick way is from the exact one.

    python experiments/applicability/speed.py --out /tmp/applicability.md                        # 100,000 samples × 403 features
    python experiments/applicability/speed.py --samples 2000 --pixels 4096 --slow 64 --trees 5   # tiny, to see that all works

Samples and pixels are of the benchmark's land; three of its classes are not learnt, so that some pixels are unlike all samples. Everything is on
one core. Exact: all features, all samples, double precision; its threshold is across five strips of the land. `differ`: share of the pixels that
are inside for one and outside for the other.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial import cKDTree
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from iota_py.applicability.space import Space, Wish, fit_space, upper_whisker
from iota_py.bench.machine import describe_machine
from iota_py.bench.scale import FULL
from iota_py.bench.workload import feature_names, learning_samples, pixels
from iota_py.io.publish import write_text
from iota_py.prediction.loading import load_engine
from iota_py.training.fit import fit
from iota_py.training.importance import own_importance
from iota_py.training.options import OPTIONS

UNLEARNT, FOLDS, ROWS = (3, 9, 16), 5, 512
WAYS = ((31, 4), (31, 8), (31, 16), (15, 8), (63, 8))  # components and cells that are visited; the second is the default
Row = tuple[str, float, float | None, float | None]


def squares(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Squared distances (point, other)."""
    found = (points**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2 * points @ others.T
    return found.clip(0)


def exactly(samples: np.ndarray, fold: np.ndarray, checked: np.ndarray) -> tuple[np.ndarray, float]:
    """Index of points in the whole weighted space, and its threshold, without short cuts."""
    total, index = 0.0, np.empty(len(samples))
    for first in range(0, len(samples), ROWS):
        rows = slice(first, first + ROWS)
        found = np.sqrt(squares(samples[rows], samples))
        total += found.sum()
        index[rows] = np.where(fold[rows, None] == fold, np.inf, found).min(axis=1)
    mean = total / (len(samples) * (len(samples) - 1))
    own = np.concatenate([np.sqrt(squares(checked[i : i + ROWS], samples).min(axis=1)) for i in range(0, len(checked), ROWS)])
    return own / mean, upper_whisker(index / mean)


def timed(work: Callable[[], Any], count: int, rounds: int) -> tuple[Any, float]:
    """What it gives, and the least microseconds per pixel of some rounds."""
    found, best = work(), np.inf
    for _ in range(rounds):
        start = time.perf_counter()
        found = work()
        best = min(best, time.perf_counter() - start)
    return found, best / count * 1e6


def main(arguments: Sequence[str] | None = None) -> list[Row]:
    """Measure, print, write."""
    given = options(arguments)
    with threadpool_limits(1):
        rows, facts = measured(given)
    machine = describe_machine()
    lines = [
        ", ".join(f"{key} {value}" for key, value in machine.items()),
        "",
        *(f"* {fact}" for fact in facts),
        "",
        "| way | µs per pixel | differ | correlation of the index |",
        "|---|---|---|---|",
    ]
    lines += [f"| {name} | {cost:.2f} | {_text(differ, '.2%')} | {_text(same, '.4f')} |" for name, cost, differ, same in rows]
    sys.stdout.write("\n".join(lines) + "\n")
    if given.out:
        write_text(given.out, "\n".join(lines) + "\n")
    return rows


def _text(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def measured(given: argparse.Namespace) -> tuple[list[Row], list[str]]:
    """The rows of the table, and what is to be known of them."""
    features, labels = learning_samples(FULL, given.samples)
    fold = np.arange(len(labels)) * FOLDS // len(labels)  # in the order of the land: strips
    learnt = ~np.isin(labels, UNLEARNT)
    features, labels, fold = np.ascontiguousarray(features[learnt]), labels[learnt], fold[learnt]
    fitted = fit("random_forest", OPTIONS["random_forest"](trees=given.trees), features, labels, feature_names(FULL), 0, 1)
    importance = own_importance(fitted.estimator)
    assert importance is not None
    mapped, engine = pixels(FULL, given.pixels), load_engine(fitted)
    rows: list[Row] = [("the forest's own prediction", timed(lambda: engine.predict(mapped), len(mapped), given.rounds)[1], None, None)]
    mean, factor = features.mean(axis=0), importance / np.maximum(features.std(axis=0, ddof=1), 1e-9)
    whole, slow = (features - mean) * factor, mapped[:: max(1, len(mapped) // given.slow)][: given.slow]
    checked = (mapped[:: max(1, len(mapped) // given.checked)] - mean) * factor
    truth, threshold = exactly(whole, fold, checked)
    rows += _libraries(whole, (slow - mean) * factor)
    facts = [
        f"{len(labels)} samples × {features.shape[1]} features; exact: threshold {threshold:.3f}, inside {(truth <= threshold).mean():.1%}"
    ]
    for components, visited in WAYS:
        start = time.perf_counter()
        space, learnt = fit_space(features, importance, fold, Wish(components, 0.99, visited))
        seconds = time.perf_counter() - start
        name = f"{space.axes.axes.shape[1]} components, {visited} of {len(space.cells.ends)} cells"
        said = f"{space.axes.share:.1%} of the variance, distances {learnt.excess:.2%} too long, threshold {space.threshold:.3f}"
        facts.append(f"{name}: fitted in {seconds:.1f} s, {said}")
        points, cost = timed(partial(space.axes.points, mapped), len(mapped), given.rounds)
        rows.append((f"{name}: coordinates alone", cost, None, None))
        index, cost = timed(partial(space.index, mapped), len(mapped), given.rounds)
        rows.append((name, cost, *_compared(index, space, truth, threshold, given)))
        few, tree = points[:: max(1, len(points) // (8 * given.slow))], cKDTree(space.cells.samples)
        rows.append(
            (
                f"{name}: scipy cKDTree instead, all samples, without coordinates",
                timed(partial(tree.query, few), len(few), 1)[1],
                None,
                None,
            )
        )
    return rows, facts


def _compared(index: np.ndarray, space: Space, truth: np.ndarray, threshold: float, given: argparse.Namespace) -> tuple[float, float]:
    """Share of the checked pixels that are on the other side, and correlation with the exact index."""
    own = index[:: max(1, len(index) // given.checked)]
    return float(((own <= space.threshold) != (truth <= threshold)).mean()), float(np.corrcoef(own, truth)[0, 1])


def _libraries(samples: np.ndarray, few: np.ndarray) -> list[Row]:
    """The exact nearest of all samples in all features, by other people's code."""
    tree = cKDTree(samples)
    rows: list[Row] = [("scipy cKDTree, all samples and features", timed(lambda: tree.query(few), len(few), 1)[1], 0.0, 1.0)]
    for kind in ("kd_tree", "ball_tree", "brute"):
        found = NearestNeighbors(n_neighbors=1, algorithm=kind, n_jobs=1).fit(samples)
        rows.append((f"scikit-learn {kind}, all samples and features", timed(partial(found.kneighbors, few), len(few), 1)[1], 0.0, 1.0))
    return rows


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--pixels", type=int, default=65_536)
    parser.add_argument("--checked", type=int, default=8192, help="pixels that the exact way looks at")
    parser.add_argument("--slow", type=int, default=512, help="pixels that the libraries look at")
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()

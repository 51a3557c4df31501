"""How long each estimator takes to learn a large region, how much memory, and how right it is: same samples, one run.

    python experiments/learning/speed.py --out /tmp/speed.md                 # 100,000 samples × 403 features, 19 classes
    python experiments/learning/speed.py --samples 3000 --trees 10           # tiny, to see that all works

Samples are of the benchmark's land. Each fit is in a process of its own, on all cores; rounds take the estimators in turn. Seconds are of
`training.fit` alone, memory is the peak of the whole process with its samples. Accuracy is on another part of the land. Estimators that
are not installed are left out, which the table says.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from iota_py.bench.machine import describe_machine, describe_versions
from iota_py.bench.scale import FULL, Scale
from iota_py.bench.workload import FIRST_PREDICTED, feature_names, features_of, learning_samples, series_options
from iota_py.errors import IotaError
from iota_py.io.publish import write_json, write_text
from iota_py.prediction.loading import load_engine
from iota_py.simulation.series import make_series
from iota_py.training.fit import fit
from iota_py.training.options import OPTIONS
from iota_py.training.trainers import choose_trainer

KINDS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "random forest, scikit-learn on 255 codes": ("random_forest", {}),
    "random forest, scikit-learn on all values": ("random_forest", {"bins": None}),
    "random forest, Intel extension": ("random_forest", {"trainer": "intel"}),
    "extra trees": ("extra_trees", {}),
    "LightGBM, 31 leaves": ("lightgbm", {"feature_fraction": 0.3}),
    "histogram gradient boosting, one thread": ("hist_gradient_boosting", {"max_features": 0.3}),
    "XGBoost, one thread": ("xgboost", {"feature_fraction": 0.3}),
}
FORESTS = ("random_forest", "extra_trees")


@dataclass(frozen=True)
class Job:
    """One fit. name: key of KINDS."""

    name: str
    scale: Scale
    samples: int
    trees: int
    threads: int
    seed: int


def options_of(job: Job) -> tuple[str, Any]:
    """Kind and options; trees are trees of a forest, rounds of a booster."""
    kind, changed = KINDS[job.name]
    size = {"trees" if kind in FORESTS else "rounds": job.trees}
    return kind, OPTIONS[kind](**size, **changed)


def measure(job: Job) -> dict[str, Any]:
    """Seconds, peak memory and accuracy of a fit, in this process."""
    features, labels = learning_samples(job.scale, job.samples)
    kind, options = options_of(job)
    names = feature_names(job.scale)
    before = peak_memory()
    start = time.perf_counter()
    fitted = fit(kind, options, features, labels, names, job.seed, job.threads)
    wall = time.perf_counter() - start
    peak = peak_memory()
    series = make_series(series_options(job.scale, job.scale.part), FIRST_PREDICTED)
    right = load_engine(fitted).predict(features_of(series, job.scale.step)).labels == series.labels
    recall = np.mean([right[series.labels == code].mean() for code in np.unique(series.labels)])
    scores = {"accuracy": float(right.mean()), "recall": float(recall)}
    return {**asdict(job), "scale": job.scale.name, "rows": len(labels), "wall": wall, "before": before, "peak": peak, **scores}


def peak_memory() -> int:
    """Largest resident memory of this process so far, bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def apart(job: Job) -> dict[str, Any]:
    """`measure` in a new process: libraries keep threads and memory."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure, job).result()


def possible(job: Job) -> str:
    """Why a fit is left out; empty where it can be made."""
    try:
        choose_trainer(options_of(job)[1])
    except IotaError as error:
        return error.faults[0].message
    return ""


def table(records: Sequence[Mapping[str, Any]], left_out: Mapping[str, str]) -> str:
    """Markdown: medians over rounds."""
    rows = ["| estimator | seconds | against the first | peak memory, GiB | overall accuracy | mean recall |", "|---|---|---|---|---|---|"]
    by_name = {name: [r for r in records if r["name"] == name] for name in dict.fromkeys(r["name"] for r in records)}
    first = float(np.median([r["wall"] for r in next(iter(by_name.values()))]))
    for name, found in by_name.items():
        wall, peak, right, recall = (float(np.median([r[key] for r in found])) for key in ("wall", "peak", "accuracy", "recall"))
        rows.append(f"| {name} | {wall:.1f} | {first / wall:.2f} | {peak / 2**30:.2f} | {right:.4f} | {recall:.4f} |")
    rows += [f"| {name} | left out: {why} | | | | |" for name, why in left_out.items()]
    return "\n".join(rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--trees", type=int, default=FULL.trees)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--only", action="append", help="part of the name of an estimator; may be given several times")
    parser.add_argument("--out", type=Path, help="write the table here, and all figures beside it as JSON")
    given = parser.parse_args()
    names = [name for name in KINDS if not given.only or any(part in name for part in given.only)]
    scale = replace(FULL, samples=given.samples)
    jobs = {name: Job(name, scale, given.samples, given.trees, given.threads, 0) for name in names}
    left_out = {name: why for name, job in jobs.items() if (why := possible(job))}
    records = []
    for number in range(given.rounds):
        for name in (name for name in names if name not in left_out):
            records.append(apart(replace(jobs[name], seed=number)))
            print(f"round {number + 1}: {name}: {records[-1]['wall']:.1f} s, {records[-1]['peak'] / 2**30:.2f} GiB", flush=True)
    if not records:
        sys.exit("no estimator is left to measure")
    machine = describe_machine()
    text = f"{machine['cpu']}, {given.threads} threads, {given.samples:,} samples × {len(feature_names(scale))} features\n\n{table(records, left_out)}\n"
    print(text)
    if given.out is not None:
        write_text(given.out, text)
        document = {"machine": machine, "versions": describe_versions(), "records": records, "left out": left_out}
        write_json(given.out.with_suffix(".json"), document)


if __name__ == "__main__":
    main()

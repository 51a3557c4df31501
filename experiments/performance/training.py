"""The same forests grown by scikit-learn and by its Intel extension: how long it takes, how right they are, how large they get.

    python experiments/performance/training.py --out /data/training/training.md
    python experiments/performance/training.py --quick                                  # tiny sizes, to see that all works

Both fit on the same samples of the benchmark's land with the same seeds; a seed is a round, in which they take turns at going first, once
for each number of threads. A fit is all of `training.fit`: codes, trees, shares of the leaves. Accuracy is on another part of the land, over
the seeds. `--skew 0.8` keeps of each class 0.8 of what is kept of the one before, to have rare ones. training.json goes beside `--out`.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t as student

from iota_py.bench.machine import describe_machine, describe_versions
from iota_py.bench.scale import FULL, QUICK, Scale
from iota_py.bench.timing import cpu_seconds, quartiles
from iota_py.bench.workload import FIRST_PREDICTED, feature_names, features_of, learning_samples, series_options
from iota_py.errors import ConfigError
from iota_py.io.publish import json_text, write_json, write_text
from iota_py.prediction.loading import load_engine
from iota_py.simulation.series import make_series
from iota_py.training.estimators import RandomForestOptions
from iota_py.training.fit import Fitted, fit
from iota_py.training.trainers import INTEL, SCIKIT_LEARN, choose_trainer

TRAINERS = (SCIKIT_LEARN, INTEL)
LABELS = {"accuracy": "overall accuracy", "recall": "mean recall of the classes", "confidence": "mean confidence"}
WARM = 400  # samples of the fits that are not counted

Pixels = tuple[np.ndarray, np.ndarray]


def learnt(scale: Scale, count: int, skew: float) -> Pixels:
    """Features int16 and labels uint8 of about `count` samples."""
    return thin(learning_samples(scale, round(count / kept_share(scale, skew))), skew)


def held_out(scale: Scale, skew: float) -> Pixels:
    """Features and labels of a part of the land that is not learnt from."""
    series = make_series(series_options(scale, scale.part), FIRST_PREDICTED)
    return thin((features_of(series, scale.step), series.labels), skew)


def thin(pixels: Pixels, skew: float) -> Pixels:
    """The same with `skew ** k` of the pixels of the k-th class."""
    features, labels = pixels
    kept = np.random.default_rng(len(labels)).random(len(labels)) < skew ** (labels.astype(float) - 1)
    return np.ascontiguousarray(features[kept]), labels[kept]


def kept_share(scale: Scale, skew: float) -> float:
    """Share of the pixels that thinning leaves of classes of one size."""
    return float(np.mean(skew ** np.arange(scale.classes)))


def fitted_by(trainer: str, pixels: Pixels, options: RandomForestOptions, seed: int, threads: int) -> tuple[Fitted, dict[str, float]]:
    """A fit and its seconds."""
    names = tuple(f"f{index}" for index in range(pixels[0].shape[1]))
    cpu, wall = cpu_seconds(), time.perf_counter()
    fitted = fit("random_forest", replace(options, trainer=trainer), *pixels, names, seed, threads)
    return fitted, {"wall": time.perf_counter() - wall, "cpu": cpu_seconds() - cpu}


def judged(fitted: Fitted, held: Pixels) -> dict[str, float]:
    """Scores on held-out pixels, size, and the speed of the compiled engine on them, one thread."""
    engine = load_engine(fitted)
    engine.predict(held[0][:4096])
    start = time.perf_counter()
    found = engine.predict(held[0])
    seconds = time.perf_counter() - start
    right = found.labels == held[1]
    trees = [tree.tree_ for tree in fitted.estimator.estimators_]
    return {
        "accuracy": float(right.mean()),
        "recall": float(np.mean([right[held[1] == code].mean() for code in np.unique(held[1])])),
        "confidence": float(found.confidence.mean()),
        "nodes": sum(tree.node_count for tree in trees),
        "depth": max(tree.max_depth for tree in trees),
        "mpx_per_second": len(right) / 1e6 / seconds,
    }


def digest(fitted: Fitted) -> str:
    """SHA-256 of all that a forest predicts with."""
    found = hashlib.sha256()
    for tree in (tree.tree_ for tree in fitted.estimator.estimators_):
        for array in (tree.children_left, tree.children_right, tree.feature, tree.threshold, tree.value):
            found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def measure(pixels: Pixels, held: Pixels, options: RandomForestOptions, seeds: int, threads: Sequence[int]) -> list[dict[str, Any]]:
    """One record for each seed, number of threads and trainer."""
    records = []
    for seed in range(seeds):
        for count in threads:
            for trainer in TRAINERS if seed % 2 == 0 else TRAINERS[::-1]:
                fitted, seconds = fitted_by(trainer, pixels, options, seed, count)
                scores = judged(fitted, held) if count == threads[0] else {}
                records.append({"trainer": trainer, "seed": seed, "threads": count, **seconds, "digest": digest(fitted), **scores})
                say(f"{len(pixels[1]):,} samples, seed {seed}, {count} threads, {trainer}: {seconds['wall']:.1f} s")
    return records


def values(records: Sequence[Mapping[str, Any]], key: str, **where: Any) -> np.ndarray:
    """A number of the records that fit, by seed."""
    chosen = [r for r in records if key in r and all(r[name] == wanted for name, wanted in where.items())]
    return np.array([r[key] for r in sorted(chosen, key=lambda r: r["seed"])])


def difference(records: Sequence[Mapping[str, Any]], key: str) -> dict[str, float]:
    """Means over the seeds, standard deviations, and Welch's 95 % interval of the difference of the means."""
    plain, ours = (values(records, key, trainer=trainer) for trainer in TRAINERS)
    parts = np.array([plain.var(ddof=1) / len(plain), ours.var(ddof=1) / len(ours)])
    error = float(np.sqrt(parts.sum()))
    freedom = parts.sum() ** 2 / max((parts**2 / (len(plain) - 1)).sum(), 1e-300)
    half, means = float(student.ppf(0.975, max(freedom, 1.0))) * error, (float(plain.mean()), float(ours.mean()))
    return {
        "scikit_learn": means[0],
        "sd_scikit_learn": float(plain.std(ddof=1)),
        "intel": means[1],
        "sd_intel": float(ours.std(ddof=1)),
        "difference": means[1] - means[0],
        "half_width": half,
    }


def verdict(found: Mapping[str, float]) -> str:
    """Whether the difference is within the noise of the seeds."""
    if abs(found["difference"]) <= found["half_width"]:
        return "equal within noise"
    return "better" if found["difference"] > 0 else "worse"


def speed_lines(case: Mapping[str, Any]) -> list[str]:
    """Rows of the table of seconds: medians, and the quartiles of the ratios round by round."""
    lines, records = [], case["records"]
    for count in sorted({r["threads"] for r in records}):
        for clock in ("wall", "cpu"):
            plain, ours = (values(records, clock, trainer=trainer, threads=count) for trainer in TRAINERS)
            ratios = plain / ours
            low, high = quartiles(ratios)
            cells = [f"{case['samples']:,}", count, clock, f"{np.median(plain):.2f}", f"{np.median(ours):.2f}"]
            lines.append(row([*cells, f"{np.median(ratios):.2f} ({low:.2f}–{high:.2f})"]))
    return lines


def score_lines(case: Mapping[str, Any]) -> list[str]:
    """Rows of the table of scores."""
    lines = []
    for key, label in LABELS.items():
        found = difference(case["records"], key)
        plain, ours = (f"{found[name]:.4f} ± {found[f'sd_{name}']:.4f}" for name in ("scikit_learn", "intel"))
        judgement = verdict(found) if key != "confidence" else ""
        lines.append(
            row([f"{case['samples']:,}", label, plain, ours, f"{found['difference']:+.4f} ± {found['half_width']:.4f}", judgement])
        )
    return lines


def size_lines(case: Mapping[str, Any]) -> list[str]:
    """Rows of the table of sizes."""
    lines = []
    for trainer in TRAINERS:
        nodes, depth, rate = (np.median(values(case["records"], key, trainer=trainer)) for key in ("nodes", "depth", "mpx_per_second"))
        same = all(
            len({r["digest"] for r in case["records"] if (r["trainer"], r["seed"]) == (trainer, s)}) == 1 for s in range(case["seeds"])
        )
        lines.append(row([f"{case['samples']:,}", trainer, f"{nodes:,.0f}", f"{depth:.0f}", f"{rate:.3f}", "yes" if same else "**no**"]))
    return lines


def row(cells: Sequence[Any]) -> str:
    """A row of a Markdown table."""
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def document(result: Mapping[str, Any]) -> str:
    """The tables."""
    options, machine, cases = result["options"], result["machine"], result["cases"]
    heads = {
        "Seconds of a fit": ("samples", "threads", "clock", "scikit-learn", "Intel extension", "times sooner (quartiles)"),
        "Over the seeds": ("samples", "score", "scikit-learn (± sd)", "Intel extension (± sd)", "difference (95 %)", ""),
        "Size": ("samples", "trainer", "nodes", "depth", "Mpx/s predicted", "same with any threads"),
    }
    lines = [
        f"{result['trainers'][0]} against {result['trainers'][1]}; {options['trees']} trees, depth ≤ {options['max_depth']}, leaves of "
        f"{options['min_samples_leaf']} or more, {options['bins']} codes, {result['features']} features; {result['seeds']} seeds; "
        f"{result['held']:,} held-out pixels; skew {result['skew']}. {machine['cpu']}, {machine['cores']} cores, load {machine['load'][0]} "
        f"at the start, {machine['date'][:10]}.",
    ]
    for (title, head), rows in zip(heads.items(), (speed_lines, score_lines, size_lines)):
        lines += ["", f"**{title}**", "", row(head), "|" + "---|" * len(head), *(line for case in cases for line in rows(case))]
    return "\n".join(lines) + "\n"


def say(text: str) -> None:
    """Progress, apart from the tables."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def main() -> None:
    """Measure each number of samples, and report after each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, nargs="+", default=[8_000, 20_000, 65_000])
    parser.add_argument("--seeds", type=int, default=5, help="rounds, two at least")
    parser.add_argument("--threads", type=int, nargs="+", default=[2, 1])
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--leaf", type=int, default=5, help="min_samples_leaf")
    parser.add_argument("--skew", type=float, default=1.0)
    parser.add_argument("--quick", action="store_true", help="tiny sizes: 2,000 samples, 20 trees, two seeds")
    parser.add_argument("--out", type=Path, help="Markdown file of the tables; default: the terminal, JSON after them")
    given = parser.parse_args()
    scale = QUICK if given.quick else FULL
    counts, seeds, trees = ([2_000], 2, 20) if given.quick else (given.samples, max(2, given.seeds), given.trees)
    options = RandomForestOptions(trees=trees, min_samples_leaf=given.leaf)
    try:
        trainers = [str(choose_trainer(replace(options, trainer=trainer))) for trainer in TRAINERS]
    except ConfigError as error:
        raise SystemExit(str(error)) from error
    machine, held = describe_machine(), held_out(scale, given.skew)
    common = {"machine": machine, "versions": describe_versions(), "trainers": trainers, "options": asdict(options), "seeds": seeds}
    common |= {"features": len(feature_names(scale)), "held": len(held[1]), "skew": given.skew}
    result: dict[str, Any] = {**common, "cases": []}
    for count in counts:
        pixels = learnt(scale, count, given.skew)
        for trainer in TRAINERS:
            fitted_by(trainer, (pixels[0][:: max(1, count // WARM)], pixels[1][:: max(1, count // WARM)]), options, 0, given.threads[0])
        records = measure(pixels, held, options, seeds, given.threads)
        scores = {key: difference(records, key) for key in LABELS}
        result["cases"].append({"samples": len(pixels[1]), "seeds": seeds, "scores": scores, "records": records})
        if given.out:
            write_json(given.out.with_suffix(".json"), result)
            write_text(given.out, document(result))
    if not given.out:
        print(document(result))
        print(json_text(result))


if __name__ == "__main__":
    main()

"""Runs the variants and prints what each chain adds, over the same draws of polygons and against the truth of the landscape.

python experiments/inputs/generate.py && python experiments/inputs/compare.py [VARIANT …]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from scipy.stats import t as student

from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.io.publish import read_json, write_json
from iota_py.io.raster import read_header, read_window
from iota_py.pipeline import paths
from iota_py.pipeline.run import run

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BASELINE = "s2"
EARLY, LATE = "s2-radar", "fused"  # the same inputs as columns of one model, and as two models
VARIANTS = (BASELINE, EARLY, LATE, "s2-snow", "s2-terrain", "all", "radar", "wasp")


def accuracies(config: RunConfig) -> np.ndarray:
    """Overall accuracy on the held-out polygons of each draw."""
    found = [read_json(config.output / paths.run_scores(k)) for k in range(config.samples.split.runs)]
    counts = [sum(np.array(region["confusion"], float) for region in one["regions"].values()) for one in found]
    return np.array([np.trace(one) / one.sum() for one in counts])


def against_truth(config: RunConfig) -> float:
    """Share of the pixels of the delivered map that have the class of the landscape."""
    truth = read_window(str(ROOT / "data_samples" / "truth.tif"))
    mapped = read_window(str(config.output / paths.map_layer("classification")))
    if read_header(str(config.output / paths.map_layer("classification"))).geobox.shape != truth.shape:
        raise ValueError("the map and the truth are on different grids")
    return float((truth == mapped)[mapped > 0].mean())


def paired(difference: np.ndarray) -> tuple[float, float]:
    """Mean of paired differences and half its 95 % interval (Student's t over the draws)."""
    if not difference.any():
        return 0.0, 0.0
    spread = difference.std(ddof=1) / np.sqrt(len(difference))
    return float(difference.mean()), float(student.ppf(0.975, len(difference) - 1) * spread)


def main(names: tuple[str, ...]) -> None:
    """Run what is missing and print the table."""
    scores, lines, kept = {}, [], {}
    for name in dict.fromkeys((BASELINE, *names)):
        config = load_config(HERE / f"{name}.yaml")
        print(f"{name} …", file=sys.stderr, flush=True)
        features = len(run(config).inventory.feature_names)
        scores[name] = accuracies(config)
        gain, half = paired(scores[name] - scores[BASELINE])
        truth = against_truth(config)
        mean, deviation = scores[name].mean(), scores[name].std(ddof=1)
        change = "" if name == BASELINE else f"{100 * gain:+.1f} ± {100 * half:.1f}"
        lines.append(f"| {config.title} | {features} | {100 * mean:.1f} ± {100 * deviation:.1f} | {change} | {100 * truth:.1f} |")
        kept[name] = {"features": features, "overall_accuracy": scores[name].tolist(), "truth": truth}
    print("| inputs | features | held-out polygons, % ± deviation over draws | change, points ± 95 % | all pixels against the truth, % |")
    print("|---|---|---|---|---|")
    print("\n".join(lines))
    if {EARLY, LATE} <= set(scores):
        gain, half = paired(scores[LATE] - scores[EARLY])
        print(f"\ntwo models fused, less one model on all columns: {100 * gain:+.1f} ± {100 * half:.1f} points")
    write_json(ROOT / "runs" / "inputs" / "results.json", kept)


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or VARIANTS)

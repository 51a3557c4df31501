"""Variants of a configuration, each fitted and scored on folds that come with the data: what the experiments on tables share.

`variants.yaml` of an experiment has `folds` and `variants`, each a name and what it changes in `base.yaml`. Every pair is a run of
`iota-py train`, whose configuration is kept in the folder of the results. Scores are over all the held-out samples of the folds together.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from rich.console import Console
from rich.table import Table

from iota_py.config import load_config
from iota_py.config.loading import merge
from iota_py.io.publish import write_json
from iota_py.io.tables import read_table
from iota_py.pipeline import paths
from iota_py.pipeline.plans.train import make_train_plan
from iota_py.pipeline.preflight import external_digests
from iota_py.pipeline.run import run

ROOT = Path(__file__).resolve().parents[1]
Found = dict[str, dict[str, pd.DataFrame]]


def options(name: str, arguments: list[str] | None = None) -> argparse.Namespace:
    """Words of the command line: where results go, which variants, and a size for trials."""
    parser = argparse.ArgumentParser(description=f"Fit and score the variants of {name}.")
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / name, help="folder of the results")
    parser.add_argument("--only", nargs="*", help="names of variants (default: all)")
    parser.add_argument("--trees", type=int, help="trees of the forests and rounds of the boosting, for a quick look")
    return parser.parse_args(arguments)


def fit_variants(
    folder: Path, given: argparse.Namespace, document: str = "variants.yaml", base: str = "base.yaml", more: dict[str, Any] | None = None
) -> Found:
    """Held-out samples with their predictions: variant -> kind of folds -> rows (series, code, region, mapped, confidence, run).

    more: what is changed in the base whatever the variant.
    """
    plan = yaml.safe_load((folder / document).read_text(encoding="utf-8"))
    prefix = "" if base == "base.yaml" else f"{Path(base).stem}_"
    found: Found = {}
    for variant in (name for name in plan["variants"] if given.only is None or name in given.only):
        for folds, split in plan["folds"].items():
            changes = merge(merge(copy.deepcopy(more or {}), split), copy.deepcopy(plan["variants"][variant] or {}))
            rows = fit_one(folder / base, f"{prefix}{variant}_{folds}", changes, given)
            found.setdefault(variant, {})[folds] = rows
            Console(stderr=True).print(
                f"{prefix}{variant}, {folds}: overall accuracy {overall(rows):.3f}, mean recall {balanced(rows):.3f}"
            )
    return found


def fit_one(base: Path, name: str, changes: dict[str, Any], given: argparse.Namespace) -> pd.DataFrame:
    """One run of `iota-py train`: the held-out samples of all its folds."""
    place = given.out / "configs" / f"{name}.yaml"
    place.parent.mkdir(parents=True, exist_ok=True)
    start = load_config(base)
    kind = changes.get("model", {}).get("kind", start.model.kind)
    if given.trees is not None:
        changes = {**changes, "model": {**changes.get("model", {}), "kind": kind, "rounds" if kind == "lightgbm" else "trees": given.trees}}
    head = {"extends": str(base), "name": f"{start.name}-{name}", "output": str(given.out.resolve() / name)}
    place.write_text(yaml.safe_dump({**head, **changes}, sort_keys=False), encoding="utf-8")
    config = load_config(place)
    run(config, planner=lambda settings, inventory: make_train_plan(settings, inventory, external_digests(settings)))
    parts = [read_table(config.output / paths.predicted(k)).assign(run=k) for k in range(config.samples.split.runs)]
    return pd.concat(parts, ignore_index=True)


def overall(rows: pd.DataFrame) -> float:
    """Share of the held-out samples that are right."""
    return float((rows.code == rows.mapped).mean())


def balanced(rows: pd.DataFrame) -> float:
    """Mean over the classes of the share of their samples that are right."""
    return float((rows.code == rows.mapped).groupby(rows.code).mean().mean())


def scores(rows: pd.DataFrame) -> dict[str, Any]:
    """What is kept of a variant on one kind of folds."""
    by_fold = (rows.code == rows.mapped).groupby(rows.run).mean()
    return {
        "samples": len(rows),
        "classes": int(rows.code.nunique()),
        "overall_accuracy": overall(rows),
        "balanced_accuracy": balanced(rows),
        "overall_accuracy_of_folds": [float(value) for value in by_fold],
    }


def by_group(rows: pd.DataFrame, groups: pd.Series) -> dict[str, float]:
    """Overall accuracy of each group. groups: name of the sample -> group."""
    return {str(name): overall(part) for name, part in rows.groupby(rows.series.map(groups), sort=True)}


def all_scores(found: Found) -> dict[str, Any]:
    """`scores` of every variant and kind of folds."""
    if not found:
        sys.exit("no such variant: see variants.yaml")
    return {variant: {folds: scores(rows) for folds, rows in kinds.items()} for variant, kinds in found.items()}


def gain(better: pd.DataFrame, other: pd.DataFrame) -> dict[str, float]:
    """Difference of the accuracies of two variants on the same samples, with half of its 95 % interval over samples (paired)."""
    pair = better.merge(other, on="series", validate="one_to_one", suffixes=("", "_other"))
    step = (pair.code == pair.mapped).astype(float) - (pair.code == pair.mapped_other).astype(float)
    return {"difference": float(step.mean()), "half_width": float(1.96 * step.std(ddof=1) / np.sqrt(len(step)))}


def publish(given: argparse.Namespace, document: dict[str, Any]) -> None:
    """`results.json`."""
    write_json(given.out / "results.json", json.loads(json.dumps(document)))
    Console().print(f"results in {given.out / 'results.json'}")


def show(title: str, headings: Iterable[str], rows: Iterable[Iterable[Any]], write: Callable[[float], str] = "{:.3f}".format) -> None:
    """A table on the screen; numbers with three decimals."""
    table = Table(*headings, title=title, box=None, header_style="bold", pad_edge=False, title_justify="left")
    for row in rows:
        table.add_row(*(write(cell) if isinstance(cell, float) else str(cell) for cell in row))
    Console(width=140).print(table)

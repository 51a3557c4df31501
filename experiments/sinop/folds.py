"""Accuracy of models on the folds that come with the series, at random and by blocks of 0.5°: the same split as the reference figures.

Usage: python experiments/sinop/folds.py, after `iota-py run experiments/sinop/config.yaml`, whose features of the series are read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console

from iota_py.config import load_config
from iota_py.config.models import LightGBM, RandomForest
from iota_py.io.tables import read_table
from iota_py.pipeline import paths
from iota_py.pipeline.steps.learning import options_of
from iota_py.training.fit import fit

CONFIG = load_config(Path(__file__).with_name("config.yaml"))
SEEDS = range(3)
FORESTS = {f"forest, leaf {leaf}": RandomForest(kind="random_forest", trees=300, min_samples_leaf=leaf) for leaf in (1, 2, 5, 10)}
MODELS: dict[str, RandomForest | LightGBM] = {
    **FORESTS,
    "forest, leaf 1, no bins": RandomForest(kind="random_forest", trees=300, min_samples_leaf=1, bins=None),
    "forest, leaf 1, 4 features a node": RandomForest(kind="random_forest", trees=300, min_samples_leaf=1, max_features=4),
    "LightGBM": LightGBM(kind="lightgbm"),
}


def accuracy(model: RandomForest | LightGBM, table: pd.DataFrame, fold: str, seed: int) -> float:
    """Share of the series that a model of the other folds labels rightly."""
    features = table.filter(like="modis_ndvi_").to_numpy(np.int16)
    codes, names = table.code.to_numpy(np.uint8), tuple(table.filter(like="modis_ndvi_").columns)
    kind, options = options_of(model)
    right = np.zeros(len(table), bool)
    for held in np.unique(table[fold]):
        out = (table[fold] == held).to_numpy()
        fitted = fit(kind, options, features[~out], codes[~out], names, seed, 1)
        right[out] = labels(fitted, features[out]) == codes[out]
    return float(right.mean())


def labels(fitted: Any, features: np.ndarray) -> np.ndarray:
    """Class code of each row."""
    matrix = (features if fitted.book is None else fitted.book.encode(features)).astype(np.float32)
    if fitted.kind == "lightgbm":
        return fitted.classes[fitted.estimator.predict(matrix).argmax(axis=1)]
    return fitted.estimator.predict(matrix)


def main() -> None:
    """One line for each model: mean over SEEDS of the accuracy on both sets of folds."""
    table = read_table(CONFIG.output / paths.TABLE_SAMPLES)
    folds = read_table(CONFIG.samples.table.path.with_name("samples_modis_ndvi_folds.csv"))
    table = table.merge(folds.assign(series=folds.sample_id.astype(str)), on="series", validate="one_to_one")
    console = Console(width=120)
    console.print(f"{len(table)} series, mean of {len(SEEDS)} seeds")
    for name, model in MODELS.items():
        found = {fold: np.mean([accuracy(model, table, fold, s) for s in SEEDS]) for fold in ("fold_random5", "fold_block0p5deg")}
        console.print(f"{name:<36} random folds {found['fold_random5']:.3f}   blocks of 0.5° {found['fold_block0p5deg']:.3f}")


if __name__ == "__main__":
    main()

"""Compares settings of the Slovenian experiment over many draws of polygons, none of which is among those that the run reports.

Usage: python experiments/slovenia/choices.py [DRAWS [VARIANT …]], after `iota-py run experiments/slovenia/config.yaml`, whose reference
pixels are read. Every variant is a set of keys laid over START; all of them see the same draws, so that their differences are paired.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from scipy.stats import t as student

from iota_py.config.loading import load_config, merge
from iota_py.config.schema import RunConfig, dump
from iota_py.grid.windows import whole
from iota_py.io.tables import read_table
from iota_py.io.vectors import read_vectors
from iota_py.pipeline import paths
from iota_py.pipeline.inputs.reading import feature_source, features_of, read_observed
from iota_py.pipeline.inventory import take_inventory
from iota_py.pipeline.steps.learning import options_of
from iota_py.samples.selection import Strategy, select
from iota_py.samples.split import LEARNING, VALIDATION, split_by_polygon
from iota_py.training.fit import fit

CONFIG = load_config(Path(__file__).with_name("config.yaml"))
FIRST_SEED = 1000  # the draws that the run reports have the seeds 0 to 4
FOREST = {"kind": "random_forest", "trees": 100, "max_depth": 25, "min_samples_leaf": 5, "max_features": "sqrt", "bins": 255}
MASK = {"path": str(CONFIG.inputs["sentinel2"].series.masks[0].path), "pattern": "S2_L1C_MASKS_{date}T{time}.tif", "invalid": [1]}
CLM, CLM_MULTI = MASK | {"band": 1}, MASK | {"band": 2}
OWN = {"features": {"sentinel2": {"dates": "own"}}}
PLAIN = {"samples": {"split": {"ratio": 0.7}, "selection": {"strategy": "all", "number": None}}}


def masked(*masks: dict[str, Any]) -> dict[str, Any]:
    """Keys that make these masks, and no others, the ones of the input."""
    return {"inputs": {"sentinel2": {"series": {"masks": list(masks)}}}}


START = {"period": {"step": 10}, "features": {"sentinel2": {"dates": "grid"}}, "model": FOREST} | masked(CLM) | PLAIN
VARIANTS: dict[str, dict[str, Any]] = {
    "start": {},
    "no mask, own dates": masked() | OWN,
    "CLM, own dates": OWN,
    "no mask, step 10": masked(),
    "CLM_MULTI": masked(CLM_MULTI),
    "CLM or CLM_MULTI": masked(CLM, CLM_MULTI),
    "step 5": {"period": {"step": 5}},
    "step 20": {"period": {"step": 20}},
    "step 30": {"period": {"step": 30}},
    "leaf 1": {"model": FOREST | {"min_samples_leaf": 1}},
    "leaf 20": {"model": FOREST | {"min_samples_leaf": 20}},
    "no bins": {"model": FOREST | {"bins": None}},
    "balanced weights": {"model": FOREST | {"class_weight": "balanced"}},
    "500 pixels a class": {"samples": {"selection": {"strategy": "constant", "number": 500}}},
    "LightGBM": {"model": {"kind": "lightgbm"}},
    "300 trees": {"model": FOREST | {"trees": 300}},
}


def variant(over: dict[str, Any]) -> RunConfig:
    """The run's configuration with START and these keys laid over it; a model is replaced whole."""
    document = merge(merge(dump(CONFIG), START), over) | {"model": over.get("model", FOREST)}
    return RunConfig.model_validate(document)


def reference_pixels() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pixels of the run's reference polygons, with `pixel`, their row among the features; and the polygons that hold them."""
    pixels = read_table(CONFIG.output / paths.candidates("slovenia"))
    columns = take_inventory(CONFIG).tiles[0].geobox.shape[1]
    pixels = pixels[(pixels.validity > 0) & (pixels.code > 0)].assign(pixel=lambda p: p.row * columns + p.col).reset_index(drop=True)
    polygons = read_vectors(CONFIG.output / paths.POLYGONS, "polygons")
    return pixels, polygons[polygons.polygon.isin(pixels.polygon)]


def tile_features(config: RunConfig) -> np.ndarray:
    """Features int16 (pixel, feature) of the one tile, as the chain computes them."""
    inventory = take_inventory(config)
    tile = inventory.tiles[0]
    sources = [feature_source(tile.series[layer.input], layer.dates, layer.indices) for layer in inventory.layers]
    return features_of(read_observed(sources, whole(tile.geobox.shape))[0])


def scores(config: RunConfig, pixels: pd.DataFrame, polygons: pd.DataFrame, draws: int) -> np.ndarray:
    """(draw, score): overall accuracy and mean of the recalls of the classes that are validated."""
    features, found = tile_features(config), []
    kind, options = options_of(config.model)
    strategy = Strategy(config.samples.selection.strategy, config.samples.selection.number)
    for seed in range(FIRST_SEED, FIRST_SEED + draws):
        role = pixels.polygon.map(dict(zip(polygons.polygon, split_by_polygon(polygons, config.samples.split.ratio, seed))))
        learning = pixels[role == LEARNING].reset_index(drop=True)
        learning, validation = learning[select(learning, strategy, seed)], pixels[role == VALIDATION]
        names = tuple(map(str, range(features.shape[1])))
        fitted = fit(kind, options, features[learning.pixel], learning.code.to_numpy(np.uint8), names, seed, 1)
        right = labels(fitted, features[validation.pixel]) == validation.code
        found.append((right.mean(), right.groupby(validation.code).mean().mean()))
    return np.array(found)


def labels(fitted: Any, features: np.ndarray) -> np.ndarray:
    """Class code of each row."""
    matrix = (features if fitted.book is None else fitted.book.encode(features)).astype(np.float32)
    if fitted.kind == "lightgbm":
        return fitted.classes[fitted.estimator.predict(matrix).argmax(axis=1)]
    return fitted.estimator.predict(matrix)


def interval(values: np.ndarray) -> str:
    """Mean and half width of the 95 % Student interval."""
    half = student.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5
    return f"{values.mean():+.4f} ± {half:.4f}"


def main(draws: int, wanted: list[str]) -> None:
    """One line for each variant: both scores, and their differences to `start` on the same draws."""
    console = Console(width=160)
    pixels, polygons = reference_pixels()
    start = scores(variant({}), pixels, polygons, draws)
    console.print(f"{draws} draws from seed {FIRST_SEED}\n{'start':<22} OA {interval(start[:, 0])}   balanced {interval(start[:, 1])}")
    for name in wanted or list(VARIANTS)[1:]:
        found = scores(variant(VARIANTS[name]), pixels, polygons, draws)
        difference = found - start
        means = f"OA {found[:, 0].mean():.4f}   balanced {found[:, 1].mean():.4f}"
        console.print(f"{name:<22} {means}   difference OA {interval(difference[:, 0])}   balanced {interval(difference[:, 1])}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20, sys.argv[2:])

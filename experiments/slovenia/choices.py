"""Compares settings of the Slovenian experiment over many draws of polygons, none of which is among those that the run reports.

Usage: python experiments/slovenia/choices.py [DRAWS], after `iota-py run experiments/slovenia/config.yaml` (its reference pixels are read).
Each variant overrides keys of config.yaml. The draws are the same for all the variants, so that differences are paired.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from rich.console import Console
from rich.table import Table
from scipy.stats import t as student

from iota_py.config import RunConfig, load_config
from iota_py.config.loading import merge
from iota_py.grid.windows import whole
from iota_py.io.tables import read_table
from iota_py.io.vectors import read_vectors
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import take_inventory
from iota_py.pipeline.reading import FeatureSource, window_features
from iota_py.pipeline.steps.learning import options
from iota_py.samples.selection import Strategy, select
from iota_py.samples.split import LEARNING, split_by_polygon
from iota_py.timeseries.dates import days
from iota_py.training.fit import Fitted, fit

HERE = Path(__file__).resolve().parent
FIRST_SEED = 1000  # the run's own draws have the seeds 0 to 4
CLM = "${IOTA_PY_SHARED:-../../../shared}/data/slovenia_s2/clm"


def masked(*bands: int) -> dict[str, object]:
    """Override: bands of the mask files whose value 1 means unusable."""
    masks = [{"path": CLM, "pattern": "S2_L1C_MASKS_{date}T{time}.tif", "band": band, "invalid": [1]} for band in bands]
    return {"inputs": {"sentinel2": {"series": {"masks": masks}}}}


def on_own_dates(over: dict[str, object]) -> dict[str, object]:
    """Override: features on the acquisition dates instead of a grid."""
    return merge({"features": {"sentinel2": {"dates": "own"}}}, over)


VARIANTS: dict[str, dict[str, object]] = {
    "start: CLM, step 10, leaf 5, depth 25": {},
    "no cloud mask, own dates (as the reference)": on_own_dates(masked()),
    "CLM, own dates": on_own_dates({}),
    "no cloud mask, step 10": masked(),
    "CLM_MULTI": masked(2),
    "CLM or CLM_MULTI": masked(1, 2),
    "step 5": {"period": {"step": 5}},
    "step 20": {"period": {"step": 20}},
    "step 30": {"period": {"step": 30}},
    "leaf 1": {"model": {"min_samples_leaf": 1}},
    "leaf 20": {"model": {"min_samples_leaf": 20}},
    "bins null": {"model": {"bins": None}},
    "max_features 0.3": {"model": {"max_features": 0.3}},
    "balanced class weights": {"model": {"class_weight": "balanced"}},
    "at most 500 pixels a class": {"samples": {"selection": {"strategy": "constant", "number": 500}}},
    "LightGBM": {"model": None},
}


def variant(over: dict[str, object], trees: int = 100) -> RunConfig:
    """The experiment's configuration with keys overridden; fewer trees, which changes the spread of a draw and not its mean."""
    model = {"model": {"kind": "random_forest", "trees": trees}}
    document = yaml.safe_load((HERE / "config.yaml").read_text(encoding="utf-8"))
    merged = merge(merge(document, model), over)
    if over.get("model", ()) is None:
        merged["model"] = {"kind": "lightgbm"}
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", dir=HERE, encoding="utf-8") as file:
        yaml.safe_dump(merged, file)
        file.flush()
        return load_config(file.name)

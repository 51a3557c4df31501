"""Regressors of a run: the numbers that they learn from, and what they say of pixels."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pandas as pd

from iota_py.errors import Fault, InputError
from iota_py.io.vectors import read_vectors
from iota_py.pipeline import paths
from iota_py.pipeline.inputs.reading import BookStack, codes_of
from iota_py.pipeline.models.block import Block, Models
from iota_py.pipeline.reference.regions import model_folders
from iota_py.pipeline.reference.target import COLUMN
from iota_py.pipeline.workspace import Workspace
from iota_py.prediction.regression import ValueEngine, load_value_engine
from iota_py.training.bundle import load
from iota_py.training.fitted import Target


def target_of(ws: Workspace) -> Target:
    """What the regressors of a run predict."""
    section = ws.config.samples.target
    assert section is not None
    return Target(section.field, section.scale, section.unit)


def polygon_numbers(ws: Workspace) -> pd.Series:
    """The number of each reference polygon, float64, by its number in the run."""
    polygons = read_vectors(ws.path(paths.POLYGONS), "polygons")
    numbers: pd.Series = polygons.set_index("polygon")[COLUMN]
    return numbers


def value_engine_at(folder: str | Path, names: tuple[str, ...]) -> ValueEngine:
    """The engine of a regressor, fitted on these features in this order. InputError as `training.bundle.load`, and E-TGT-021: a classifier."""
    fitted = load(folder, names)
    if fitted.target is None:
        text = "the model predicts classes, not a number"
        raise InputError(Fault("E-TGT-021", str(folder), "target", text, "remove the folder `models` of the run, and run again"))
    return load_value_engine(fitted)


@functools.lru_cache(maxsize=64)
def value_models_at(folders: tuple[str, ...], version: str, names: tuple[str, ...]) -> Models:
    """The regressors of these folders, fitted on these columns. version: of the workspace, for models are fitted anew."""
    engines = [value_engine_at(folder, names) for folder in folders]
    books = [book for engine in engines if (book := getattr(engine, "book", None)) is not None and hasattr(engine, "predict_codes")]
    return Models(tuple(engines), BookStack.of(books) if len(books) == len(engines) else None)


def block_values(block: Block, models: Models, here: np.ndarray, alone: bool) -> np.ndarray:
    """What each model says of the pixels `here` of a block, float32 (model, pixel). alone: no other models predict in this block."""
    if alone and models.stack is not None and 2 * len(here) > block.last - block.first:
        codes = codes_of(block.observed, models.stack, block.first, block.last)
        return np.stack([engine.predict_codes(codes[k], block.last - block.first)[here] for k, engine in enumerate(models.engines)])
    return np.stack([engine.predict(block.features[here]) for engine in models.engines])


def mean_of_parts(found: np.ndarray, runs: int) -> np.ndarray:
    """Numbers float32 (run, pixel) of models (run * part, pixel): the mean of the parts of a region that is divided."""
    parts = found.reshape(runs, -1, found.shape[1])
    return parts[:, 0] if parts.shape[1] == 1 else parts.astype(np.float64).mean(axis=1).astype(np.float32)


def region_values(ws: Workspace, region: int, features: np.ndarray) -> np.ndarray:
    """Numbers float32 (run, sample) that a region gives to features int16 (sample, feature), as on its maps."""
    models = value_models_at(tuple(str(ws.path(name)) for name in model_folders(ws, region)), ws.version, ws.feature_names)
    return mean_of_parts(np.stack([engine.predict(np.ascontiguousarray(features)) for engine in models.engines]), ws.runs)

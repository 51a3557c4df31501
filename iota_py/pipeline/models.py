"""From the folder of a model to what predicts with it."""

from __future__ import annotations

from pathlib import Path

from iota_py.prediction.engine import Engine
from iota_py.prediction.loading import load_engine
from iota_py.training.bundle import load


def engine_at(folder: str | Path, names: tuple[str, ...]) -> Engine:
    """The engine of a bundle, which must have been fitted on these features in this order. InputError as `training.bundle.load`."""
    fitted = load(folder, names)
    return load_engine(fitted.kind, fitted.estimator, fitted.book, fitted.classes)

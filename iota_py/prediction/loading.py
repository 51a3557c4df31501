"""From a fitted model to the fastest engine that gives the library's labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from iota_py.codes import CodeBook
from iota_py.prediction.engine import Engine
from iota_py.prediction.library import LibraryEngine


def load_engine(kind: str, estimator: Any, book: CodeBook | None, classes: np.ndarray) -> Engine:
    """Engine of a model. kind: `random_forest` or `lightgbm`. book: the codes that it was fitted on, None for int16 values."""
    return LibraryEngine(estimator, book, classes)

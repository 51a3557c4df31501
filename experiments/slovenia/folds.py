"""Five folds of polygons: the setting of the reference figure, and this experiment's, on the same folds.

Usage: python experiments/slovenia/folds.py, after `iota-py run experiments/slovenia/config.yaml`. The folds of the reference figure are
not given; these are scikit-learn's.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from choices import CONFIG, FOREST, labels, reference_pixels, tile_features, variant
from rich.console import Console
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, balanced_accuracy_score
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

from iota_py.io.raster import read_window
from iota_py.pipeline.steps.learning import options_of
from iota_py.training.fit import fit

FOLDS = {"GroupKFold": GroupKFold(5), "StratifiedGroupKFold": StratifiedGroupKFold(5, shuffle=True, random_state=0)}


def plain_features() -> np.ndarray:
    """NDVI of the 68 files as it is, clouds and all: float32 (pixel, date)."""
    files = sorted(CONFIG.inputs["sentinel2"].path.glob("*.tif"))
    return np.stack([read_window(str(file)).ravel() for file in files], axis=1)


def by_reference(learning: pd.DataFrame, validation: pd.DataFrame, features: np.ndarray) -> np.ndarray:
    """Labels by an untuned forest of 300 trees."""
    forest = RandomForestClassifier(300, random_state=0).fit(features[learning.pixel], learning.code)
    return forest.predict(features[validation.pixel])


def by_chain(learning: pd.DataFrame, validation: pd.DataFrame, features: np.ndarray) -> np.ndarray:
    """Labels by the model of the experiment."""
    kind, options = options_of(CONFIG.model)
    names = tuple(map(str, range(features.shape[1])))
    return labels(fit(kind, options, features[learning.pixel], learning.code.to_numpy(np.uint8), names, 0, 1), features[validation.pixel])


def main() -> None:
    """Overall accuracy and mean recall of the classes over all the folds, for both."""
    pixels, _ = reference_pixels()
    ways = {"reference": (by_reference, plain_features()), "this experiment": (by_chain, tile_features(variant({"model": FOREST})))}
    for name, folds in FOLDS.items():
        for way, (predict, features) in ways.items():
            found = np.zeros(len(pixels), int)
            for learning, held in folds.split(pixels, pixels.code, pixels.polygon):
                found[held] = predict(pixels.iloc[learning], pixels.iloc[held], features)
            overall, balanced = accuracy_score(pixels.code, found), balanced_accuracy_score(pixels.code, found)
            Console().print(f"{name:<22} {way:<16} OA {overall:.3f}   balanced {balanced:.3f}")


if __name__ == "__main__":
    main()

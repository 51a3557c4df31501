"""How far things are from samples: samples from each other, pixels of the map from samples, and what folds hold out from what they learn.

Folds whose held-out samples are as far from those learnt as the pixels of a map are from the samples tell how well the map is made (Meyer and
Pebesma 2022, "Machine learning-based global maps of ecological variables and the challenge of assessing them"; Milà et al. 2022). Places and
coordinates of a feature space alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.spatial import cKDTree
from scipy.stats import wasserstein_distance

QUANTILES = 201  # of a distribution, evenly spaced from the least to the largest: what a file keeps of it
PIXELS, SAMPLES = "pixel_to_sample", "sample_to_sample"


def nearest_other(places: np.ndarray) -> np.ndarray:
    """Distance of each of places (place, coordinate) to the nearest other one, float64; infinite for one alone."""
    return np.asarray(cKDTree(places).query(places, k=2)[0][:, 1], np.float64)


def nearest_of(places: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """Distance of each place to the nearest of some samples, float64 (place,)."""
    return np.asarray(cKDTree(samples).query(places)[0], np.float64)


def held_out_distances(places: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Distance of each place to the nearest that learns while its fold is held out, float64; NaN for places that no fold holds out (fold below 0),
    and where nothing would learn."""
    found = np.full(len(places), np.nan)
    for number in np.unique(fold[fold >= 0]):
        held = fold == number
        if not held.all():
            found[held] = nearest_of(places[held], places[~held])
    return found


def distribution(values: np.ndarray) -> dict[str, Any]:
    """Number, and QUANTILES quantiles, of the values that are finite."""
    known = values[np.isfinite(values)]
    quantiles = np.quantile(known, np.linspace(0, 1, QUANTILES)).tolist() if len(known) else []
    return {"number": len(known), "quantiles": quantiles}


def likeness(found: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Distributions by name, the Wasserstein distance of each kind of folds from that of the pixels, and the kind that is nearest to it.

    found: distances; PIXELS, SAMPLES, and the kinds of folds. `like` is None where there are no pixels or fewer than two kinds.
    """
    known = {name: values[np.isfinite(values)] for name, values in found.items()}
    kinds = [name for name in known if name not in (PIXELS, SAMPLES) and len(known[name])]
    pixels = known.get(PIXELS, np.empty(0))
    apart = {kind: float(wasserstein_distance(pixels, known[kind])) for kind in kinds} if len(pixels) else {}
    like = min(apart, key=lambda kind: apart[kind]) if len(apart) > 1 else None
    return {"distributions": {name: distribution(values) for name, values in found.items()}, "wasserstein": apart, "like": like}

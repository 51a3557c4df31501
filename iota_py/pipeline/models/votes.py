"""What the models of a region say together: one alone, or the vote of its parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from iota_py.mapping.vote import majority_vote
from iota_py.pipeline import paths
from iota_py.pipeline.models.engines import engine_at
from iota_py.pipeline.workspace import Workspace


def voted(found: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Labels and confidence 0–100, uint8 (pixel,), of the models of a region in one run, each with labels and confidence 0–1."""
    labels = np.stack([own for own, _ in found])
    confidence = np.stack([np.rint(own * 100) for _, own in found]).astype(np.uint8)
    return (labels[0], confidence[0]) if len(found) == 1 else majority_vote(labels, confidence)


def region_labels(ws: Workspace, region: int, run: int, features: np.ndarray) -> np.ndarray:
    """Labels uint8 (sample,) that a region gives to features int16 (sample, feature) in a run, as on its map."""
    parts, found = ws.parts.get(region, 1), []
    for part in range(parts):
        predicted = engine_at(ws.path(paths.model_part(region, run, part, parts)), ws.model_names).predict(np.ascontiguousarray(features))
        found.append((predicted.labels, predicted.confidence))
    return voted(found)[0]

"""How the classes of several draws become that of the map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iota_py.config.map_layers import MapLayers
from iota_py.io.publish import read_json
from iota_py.mapping.fusion import masses
from iota_py.mapping.vote import belief_vote, majority_vote
from iota_py.pipeline import paths
from iota_py.pipeline.workspace import Workspace


@dataclass(frozen=True, eq=False)
class RunVote:
    """A rule to fuse draws. undecided: as in `mapping.vote.settle`. mass: float64 (run, 256), what each draw puts on each class, None where the
    majority decides."""

    undecided: str
    mass: np.ndarray | None

    def __call__(self, labels: np.ndarray, confidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Class and confidence 0-100, uint8 (…), of those of the draws (run, …); of a single draw its own."""
        if len(labels) == 1:
            return labels[0], confidence[0]
        winner, share = np.zeros((2, *labels.shape[1:]), np.uint8)
        known = labels.any(axis=0)  # much of a map may be without data
        winner[known], share[known] = self._settled(labels[:, known], confidence[:, known])
        return winner, share

    def _settled(self, labels: np.ndarray, confidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if self.mass is None:
            return majority_vote(labels, confidence, self.undecided)
        return belief_vote(labels, confidence, self.mass, self.undecided)


def run_vote(ws: Workspace) -> RunVote:
    """The rule of a run, with the masses that the confusion matrix of each draw gives where beliefs are combined."""
    wish = ws.config.map or MapLayers()
    if wish.vote == "majority" or ws.runs == 1:
        return RunVote(wish.undecided, None)
    documents = [read_json(ws.path(paths.run_weights(run))) for run in range(ws.runs)]
    return RunVote(wish.undecided, np.stack([masses(np.array(d["confusion"]), np.array(d["codes"]), wish.weight) for d in documents]))

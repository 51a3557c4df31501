"""Fusion of several labels per pixel by vote: of the majority, or of beliefs by Dempster-Shafer; and what is done where it does not decide."""

from __future__ import annotations

import numpy as np

from iota_py.mapping.fusion import combined_masses

NODATA = 0
UNDECIDED = ("highest_confidence", "first", "none")
DECIMALS = 12  # of masses that are equal: products in another order differ in their last bits
BLOCK = 65_536  # pixels whose masses are combined at a time


def majority_vote(labels: np.ndarray, confidence: np.ndarray, undecided: str = "highest_confidence") -> tuple[np.ndarray, np.ndarray]:
    """Label and confidence of a vote between members.

    labels: uint8 (member, …), 0 where a member has none. confidence: uint8 (member, …), 0–100. The most frequent label wins; of equally
    frequent ones that of the rule, as in `settle`: by default the one with the highest single confidence, then the lowest code. The
    confidence of the vote is the mean over all members of `confidence` for those that voted the winner, `100 - confidence` for the others,
    0 for those without a label, rounded half to even. Result: uint8 (…), uint8 (…); 0 and 0 where no member has a label, or none is settled on.
    """
    members = labels.shape[0]
    votes = (labels[:, None] == labels[None, :]) & (labels != NODATA)[:, None]  # (a, b, …): member b votes as member a does
    winner = settle(labels, confidence, votes.sum(axis=1), undecided)
    agree = np.where(labels == winner, confidence.astype(np.int64), 100 - confidence.astype(np.int64))
    total = np.where(labels == NODATA, 0, agree).sum(axis=0)
    share = np.rint(total / members).astype(np.uint8)
    return winner, np.where(winner == NODATA, 0, share).astype(np.uint8)


def belief_vote(labels: np.ndarray, confidence: np.ndarray, mass: np.ndarray, undecided: str) -> tuple[np.ndarray, np.ndarray]:
    """Label and belief 0–100, uint8 (…), of a vote by Dempster-Shafer; 0 and 0 where no member has a label, or none is settled on.

    labels, confidence: as in `majority_vote`. mass: float64 (member, 256), what each member puts on each label (`fusion.masses`), the rest on
    ignorance. The label with the largest combined mass wins, of equal ones that of the rule, as in `settle`. The belief is its combined mass,
    conflict normalised away.
    """
    flat, certain = labels.reshape(len(labels), -1), confidence.reshape(len(labels), -1)
    winner, belief = np.zeros(flat.shape[1], np.uint8), np.zeros(flat.shape[1], np.uint8)
    for start in range(0, len(winner), BLOCK):
        part = slice(start, start + BLOCK)
        combined, total = combined_masses(flat[:, part], mass)
        combined = np.round(combined, DECIMALS)
        found = settle(flat[:, part], certain[:, part], combined, undecided)
        own = np.where((flat[:, part] == found) & (found != NODATA), combined, 0).max(axis=0)
        winner[part], belief[part] = found, np.rint(100 * own / np.where(total > 0, total, 1))
    return winner.reshape(labels.shape[1:]), belief.reshape(labels.shape[1:])


def settle(labels: np.ndarray, confidence: np.ndarray, score: np.ndarray, undecided: str) -> np.ndarray:
    """The label with the highest score, uint8 (…), 0 where no member has one.

    labels, confidence: uint8 (member, …). score: of the label of each member, the same for the same label. undecided, where several labels
    have that score: `highest_confidence`, the label of the most confident of these members, then the lowest code; `first`, the label of
    the first of these members; `none`, no label. Raises ValueError for another word.
    """
    if undecided not in UNDECIDED:
        raise ValueError(f"undecided {undecided}: expected one of {', '.join(UNDECIDED)}")
    ranked = np.where(labels != NODATA, score, -1)
    best = (labels != NODATA) & (ranked == ranked.max(axis=0))
    if undecided == "highest_confidence":
        place = np.where(best, confidence.astype(np.int64) * 256 + (255 - labels.astype(np.int64)), -1).argmax(axis=0)
    else:
        place = best.argmax(axis=0)
    winner = np.take_along_axis(labels, place[None], axis=0)[0]
    return np.where((best & (labels != winner)).any(axis=0), NODATA, winner).astype(np.uint8) if undecided == "none" else winner

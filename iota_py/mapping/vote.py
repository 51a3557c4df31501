"""Fusion of several labels per pixel by majority vote."""

from __future__ import annotations

import numpy as np

NODATA = 0


def majority_vote(labels: np.ndarray, confidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Label and confidence of a vote between members.

    labels: uint8 (member, …), 0 where a member has none. confidence: uint8 (member, …), 0–100. The most frequent label wins; of equally
    frequent ones the one with the highest single confidence, then the lowest code. The confidence of the vote is the mean over all
    members of `confidence` for those that voted the winner, `100 - confidence` for the others, 0 for those without a label, rounded
    half to even. Result: uint8 (…), uint8 (…); 0 and 0 where no member has a label.
    """
    members = labels.shape[0]
    votes = (labels[:, None] == labels[None, :]) & (labels != NODATA)[:, None]  # (a, b, …): member b votes as member a does
    count = votes.sum(axis=1).astype(np.int64)
    strongest = np.where(votes, confidence[None, :], 0).max(axis=1).astype(np.int64)
    rank = (count * 101 + strongest) * 256 + (255 - labels.astype(np.int64))
    winner = np.take_along_axis(labels, rank.argmax(axis=0)[None], axis=0)[0]
    agree = np.where(labels == winner, confidence.astype(np.int64), 100 - confidence.astype(np.int64))
    total = np.where(labels == NODATA, 0, agree).sum(axis=0)
    share = np.rint(total / members).astype(np.uint8)
    return winner, np.where(winner == NODATA, 0, share).astype(np.uint8)

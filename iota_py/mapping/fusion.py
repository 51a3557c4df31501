"""Fusion of the labels of several classifiers by Dempster-Shafer, each trusted as far as its own confusion matrix says."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from iota_py.nomenclature import LandCoverClass, Nomenclature

MEASURES = ("precision", "recall", "accuracy", "kappa")
HIGHEST = 0.999  # a mass of 1 would leave nothing to ignorance, and two such classifiers that disagree could not be combined
MOST_ENTRIES = 1 << 16  # of a table of all combinations of labels; beyond, pixels are combined one by one
# Members apart (palette of Okabe and Ito 2008), what they have in common in grey: the eye goes to where they differ.
MEMBER_COLOURS = (
    (0, 114, 178), (230, 159, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233), (213, 94, 0), (240, 228, 66), (120, 94, 240),
)  # fmt: skip
COMMON = (205, 205, 205)


@dataclass(frozen=True, eq=False)
class Fused:
    """Labels of a fusion.

    labels: uint8 (pixel,), 0 where no classifier has one. belief: float32 (pixel,), 0–1, the combined mass of the label, conflict
    normalised away. choice: uint8 (pixel,), the classifiers that have the label, bit k for classifier k; 0 without a label.
    """

    labels: np.ndarray
    belief: np.ndarray
    choice: np.ndarray


def masses(confusion: np.ndarray, classes: np.ndarray, measure: str) -> np.ndarray:
    """Mass that a classifier gives to each label, float64 (256,), 0 for labels that it does not know.

    confusion: counts (reference, map) over `classes`, uint8 codes. measure: one of MEASURES: precision (user's accuracy) or recall
    (producer's accuracy) of the label, or overall accuracy or kappa, the same for all labels. Clipped to 0–HIGHEST.
    """
    if measure not in MEASURES:
        raise ValueError(f"measure {measure}: expected one of {', '.join(MEASURES)}")
    counts = np.asarray(confusion, np.float64)
    right, total = np.diag(counts), counts.sum()
    if measure in ("precision", "recall"):
        whole = counts.sum(axis=0 if measure == "precision" else 1)
        value = np.divide(right, whole, out=np.zeros_like(right), where=whole > 0)
    else:
        accuracy = right.sum() / total if total else 0.0
        chance = (counts.sum(axis=0) * counts.sum(axis=1)).sum() / total**2 if total else 1.0
        one = accuracy if measure == "accuracy" else (accuracy - chance) / (1 - chance) if chance < 1 else 0.0
        value = np.full(len(right), one)
    table = np.zeros(256)
    table[np.asarray(classes, np.intp)] = np.clip(value, 0.0, HIGHEST)
    return table


def dempster_shafer(labels: np.ndarray, mass: np.ndarray) -> Fused:
    """Combine labels uint8 (classifier, pixel), at most 8 classifiers, with mass float64 (classifier, 256) of each label.

    Classifier k puts mass[k, label] on its label and the rest on ignorance (Shafer 1976, simple support functions). By Dempster's rule the
    combined mass of a label is, before conflict is normalised away, (1 - Π (1 - m) over those that chose it) × Π (1 - m) over the others;
    of ignorance Π (1 - m) over all. The largest wins; of equal ones the lowest code. A label 0 is no label and has no mass.
    """
    count, pixels = labels.shape
    if count > 8 or mass.shape != (count, 256):
        raise ValueError(f"expected at most 8 classifiers and masses ({count}, 256), found {mass.shape}")
    combined, total = combined_masses(labels, mass)
    agree = np.zeros((count, pixels), np.uint8)
    for k in range(count):
        agree[k] = (((labels == labels[k]) & (labels[k] > 0)) << np.arange(count)[:, None]).sum(axis=0)
    best = combined.max(axis=0)
    winners = np.where(combined == best, labels, 255).astype(np.uint8)
    found = np.where(best >= 0, winners.min(axis=0), 0).astype(np.uint8)
    first = np.argmax((labels == found) & (found > 0), axis=0)
    place = np.arange(pixels)
    belief = np.where(found > 0, combined[first, place] / np.where(total > 0, total, 1.0), 0.0)
    return Fused(found, belief.astype(np.float32), np.where(found > 0, agree[first, place], 0).astype(np.uint8))


def combined_masses(labels: np.ndarray, mass: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Combined mass of the label of each classifier before conflict is normalised away, float64 (classifier, pixel), -1 without a label; and
    what it is normalised by, float64 (pixel,): the masses of all labels, each once, and of ignorance. Arguments as in `dempster_shafer`."""
    left = 1.0 - np.where(labels > 0, np.take_along_axis(mass, labels.astype(np.intp), axis=1), 0.0)
    combined = np.zeros(labels.shape)
    for k in range(len(labels)):
        same = (labels == labels[k]) & (labels[k] > 0)
        chosen, others = np.where(same, left, 1.0).prod(axis=0), np.where(same, 1.0, left).prod(axis=0)
        combined[k] = np.where(labels[k] > 0, (1.0 - chosen) * others, -1.0)
    return combined, left.prod(axis=0) + _distinct_sum(labels, combined)


def _distinct_sum(labels: np.ndarray, combined: np.ndarray) -> np.ndarray:
    """Sum of the combined masses, each label once."""
    total = np.zeros(labels.shape[1])
    for k in range(len(labels)):
        repeated = (labels[:k] == labels[k]).any(axis=0)
        total += np.where(repeated | (labels[k] == 0), 0.0, combined[k])
    return total


@dataclass(frozen=True, eq=False)
class Combination:
    """Dempster-Shafer of classifiers whose labels and masses are known beforehand, as a table of all that they can say together.

    mass: float64 (classifier, 256), as in `dempster_shafer`. rank: intp (classifier, 256), share of each label in the place in the table.
    labels, belief, choice: uint8 (combination,), belief 0–100; empty where the combinations are too many for a table.
    """

    mass: np.ndarray
    rank: np.ndarray
    labels: np.ndarray
    belief: np.ndarray
    choice: np.ndarray

    @classmethod
    def of(cls, mass: np.ndarray, classes: Sequence[np.ndarray]) -> Combination:
        """classes: uint8 (class,) of each classifier; it says one of these, or nothing (0)."""
        known = [np.concatenate([[0], np.asarray(own)]).astype(np.uint8) for own in classes]
        rank = np.zeros((len(known), 256), np.intp)
        step = 1
        for k in reversed(range(len(known))):
            rank[k, known[k]] = step * np.arange(len(known[k]))
            step *= len(known[k])
        if step > MOST_ENTRIES:
            empty = np.empty(0, np.uint8)
            return cls(mass, rank, empty, empty, empty)
        every = np.array(list(itertools.product(*known)), np.uint8).T
        return cls(mass, rank, *_in_percent(dempster_shafer(every, mass)))

    def __call__(self, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Label, belief 0–100 and choice, uint8 (pixel,), of labels uint8 (classifier, pixel)."""
        if not len(self.labels):
            return _in_percent(dempster_shafer(labels, self.mass))
        place = sum(rank[own] for rank, own in zip(self.rank, labels))
        return self.labels[place], self.belief[place], self.choice[place]


def _in_percent(fused: Fused) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return fused.labels, np.rint(fused.belief * 100).astype(np.uint8), fused.choice


def choice_of_vote(labels: np.ndarray, choices: np.ndarray, winner: np.ndarray) -> np.ndarray:
    """Choice behind a vote of several draws, uint8 (…).

    labels, choices: uint8 (draw, …) of each draw; winner: uint8 (…), the label of the vote. Of the draws that have the winning label the
    most frequent choice; of equally frequent ones the lowest. 0 where there is no label.
    """
    of_winner = (labels == winner) & (winner > 0)
    votes = (choices[:, None] == choices[None, :]) & of_winner[None, :]  # (a, b, …): draw b has the choice of draw a
    rank = np.where(of_winner, votes.sum(axis=1) * 256 + (255 - choices.astype(np.int64)), -1)
    chosen = np.take_along_axis(choices, rank.argmax(axis=0)[None], axis=0)[0]
    return np.where(winner > 0, chosen, 0).astype(np.uint8)


def choice_legend(members: Sequence[str]) -> Nomenclature:
    """The values of a choice map with names and colours: paler the more members had the label."""
    entries = []
    for value in range(1, 1 << len(members)):
        own = [k for k in range(len(members)) if value >> k & 1]
        label = " and ".join(members[k] for k in own) + (" only" if len(own) == 1 else "")
        share = (len(own) - 1) / max(1, len(members) - 1)
        colour = tuple(round(sum(MEMBER_COLOURS[k][i] for k in own) / len(own) * (1 - share) + COMMON[i] * share) for i in range(3))
        entries.append(LandCoverClass(value, f"choice_{value}", {"en": label}, (colour[0], colour[1], colour[2])))
    return Nomenclature("choice", tuple(entries))

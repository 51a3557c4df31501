"""Estimators made of others: a vote of their probabilities, or a logistic regression on them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from iota_py.errors import Fault, TaskError
from iota_py.probabilities import shares_of
from iota_py.training.fitted import Fitted
from iota_py.training.learning import LearningSet, parts_of
from iota_py.training.options import MemberOptions, StackingOptions, VotingOptions
from iota_py.training.single import fit_single


@dataclass(frozen=True, eq=False)
class Voting:
    """Members and their weights float64 (member,), which add up to 1: probabilities are the weighted mean of theirs."""

    members: tuple[Fitted, ...]
    weights: np.ndarray


@dataclass(frozen=True, eq=False)
class Stacking:
    """Members, and what is made of their probabilities side by side (n, member * class): softmax of `them @ coefficients.T + intercepts`.

    coefficients: float64 (class, member * class). intercepts: float64 (class,).
    """

    members: tuple[Fitted, ...]
    coefficients: np.ndarray
    intercepts: np.ndarray


def train_voting(options: VotingOptions, samples: LearningSet, seed: int, threads: int) -> Voting:
    """Members fitted on the same samples, each with a seed of its name."""
    weights = np.array([member.weight for member in options.members])
    return Voting(_members(options.members, samples, seed, threads), weights / weights.sum())


def train_stacking(options: StackingOptions, samples: LearningSet, seed: int, threads: int) -> Stacking:
    """Members fitted on all the samples, joined by how they did on samples kept apart from them, groups whole (`parts_of`).

    Weights of the samples go to the members and to the regression. TaskError E-TRN-013: fewer than two classes have two samples.
    """
    part = parts_of(samples, options.folds, seed)
    known, classes = part >= 0, np.unique(samples.labels)
    if len(np.unique(samples.labels[known])) < 2:
        text = (
            f"stacking: only class {samples.labels[known][0]} has samples to hold back"
            if known.any()
            else "stacking: no class has two samples"
        )
        raise TaskError(Fault("E-TRN-013", "samples", "model.kind", text, "give more polygons of each class, or use voting"))
    apart = np.zeros((len(samples.labels), len(options.members) * len(classes)))
    for number in np.unique(part[known]):  # every class is among the other parts: `parts_of` sees to it
        held = part == number
        members = _members(options.members, samples.rows(~held), seed, threads)
        apart[held] = np.concatenate([_shares(member, samples.matrix[held]) for member in members], axis=1)
    final = LogisticRegression(C=options.c, max_iter=1000, random_state=seed)
    with threadpool_limits(1):
        weights = None if samples.weights is None else samples.weights[known]
        final.fit(apart[known], samples.labels[known], weights)
    return Stacking(_members(options.members, samples, seed, threads), *_regression(final, classes))


def member_seed(seed: int, name: str) -> int:
    """Seed of a member: of its name, so that other members do not change it."""
    return int(np.random.SeedSequence([seed, zlib.crc32(name.encode())]).generate_state(1)[0])


def _members(members: tuple[MemberOptions, ...], samples: LearningSet, seed: int, threads: int) -> tuple[Fitted, ...]:
    return tuple(fit_single(member.options, samples, member_seed(seed, member.name), threads) for member in members)


def _shares(fitted: Fitted, features: np.ndarray) -> np.ndarray:
    """Probabilities (n, class) of a member for features int16, asked of the library itself."""
    matrix = features if fitted.book is None else fitted.book.encode(features)
    with threadpool_limits(1):
        return shares_of(fitted.estimator, matrix.astype(np.float32))


def _regression(final: LogisticRegression, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and intercepts of all the classes: of two, the first has zeros; of one that had no sample apart, it is never chosen."""
    coefficients, intercepts = final.coef_, final.intercept_
    if len(final.classes_) == 2:
        coefficients, intercepts = np.concatenate([np.zeros_like(coefficients), coefficients]), np.array([0.0, intercepts[0]])
    whole, level = np.zeros((len(classes), coefficients.shape[1])), np.full(len(classes), -np.inf)
    known = np.isin(classes, final.classes_)
    whole[known], level[known] = coefficients, intercepts
    return whole, level

"""The index of every individual: from its breeding values, or from its own phenotypes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from breedeval.selection.index import (
    Information,
    desired_gains_index,
    economic_index,
    restricted_index,
)

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Goal:
    """What an index is for, in k criteria.

    Parameters
    ----------
    weights : ndarray of float64, shape (k,)
        a; zero where ``gains`` are given.
    held : ndarray of int64
        Criteria that are to stay as they are.
    gains : ndarray of float64, shape (g,), or None
        Gains wanted, in proportion.
    of : ndarray of int64, shape (g,)
        Criteria of the gains.
    """

    weights: Vector
    held: NDArray[np.int64]
    gains: Vector | None
    of: NDArray[np.int64]

    @property
    def plain(self) -> bool:
        """Whether only weights are given: neither gains nor restrictions."""
        return self.gains is None and not self.held.size

    def coefficients(self, information: Information) -> Vector:
        """b, shape (m,).

        Raises
        ------
        NoIndexError
        """
        if self.gains is not None:
            return desired_gains_index(information, self.gains, self.of)
        if self.held.size:
            return restricted_index(information, self.weights, self.held)
        return economic_index(information, self.weights)

    def aggregate(self, b: Vector) -> Vector:
        """a of the aggregate that the index predicts: b itself where only gains are wanted."""
        return b if self.gains is not None else self.weights


@dataclass(frozen=True, eq=False)
class Ranking:
    """Index of n individuals.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        NaN for those without information.
    accuracy : ndarray of float64, shape (n,)
        Correlation of the index with the aggregate of true breeding values; NaN where not known.
    coefficients : ndarray of float64, shape (m,)
        b; of the most usual candidates where they differ in information.
    information : Information
        P, G and C of those.
    reliable : ndarray of float64, shape (n, k, k), or None
        P of every individual, where the index is one of breeding values and they are known.
    """

    values: Vector
    accuracy: Vector
    coefficients: Vector
    information: Information
    reliable: Matrix | None = None

    def among(self, candidates: NDArray[np.bool_]) -> Ranking:
        """The same index, with P as the mean over some candidates."""
        if self.reliable is None or not candidates.any():
            return self
        mean = self.reliable[candidates].mean(axis=0)
        return replace(self, information=Information(mean, mean, self.information.genetic))


def rank_by_breeding_values(
    values: Matrix, goal: Goal, spread: Matrix, genetic: Matrix, reliable: Matrix | None
) -> Ranking:
    """Index b′û.

    Parameters
    ----------
    values : ndarray of float64, shape (n, k)
        û.
    goal : Goal
    spread : ndarray of float64, shape (k, k)
        Covariance of û among candidates: what restrictions and gains wanted are met for.
    genetic : ndarray of float64, shape (k, k)
        C.
    reliable : ndarray of float64, shape (n, k, k), or None
        var(û) of every individual given the model: its genetic variance less the covariance of
        its prediction errors; None where these are not known.
    """
    b = goal.weights if goal.plain else goal.coefficients(Information(spread, spread, genetic))
    a = goal.aggregate(b)
    accuracy = (np.full(len(values), np.nan) if reliable is None
                else _accuracies(reliable, genetic, a, b))
    return Ranking(values @ b, accuracy, b, Information(spread, spread, genetic), reliable)


def _accuracies(reliable: Matrix, genetic: Matrix, a: Vector, b: Vector) -> Vector:
    """b′Va/√(b′Vb · a′Ca) of every individual; 0 for those of which nothing is known."""
    with_goal = np.einsum("k,ikl,l->i", b, reliable, a)
    own = np.einsum("k,ikl,l->i", b, reliable, b)
    known = own > 1e-12 * float(b @ genetic @ b)
    found = np.zeros(len(reliable))
    found[known] = with_goal[known] / np.sqrt(own[known] * float(a @ genetic @ a))
    return found


def rank_by_phenotypes(
    means: Matrix, together: Counts, variance: Callable[[Counts], Matrix], covariance: Matrix,
    goal: Goal, genetic: Matrix, candidates: NDArray[np.bool_],
) -> Ranking:
    """Index b′x of own phenotypes, with b for the records that an individual has.

    Parameters
    ----------
    means : ndarray of float64, shape (n, m)
        x; NaN without a record.
    together : ndarray of int64, shape (n, m, m)
        Records that two traits share.
    variance : callable
        P from ``together`` of the traits that have records.
    covariance : ndarray of float64, shape (m, k)
        G.
    goal : Goal
    genetic : ndarray of float64, shape (k, k)
    candidates : ndarray of bool, shape (n,)

    Notes
    -----
    One small system for every different pattern of records.
    """
    n, m = means.shape
    patterns, which = np.unique(together.reshape(n, -1), axis=0, return_inverse=True)
    which = which.reshape(-1)
    usual = int(np.bincount(which[candidates], minlength=len(patterns)).argmax())
    values, accuracy = np.full(n, np.nan), np.full(n, np.nan)
    coefficients, information = np.full(m, np.nan), None
    for number, pattern in enumerate(patterns.reshape(-1, m, m)):
        has = np.flatnonzero(np.diagonal(pattern) > 0)
        if not has.size or (goal.gains is not None and has.size < len(goal.of)):
            continue
        own = Information(variance(_filled(pattern))[np.ix_(has, has)], covariance[has], genetic)
        b = goal.coefficients(own)
        rows = np.flatnonzero(which == number)
        values[rows] = means[np.ix_(rows, has)] @ b
        accuracy[rows] = own.accuracy(b, goal.aggregate(b)) if goal.gains is None else np.nan
        if number == usual or information is None:
            coefficients = np.full(m, np.nan)
            coefficients[has], information = b, own
    if information is None:
        raise ValueError("no individual has a phenotype")
    return Ranking(values, accuracy, coefficients, information)


def _filled(pattern: Counts) -> Counts:
    """The same with one record where there is none, so that nothing is divided by zero."""
    filled = pattern.copy()
    np.fill_diagonal(filled, np.maximum(np.diagonal(pattern), 1))
    return filled


def goal_of(
    criteria: Sequence[str], weights: dict[str, float], *, wanted: bool,
    held: Sequence[str], unit: Vector,
) -> Goal:
    """A goal from names.

    Parameters
    ----------
    criteria : sequence of str
    weights : mapping of str to float
        Economic weights, or gains when they are ``wanted``.
    wanted : bool
    held : sequence of str
    unit : ndarray of float64, shape (k,)
        What a weight or gain is for: 1, or a genetic standard deviation.
    """
    place = {name: k for k, name in enumerate(criteria)}
    of = np.array([place[name] for name in weights], np.int64)
    given = np.array(list(weights.values()), np.float64)
    a = np.zeros(len(criteria))
    if wanted:
        return Goal(a, np.zeros(0, np.int64), given * unit[of], of)
    a[of] = given / unit[of]
    return Goal(a, np.array([place[name] for name in held], np.int64), None, of)

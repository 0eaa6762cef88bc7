"""Candidates for tests of contributions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.relationship.numerator import from_pedigree
from breedeval.selection.coancestry import Coancestry, Dense, matrix_of, of_pedigree
from breedeval.selection.shares import Shares
from tests.unit.pedigree.made import pedigree_of

Float64 = NDArray[np.float64]


def herd(
    seed: int, cohorts: int = 4, size: int = 60
) -> tuple[Float64, Coancestry, NDArray[np.int64]]:
    """Merit, coancestry by the pedigree, and sex (0 and 1) of the last cohort of a small herd."""
    rng = np.random.default_rng(seed)
    n = cohorts * size
    sire, dam, value = np.full(n, -1), np.full(n, -1), rng.normal(size=n)
    for cohort in range(1, cohorts):
        before = np.arange((cohort - 1) * size, cohort * size)
        order = before[np.argsort(-value[before])]
        rows = np.arange(cohort * size, (cohort + 1) * size)
        sire[rows] = rng.choice(order[order % 2 == 0][:6], size)
        dam[rows] = rng.choice(order[order % 2 == 1][:15], size)
        value[rows] = (value[sire[rows]] + value[dam[rows]]) / 2 + rng.normal(size=size) * 0.7
    last = np.arange(n - size, n)
    return value[last], of_pedigree(from_pedigree(pedigree_of(sire, dam)), last), last % 2


def shares(
    group: NDArray[np.int64], *, upper: Float64 | float = 1.0, lower: Float64 | float = 0.0
) -> Shares:
    """Half from each of two groups."""
    n = group.size
    return Shares(group, np.array([0.5, 0.5]), np.broadcast_to(lower, n).astype(np.float64),
                  np.broadcast_to(upper, n).astype(np.float64), ("male", "female"))


def dense(coancestry: Coancestry) -> Dense:
    """The same as a matrix."""
    return Dense(matrix_of(coancestry))

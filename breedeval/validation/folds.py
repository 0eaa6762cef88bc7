"""Which phenotypes are hidden, and of whom predictions are compared with them.

A fold hides the phenotypes of some rows of the records; never an individual, who stays with its
pedigree and genotypes. What is predicted are the rows that are hidden, or the first period of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Codes = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Fold:
    """One division of the rows of the records.

    Parameters
    ----------
    repeat : int
        Number of the division that it is part of, from 1.
    label : str
        Number of a random fold, the class that is left out, or the start of the period.
    hidden : ndarray of bool, shape (n,)
        Rows whose phenotypes are hidden.
    tested : ndarray of bool, shape (n,)
        Rows of these whose predictions count.
    """

    repeat: int
    label: str
    hidden: Mask
    tested: Mask


def random_folds(
    individuals: Codes, *, folds: int, repeats: int, seed: int
) -> tuple[Fold, ...]:
    """Individuals dealt at random to folds of equal size, anew in every repeat.

    Parameters
    ----------
    individuals : ndarray of int32, shape (n,)
        Individual of each row; −1 for rows that are in no fold.
    folds : int
        Of one repeat; every individual is in one of them, with all its rows.
    repeats, seed : int
        The folds of a repeat depend on its number and the seed alone.
    """
    present = np.unique(individuals[individuals >= 0])
    found = []
    for repeat in range(1, repeats + 1):
        order = np.random.default_rng((seed, repeat)).permutation(present.size)
        fold_of = np.full(int(present.max(initial=-1)) + 2, -1)
        fold_of[present[order]] = np.arange(present.size) % folds
        own = fold_of[individuals]  # −1 is the last cell, which is in no fold
        found += [Fold(repeat, str(k + 1), own == k, own == k) for k in range(folds)]
    return tuple(found)


def class_folds(classes: Codes, labels: Sequence[str]) -> tuple[Fold, ...]:
    """Every class of a column left out in turn.

    Parameters
    ----------
    classes : ndarray of int32, shape (n,)
        Class of each row; −1 for rows that are in no fold.
    labels : sequence of str
    """
    present = [k for k in range(len(labels)) if (classes == k).any()]
    return tuple(Fold(1, labels[k], classes == k, classes == k) for k in present)


def forward_folds(values: NDArray[np.float64], since: Sequence[float]) -> tuple[Fold, ...]:
    """The future predicted from the past, once for each start.

    Everything from a start on is hidden; predictions count until the next start.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        Such as the year of birth of the individual of each row; a row without one (NaN) is in no
        fold.
    since : sequence of float
        Starts, rising.
    """
    ends = [*since[1:], np.inf]
    return tuple(Fold(1, f"{start:g}", values >= start, (values >= start) & (values < end))
                 for start, end in zip(since, ends, strict=True))

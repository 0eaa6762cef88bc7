"""Individuals whose genotypes are the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.genotypes.packed import Packed
from breedeval.kernels.identity import same_pairs
from breedeval.kernels.opposing import words_by_individual


@dataclass(frozen=True, eq=False)
class Duplicates:
    """Pairs with the same genotypes.

    Parameters
    ----------
    first, second : ndarray of int64, shape (k,)
        Positions of the two; ``first`` is the smaller.
    identity : ndarray of float64, shape (k,)
        Part of the markers called in both at which they are the same.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    identity: NDArray[np.float64]


def find_duplicates(calls: Packed, identity: float) -> Duplicates:
    """Pairs of individuals that are the same at a part ≥ ``identity`` of markers called in both.

    Cost: O(n²m / 32) at worst; see :func:`breedeval.kernels.identity.same_pairs`.
    """
    words = words_by_individual(np.ascontiguousarray(calls.data), calls.individuals)
    pairs = same_pairs(words, calls.markers, identity)
    return Duplicates(pairs[:, 0], pairs[:, 1], 1 - pairs[:, 2] / pairs[:, 3])


def less_called(found: Duplicates, called: NDArray[np.int64]) -> NDArray[np.int64]:
    """Positions of those to remove so that one of every set of duplicates is left.

    Of a pair it is the one with fewer calls, and the later of two with as many.

    Parameters
    ----------
    found : Duplicates
    called : ndarray of int64, shape (n,)
        Markers with a call.
    """
    gone: set[int] = set()
    for i, j in zip(found.first.tolist(), found.second.tolist(), strict=True):
        if i not in gone and j not in gone:
            gone.add(i if called[i] < called[j] else j)
    return np.array(sorted(gone), np.int64)


def nearest(found: Duplicates, row: int, gone: NDArray[np.int64]) -> tuple[float, int]:
    """Identity and position of the one most the same as ``row``; of those who stay, if any is."""
    mine = (found.first == row) | (found.second == row)
    others = np.where(found.first == row, found.second, found.first)[mine]
    identity = found.identity[mine]
    at = int(np.lexsort((-others, identity, ~np.isin(others, gone)))[-1])
    return float(identity[at]), int(others[at])

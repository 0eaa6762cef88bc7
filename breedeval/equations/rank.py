"""The rank of the fixed part: which columns depend on which, and which are set to zero.

Columns of X (and the groups' columns ZQ, which are fixed too) that depend on others carry no
information of their own. One column of every dependency is set to zero; solutions of estimable
functions do not depend on which. Preferred for zero are groups, then the later effects, in each
the first level: the intercept stays, and a class effect is coded by treatment contrasts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.kernels.rank import dependent_columns, permuted_upper

PIVOT = 1e-11
"""1 − R² of a column on the others at or below which it depends on them; rounding is 1e-14."""
COEFFICIENT = 1e-8


@dataclass(frozen=True, eq=False)
class Rank:
    """Dependencies among the columns of a matrix.

    Parameters
    ----------
    dropped : ndarray of int64, shape (d,)
        Columns set to zero.
    dependencies : csr_array, shape (d, p)
        Row k: ``dropped[k]`` as a combination of columns that stay.
    """

    dropped: NDArray[np.int64]
    dependencies: sp.csr_array


def fixed_rank(x: sp.csc_array, preference: NDArray[np.int64]) -> Rank:
    """Find the dependencies among the columns of X.

    Parameters
    ----------
    x : csc_array, shape (n, p)
    preference : ndarray of int64, shape (p,)
        The columns, those to be set to zero first, first.
    """
    return rank_of_products(sp.csc_array(sp.tril(x.T @ x)), preference)


def rank_of_products(lower: sp.csc_array, preference: NDArray[np.int64]) -> Rank:
    """Find the dependencies among the columns of X from the lower triangle of X′X.

    Parameters
    ----------
    lower : csc_array, shape (p, p)
    preference : ndarray of int64, shape (p,)
        The columns, those to be set to zero first, first.

    Returns
    -------
    Rank

    Notes
    -----
    The null space of X comes from one LDL′ of X′X with unit diagonal, columns with few neighbours
    first: its cost is that of the sparse factorisation. Gauss–Jordan elimination of the d null
    vectors in the order of preference then chooses the columns, O(d²p).
    """
    norms = np.sqrt(lower.diagonal())
    scale = 1.0 / np.where(norms == 0, 1.0, norms)
    indptr, indices = lower.indptr.astype(np.int64), lower.indices.astype(np.int32)
    degree = np.diff(indptr) + np.bincount(indices, minlength=norms.size)
    order = np.argsort(degree, kind="stable")
    found, start, places, values = dependent_columns(
        *permuted_upper(indptr, indices, lower.data, scale, order), PIVOT)
    involved = np.unique(order[np.concatenate([places, found])])
    place = np.full(norms.size, -1)
    place[involved] = np.arange(involved.size)
    null, each = np.zeros((found.size, involved.size)), np.arange(found.size)
    null[np.repeat(each, np.diff(start)), place[order[places]]] = -values
    null[each, place[order[found]]] = 1.0
    wanted = place[preference]
    dropped, combinations = _choose(null * scale[involved], wanted[wanted >= 0])
    wide = sp.csr_array(
        (combinations.data, involved[combinations.indices], combinations.indptr),
        shape=(found.size, norms.size))
    return Rank(involved[dropped], wide)


def _choose(
    null: NDArray[np.float64], preference: NDArray[np.int64]
) -> tuple[NDArray[np.int64], sp.csr_array]:
    """Reduce the null vectors so that each has a column of its own, by preference.

    Returns those columns, rising, and each as a combination of others.
    """
    count = len(null)
    dense = null / np.abs(null).max(axis=1, initial=1e-300)[:, None]
    dropped, at = np.full(count, -1, np.int64), 0
    while at < preference.size and (free := np.flatnonzero(dropped < 0)).size:
        there = np.abs(dense[free]).max(axis=0)[preference[at:]] >= COEFFICIENT
        if not there.any():
            break
        at += int(np.argmax(there))
        column = preference[at]
        pivot = free[np.argmax(np.abs(dense[free, column]))]
        dense[pivot] /= dense[pivot, column]
        others = np.flatnonzero(np.abs(dense[:, column]) > 0)
        others = others[others != pivot]
        dense[others] -= np.outer(dense[others, column], dense[pivot])
        dropped[pivot] = column
        at += 1
    dense[np.abs(dense) < COEFFICIENT] = 0.0
    dense[np.arange(count), dropped] = 0.0
    order = np.argsort(dropped)
    return dropped[order], sp.csr_array(-dense[order])

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

from breedeval.kernels.rank import dependent_columns

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

    Returns
    -------
    Rank

    Notes
    -----
    The null space of X comes from one LDL′ of X′X with unit diagonal, columns with few neighbours
    first: its cost is that of the sparse factorisation. Gauss–Jordan elimination of the d null
    vectors in the order of preference then chooses the columns, O(d²p).
    """
    p = x.shape[1]
    norms = np.sqrt(np.asarray(x.multiply(x).sum(axis=0)).ravel())
    empty = norms == 0
    scaled = x @ sp.diags_array(1.0 / np.where(empty, 1.0, norms))
    gram = sp.csc_array(scaled.T @ scaled) + sp.diags_array(empty * 0.0)
    order = np.lexsort((np.arange(p), np.diff(sp.csc_array(gram).indptr)))
    upper = sp.csc_array(sp.triu(sp.csc_array(gram)[order][:, order]))
    upper.sort_indices()
    found, start, places, values = dependent_columns(
        upper.indptr.astype(np.int64), upper.indices.astype(np.int32), upper.data, PIVOT)
    count = found.size
    null = sp.csr_array(
        (np.concatenate([-values, np.ones(count)]),
         (np.concatenate([np.repeat(np.arange(count), np.diff(start)), np.arange(count)]),
          order[np.concatenate([places, found])])), shape=(count, p))
    return _choose(null @ sp.diags_array(1.0 / np.where(empty, 1.0, norms)), preference)


def _choose(null: sp.csr_array, preference: NDArray[np.int64]) -> Rank:
    """Reduce the null vectors so that each has a column of its own, by preference."""
    count, p = null.shape
    involved = np.unique(null.indices)
    place = np.full(p, -1)
    place[involved] = np.arange(involved.size)
    dense = sp.csc_array(null)[:, involved].toarray()
    dense /= np.abs(dense).max(axis=1, initial=1e-300)[:, None]
    dropped = np.full(count, -1, np.int64)
    for column in preference:
        at = place[column]
        if at < 0 or not (free := np.flatnonzero(dropped < 0)).size:
            continue
        pivot = free[np.argmax(np.abs(dense[free, at]))]
        if abs(dense[pivot, at]) < COEFFICIENT:
            continue
        dense[pivot] /= dense[pivot, at]
        others = np.flatnonzero(np.abs(dense[:, at]) > 0)
        others = others[others != pivot]
        dense[others] -= np.outer(dense[others, at], dense[pivot])
        dropped[pivot] = column
    dense[np.abs(dense) < COEFFICIENT] = 0.0
    dense[np.arange(count), place[dropped]] = 0.0
    combination = sp.csr_array(-dense)
    combination.eliminate_zeros()
    entries = combination.tocoo()
    wide = sp.csr_array((entries.data, (entries.row, involved[entries.col])), shape=(count, p))
    order = np.argsort(dropped)
    return Rank(dropped[order], sp.csr_array(wide[order]))

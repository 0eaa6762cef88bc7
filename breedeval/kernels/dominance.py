"""Dominance relationships among full-sib families, from the additive ones of their parents.

Families with a covariance are found through their parents: the covariance of family (s, d) with
family (s′, d′) is zero unless s is related to s′ or to d′, so only families of relatives of s are
visited.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import array, kernel

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]

_long = array("i8", 1)
_rows = array("i4", 1)
_vector = array("f8", 1)


@kernel(f"({_long}, {_rows}, {_vector}, {_rows}, {_rows}, {_long}, {_rows}, i8)")
def family_covariances(
    indptr: Int64, indices: Int32, data: Float64, first: Int32, second: Int32,
    family_start: Int64, family_list: Int32, limit: int,
) -> tuple[Int64, Int32, Float64]:
    """Lower triangle of ¼(a_ss′ a_dd′ + a_sd′ a_ds′) among families, columns compressed.

    Parameters
    ----------
    indptr : int64, shape (p + 1,)
    indices : int32, shape (nnz,)
    data : float64, shape (nnz,)
        A among the p parents, columns compressed.
    first, second : int32, shape (f,)
        The parents of each family.
    family_start : int64, shape (p + 1,)
    family_list : int32
        Families of each parent, one parent after the other; twice where both parents are one.
    limit : int
        Non-zeros after which to stop.

    Returns
    -------
    indptr : int64, shape (f + 1,)
        The last is above ``limit`` when it was stopped.
    indices : int32, shape (nnz,)
        Rows, in the order found.
    data : float64, shape (nnz,)
    """
    n_parents = indptr.size - 1
    n_families = first.size
    of_first = np.zeros(n_parents)
    of_second = np.zeros(n_parents)
    seen = np.full(n_families, -1, np.int32)
    start = np.zeros(n_families + 1, np.int64)
    rows = np.empty(max(4 * n_families, 16), np.int32)
    values = np.empty(rows.size)
    count = 0
    for k in range(n_families):
        s, d = first[k], second[k]
        for at in range(indptr[s], indptr[s + 1]):
            of_first[indices[at]] = data[at]
        for at in range(indptr[d], indptr[d + 1]):
            of_second[indices[at]] = data[at]
        via = s if indptr[s + 1] - indptr[s] <= indptr[d + 1] - indptr[d] else d
        for at in range(indptr[via], indptr[via + 1]):
            x = indices[at]
            for place in range(family_start[x], family_start[x + 1]):
                j = family_list[place]
                if j < k or seen[j] == k:
                    continue
                seen[j] = k
                value = 0.25 * (of_first[first[j]] * of_second[second[j]]
                                + of_first[second[j]] * of_second[first[j]])
                if value == 0.0:
                    continue
                if count == rows.size:
                    more_rows, more_values = np.empty(2 * count, np.int32), np.empty(2 * count)
                    more_rows[:count], more_values[:count] = rows, values
                    rows, values = more_rows, more_values
                rows[count] = j
                values[count] = value
                count += 1
        for at in range(indptr[s], indptr[s + 1]):
            of_first[indices[at]] = 0.0
        for at in range(indptr[d], indptr[d + 1]):
            of_second[indices[at]] = 0.0
        start[k + 1] = count
        if count > limit:
            start[k + 1:] = count
            break
    return start, rows[:count].copy(), values[:count].copy()

"""Products with R⁻¹, and traces of C⁻¹ over the observations of each record."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

_matrix = numba.types.Array(numba.float64, 2, "C", readonly=True)
_vector = numba.types.Array(numba.float64, 1, "C", readonly=True)
_columns = numba.types.Array(numba.int32, 2, "C", readonly=True)
_index = numba.types.Array(numba.int32, 1, "C", readonly=True)
_long = numba.types.Array(numba.int64, 1, "C", readonly=True)
_blocks = numba.types.Array(numba.float64, 3, "C", readonly=True)
_mask = numba.types.Array(numba.boolean, 2, "C", readonly=True)


@numba.njit((_index, _index, _index, _blocks, _matrix), cache=True, nogil=True)
def block_product(
    start: Int32, trait: Int32, group: Int32, blocks: Float64, x: Float64
) -> Float64:
    """Bx with a block of each record along the diagonal of B.

    Parameters
    ----------
    start : int32, shape (n + 1,)
        First observation of each record.
    trait : int32, shape (N,)
    group : int32, shape (n,)
        Block of each record.
    blocks : float64, shape (g, T, T)
    x : float64, shape (N, k)
    """
    result = np.zeros(x.shape)
    for r in range(group.size):
        for a in range(start[r], start[r + 1]):
            for b in range(start[r], start[r + 1]):
                weight = blocks[group[r], trait[a], trait[b]]
                for k in range(x.shape[1]):
                    result[a, k] += weight * x[b, k]
    return result


@numba.njit((_columns, _matrix, _index, _index, _index, _blocks, _mask, _long, _index, _vector),
            cache=True, nogil=True)
def fitted_covariance(
    columns: Int32, values: Float64, start: Int32, trait: Int32, group: Int32, blocks: Float64,
    coupled: Bool, indptr: Int64, indices: Int32, inverse: Float64,
) -> tuple[Float64, Float64, Float64]:
    """WᵣC⁻¹Wᵣ′ among the traits of a record, added up over the records of each group.

    Parameters
    ----------
    columns : int32, shape (N, t)
        Equations of the non-zeros of each observation's row of W; −1 for none.
    values : float64, shape (N, t)
        The non-zeros, scaled as R⁻¹ asks for.
    start, trait, group, blocks
        As in :func:`block_product`.
    coupled : bool, shape (T, T)
        Pairs of traits that are wanted (and whose places are in the pattern).
    indptr : int64, shape (size + 1,)
    indices : int32, shape (nnz,)
        Pattern of the lower triangle of C, rows rising within a column.
    inverse : float64, shape (nnz,)
        Entries of C⁻¹ there.

    Returns
    -------
    total : float64, shape (g, T, T)
        Symmetric.
    own : float64, shape (N,)
        Each observation's diagonal element.
    trace : float64, shape (n,)
        Trace of each record's WᵣC⁻¹Wᵣ′ times its block.
    """
    t = columns.shape[1]
    total = np.zeros(blocks.shape)
    own = np.zeros(columns.shape[0])
    trace = np.zeros(group.size)
    for r in range(group.size):
        for a in range(start[r], start[r + 1]):
            for b in range(start[r], a + 1):
                if not coupled[trait[a], trait[b]]:
                    continue
                found = 0.0
                for p in range(t):
                    i = columns[a, p]
                    if i < 0:
                        continue
                    for q in range(p + 1 if a == b else t):
                        j = columns[b, q]
                        if j < 0:
                            continue
                        row, column = max(i, j), min(i, j)
                        low, high = indptr[column], indptr[column + 1] - 1
                        while low < high:
                            middle = (low + high) // 2
                            if indices[middle] < row:
                                low = middle + 1
                            else:
                                high = middle
                        twice = 2.0 if a == b and p != q else 1.0
                        found += twice * values[a, p] * values[b, q] * inverse[low]
                weight = blocks[group[r], trait[a], trait[b]]
                total[group[r], trait[a], trait[b]] += found
                if a == b:
                    own[a] = found
                    trace[r] += weight * found
                else:
                    total[group[r], trait[b], trait[a]] += found
                    trace[r] += 2.0 * weight * found
    return total, own, trace

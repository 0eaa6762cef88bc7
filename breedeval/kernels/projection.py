"""diag(P) and the leverages of observations, from C⁻¹ on its pattern."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import array, kernel

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]

_matrix = array("f8", 2)
_vector = array("f8", 1)
_columns = array("i4", 2)
_index = array("i4", 1)
_long = array("i8", 1)
_blocks = array("f8", 3)


@kernel(
    f"({_columns}, {_matrix}, {_index}, {_index}, {_index}, {_blocks}, {_long}, "
    f"{_index}, {_vector})")
def projection_diagonal(
    columns: Int32, values: Float64, start: Int32, trait: Int32, group: Int32, blocks: Float64,
    indptr: Int64, indices: Int32, inverse: Float64,
) -> tuple[Float64, Float64]:
    """diag(B − BMB) and diag(MB), with M = WᵣC⁻¹Wᵣ′ among the observations of each record.

    Only elements of M between observations that B joins are read: the pattern of C has them.

    Parameters
    ----------
    columns : int32, shape (N, t)
        Equations of the non-zeros of each observation's row of W; −1 for none.
    values : float64, shape (N, t)
        The non-zeros.
    start : int32, shape (n + 1,)
        First observation of each record.
    trait : int32, shape (N,)
    group : int32, shape (n,)
        Block of each record.
    blocks : float64, shape (g, T, T)
        B.
    indptr : int64, shape (size + 1,)
    indices : int32, shape (nnz,)
        Pattern of the lower triangle of C, rows rising within a column.
    inverse : float64, shape (nnz,)
        Entries of C⁻¹ there.

    Returns
    -------
    projection : float64, shape (N,)
    leverage : float64, shape (N,)
    """
    t, traits = columns.shape[1], blocks.shape[1]
    projection, leverage = np.empty(columns.shape[0]), np.empty(columns.shape[0])
    fitted = np.zeros((traits, traits))
    for r in range(group.size):
        block, first, size = blocks[group[r]], start[r], start[r + 1] - start[r]
        for a in range(size):
            for b in range(a + 1):
                joined = a == b
                for c in range(size):
                    joined |= (block[trait[first + a], trait[first + c]] != 0.0
                               and block[trait[first + b], trait[first + c]] != 0.0)
                total = 0.0
                for p in range(t):
                    i = columns[first + a, p]
                    if i < 0 or not joined:
                        continue
                    for q in range(t):
                        j = columns[first + b, q]
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
                        total += values[first + a, p] * values[first + b, q] * inverse[low]
                fitted[a, b] = fitted[b, a] = total
        for a in range(size):
            own = block[trait[first + a], trait[first + a]]
            lever = 0.0
            for b in range(size):
                one = block[trait[first + a], trait[first + b]]
                lever += fitted[a, b] * one
                for c in range(size):
                    own -= one * fitted[b, c] * block[trait[first + c], trait[first + a]]
            projection[first + a], leverage[first + a] = own, lever
    return projection, leverage

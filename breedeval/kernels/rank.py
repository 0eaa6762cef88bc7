"""Which columns of a matrix depend on earlier ones: LDL′ of X′X that steps over zero pivots."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import array, kernel, part

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]


@part
def _tree(indptr: Int64, indices: Int32, n: int) -> tuple[Int64, Int64]:
    """Elimination tree of the upper triangle by columns, and the length of L's columns."""
    parent = np.full(n, -1, np.int64)
    flag = np.full(n, -1, np.int64)
    count = np.zeros(n, np.int64)
    for k in range(n):
        flag[k] = k
        for at in range(indptr[k], indptr[k + 1]):
            i = indices[at]
            while i < k and flag[i] != k:
                if parent[i] < 0:
                    parent[i] = k
                count[i] += 1
                flag[i] = k
                i = parent[i]
    return parent, count


@kernel(f"({array('i8', 1)}, {array('i4', 1)}, {array('f8', 1)}, {array('f8', 1)}, "
        f"{array('i8', 1)})")
def permuted_upper(
    indptr: Int64, indices: Int32, data: Float64, scale: Float64, order: Int64
) -> tuple[Int64, Int32, Float64]:
    """Upper triangle of DMD in another order, from the lower triangle of M; columns compressed.

    Parameters
    ----------
    indptr, indices, data
        Lower triangle of M.
    scale : float64, shape (n,)
        Diagonal of D.
    order : int64, shape (n,)
        Row of M at each place of the new order.
    """
    n = order.size
    place = np.empty(n, np.int32)
    for k in range(n):
        place[order[k]] = k
    start = np.zeros(n + 1, np.int64)
    for j in range(n):
        for at in range(indptr[j], indptr[j + 1]):
            start[max(place[j], place[indices[at]]) + 1] += 1
    for k in range(n):
        start[k + 1] += start[k]
    free = start[:-1].copy()
    rows, values = np.empty(indices.size, np.int32), np.empty(indices.size)
    for j in range(n):
        for at in range(indptr[j], indptr[j + 1]):
            i = indices[at]
            column = max(place[j], place[i])
            rows[free[column]] = min(place[j], place[i])
            values[free[column]] = data[at] * scale[i] * scale[j]
            free[column] += 1
    return start, rows, values


@kernel(f"({array('i8', 1)}, {array('i4', 1)}, {array('f8', 1)}, f8)")
def dependent_columns(
    indptr: Int64, indices: Int32, data: Float64, tolerance: float
) -> tuple[Int64, Int64, Int64, Float64]:
    """Null vectors of a positive semi-definite matrix M = X′X.

    The up-looking LDL′ of M meets, at a column that depends on earlier ones, a pivot of zero;
    that column is set aside and b, with X_B b = x_k over the independent columns B before it,
    follows from its row of L by one back-substitution, L_B′b = l_k.

    Parameters
    ----------
    indptr, indices, data
        Upper triangle of M as compressed columns (rows ≤ column), unit diagonal.
    tolerance : float
        Pivots (= 1 − R² on the earlier columns) at or below it are zero.

    Returns
    -------
    dependent : int64, shape (d,)
        Columns that depend on earlier ones.
    start : int64, shape (d + 1,)
        Where each null vector begins in the two arrays that follow.
    places : int64
        Independent columns with a non-zero b.
    coefficients : float64
        b, so that x_k = Σ bⱼ xⱼ.
    """
    n = indptr.size - 1
    parent, count = _tree(indptr, indices, n)
    start_l = np.zeros(n + 1, np.int64)
    for k in range(n):
        start_l[k + 1] = start_l[k] + count[k]
    rows_l = np.empty(start_l[n], np.int32)
    values_l = np.empty(start_l[n])
    filled = np.zeros(n, np.int64)
    pivot = np.zeros(n)
    y = np.zeros(n)
    pattern = np.empty(n, np.int64)
    flag = np.full(n, -1, np.int64)
    b = np.zeros(n)
    found = 0
    dependent = np.empty(n, np.int64)
    starts = np.zeros(n + 1, np.int64)
    places = np.empty(n, np.int64)
    coefficients = np.empty(n)
    for k in range(n):
        top = n
        flag[k] = k
        diagonal = 0.0
        for at in range(indptr[k], indptr[k + 1]):
            i = indices[at]
            if i == k:
                diagonal += data[at]
                continue
            y[i] += data[at]
            length = 0
            while flag[i] != k:
                pattern[length] = i
                length += 1
                flag[i] = k
                i = parent[i]
            while length > 0:
                top -= 1
                length -= 1
                pattern[top] = pattern[length]
        scale = diagonal
        for at in range(top, n):
            i = pattern[at]
            yi = y[i]
            y[i] = 0.0
            if pivot[i] == 0.0:
                continue
            for p in range(start_l[i], start_l[i] + filled[i]):
                y[rows_l[p]] -= values_l[p] * yi
            l_ki = yi / pivot[i]
            diagonal -= l_ki * yi
            rows_l[start_l[i] + filled[i]] = k
            values_l[start_l[i] + filled[i]] = l_ki
            filled[i] += 1
        y[k] = 0.0
        if diagonal > tolerance * scale:
            pivot[k] = diagonal
            continue
        dependent[found] = k
        for at in range(top, n):
            i = pattern[at]
            if pivot[i] != 0.0:
                filled[i] -= 1
                b[i] = values_l[start_l[i] + filled[i]]
        for j in range(k - 1, -1, -1):
            if pivot[j] == 0.0:
                continue
            total = b[j]
            for p in range(start_l[j], start_l[j] + filled[j]):
                total -= values_l[p] * b[rows_l[p]]
            b[j] = total
        used = starts[found]
        if used + k > places.size:
            places = np.concatenate((places, np.empty(used + k, np.int64)))
            coefficients = np.concatenate((coefficients, np.empty(used + k)))
        for j in range(k):
            if abs(b[j]) > 1e-9:
                places[used] = j
                coefficients[used] = b[j]
                used += 1
            b[j] = 0.0
        found += 1
        starts[found] = used
    used = starts[found]
    return (dependent[:found].copy(), starts[:found + 1].copy(), places[:used].copy(),
            coefficients[:used].copy())

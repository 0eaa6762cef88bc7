"""The numerator relationship matrix A = T D T′ and its inverse, from parents and D alone.

T⁻¹ has 1 on the diagonal and −½ for each parent, so that A⁻¹ = (T⁻¹)′ D⁻¹ T⁻¹ is a sum of one
rank-one term per individual (Henderson 1976). A parent code may lie past the last individual: an
unknown-parent group is just another row without a term of its own (Quaas 1988). The first m
individuals may be metafounders, whose own block of A is a given matrix.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import array, inlined, kernel

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]

_rows = array("i4", 1)
_vector = array("f8", 1)
_matrix = array("f8", 2)

LANES = 8


@inlined
def _put(
    row_end: Int64, term_column: Int32, term_value: Float64, column_count: Int64,
    i: int, j: int, value: float,
) -> None:
    row, column = max(i, j), min(i, j)
    at = row_end[row]
    term_column[at] = column
    term_value[at] = value
    row_end[row] = at + 1
    column_count[column + 1] += 1


@kernel(f"({_rows}, {_rows}, {_vector}, i8, {_matrix})")
def precision_lower(
    first: Int32, second: Int32, mendelian: Float64, size: int, corner: Float64
) -> tuple[Int64, Int32, Float64]:
    """Lower triangle of A⁻¹, columns compressed, rows ascending, diagonal first.

    Terms are written row by row, then turned into columns: each pass is one counting sort, so
    rows arrive ascending, and equal places (of full sibs) next to each other.

    Parameters
    ----------
    first, second : int32, shape (n,)
        Parent codes in 0..size−1; −1 none.
    mendelian : float64, shape (n,)
        D, the Mendelian variances.
    size : int
        Order of the matrix: individuals and groups.
    corner : float64, shape (m, m)
        Inverse of the metafounders' block; (0, 0) without.

    Returns
    -------
    indptr : int64, shape (size + 1,)
    indices : int32, shape (nnz,)
    data : float64, shape (nnz,)
    """
    n = first.size
    m = corner.shape[0]
    diagonal = np.zeros(size)
    row_start = np.zeros(size + 1, np.int64)
    for i in range(m):
        diagonal[i] = corner[i, i]
        row_start[i + 1] += i
    for i in range(m, n):
        p, q = first[i], second[i]
        weight = 1.0 / mendelian[i]
        diagonal[i] += weight
        if p >= 0:
            diagonal[p] += 0.25 * weight
            row_start[max(i, p) + 1] += 1
        if q >= 0:
            diagonal[q] += 0.25 * weight
            row_start[max(i, q) + 1] += 1
        if p >= 0 and q >= 0:
            if p == q:
                diagonal[p] += 0.5 * weight
            else:
                row_start[max(p, q) + 1] += 1
    for k in range(size):
        row_start[k + 1] += row_start[k]
    n_terms = row_start[size]
    term_column = np.empty(n_terms, np.int32)
    term_value = np.empty(n_terms)
    column_start = np.zeros(size + 1, np.int64)
    for i in range(m):
        for j in range(i):
            _put(row_start, term_column, term_value, column_start, i, j, corner[i, j])
    for i in range(m, n):
        p, q = first[i], second[i]
        weight = 1.0 / mendelian[i]
        if p >= 0:
            _put(row_start, term_column, term_value, column_start, i, p, -0.5 * weight)
        if q >= 0:
            _put(row_start, term_column, term_value, column_start, i, q, -0.5 * weight)
        if p >= 0 and q >= 0 and p != q:
            _put(row_start, term_column, term_value, column_start, p, q, 0.25 * weight)
    for k in range(size):
        column_start[k + 1] += column_start[k] + 1
    indices = np.empty(n_terms + size, np.int32)
    data = np.empty(n_terms + size)
    fill = np.empty(size, np.int64)
    for k in range(size):
        fill[k] = column_start[k] + 1
        indices[column_start[k]] = k
        data[column_start[k]] = diagonal[k]
    position = 0
    for row in range(size):
        while position < row_start[row]:
            column = term_column[position]
            at = fill[column]
            if indices[at - 1] == row:
                data[at - 1] += term_value[position]
            else:
                indices[at] = row
                data[at] = term_value[position]
                fill[column] = at + 1
            position += 1
    kept = 0
    for k in range(size):
        begin = column_start[k]
        column_start[k] = kept
        for at in range(begin, fill[k]):
            indices[kept] = indices[at]
            data[kept] = data[at]
            kept += 1
    column_start[size] = kept
    return column_start, indices[:kept].copy(), data[:kept].copy()


@kernel(f"({_rows}, {_rows}, {_vector}, {_matrix}, {_matrix})")
def precision_product(
    first: Int32, second: Int32, mendelian: Float64, corner: Float64, x: Float64
) -> Float64:
    """A⁻¹x as (T⁻¹)′ (D⁻¹ (T⁻¹ x)), one individual at a time.

    Parameters
    ----------
    first, second : int32, shape (n,)
        Parent codes, rows of ``x``; −1 none.
    mendelian : float64, shape (n,)
    corner : float64, shape (m, m)
        Inverse of the metafounders' block.
    x : float64, shape (size, k)

    Returns
    -------
    float64, shape (size, k)
    """
    n = first.size
    m = corner.shape[0]
    k = x.shape[1]
    result = np.zeros(x.shape)
    for i in range(m):
        for j in range(m):
            for c in range(k):
                result[i, c] += corner[i, j] * x[j, c]
    for i in range(m, n):
        p, q = first[i], second[i]
        weight = 1.0 / mendelian[i]
        for c in range(k):
            term = x[i, c]
            if p >= 0:
                term -= 0.5 * x[p, c]
            if q >= 0:
                term -= 0.5 * x[q, c]
            term *= weight
            result[i, c] += term
            if p >= 0:
                result[p, c] -= 0.5 * term
            if q >= 0:
                result[q, c] -= 0.5 * term
    return result


@kernel(f"({_rows}, {_rows}, {_vector}, {_matrix}, {_matrix})")
def relationship_product(
    sire: Int32, dam: Int32, mendelian: Float64, corner: Float64, x: Float64
) -> Float64:
    """A x as T (D (T′ x)): up the pedigree, scale, and down again (Colleau 2002).

    Parameters
    ----------
    sire, dam : int32, shape (n,)
        Rows of the parents, parents-first; −1 unknown.
    mendelian : float64, shape (n,)
    corner : float64, shape (m, m)
        The metafounders' block of A.
    x : float64, shape (n, k)

    Returns
    -------
    float64, shape (n, k)
    """
    n = sire.size
    m = corner.shape[0]
    k = x.shape[1]
    result = x.copy()
    for i in range(n - 1, m - 1, -1):
        s, d = sire[i], dam[i]
        for c in range(k):
            half = 0.5 * result[i, c]
            if s >= 0:
                result[s, c] += half
            if d >= 0:
                result[d, c] += half
            result[i, c] *= mendelian[i]
    if m > 0:
        up = result[:m].copy()
        result[:m] = 0.0
        for i in range(m):
            for j in range(m):
                for c in range(k):
                    result[i, c] += corner[i, j] * up[j, c]
    for i in range(m, n):
        s, d = sire[i], dam[i]
        for c in range(k):
            parents = 0.0
            if s >= 0:
                parents += result[s, c]
            if d >= 0:
                parents += result[d, c]
            result[i, c] += 0.5 * parents
    return result


@kernel(f"({_rows}, {_rows}, {_vector}, {_matrix}, {_rows})")
def relationship_columns(
    sire: Int32, dam: Int32, mendelian: Float64, corner: Float64, rows: Int32
) -> Float64:
    """The block of A among ``rows``, eight columns at a time, each up and down (Colleau 2002).

    Parameters
    ----------
    sire, dam : int32, shape (n,)
        Rows of the parents, parents-first; −1 unknown. Best only the ancestors of ``rows``.
    mendelian : float64, shape (n,)
    corner : float64, shape (m, m)
        The metafounders' block of A.
    rows : int32, shape (r,)

    Returns
    -------
    float64, shape (r, r)
    """
    n = sire.size
    m = corner.shape[0]
    r = rows.size
    block = np.empty((r, r))
    lanes = np.empty((n + 1, LANES))
    up = np.empty((m, LANES))
    for begin in range(0, r, LANES):
        width = min(LANES, r - begin)
        lanes[:] = 0.0
        youngest = m - 1
        for lane in range(width):
            lanes[rows[begin + lane], lane] += 1.0
            youngest = max(youngest, rows[begin + lane])
        for i in range(youngest, m - 1, -1):
            s = sire[i] if sire[i] >= 0 else n
            d = dam[i] if dam[i] >= 0 else n
            for lane in range(LANES):
                half = 0.5 * lanes[i, lane]
                lanes[s, lane] += half
                lanes[d, lane] += half
                lanes[i, lane] *= mendelian[i]
        lanes[n] = 0.0
        up[:] = lanes[:m]
        lanes[:m] = 0.0
        for i in range(m):
            for j in range(m):
                for lane in range(LANES):
                    lanes[i, lane] += corner[i, j] * up[j, lane]
        for i in range(m, n):
            s = sire[i] if sire[i] >= 0 else n
            d = dam[i] if dam[i] >= 0 else n
            for lane in range(LANES):
                lanes[i, lane] += 0.5 * (lanes[s, lane] + lanes[d, lane])
        for k in range(r):
            for lane in range(width):
                block[k, begin + lane] = lanes[rows[k], lane]
    return block


@kernel(f"({_rows}, {_rows}, {_vector}, {_matrix})")
def relationship_dense(
    sire: Int32, dam: Int32, mendelian: Float64, corner: Float64
) -> Float64:
    """A by the tabular method: a_ij = ½(a_sj + a_dj), a_ii = D_i + ¼(a_ss + a_dd + 2a_sd).

    Parameters
    ----------
    sire, dam : int32, shape (n,)
        Rows of the parents, parents-first; −1 unknown.
    mendelian : float64, shape (n,)
    corner : float64, shape (m, m)
        The metafounders' block of A.

    Returns
    -------
    float64, shape (n, n)
    """
    n = sire.size
    m = corner.shape[0]
    a = np.zeros((n, n))
    a[:m, :m] = corner
    for i in range(m, n):
        s, d = sire[i], dam[i]
        if s >= 0:
            a[i, :i] += 0.5 * a[s, :i]
        if d >= 0:
            a[i, :i] += 0.5 * a[d, :i]
        a[:i, i] = a[i, :i]
        parents = 0.0
        if s >= 0:
            parents += a[s, i]
        if d >= 0:
            parents += a[d, i]
        a[i, i] = mendelian[i] + 0.5 * parents
    return a


@kernel(f"({_rows}, {_rows}, {_rows}, i8)")
def ancestors(sire: Int32, dam: Int32, rows: Int32, n_kept: int) -> Int32:
    """Rows themselves and all their ancestors, ascending; the first ``n_kept`` always.

    Parameters
    ----------
    sire, dam : int32, shape (n,)
        Rows of the parents, parents-first; −1 unknown.
    rows : int32, shape (r,)
    n_kept : int

    Returns
    -------
    int32
    """
    n = sire.size
    wanted = np.zeros(n, np.bool_)
    wanted[:n_kept] = True
    wanted[rows] = True
    count = 0
    for i in range(n - 1, -1, -1):
        if wanted[i]:
            count += 1
            if sire[i] >= 0:
                wanted[sire[i]] = True
            if dam[i] >= 0:
                wanted[dam[i]] = True
    found = np.empty(count, np.int32)
    count = 0
    for i in range(n):
        if wanted[i]:
            found[count] = i
            count += 1
    return found


@kernel(f"({_rows}, {_rows}, {_rows}, {_rows}, i8)")
def group_contributions(
    sire: Int32, dam: Int32, sire_group: Int32, dam_group: Int32, n_groups: int
) -> Float64:
    """Q: half of each parent's row, or half a group where the parent is unknown (Quaas 1988).

    Parameters
    ----------
    sire, dam : int32, shape (n,)
        Rows of the parents, parents-first; −1 unknown.
    sire_group, dam_group : int32, shape (n,)
        Group of an unknown parent; −1 none.
    n_groups : int

    Returns
    -------
    float64, shape (n, n_groups)
    """
    n = sire.size
    q = np.zeros((n, n_groups))
    for i in range(n):
        for parent, group in ((sire[i], sire_group[i]), (dam[i], dam_group[i])):
            if parent >= 0:
                for g in range(n_groups):
                    q[i, g] += 0.5 * q[parent, g]
            elif group >= 0:
                q[i, group] += 0.5
    return q

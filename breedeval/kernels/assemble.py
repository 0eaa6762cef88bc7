"""The lower triangle of W′R⁻¹W plus given terms, as compressed columns, in linear time.

Two counting sorts: terms are first bucketed by row, then dealt to their columns in that order, so
that every column receives its rows ascending and equal places lie side by side to be added up.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import array, kernel, part

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

_columns = array("i4", 2)
_values = array("f8", 2)
_vector = array("f8", 1)
_index = array("i4", 1)
_blocks = array("f8", 3)
_mask = array("b1", 2)


@part
def _by_columns(
    row_start: Int64, by_row_column: Int32, by_row_value: Float64, indptr: Int64, size: int
) -> tuple[Int64, Int32, Float64]:
    """Deal terms that are bucketed by row to their columns and add up equal places."""
    for j in range(size):
        indptr[j + 1] += indptr[j]
    column_end = indptr[:-1].copy()
    total = by_row_column.size
    indices = np.empty(total, np.int32)
    data = np.empty(total)
    for i in range(size):
        for at in range(row_start[i], row_start[i + 1]):
            j = by_row_column[at]
            last = column_end[j] - 1
            if last >= indptr[j] and indices[last] == i:
                data[last] += by_row_value[at]
            else:
                indices[last + 1] = i
                data[last + 1] = by_row_value[at]
                column_end[j] = last + 2
    nnz = 0
    for j in range(size):
        start = indptr[j]
        indptr[j] = nnz
        for at in range(start, column_end[j]):
            indices[nnz] = indices[at]
            data[nnz] = data[at]
            nnz += 1
    indptr[size] = nnz
    return indptr, indices[:nnz].copy(), data[:nnz].copy()


@kernel(
    f"({_columns}, {_values}, {_index}, {_index}, {_index}, {_blocks}, {_mask}, "
    f"{_index}, {_index}, {_vector}, i8)")
def assemble_lower(
    columns: Int32, values: Float64, start: Int32, trait: Int32, group: Int32, blocks: Float64,
    coupled: Bool, rows: Int32, cols: Int32, terms: Float64, size: int,
) -> tuple[Int64, Int32, Float64]:
    """Lower triangle of Σᵣ Wᵣ′Rᵣ⁻¹Wᵣ + T, over records r of one or several observations.

    Parameters
    ----------
    columns : int32, shape (N, t)
        Places of the non-zeros of each observation's row of W; −1 for none. A place may occur
        twice.
    values : float64, shape (N, t)
        The non-zeros.
    start : int32, shape (n + 1,)
        First observation of each record.
    trait : int32, shape (N,)
    group : int32, shape (n,)
        Block of each record.
    blocks : float64, shape (g, T, T)
        R⁻¹ among the traits of a record, once ``values`` are scaled.
    coupled : bool, shape (T, T)
        Pairs of traits whose places belong to the pattern.
    rows, cols : int32, shape (m,)
        Places of the given terms, rows ≥ cols.
    terms : float64, shape (m,)
        The given terms, added up where places repeat.
    size : int
        Order of the matrix.

    Returns
    -------
    indptr : int64, shape (size + 1,)
    indices : int32, shape (nnz,), ascending within a column
    data : float64, shape (nnz,)
    """
    t = columns.shape[1]
    row_end = np.zeros(size + 1, np.int64)
    for r in range(group.size):
        for a in range(start[r], start[r + 1]):
            for b in range(start[r], a + 1):
                if not coupled[trait[a], trait[b]]:
                    continue
                for p in range(t):
                    i = columns[a, p]
                    if i < 0:
                        continue
                    for q in range(p + 1 if a == b else t):
                        j = columns[b, q]
                        if j >= 0:
                            row_end[max(i, j) + 1] += 1
    for k in range(rows.size):
        row_end[rows[k] + 1] += 1
    for i in range(size):
        row_end[i + 1] += row_end[i]
    total = row_end[size]
    row_start = row_end.copy()
    by_row_column = np.empty(total, np.int32)
    by_row_value = np.empty(total)
    indptr = np.zeros(size + 1, np.int64)
    for r in range(group.size):
        for a in range(start[r], start[r + 1]):
            for b in range(start[r], a + 1):
                if not coupled[trait[a], trait[b]]:
                    continue
                weight = blocks[group[r], trait[a], trait[b]]
                for p in range(t):
                    i = columns[a, p]
                    if i < 0:
                        continue
                    scaled = weight * values[a, p]
                    for q in range(p + 1 if a == b else t):
                        j = columns[b, q]
                        if j < 0:
                            continue
                        row, column = max(i, j), min(i, j)
                        value = scaled * values[b, q]
                        if row == column and (a != b or p != q):
                            value *= 2.0
                        at = row_end[row]
                        by_row_column[at] = column
                        by_row_value[at] = value
                        row_end[row] = at + 1
                        indptr[column + 1] += 1
    for k in range(rows.size):
        at = row_end[rows[k]]
        by_row_column[at] = cols[k]
        by_row_value[at] = terms[k]
        row_end[rows[k]] = at + 1
        indptr[cols[k] + 1] += 1
    return _by_columns(row_start, by_row_column, by_row_value, indptr, size)


@kernel(f"({_columns}, {_values}, {_vector}, i8)")
def transposed_product(
    columns: Int32, values: Float64, x: Float64, size: int
) -> Float64:
    """W′x for x of shape (n,); W given as in :func:`assemble_lower`."""
    result = np.zeros(size)
    for r in range(columns.shape[0]):
        for p in range(columns.shape[1]):
            i = columns[r, p]
            if i >= 0:
                result[i] += values[r, p] * x[r]
    return result


@kernel(f"({_columns}, {_values}, {_vector})")
def product(columns: Int32, values: Float64, b: Float64) -> Float64:
    """Wb for b of shape (size,); W given as in :func:`assemble_lower`."""
    result = np.zeros(columns.shape[0])
    for r in range(columns.shape[0]):
        total = 0.0
        for p in range(columns.shape[1]):
            i = columns[r, p]
            if i >= 0:
                total += values[r, p] * b[i]
        result[r] = total
    return result


@kernel(f"({_columns}, {_values}, {_values}, i8)")
def transposed_products(
    columns: Int32, values: Float64, x: Float64, size: int
) -> Float64:
    """W′X for X of shape (N, k): :func:`transposed_product` of several columns at once."""
    sides = x.shape[1]
    result = np.zeros((size, sides))
    for r in range(columns.shape[0]):
        for p in range(columns.shape[1]):
            i = columns[r, p]
            if i >= 0:
                value = values[r, p]
                for k in range(sides):
                    result[i, k] += value * x[r, k]
    return result


@kernel(f"({_columns}, {_values}, {_values})")
def products(columns: Int32, values: Float64, b: Float64) -> Float64:
    """WB for B of shape (size, k): :func:`product` of several columns at once."""
    sides = b.shape[1]
    result = np.zeros((columns.shape[0], sides))
    for r in range(columns.shape[0]):
        for p in range(columns.shape[1]):
            i = columns[r, p]
            if i >= 0:
                value = values[r, p]
                for k in range(sides):
                    result[r, k] += value * b[i, k]
    return result


@kernel(f"({_columns}, {_values}, {_vector}, i8)")
def product_diagonal(columns: Int32, values: Float64, weights: Float64, size: int) -> Float64:
    """diag(W′DW) for D = diag(weights) of shape (n,); a place may occur twice in a row of W."""
    result = np.zeros(size)
    for r in range(columns.shape[0]):
        for p in range(columns.shape[1]):
            i = columns[r, p]
            if i < 0:
                continue
            for q in range(p + 1):
                if columns[r, q] == i:
                    twice = 1.0 if p == q else 2.0
                    result[i] += twice * weights[r] * values[r, p] * values[r, q]
    return result

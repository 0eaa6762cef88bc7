"""Entries of supernodal blocks: put in, read out, and solved with.

A block is a run of columns of L with one row list, stored dense, column by column, its own columns
first; the strict upper triangle of its top square is not used. ``layout`` is the tuple (first,
row_start, height, value_start, rows, home) of ``Structure``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import kernel

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Layout = tuple[Int32, Int64, Int32, Int64, Int32, Int32]

LAYOUT = "Tuple((i4[::1], i8[::1], i4[::1], i8[::1], i4[::1], i4[::1]))"


@kernel(f"void(i8[::1], i4[::1], f8[::1], i4[::1], {LAYOUT}, f8[::1])")
def write_entries(
    indptr: Int64, indices: Int32, data: Float64, position: Int32, layout: Layout,
    values: Float64,
) -> None:
    """Put a lower triangle in the order of the unknowns into the blocks."""
    first, row_start, height, value_start, rows, home = layout
    for column in range(position.size):
        a = position[column]
        for p in range(indptr[column], indptr[column + 1]):
            b = position[indices[p]]
            early, late = min(a, b), max(a, b)
            s = home[early]
            low, high = row_start[s], row_start[s] + height[s] - 1
            while low < high:
                middle = (low + high) // 2
                if rows[middle] < late:
                    low = middle + 1
                else:
                    high = middle
            inside = np.int64(early - first[s]) * height[s]
            values[value_start[s] + inside + low - row_start[s]] = data[p]


@kernel(f"i8[::1](i8[::1], i4[::1], i4[::1], {LAYOUT})")
def find_entries(
    indptr: Int64, indices: Int32, position: Int32, layout: Layout
) -> Int64:
    """Where in the blocks the entries of a lower triangle in the order of the unknowns stand."""
    first, row_start, height, value_start, rows, home = layout
    places = np.empty(indices.size, np.int64)
    for column in range(position.size):
        a = position[column]
        for p in range(indptr[column], indptr[column + 1]):
            b = position[indices[p]]
            early, late = min(a, b), max(a, b)
            s = home[early]
            low, high = row_start[s], row_start[s] + height[s] - 1
            while low < high:
                middle = (low + high) // 2
                if rows[middle] < late:
                    low = middle + 1
                else:
                    high = middle
            inside = np.int64(early - first[s]) * height[s]
            places[p] = value_start[s] + inside + low - row_start[s]
    return places


@kernel(f"f8[::1]({LAYOUT}, f8[::1])")
def read_diagonal(
    layout: Layout, values: Float64
) -> Float64:
    """Diagonal of the blocks, in the order of the pivots."""
    first, _, height, value_start, _, _ = layout
    result = np.empty(first[height.size])
    for s in range(height.size):
        for j in range(first[s + 1] - first[s]):
            result[first[s] + j] = values[value_start[s] + j * (np.int64(height[s]) + 1)]
    return result


@kernel(f"Tuple((i4[::1], i4[::1], f8[::1]))({LAYOUT}, f8[::1])")
def list_entries(
    layout: Layout, values: Float64
) -> tuple[Int32, Int32, Float64]:
    """Row, column and value of every entry in the lower triangle of the blocks."""
    first, row_start, height, value_start, rows, _ = layout
    total = np.int64(0)
    for s in range(height.size):
        width = np.int64(first[s + 1] - first[s])
        total += width * height[s] - width * (width - 1) // 2
    row = np.empty(total, np.int32)
    column = np.empty(total, np.int32)
    value = np.empty(total, np.float64)
    put = 0
    for s in range(height.size):
        for j in range(first[s + 1] - first[s]):
            at = value_start[s] + j * np.int64(height[s])
            for i in range(j, height[s]):
                row[put] = rows[row_start[s] + i]
                column[put] = first[s] + j
                value[put] = values[at + i]
                put += 1
    return row, column, value


@kernel(f"void({LAYOUT}, i8[::1], i4[::1], f8[::1], i4[::1], f8[::1])")
def scatter_factor(
    layout: Layout, factor_indptr: Int64, factor_indices: Int32, factor_values: Float64,
    moved: Int32, values: Float64,
) -> None:
    """Put a factor given column by column into the blocks.

    ``moved[k]`` is the pivot in the blocks' order of the factor's pivot k. Entries outside of the
    blocks are zeros that another program keeps; they are left out.
    """
    first, row_start, height, value_start, rows, _ = layout
    n = moved.size
    origin = np.empty(n, np.int32)
    for k in range(n):
        origin[moved[k]] = k
    place = np.full(n, -1, np.int64)
    owner = np.full(n, -1, np.int32)
    for s in range(first.size - 1):
        for i in range(height[s]):
            row = rows[row_start[s] + i]
            place[row] = i
            owner[row] = s
        for k in range(first[s], first[s + 1]):
            column = value_start[s] + (k - first[s]) * np.int64(height[s])
            for p in range(factor_indptr[origin[k]], factor_indptr[origin[k] + 1]):
                row = moved[factor_indices[p]]
                if owner[row] == s:
                    values[column + place[row]] = factor_values[p]


@kernel(f"void({LAYOUT}, f8[::1], f8[:, ::1], f8[:, ::1])")
def forward_blocks(
    layout: Layout, values: Float64, x: Float64, work: Float64
) -> None:
    """L⁻¹X in place for X of shape (n, k), rows in the order of the pivots.

    ``work`` is room for (greatest height, k). L is read once, for all right-hand sides.
    """
    first, row_start, height, value_start, rows, _ = layout
    sides = x.shape[1]
    for s in range(height.size):
        width, tall = first[s + 1] - first[s], height[s]
        for i in range(tall):
            row = rows[row_start[s] + i]
            for k in range(sides):
                work[i, k] = x[row, k]
        for j in range(width):
            at = value_start[s] + j * np.int64(tall)
            pivot = values[at + j]
            for k in range(sides):
                work[j, k] /= pivot
            for i in range(j + 1, tall):
                factor = values[at + i]
                for k in range(sides):
                    work[i, k] -= factor * work[j, k]
        for i in range(tall):
            row = rows[row_start[s] + i]
            for k in range(sides):
                x[row, k] = work[i, k]


@kernel(f"void({LAYOUT}, f8[::1], f8[:, ::1], f8[:, ::1])")
def backward_blocks(
    layout: Layout, values: Float64, x: Float64, work: Float64
) -> None:
    """L⁻ᵀX in place; as :func:`forward_blocks`."""
    first, row_start, height, value_start, rows, _ = layout
    sides = x.shape[1]
    for s in range(height.size - 1, -1, -1):
        width, tall = first[s + 1] - first[s], height[s]
        for i in range(tall):
            row = rows[row_start[s] + i]
            for k in range(sides):
                work[i, k] = x[row, k]
        for j in range(width - 1, -1, -1):
            at = value_start[s] + j * np.int64(tall)
            for i in range(j + 1, tall):
                factor = values[at + i]
                for k in range(sides):
                    work[j, k] -= factor * work[i, k]
            for k in range(sides):
                work[j, k] /= values[at + j]
        for j in range(width):
            for k in range(sides):
                x[first[s] + j, k] = work[j, k]


@kernel(f"void({LAYOUT}, f8[::1], f8[:, ::1], f8[:, ::1])")
def solve_blocks(
    layout: Layout, values: Float64, x: Float64, work: Float64
) -> None:
    """Solve LL′x = b in place, for every row of ``x``, shape (k, n), in the order of the pivots.

    ``work`` is room for (k, greatest height). L is read twice, for all right-hand sides at once.
    """
    first, row_start, height, value_start, rows, _ = layout
    sides = x.shape[0]
    for s in range(height.size):
        width, tall = first[s + 1] - first[s], height[s]
        for k in range(sides):
            for i in range(tall):
                work[k, i] = x[k, rows[row_start[s] + i]]
        for j in range(width):
            at = value_start[s] + j * np.int64(tall)
            for k in range(sides):
                solved = work[k, j] / values[at + j]
                work[k, j] = solved
                for i in range(j + 1, tall):
                    work[k, i] -= values[at + i] * solved
        for k in range(sides):
            for i in range(tall):
                x[k, rows[row_start[s] + i]] = work[k, i]
    for s in range(height.size - 1, -1, -1):
        width, tall = first[s + 1] - first[s], height[s]
        for k in range(sides):
            for i in range(tall):
                work[k, i] = x[k, rows[row_start[s] + i]]
        for j in range(width - 1, -1, -1):
            at = value_start[s] + j * np.int64(tall)
            for k in range(sides):
                one = two = three = four = 0.0
                i = j + 1
                while i + 3 < tall:
                    one += values[at + i] * work[k, i]
                    two += values[at + i + 1] * work[k, i + 1]
                    three += values[at + i + 2] * work[k, i + 2]
                    four += values[at + i + 3] * work[k, i + 3]
                    i += 4
                while i < tall:
                    one += values[at + i] * work[k, i]
                    i += 1
                work[k, j] = (work[k, j] - ((one + two) + (three + four))) / values[at + j]
        for k in range(sides):
            for j in range(width):
                x[k, first[s] + j] = work[k, j]

"""Entries of supernodal blocks: put in, read out, and solved with.

A block is a run of columns of L with one row list, stored dense, column by column, its own columns
first; the strict upper triangle of its top square is not used. ``layout`` is the tuple (first,
row_start, height, value_start, rows, home) of ``Structure``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import kernel, part

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Layout = tuple[Int32, Int64, Int32, Int64, Int32, Int32]

LAYOUT = "Tuple((i4[::1], i8[::1], i4[::1], i8[::1], i4[::1], i4[::1]))"


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


@kernel("f8[:, ::1](f8[:, ::1], i4[::1])")
def ordered_columns(b: Float64, order: Int32) -> Float64:
    """Columns of b as rows, in the order of the pivots."""
    x = np.empty((b.shape[1], order.size))
    for i in range(order.size):
        for k in range(b.shape[1]):
            x[k, i] = b[order[i], k]
    return x


@kernel("void(i8[::1], f8[::1], f8[::1])")
def put_entries(places: Int64, data: Float64, values: Float64) -> None:
    """Put entries at their places."""
    for k in range(places.size):
        values[places[k]] = data[k]


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


@part
def _subtract(
    target: Float64, values: Float64, at: Any, step: Any, work: Float64, first: Any, count: Any,
) -> None:
    """Take from ``target`` rows of ``work`` times values at at, at + step, …; four at a time."""
    k = 0
    while k + 4 <= count:
        a, b = values[at], values[at + step]
        c, d = values[at + 2 * step], values[at + 3 * step]
        one, two = work[first + k], work[first + k + 1]
        three, four = work[first + k + 2], work[first + k + 3]
        for i in range(target.size):
            target[i] -= (a * one[i] + b * two[i]) + (c * three[i] + d * four[i])
        at += 4 * step
        k += 4
    while k < count:
        a, one = values[at], work[first + k]
        for i in range(target.size):
            target[i] -= a * one[i]
        at += step
        k += 1


@kernel(f"void({LAYOUT}, f8[::1], f8[:, ::1], f8[:, ::1])")
def forward_blocks(
    layout: Layout, values: Float64, x: Float64, work: Float64
) -> None:
    """L⁻¹X in place for X of shape (n, k), rows in the order of the pivots.

    ``work`` is room for (greatest height, k). L is read once, for all right-hand sides.
    """
    first, row_start, height, value_start, rows, _ = layout
    for s in range(height.size):
        width, tall = np.int64(first[s + 1] - first[s]), np.int64(height[s])
        top = value_start[s]
        for j in range(width):
            row = x[first[s] + j]
            _subtract(row, values, top + j, tall, work, 0, j)
            scale = 1.0 / values[top + j * (tall + 1)]
            for k in range(row.size):
                row[k] *= scale
            work[j] = row
        for i in range(width, tall):
            _subtract(x[rows[row_start[s] + i]], values, top + i, tall, work, 0, width)


@kernel(f"void({LAYOUT}, f8[::1], f8[:, ::1], f8[:, ::1])")
def backward_blocks(
    layout: Layout, values: Float64, x: Float64, work: Float64
) -> None:
    """L⁻ᵀX in place; as :func:`forward_blocks`."""
    first, row_start, height, value_start, rows, _ = layout
    for s in range(height.size - 1, -1, -1):
        width, tall = np.int64(first[s + 1] - first[s]), np.int64(height[s])
        for i in range(width, tall):
            work[i] = x[rows[row_start[s] + i]]
        for j in range(width - 1, -1, -1):
            at = value_start[s] + j * tall
            row = x[first[s] + j]
            _subtract(row, values, at + j + 1, 1, work, j + 1, tall - j - 1)
            scale = 1.0 / values[at + j]
            for k in range(row.size):
                row[k] *= scale
            work[j] = row


@kernel(f"void({LAYOUT}, f8[::1], f8[:, ::1], f8[::1])")
def forward_columns(
    layout: Layout, values: Float64, x: Float64, work: Float64
) -> None:
    """L⁻¹b in place for every row of ``x``, shape (k, n), in the order of the pivots.

    ``work`` is room for the greatest height; quicker than :func:`forward_blocks` for few of them.
    """
    first, row_start, height, value_start, rows, _ = layout
    for s in range(height.size):
        width, tall = np.int64(first[s + 1] - first[s]), np.int64(height[s])
        own = rows[row_start[s] : row_start[s] + tall]
        for k in range(x.shape[0]):
            side = x[k]
            for i in range(tall):
                work[i] = side[own[i]]
            top = value_start[s]
            for j in range(width):
                at = top + j * tall
                column, rest = values[at + j + 1 : at + width], work[j + 1 : width]
                work[j] /= values[at + j]
                solved = work[j]
                for i in range(column.size):
                    rest[i] -= column[i] * solved
            below, at, j = work[width:tall], top + width, 0
            while j + 4 <= width:
                a, b = values[at : at + below.size], values[at + tall : at + tall + below.size]
                c = values[at + 2 * tall : at + 2 * tall + below.size]
                d = values[at + 3 * tall : at + 3 * tall + below.size]
                one, two, three, four = work[j], work[j + 1], work[j + 2], work[j + 3]
                for i in range(below.size):
                    below[i] -= (a[i] * one + b[i] * two) + (c[i] * three + d[i] * four)
                at += 4 * tall
                j += 4
            while j < width:
                a, one = values[at : at + below.size], work[j]
                for i in range(below.size):
                    below[i] -= a[i] * one
                at += tall
                j += 1
            for i in range(tall):
                side[own[i]] = work[i]


@kernel(f"void({LAYOUT}, f8[::1], f8[:, ::1], f8[::1])")
def backward_columns(
    layout: Layout, values: Float64, x: Float64, work: Float64
) -> None:
    """L⁻ᵀb in place; as :func:`forward_columns`."""
    first, row_start, height, value_start, rows, _ = layout
    for s in range(height.size - 1, -1, -1):
        width, tall = np.int64(first[s + 1] - first[s]), np.int64(height[s])
        own = rows[row_start[s] : row_start[s] + tall]
        for k in range(x.shape[0]):
            side = x[k]
            for i in range(tall):
                work[i] = side[own[i]]
            for j in range(width - 1, -1, -1):
                at = value_start[s] + j * tall
                column, rest = values[at + j + 1 : at + tall], work[j + 1 : tall]
                one = two = three = four = 0.0
                i = 0
                while i + 3 < column.size:
                    one += column[i] * rest[i]
                    two += column[i + 1] * rest[i + 1]
                    three += column[i + 2] * rest[i + 2]
                    four += column[i + 3] * rest[i + 3]
                    i += 4
                while i < column.size:
                    one += column[i] * rest[i]
                    i += 1
                work[j] = (work[j] - ((one + two) + (three + four))) / values[at + j]
                side[own[j]] = work[j]

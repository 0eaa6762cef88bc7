"""Products with R⁻¹, and traces of C⁻¹ over the observations of each record."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import array, kernel

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

_matrix = array("f8", 2)
_vector = array("f8", 1)
_columns = array("i4", 2)
_index = array("i4", 1)
_long = array("i8", 1)
_blocks = array("f8", 3)
_mask = array("b1", 2)


@kernel(f"({_index}, {_index}, {_index}, {_blocks}, {_vector}, {_matrix})")
def block_product(
    start: Int32, trait: Int32, group: Int32, blocks: Float64, scale: Float64, x: Float64
) -> Float64:
    """DBDx with a block of each record along the diagonal of B.

    Parameters
    ----------
    start : int32, shape (n + 1,)
        First observation of each record.
    trait : int32, shape (N,)
    group : int32, shape (n,)
        Block of each record.
    blocks : float64, shape (g, T, T)
    scale : float64, shape (N,)
        D.
    x : float64, shape (N, k)
    """
    result = np.zeros(x.shape)
    for r in range(group.size):
        for a in range(start[r], start[r + 1]):
            for b in range(start[r], start[r + 1]):
                weight = scale[a] * scale[b] * blocks[group[r], trait[a], trait[b]]
                for k in range(x.shape[1]):
                    result[a, k] += weight * x[b, k]
    return result


@kernel(f"({_columns}, {_index}, {_index}, {_mask}, {_long}, {_index})")
def find_pairs(
    columns: Int32, start: Int32, trait: Int32, coupled: Bool, indptr: Int64, indices: Int32
) -> Int32:
    """Where in a pattern each product of two non-zeros of a record's rows of W belongs.

    Parameters
    ----------
    columns : int32, shape (N, t)
        Equations of the non-zeros of each observation's row of W; −1 for none.
    start, trait
        As in :func:`block_product`.
    coupled : bool, shape (T, T)
        Pairs of traits that are wanted.
    indptr : int64, shape (size + 1,)
    indices : int32, shape (nnz,)
        Lower triangle, rows rising within a column; every pair must be in it.

    Returns
    -------
    places : int32, one for each pair, in the order in which the other kernels go through them
    """
    t, total = columns.shape[1], 0
    for r in range(start.size - 1):
        for a in range(start[r], start[r + 1]):
            for b in range(start[r], a + 1):
                if coupled[trait[a], trait[b]]:
                    for p in range(t):
                        if columns[a, p] >= 0:
                            for q in range(p + 1 if a == b else t):
                                total += columns[b, q] >= 0
    places = np.empty(total, np.int32)
    at = 0
    for r in range(start.size - 1):
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
                        places[at] = low
                        at += 1
    return places


@kernel(
    f"({_columns}, {_matrix}, {_index}, {_index}, {_index}, {_blocks}, {_mask}, "
    f"{_index}, {_vector})")
def fitted_covariance(
    columns: Int32, values: Float64, start: Int32, trait: Int32, group: Int32, blocks: Float64,
    coupled: Bool, places: Int32, inverse: Float64,
) -> tuple[Float64, Float64]:
    """WᵣC⁻¹Wᵣ′ among the traits of a record, added up over the records of each group.

    Parameters
    ----------
    columns : int32, shape (N, t)
        Equations of the non-zeros of each observation's row of W; −1 for none.
    values : float64, shape (N, t)
        The non-zeros, scaled as R⁻¹ asks for.
    start, trait, group, blocks
        As in :func:`block_product`.
    coupled, places
        As in :func:`find_pairs`.
    inverse : float64, shape (nnz,)
        Entries of C⁻¹ on the pattern.

    Returns
    -------
    total : float64, shape (g, T, T)
        Symmetric.
    trace : float64, shape (n,)
        Trace of each record's WᵣC⁻¹Wᵣ′ times its block.
    """
    t, at = columns.shape[1], 0
    total = np.zeros(blocks.shape)
    trace = np.zeros(group.size)
    for r in range(group.size):
        for a in range(start[r], start[r + 1]):
            for b in range(start[r], a + 1):
                if not coupled[trait[a], trait[b]]:
                    continue
                found = 0.0
                for p in range(t):
                    if columns[a, p] < 0:
                        continue
                    for q in range(p + 1 if a == b else t):
                        if columns[b, q] < 0:
                            continue
                        twice = 2.0 if a == b and p != q else 1.0
                        found += twice * values[a, p] * values[b, q] * inverse[places[at]]
                        at += 1
                weight = blocks[group[r], trait[a], trait[b]]
                total[group[r], trait[a], trait[b]] += found
                if a == b:
                    trace[r] += weight * found
                else:
                    total[group[r], trait[b], trait[a]] += found
                    trace[r] += 2.0 * weight * found
    return total, trace


@kernel(
    f"({_columns}, {_matrix}, {_index}, {_index}, {_index}, {_blocks}, {_mask}, "
    f"{_index}, {_vector}, {_index}, i8, {_vector})")
def expected_products(
    columns: Int32, values: Float64, start: Int32, trait: Int32, group: Int32, blocks: Float64,
    coupled: Bool, places: Int32, inverse: Float64, cell: Int32, cells: int, x: Float64,
) -> Float64:
    """E[(Z_k u_k)′R⁻¹(Z_m u_m)] given the data, for every two cells k and m of random effects.

    Parameters
    ----------
    columns, values, start, trait, group, blocks, coupled, places, inverse
        As in :func:`fitted_covariance`.
    cell : int32, shape (size,)
        Cell of each equation; −1 for fixed effects.
    cells : int
        Number of cells.
    x : float64, shape (size,)
        Solutions.

    Returns
    -------
    products : float64, shape (cells, cells)
    """
    t, at = columns.shape[1], 0
    products = np.zeros((cells, cells))
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
                    for q in range(p + 1 if a == b else t):
                        j = columns[b, q]
                        if j < 0:
                            continue
                        k, m = cell[i], cell[j]
                        if k >= 0 and m >= 0:
                            found = weight * values[a, p] * values[b, q] * (
                                inverse[places[at]] + x[i] * x[j])
                            products[k, m] += found
                            if a != b or p != q:
                                products[m, k] += found
                        at += 1
    return products


@kernel(
    f"({_columns}, {_matrix}, {_index}, {_index}, {_index}, {_blocks}, {_mask}, "
    f"{_index}, f8[::1])")
def add_records(
    columns: Int32, values: Float64, start: Int32, trait: Int32, group: Int32, blocks: Float64,
    coupled: Bool, places: Int32, data: Float64,
) -> None:
    """Add Σᵣ Wᵣ′Rᵣ⁻¹Wᵣ to the entries of a pattern, in place; arguments as above."""
    t, at = columns.shape[1], 0
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
                        twice = 2.0 if i == j and (a != b or p != q) else 1.0
                        data[places[at]] += twice * scaled * values[b, q]
                        at += 1

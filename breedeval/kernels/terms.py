"""Sums of many terms at places of a pattern, each a weight times a number of a short table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import array, kernel, part

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

_columns = array("i4", 2)
_matrix = array("f8", 2)
_vector = array("f8", 1)
_index = array("i4", 1)
_long = array("i8", 1)
_mask = array("b1", 2)


@kernel(f"void({_index}, {_index}, {_vector}, {_vector}, f8[::1])")
def add_terms(
    places: Int32, codes: Int32, weights: Float64, table: Float64, data: Float64
) -> None:
    """data[place] += weight · table[code] for every term, in place."""
    for k in range(places.size):
        data[places[k]] += weights[k] * table[codes[k]]


@kernel(f"({_long}, {_index}, {_vector}, {_vector}, i8)")
def sum_terms(
    places: Int64, codes: Int32, weights: Float64, data: Float64, size: int
) -> Float64:
    """Σ weight · data[place] over the terms of each code, shape (size,)."""
    sums = np.zeros(size)
    for k in range(places.size):
        sums[codes[k]] += weights[k] * data[places[k]]
    return sums


@kernel(f"({_long}, {_index}, {_index}, {_index})")
def find_places(indptr: Int64, indices: Int32, one: Int32, other: Int32) -> Int32:
    """Where in a lower triangle, rows rising within a column, each pair of equations belongs."""
    places = np.empty(one.size, np.int32)
    for k in range(one.size):
        row, column = max(one[k], other[k]), min(one[k], other[k])
        low, high = indptr[column], indptr[column + 1] - 1
        while low < high:
            middle = (low + high) // 2
            if indices[middle] < row:
                low = middle + 1
            else:
                high = middle
        places[k] = low
    return places


@part
def _count_products(columns: Int32, start: Int32, trait: Int32, coupled: Bool) -> Int64:
    """First product of every record, in the order in which all kernels go through them."""
    first = np.zeros(start.size, np.int64)
    t = columns.shape[1]
    for r in range(start.size - 1):
        total = 0
        for a in range(start[r], start[r + 1]):
            for b in range(start[r], a + 1):
                if coupled[trait[a], trait[b]]:
                    for p in range(t):
                        if columns[a, p] >= 0:
                            for q in range(p + 1 if a == b else t):
                                total += columns[b, q] >= 0
        first[r + 1] = first[r] + total
    return first


@kernel(f"({_columns}, {_matrix}, {_index}, {_index}, {_index}, {_mask}, {_index}, {_long}, i8)")
def gather_products(
    columns: Int32, values: Float64, start: Int32, trait: Int32, group: Int32, coupled: Bool,
    places: Int32, order: Int64, size: int,
) -> tuple[Int32, Int32, Float64]:
    """Products of two non-zeros of a record's rows of W, added up by place within each group.

    An equation belongs to one trait.

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
        Group of each record.
    coupled : bool, shape (T, T)
        Pairs of traits that are wanted.
    places : int32
        Place of each product, as ``find_pairs`` gives them.
    order : int64, shape (n,)
        Records, group by group.
    size : int
        Places of the pattern.

    Returns
    -------
    places, codes : int32, shape (m,)
        The code of traits a ≥ b in group g is g(T² + T) + aT + b; off the diagonal of C that of a
        trait with itself is g(T² + T) + T² + a.
    weights : float64, shape (m,)
        Of R⁻¹[a, b] in C.
    """
    t, traits = columns.shape[1], coupled.shape[0]
    first = _count_products(columns, start, trait, coupled)
    slot = np.empty(size, np.int64)
    last = np.full(size, -1, np.int32)
    room = min(size, places.size)
    found, codes, weights = np.empty(room, np.int32), np.empty(room, np.int32), np.zeros(room)
    used = 0
    for r in order:
        at, needed = first[r], used + first[r + 1] - first[r]
        if needed > found.size:
            more = needed + found.size
            found = np.concatenate((found, np.empty(more, np.int32)))
            codes = np.concatenate((codes, np.empty(more, np.int32)))
            weights = np.concatenate((weights, np.zeros(more)))
        base = group[r] * (traits * traits + traits)
        for a in range(start[r], start[r + 1]):
            for b in range(start[r], a + 1):
                one, other = trait[a], trait[b]
                if not coupled[one, other]:
                    continue
                for p in range(t):
                    i = columns[a, p]
                    if i < 0:
                        continue
                    for q in range(p + 1 if a == b else t):
                        j = columns[b, q]
                        if j < 0:
                            continue
                        place = places[at]
                        at += 1
                        within = one * traits + other
                        if one == other and i != j:
                            within = traits * traits + one
                        if last[place] != base + within:
                            last[place], slot[place] = base + within, used
                            found[used], codes[used] = place, base + within
                            used += 1
                        twice = 2.0 if i == j and (a != b or p != q) else 1.0
                        weights[slot[place]] += twice * values[a, p] * values[b, q]
    return found[:used].copy(), codes[:used].copy(), weights[:used].copy()

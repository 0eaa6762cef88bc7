"""Products of genotypes in 2 bits with vectors, four genotypes a look-up.

A byte holds the calls of four individuals at a marker, or, turned, of four markers in an
individual. What these four add to a sum is one of 256 numbers: it is looked up in a table made of
the four numbers that they are multiplied by. Sixteen tables (32 KB) stay in the nearest cache while
they serve a tile of the matrix, which is read from memory once. Every sum is of doubles, in an
order that does not depend on who else works.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import array, kernel, part

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

u = np.uint64
"""Places are unsigned, or the compiler looks after places that count from the end."""

TABLES = 16
"""Tables that are in use at a time: bytes of a sum between two visits to its place."""

PANEL = 1024
"""Most bytes of a row of the matrix in a tile."""

ROWS = 1024
"""Most rows of a tile in :func:`transposed_times`; in :func:`times` there are 4 × ``TABLES``."""

_bytes = array("u1", 2)
_reals = array("f8", 2)


@part
def word(data: Bytes, row: np.uint64, at: np.uint64) -> np.uint64:
    """Eight bytes of a row as one number."""
    return (u(data[row, at]) | u(data[row, at + u(1)]) << u(8)
            | u(data[row, at + u(2)]) << u(16) | u(data[row, at + u(3)]) << u(24)
            | u(data[row, at + u(4)]) << u(32) | u(data[row, at + u(5)]) << u(40)
            | u(data[row, at + u(6)]) << u(48) | u(data[row, at + u(7)]) << u(56))


@part
def last_word(data: Bytes, row: np.uint64, at: np.uint64) -> np.uint64:
    """Up to eight bytes, as many as there are in the row."""
    found = u(0)
    for p in range(min(8, data.shape[1] - np.int64(at))):
        found |= u(data[row, at + u(p)]) << u(8 * p)
    return found


@part
def fill_tables(terms: Float64, pairs: Float64, tables: Float64) -> None:
    """For every four rows of ``terms`` a table: of every byte, the sum of a term for each code.

    ``pairs`` is room for 80 numbers.
    """
    for q in range(terms.shape[0] // 4):
        for high in range(4):
            for low in range(4):
                pairs[4 * high + low] = terms[4 * q, low] + terms[4 * q + 1, high]
        for high in range(4):
            third = terms[4 * q + 2, high]
            for low in range(16):
                pairs[16 + 16 * high + low] = pairs[low] + third
        a, b, c, d = terms[4 * q + 3]
        for low in range(64):
            three = pairs[16 + low]
            tables[256 * q + low] = three + a
            tables[256 * q + 64 + low] = three + b
            tables[256 * q + 128 + low] = three + c
            tables[256 * q + 192 + low] = three + d


@part
def turn_words(
    a: np.uint64, b: np.uint64, c: np.uint64, d: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Rows become columns of the squares of 4 × 4 codes in four bytes below each other."""
    pair = (a >> u(2) ^ b) & u(0x3333333333333333)
    a, b = a ^ pair << u(2), b ^ pair
    pair = (c >> u(2) ^ d) & u(0x3333333333333333)
    c, d = c ^ pair << u(2), d ^ pair
    four = (a >> u(4) ^ c) & u(0x0F0F0F0F0F0F0F0F)
    a, c = a ^ four << u(4), c ^ four
    four = (b >> u(4) ^ d) & u(0x0F0F0F0F0F0F0F0F)
    b, d = b ^ four << u(4), d ^ four
    return a, b, c, d


@part
def turn(data: Bytes, first: int, last: int, left: int, right: int, turned: Words) -> None:
    """Four markers of an individual in each byte, instead of four individuals of a marker.

    ``turned[q, i]`` gets the markers first + 4q and on, of the individuals that are i-th in the
    bytes left … right of a row. In place of markers from ``last`` on stands the one before it.
    """
    for q in range(turned.shape[0]):
        p, e = first + 4 * q, last - 1
        i, j = u(min(p, e)), u(min(p + 1, e))
        k, m = u(min(p + 2, e)), u(min(p + 3, e))
        whole = (right - left) // 8
        for w in range(u(whole)):
            at = u(left) + u(8) * u(w)
            a, b, c, d = turn_words(
                word(data, i, at), word(data, j, at), word(data, k, at), word(data, m, at))
            turned[u(q), u(0), u(w)], turned[u(q), u(1), u(w)] = a, b
            turned[u(q), u(2), u(w)], turned[u(q), u(3), u(w)] = c, d
        if left + 8 * whole < right:
            at = u(left + 8 * whole)
            a, b, c, d = turn_words(last_word(data, i, at), last_word(data, j, at),
                                    last_word(data, k, at), last_word(data, m, at))
            turned[q, 0, whole], turned[q, 1, whole] = a, b
            turned[q, 2, whole], turned[q, 3, whole] = c, d


@part
def add_turned(turned: Bytes, tables: Float64, count: int, sums: Float64) -> None:
    """Add the looked-up numbers of individuals, whose bytes stand below each other."""
    for i in range(u(4)):
        for j in range(u(count)):
            a = b = c = d = 0.0
            for q in range(0, TABLES, 4):
                p = u(q)
                a += tables[u(256) * p + u(turned[p, u(i), u(j)])]
                b += tables[u(256) * p + u(256) + u(turned[p + u(1), u(i), u(j)])]
                c += tables[u(256) * p + u(512) + u(turned[p + u(2), u(i), u(j)])]
                d += tables[u(256) * p + u(768) + u(turned[p + u(3), u(i), u(j)])]
            sums[u(4) * u(j) + u(i)] += (a + b) + (c + d)


@kernel(f"({_bytes}, {_reals}, {_reals}, i8, i8)")
def times(data: Bytes, values: Float64, effects: Float64, begin: int, end: int) -> Float64:
    """Σₘ values[m, code] · effects[m, c] over the markers begin … end, for every column c.

    Parameters
    ----------
    data : ndarray of uint8, shape (m, w)
    values : ndarray of float64, shape (m, 4)
        Of every code.
    effects : ndarray of float64, shape (m, k)
    begin, end : int

    Returns
    -------
    ndarray of float64, shape (k, 4w)
        Of all individuals, those beyond the last too.
    """
    width, k = data.shape[1], effects.shape[1]
    sums = np.zeros((k, 4 * width))
    turned = np.empty((TABLES, 4, PANEL // 8 + 2), np.uint64)
    looked = turned.view(np.uint8)
    tables, pairs, terms = np.empty(256 * TABLES), np.empty(80), np.zeros((4 * TABLES, 4))
    for first in range(begin, end, 4 * TABLES):
        last = min(first + 4 * TABLES, end)
        terms[last - first:] = 0.0
        for left in range(0, width, PANEL):
            right = min(left + PANEL, width)
            turn(data, first, end, left, right, turned)
            for c in range(k):
                for m in range(first, last):
                    for code in range(4):
                        terms[m - first, code] = values[m, code] * effects[m, c]
                fill_tables(terms, pairs, tables)
                add_turned(looked, tables, right - left, sums[c, 4 * left:4 * right])
    return sums


@part
def take(data: Bytes, top: int, bottom: int, left: int, right: int, tile: Words,
         gaps: Int64) -> int:
    """Copy a tile, 16 bytes of every row after another; list the rows with missing calls."""
    count = 0
    whole = (right - left) // 16
    for r in range(u(bottom - top)):
        missing = u(0)
        row = u(top) + u(r)
        for s in range(u(whole)):
            at = u(left) + u(16) * u(s)
            a, b = word(data, row, at), word(data, row, at + u(8))
            tile[u(s), u(r), u(0)], tile[u(s), u(r), u(1)] = a, b
            missing |= a & ~(a >> u(1)) | b & ~(b >> u(1))
        if left + 16 * whole < right:
            at = u(left + 16 * whole)
            a, b = last_word(data, row, at), last_word(data, row, at + u(8))
            tile[u(whole), u(r), u(0)], tile[u(whole), u(r), u(1)] = a, b
            missing |= a & ~(a >> u(1)) | b & ~(b >> u(1))
        if missing & u(0x5555555555555555) != u(0):
            gaps[count] = r
            count += 1
    return count


@part
def add_rows(tile: Bytes, tables: Float64, sums: Float64) -> None:
    """Add the looked-up numbers of rows, whose bytes stand side by side."""
    for row in range(sums.size):
        r = u(row)
        a = b = c = d = 0.0
        for q in range(0, TABLES, 4):
            p = u(q)
            a += tables[u(256) * p + u(tile[r, p])]
            b += tables[u(256) * p + u(256) + u(tile[r, p + u(1)])]
            c += tables[u(256) * p + u(512) + u(tile[r, p + u(2)])]
            d += tables[u(256) * p + u(768) + u(tile[r, p + u(3)])]
        sums[r] += (a + b) + (c + d)


@part
def add_tile(
    tile: Bytes, values: Float64, copies: Float64, tables: Float64, pairs: Float64, terms: Float64,
    sums: Float64,
) -> None:
    """Add Σᵢ copies[code] · values[i] over the individuals of a tile to the sums of its rows.

    ``tables``, ``pairs`` and ``terms`` are room.
    """
    for s in range(values.size // (4 * TABLES)):
        for i in range(4 * TABLES):
            for code in range(4):
                terms[i, code] = copies[code] * values[4 * TABLES * s + i]
        fill_tables(terms, pairs, tables)
        add_rows(tile[s], tables, sums)


@part
def close_up(tile: Words, slices: int, rows: Int64) -> None:
    """Move some rows of a tile to its top."""
    for s in range(slices):
        for r in range(rows.size):
            tile[s, r, 0], tile[s, r, 1] = tile[s, rows[r], 0], tile[s, rows[r], 1]


@kernel(f"({_bytes}, {_reals}, i8, i8)")
def transposed_times(data: Bytes, values: Float64, begin: int, end: int) -> Float64:
    """Σᵢ xᵢ · values[c, i] over the called, and Σᵢ values[c, i] over the others.

    Parameters
    ----------
    data : ndarray of uint8, shape (m, w)
    values : ndarray of float64, shape (k, at least 4w, to a whole 16 bytes)
        With 0 beyond the last individual.
    begin, end : int
        Markers.

    Returns
    -------
    ndarray of float64, shape (2, k, end − begin)
    """
    width, k = data.shape[1], values.shape[0]
    sums = np.zeros((2, k, end - begin))
    tile = np.empty((PANEL // 16, ROWS + 4, 2), np.uint64)
    looked = tile.view(np.uint8)
    gaps, room = np.empty(ROWS, np.int64), np.empty(ROWS)
    copies = np.array([[2.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
    tables, pairs, terms = np.empty(256 * TABLES), np.empty(80), np.empty((4 * TABLES, 4))
    for top in range(begin, end, ROWS):
        bottom = min(top + ROWS, end)
        for left in range(0, width, PANEL):
            right = min(left + PANEL, width)
            slices = (right - left + 15) // 16
            missing = take(data, top, bottom, left, right, tile, gaps)
            for c in range(k):
                own = values[c, 4 * left:4 * left + 64 * slices]
                add_tile(looked, own, copies[0], tables, pairs, terms,
                         sums[0, c, top - begin:bottom - begin])
            if missing:
                close_up(tile, slices, gaps[:missing])
                for c in range(k):
                    own = values[c, 4 * left:4 * left + 64 * slices]
                    room[:missing] = 0.0
                    add_tile(looked, own, copies[1], tables, pairs, terms, room[:missing])
                    for i in range(missing):
                        sums[1, c, top - begin + gaps[i]] += room[i]
    return sums

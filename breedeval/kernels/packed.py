"""Genotypes in 2 bits: decode, count, and multiply without decoding to memory."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

_bytes = numba.types.Array(numba.uint8, 2, "C", readonly=True)
_table = numba.types.Array(numba.float32, 2, "C", readonly=True)
_long = numba.types.Array(numba.int64, 1, "C", readonly=True)


@numba.njit((_bytes, numba.int64), cache=True, nogil=True)
def tally_markers(data: Bytes, individuals: int) -> Int64:
    """How many individuals have each code, for every marker, shape (m, 4)."""
    tally = np.zeros((data.shape[0], 4), np.int64)
    for m in range(data.shape[0]):
        for i in range(individuals):
            tally[m, (data[m, i >> 2] >> (2 * (i & 3))) & 3] += 1
    return tally


@numba.njit((_bytes, numba.int64), cache=True, nogil=True)
def missing_by_individual(data: Bytes, individuals: int) -> Int64:
    """Markers whose code is 1, for every individual, shape (n,)."""
    missing = np.zeros(individuals, np.int64)
    for m in range(data.shape[0]):
        for i in range(individuals):
            missing[i] += (data[m, i >> 2] >> (2 * (i & 3))) & 3 == 1
    return missing


@numba.njit((_bytes, _table, numba.int64), cache=True, nogil=True)
def decode(data: Bytes, table: Float32, individuals: int) -> Float32:
    """``table[m, code]`` of every call, shape (m, n)."""
    out = np.empty((data.shape[0], individuals), np.float32)
    for m in range(data.shape[0]):
        for i in range(individuals):
            out[m, i] = table[m, (data[m, i >> 2] >> (2 * (i & 3))) & 3]
    return out


@numba.njit((_bytes, _table, _table, numba.int64), cache=True, nogil=True)
def times(data: Bytes, table: Float32, effects: Float32, individuals: int) -> Float64:
    """Σₘ table[m, code] · effects[m], for every individual and column, shape (n, k)."""
    k = effects.shape[1]
    out = np.zeros((individuals, k))
    for m in range(data.shape[0]):
        for i in range(individuals):
            value = table[m, (data[m, i >> 2] >> (2 * (i & 3))) & 3]
            for c in range(k):
                out[i, c] += value * effects[m, c]
    return out


@numba.njit((_bytes, _table, _table), cache=True, nogil=True)
def transposed_times(data: Bytes, table: Float32, values: Float32) -> Float64:
    """Σᵢ table[m, code] · values[i], for every marker and column, shape (m, k)."""
    individuals, k = values.shape
    out = np.zeros((data.shape[0], k))
    for m in range(data.shape[0]):
        for i in range(individuals):
            value = table[m, (data[m, i >> 2] >> (2 * (i & 3))) & 3]
            for c in range(k):
                out[m, c] += value * values[i, c]
    return out


@numba.njit((_bytes, _long), cache=True, nogil=True)
def gather(data: Bytes, individuals: Int64) -> Bytes:
    """The calls of some individuals, packed again; spare bits are 0."""
    out = np.zeros((data.shape[0], (individuals.size + 3) // 4), np.uint8)
    for m in range(data.shape[0]):
        for i in range(individuals.size):
            at = individuals[i]
            out[m, i >> 2] |= ((data[m, at >> 2] >> (2 * (at & 3))) & 3) << (2 * (i & 3))
    return out

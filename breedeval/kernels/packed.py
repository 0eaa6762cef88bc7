"""Genotypes in 2 bits: decode, count and gather, a byte of four individuals at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import array, kernel

Bytes = NDArray[np.uint8]
Float32 = NDArray[np.float32]
Int64 = NDArray[np.int64]

u = np.uint64
"""Places are unsigned, or the compiler looks after places that count from the end."""

FULL = 4096
"""Steps after which four counts of 16 bits in a word, each up to 4 a step, are put away."""

_bytes = array("u1", 2)
_table = array("f4", 2)
_long = array("i8", 1)


@kernel(f"({_bytes}, i8)")
def tally_markers(data: Bytes, individuals: int) -> Int64:
    """How many individuals have each code, for every marker, shape (m, 4)."""
    tally = np.zeros((data.shape[0], 4), np.int64)
    ones = np.zeros(256, np.uint64)
    for byte in range(256):
        for place in range(4):
            ones[byte] += u(1) << u(16 * ((byte >> (2 * place)) & 3))
    whole = individuals // 4
    for m in range(data.shape[0]):
        for begin in range(0, whole, FULL):
            counts = u(0)
            for j in range(begin, min(begin + FULL, whole)):
                counts += ones[data[u(m), u(j)]]
            for code in range(4):
                tally[m, code] += np.int64(counts >> u(16 * code) & u(0xFFFF))
        for i in range(4 * whole, individuals):
            tally[m, (data[m, whole] >> (2 * (i & 3))) & 3] += 1
    return tally


@kernel(f"({_bytes}, i8)")
def missing_by_individual(data: Bytes, individuals: int) -> Int64:
    """Markers whose code is 1, for every individual, shape (n,)."""
    width = data.shape[1]
    missing = np.zeros((width, 4), np.int64)
    ones, counts = np.zeros(256, np.uint64), np.zeros(width, np.uint64)
    for byte in range(256):
        for place in range(4):
            if (byte >> (2 * place)) & 3 == 1:
                ones[byte] += u(1) << u(16 * place)
    for begin in range(0, data.shape[0], FULL):
        counts[:] = u(0)
        for m in range(begin, min(begin + FULL, data.shape[0])):
            for j in range(width):
                counts[j] += ones[data[m, j]]
        for j in range(width):
            for place in range(4):
                missing[j, place] += np.int64(counts[j] >> u(16 * place) & u(0xFFFF))
    return missing.reshape(4 * width)[:individuals].copy()


@kernel(f"({_bytes}, {_table}, f4[:, ::1])")
def decode(data: Bytes, table: Float32, out: Float32) -> None:
    """Write ``table[m, code]`` of every call to ``out``, shape (m, n)."""
    individuals = out.shape[1]
    whole = individuals // 4
    for m in range(out.shape[0]):
        for j in range(u(whole)):
            byte, at = data[u(m), u(j)], u(4) * u(j)
            out[u(m), at] = table[m, byte & 3]
            out[u(m), at + u(1)] = table[m, (byte >> 2) & 3]
            out[u(m), at + u(2)] = table[m, (byte >> 4) & 3]
            out[u(m), at + u(3)] = table[m, byte >> 6]
        for i in range(4 * whole, individuals):
            out[m, i] = table[m, (data[m, whole] >> (2 * (i & 3))) & 3]


@kernel(f"({_bytes}, {_long})")
def gather(data: Bytes, individuals: Int64) -> Bytes:
    """The calls of some individuals, packed again; spare bits are 0."""
    n = individuals.size
    whole = n // 4
    out = np.zeros((data.shape[0], (n + 3) // 4), np.uint8)
    place, shift = individuals >> 2, (2 * (individuals & 3)).astype(np.uint8)
    for m in range(data.shape[0]):
        for j in range(u(whole)):
            found = 0
            for k in range(4):
                at = u(4) * u(j) + u(k)
                found |= (data[m, u(place[at])] >> shift[at] & 3) << (2 * k)
            out[m, u(j)] = found
        for i in range(4 * whole, n):
            out[m, whole] |= (data[m, place[i]] >> shift[i] & 3) << (2 * (i & 3))
    return out

"""Opposing homozygotes of pairs of individuals, 32 markers at a time in a word of 64 bits.

Codes are those of :mod:`breedeval.genotypes.packed`: 00 two copies, 01 missing, 10 one, 11 none.
Two calls oppose each other where both bits differ and the two bits of one are equal.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import array, kernel

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]
Int64 = NDArray[np.int64]

_bytes = array("u1", 2)
_words = array("u8", 2)
_long = array("i8", 1)

_ONE = np.uint64(1)
_TWO = np.uint64(2)
_FOUR = np.uint64(4)
_EIGHT = np.uint64(8)
_SIXTEEN = np.uint64(16)
_HALF = np.uint64(32)
_LOW = np.uint64(0x5555555555555555)
_PAIRS = np.uint64(0x3333333333333333)
_NIBBLES = np.uint64(0x0F0F0F0F0F0F0F0F)
_LAST = np.uint64(0xFF)


@kernel(f"({_bytes}, i8)")
def words_by_individual(data: Bytes, individuals: int) -> Words:
    """The calls of every individual in words of 32 markers, shape (n, ⌈m / 32⌉).

    Places beyond the last marker are missing. Cost: O(nm).
    """
    markers = data.shape[0]
    width = (markers + 31) // 32
    words = np.empty((individuals, width), np.uint64)
    word = np.empty(individuals, np.uint64)
    for w in range(width):
        word[:] = _LOW
        for k in range(min(32, markers - 32 * w)):
            row, shift = data[32 * w + k], np.uint64(2 * k)
            for i in range(individuals):
                code = np.uint64((row[i >> 2] >> (2 * (i & 3))) & 3)
                word[i] ^= (code ^ _ONE) << shift
        for i in range(individuals):
            words[i, w] = word[i]
    return words


@kernel(f"({_words}, {_long}, {_long})")
def opposing_by_pair(words: Words, first: Int64, second: Int64) -> Int64:
    """Markers at which the two of a pair oppose each other, and are both called, shape (k, 2).

    Cost: O(km / 32).
    """
    out = np.zeros((first.size, 2), np.int64)
    for k in range(first.size):
        opposing, called = np.uint64(0), np.uint64(0)
        for w in range(words.shape[1]):
            a, b = words[first[k], w], words[second[k], w]
            differ = a ^ b
            found = differ & (differ >> _ONE) & ~(a ^ (a >> _ONE)) & _LOW
            missing = ((a & ~(a >> _ONE)) | (b & ~(b >> _ONE))) & _LOW
            both = ~missing & _LOW
            # sums of neighbouring bits, then of neighbouring sums
            found = (found & _PAIRS) + ((found >> _TWO) & _PAIRS)
            both = (both & _PAIRS) + ((both >> _TWO) & _PAIRS)
            found = (found + (found >> _FOUR)) & _NIBBLES
            both = (both + (both >> _FOUR)) & _NIBBLES
            found += found >> _EIGHT
            both += both >> _EIGHT
            found += found >> _SIXTEEN
            both += both >> _SIXTEEN
            opposing += (found + (found >> _HALF)) & _LAST
            called += (both + (both >> _HALF)) & _LAST
        out[k, 0], out[k, 1] = np.int64(opposing), np.int64(called)
    return out


@kernel(f"({_bytes}, {_long}, {_long})")
def opposing_by_marker(data: Bytes, first: Int64, second: Int64) -> Int64:
    """Pairs that oppose each other at a marker, and are both called there, shape (m, 2).

    Cost: O(km).
    """
    out = np.zeros((data.shape[0], 2), np.int64)
    for m in range(data.shape[0]):
        for k in range(first.size):
            i, j = first[k], second[k]
            a = (data[m, i >> 2] >> (2 * (i & 3))) & 3
            b = (data[m, j >> 2] >> (2 * (j & 3))) & 3
            if a != 1 and b != 1:
                out[m, 1] += 1
                out[m, 0] += (a == 0 and b == 3) or (a == 3 and b == 0)
    return out

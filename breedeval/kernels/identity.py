"""Pairs of individuals whose genotypes are the same, 32 markers at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import array, kernel

Words = NDArray[np.uint64]
Int64 = NDArray[np.int64]

_words = array("u8", 2)

_ONE = np.uint64(1)
_TWO = np.uint64(2)
_FOUR = np.uint64(4)
_EIGHT = np.uint64(8)
_SIXTEEN = np.uint64(16)
_HALF = np.uint64(32)
_ZERO = np.uint64(0)
_LOW = np.uint64(0x5555555555555555)
_PAIRS = np.uint64(0x3333333333333333)
_NIBBLES = np.uint64(0x0F0F0F0F0F0F0F0F)
_BYTES = np.uint64(0x00FF00FF00FF00FF)
_LAST = np.uint64(0xFFFF)

_PART = 16
"""Words between two looks whether a pair can still be the same; a sum of them fits in a byte."""


@kernel(f"({_words}, i8, f8)")
def same_pairs(words: Words, markers: int, identity: float) -> Int64:
    """Pairs i < j whose calls are the same at a part ≥ ``identity`` of the markers called in both.

    A row for each: i, j, markers that differ, markers called in both. ``words`` are those of
    :func:`breedeval.kernels.opposing.words_by_individual`.

    A pair is left as soon as it differs at more than (1 − identity)m markers, which no pair that
    is wanted does. Cost: O(n²m / 32) at worst; with unrelated individuals O(n²(1 − identity)m).
    """
    n, width = words.shape
    most = (1 - identity) * markers + 1e-9
    called_in_i = np.empty(width, np.uint64)
    found = np.empty((64, 4), np.int64)
    size = 0
    for i in range(n):
        for w in range(width):
            called_in_i[w] = ~(words[i, w] & ~(words[i, w] >> _ONE)) & _LOW
        for j in range(i + 1, n):
            different = 0
            for start in range(0, width, _PART):
                total = _ZERO
                for w in range(start, min(start + _PART, width)):
                    b = words[j, w]
                    differ = words[i, w] ^ b
                    differ = (differ | (differ >> _ONE)) & ~(b & ~(b >> _ONE)) & called_in_i[w]
                    differ = (differ & _PAIRS) + ((differ >> _TWO) & _PAIRS)
                    total += (differ + (differ >> _FOUR)) & _NIBBLES
                total = (total & _BYTES) + ((total >> _EIGHT) & _BYTES)
                total += total >> _SIXTEEN
                different += int((total + (total >> _HALF)) & _LAST)
                if different > most:
                    break
            if different > most:
                continue
            called = 0
            for w in range(width):
                b = words[j, w]
                both = ~(b & ~(b >> _ONE)) & called_in_i[w]
                both = (both & _PAIRS) + ((both >> _TWO) & _PAIRS)
                both = (both + (both >> _FOUR)) & _NIBBLES
                both = (both & _BYTES) + ((both >> _EIGHT) & _BYTES)
                both += both >> _SIXTEEN
                called += int((both + (both >> _HALF)) & _LAST)
            if called > 0 and different <= (1 - identity) * called + 1e-9:
                if size == found.shape[0]:
                    longer = np.empty((2 * size, 4), np.int64)
                    longer[:size] = found
                    found = longer
                found[size, 0], found[size, 1] = i, j
                found[size, 2], found[size, 3] = different, called
                size += 1
    return found[:size].copy()

"""Pairs of individuals whose genotypes are the same, 32 markers at a time."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Int64 = NDArray[np.int64]

_words = numba.types.Array(numba.uint64, 2, "C", readonly=True)

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


@numba.njit((_words, numba.int64, numba.float64), cache=True, nogil=True)
def same_pairs(words: Words, markers: int, identity: float) -> Int64:
    """Pairs i < j whose calls are the same at a part ≥ ``identity`` of the markers called in both.

    A row for each: i, j, markers that differ, markers called in both. ``words`` are those of
    :func:`breedeval.kernels.opposing.words_by_individual`.

    A pair is left as soon as it differs at more than (1 − identity)m markers, which no pair that
    is wanted does. Cost: O(n²m / 32) at worst; with unrelated individuals O(n²(1 − identity)m).
    """
    most = (1 - identity) * markers + 1e-9
    found = np.empty((64, 4), np.int64)
    size = 0
    for i in range(words.shape[0]):
        for j in range(i + 1, words.shape[0]):
            different, called = 0, 0
            for w in range(words.shape[1]):
                a, b = words[i, w], words[j, w]
                both = ~((a & ~(a >> _ONE)) | (b & ~(b >> _ONE))) & _LOW
                differ = a ^ b
                differ = (differ | (differ >> _ONE)) & both
                both = (both & _PAIRS) + ((both >> _TWO) & _PAIRS)
                differ = (differ & _PAIRS) + ((differ >> _TWO) & _PAIRS)
                both = (both + (both >> _FOUR)) & _NIBBLES
                differ = (differ + (differ >> _FOUR)) & _NIBBLES
                both += both >> _EIGHT
                differ += differ >> _EIGHT
                both += both >> _SIXTEEN
                differ += differ >> _SIXTEEN
                called += int((both + (both >> _HALF)) & _LAST)
                different += int((differ + (differ >> _HALF)) & _LAST)
                if different > most:
                    break
            if different <= most and called > 0 and different <= (1 - identity) * called + 1e-9:
                if size == found.shape[0]:
                    longer = np.empty((2 * size, 4), np.int64)
                    longer[:size] = found
                    found = longer
                found[size, 0], found[size, 1] = i, j
                found[size, 2], found[size, 3] = different, called
                size += 1
    return found[:size].copy()

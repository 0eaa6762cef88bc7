"""Quality control of genotypes written out one call at a time.

Copies stand in a plain matrix (markers × individuals), −1 where missing.
"""

from __future__ import annotations

from fractions import Fraction
from math import factorial

import numpy as np
from numpy.typing import NDArray

Copies = NDArray[np.int8]


def opposing(copies: Copies, i: int, j: int) -> tuple[int, int]:
    """Markers at which two individuals have 0 and 2 copies, and those called in both."""
    against = called = 0
    for a, b in zip(copies[:, i].tolist(), copies[:, j].tolist(), strict=True):
        called += a >= 0 and b >= 0
        against += {a, b} == {0, 2}
    return against, called


def identity(copies: Copies, i: int, j: int) -> float:
    """Part of the markers called in both at which two individuals are the same."""
    both = [(a, b) for a, b in zip(copies[:, i].tolist(), copies[:, j].tolist(), strict=True)
            if a >= 0 and b >= 0]
    return sum(a == b for a, b in both) / len(both) if both else 0.0


def hardy_weinberg(first: int, heterozygous: int, second: int) -> float:
    """P of the exact test, from factorials in whole numbers."""
    n = first + heterozygous + second
    rare = 2 * min(first, second) + heterozygous

    def chance(h: int) -> Fraction:
        one = (rare - h) // 2
        two = n - h - one
        return Fraction(2**h * factorial(n) * factorial(rare) * factorial(2 * n - rare),
                        factorial(one) * factorial(h) * factorial(two) * factorial(2 * n))

    seen = chance(heterozygous)
    return float(sum(p for h in range(rare % 2, min(rare, 2 * n - rare) + 1, 2)
                     if (p := chance(h)) <= seen))


def call_rates(copies: Copies) -> tuple[list[float], list[float]]:
    """Part with a call: of individuals at each marker, and of markers in each individual."""
    m, n = copies.shape
    return ([sum(x >= 0 for x in row) / n for row in copies.tolist()],
            [sum(x >= 0 for x in column) / m for column in copies.T.tolist()])


def minor_allele_frequency(row: list[int]) -> float:
    """Frequency of the rarer allele among the calls of a marker."""
    called = [x for x in row if x >= 0]
    p = sum(called) / (2 * len(called)) if called else 0.0
    return min(p, 1 - p)

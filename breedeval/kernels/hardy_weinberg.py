"""Exact test of Hardy–Weinberg proportions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import array, kernel

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]

_long = array("i8", 1)

_TIE = 1 + 1e-8
"""So that a configuration as likely as the one seen is counted whatever the rounding."""


@kernel(f"({_long}, {_long}, {_long})")
def exact_test(first: Int64, heterozygous: Int64, second: Int64) -> Float64:
    """P of the heterozygotes seen, or fewer likely, given the copies of both alleles.

    With r copies of the rarer allele among n individuals, h heterozygotes have probability
    2ʰ n! r! (2n − r)! / (((r − h)/2)! h! ((2n − r − h)/2)! (2n)!); P is the sum over those h
    that are no more likely than the one seen. Neighbouring h differ by the factor
    4 q₁q₂ / ((h + 1)(h + 2)), with the homozygotes q₁ and q₂, so factorials are not needed.

    Parameters
    ----------
    first, heterozygous, second : ndarray of int64, shape (m,)
        Individuals of each genotype.

    Returns
    -------
    ndarray of float64, shape (m,)
        1 where nobody is called.

    Notes
    -----
    Cost: O(r) a marker.

    References
    ----------
    Wigginton, Cutler & Abecasis (2005), Am. J. Hum. Genet. 76:887.
    """
    out = np.ones(first.size)
    for m in range(first.size):
        n = first[m] + heterozygous[m] + second[m]
        rare = 2 * min(first[m], second[m]) + heterozygous[m]
        if rare == 0:
            continue
        start = int(rare * (2.0 * n - rare) / (2.0 * n))
        start += (start ^ rare) & 1
        start -= 2 * (start > rare)
        weight = np.zeros(rare + 1)
        weight[start] = 1.0
        h, q1 = start, (rare - start) // 2
        q2 = n - h - q1
        while h >= 2:
            weight[h - 2] = weight[h] * h * (h - 1.0) / (4.0 * (q1 + 1.0) * (q2 + 1.0))
            h, q1, q2 = h - 2, q1 + 1, q2 + 1
        h, q1 = start, (rare - start) // 2
        q2 = n - h - q1
        while h <= rare - 2:
            weight[h + 2] = weight[h] * 4.0 * q1 * q2 / ((h + 2.0) * (h + 1.0))
            h, q1, q2 = h + 2, q1 - 1, q2 - 1
        seen = weight[heterozygous[m]] * _TIE
        total, tail = 0.0, 0.0
        for k in range(rare & 1, rare + 1, 2):
            total += weight[k]
            if weight[k] <= seen:
                tail += weight[k]
        out[m] = min(1.0, tail / total)
    return out

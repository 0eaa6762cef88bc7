"""D cell by cell from A, and by following every gene: slow, obvious, and the judge of the rest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


def cockerham(sire: Sequence[int], dam: Sequence[int], a: Float64) -> Float64:
    """D: ¼(a_ss′ a_dd′ + a_sd′ a_ds′) off the diagonal, 1 − F = 2 − a_ii on it.

    A parent that is not known has no relationship with anybody.
    """
    n = len(sire)
    d = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            if i == j:
                d[i, j] = 2.0 - a[i, i]
            elif min(sire[i], dam[i], sire[j], dam[j]) >= 0:
                d[i, j] = 0.25 * (a[sire[i], sire[j]] * a[dam[i], dam[j]]
                                  + a[sire[i], dam[j]] * a[dam[i], sire[j]])
    return d


def identity_of_genotypes(sire: Sequence[int], dam: Sequence[int]) -> Float64:
    """Probability that two individuals carry the same two genes, both copies of the same ones.

    Every way in which Mendel's law can hand the genes down is written out: 4ᵏ for k individuals
    with known parents (2ᵏ for those with one). Without inbreeding it is D (Cockerham 1954).
    """
    meioses = [(i, side) for i in range(len(sire)) for side, parent in
               ((0, sire[i]), (1, dam[i])) if parent >= 0]
    ways = np.arange(2 ** len(meioses))
    genes = np.zeros((len(sire), 2, ways.size), np.int64)
    for i in range(len(sire)):
        for side, parent in ((0, sire[i]), (1, dam[i])):
            if parent < 0:
                genes[i, side] = 2 * i + side
            else:
                coin = (ways >> meioses.index((i, side))) & 1
                genes[i, side] = np.where(coin, genes[parent, 1], genes[parent, 0])
    low, high = genes.min(axis=1), genes.max(axis=1)
    same = (low[:, None] == low[None]) & (high[:, None] == high[None])
    return same.mean(axis=2)

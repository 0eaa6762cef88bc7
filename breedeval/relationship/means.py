"""Means of G and of A₂₂ without either: sums of all elements are squared lengths of sums.

1′Z′Z1 is the squared length of Z1, and 1′A₂₂1 one indirect product.
"""

from __future__ import annotations

import numpy as np

from breedeval.genotypes.calls import Calls, Float64
from breedeval.genotypes.coding import ScaledCoding
from breedeval.pedigree.pedigree import Rows
from breedeval.relationship.adjustment import Means
from breedeval.relationship.numerator import Numerator


def genomic_means(calls: Calls, scaled: ScaledCoding, lengths: Float64) -> Means:
    """Of G = Z′Z/d, whose diagonal is ``lengths``. One pass over the genotypes."""
    sums = calls.transposed_times(np.ones((calls.individuals, 1)), scaled.coding)
    return _means(float(np.square(sums).sum()) / scaled.divisor, lengths)


def pedigree_means(numerator: Numerator, rows: Rows) -> Means:
    """Of A₂₂, A among the individuals at ``rows``. O(q)."""
    seen = np.zeros((len(numerator.levels), 1))
    seen[rows] = 1.0
    total = float(numerator.covariance_product(seen)[rows].sum())
    return _means(total, numerator.variance[rows])


def _means(total: float, diagonal: Float64) -> Means:
    size = diagonal.size
    off = (total - float(diagonal.sum())) / max(size * (size - 1), 1)
    return Means(float(diagonal.mean()), off, size)

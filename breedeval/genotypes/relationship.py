"""Genomic relationship matrices: G = Z′Z/d, by products of blocks of markers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from breedeval.genotypes.calls import Coding, Float64, MarkerCounts
from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.products import cross_products

GenomicMethod = Literal["vanraden1", "vanraden2", "standardised"]


@dataclass(frozen=True, eq=False)
class ScaledCoding:
    """A coding of markers, and what their cross-products are divided by.

    Parameters
    ----------
    coding : Coding
        Scale 0 leaves a marker out.
    divisor : float
        d.
    """

    coding: Coding
    divisor: float


def genomic_coding(
    counts: MarkerCounts, method: GenomicMethod, frequency: Float64 | None = None
) -> ScaledCoding:
    """How markers are centred and scaled.

    =============  ==========================  =================
    method         element of Z                divisor
    =============  ==========================  =================
    vanraden1      x − kp                      kΣp(1 − p)
    vanraden2      (x − kp) / √(kp(1 − p))     markers that vary
    standardised   (x − kp) / s                markers that vary
    =============  ==========================  =================

    with ploidy k and the standard deviation s of the copies (n − 1).

    Parameters
    ----------
    counts : MarkerCounts
    method : str
    frequency : ndarray of float64, shape (m,), optional
        p; as observed when absent.

    References
    ----------
    VanRaden (2008), J. Dairy Sci. 91:4414, methods 1 and 2.
    """
    p = counts.frequency if frequency is None else frequency
    variance = counts.ploidy * p * (1 - p)
    varies = variance > 0
    centre = np.where(varies, counts.ploidy * p, 0.0)
    if method == "vanraden1":
        return ScaledCoding(Coding(centre, varies.astype(np.float64)), variance[varies].sum())
    if method == "standardised":
        mean = counts.total / counts.called
        variance = (counts.squares - counts.total * mean) / (counts.called - 1)
    scale = np.zeros_like(variance)
    scale[varies] = 1 / np.sqrt(variance[varies])
    return ScaledCoding(Coding(centre, scale), float(varies.sum()))


def genomic_matrix(
    genotypes: Genotypes, method: GenomicMethod = "vanraden1", *,
    frequency: Float64 | None = None, threads: int = 1,
) -> Float64:
    """G, shape (n, n).

    Cost: n²m flops in single precision.
    """
    scaled = genomic_coding(genotypes.calls.counts(), method, frequency)
    found = cross_products(genotypes.calls, scaled.coding, threads=threads)
    found /= scaled.divisor
    return found

"""How copies of alleles become covariates: centred, scaled and weighted, or a value for each class.

Missing calls have the value 0 everywhere: they are filled by the centre, ploidy × p.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from breedeval.errors import InputError, Problem
from breedeval.genotypes.calls import Calls, Coding, Float64, MarkerCounts

GenomicMethod = Literal[
    "vanraden1", "vanraden2", "yang", "centred", "standardised", "tetraploid"]

BLOCK = 512
"""Markers decoded at a time."""


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
    counts: MarkerCounts, method: GenomicMethod, frequency: Float64 | None = None,
    weights: Float64 | None = None,
) -> ScaledCoding:
    """How markers are centred and scaled.

    =============  ==========================  =================
    method         element of Z                divisor
    =============  ==========================  =================
    vanraden1      x − kp                      kΣp(1 − p)
    vanraden2      (x − kp) / √(kp(1 − p))     markers that vary
    yang           as vanraden2                markers that vary
    centred        x − kp                      Σs²
    standardised   (x − kp) / s                markers that vary
    =============  ==========================  =================

    with ploidy k and the standard deviation s of the copies (n − 1). A column of Z is multiplied
    by the square root of its marker's weight, weights being scaled to a mean of 1 over the markers
    that vary, so that equal weights change nothing.

    Parameters
    ----------
    counts : MarkerCounts
    method : str
    frequency : ndarray of float64, shape (m,), optional
        p; as observed when absent.
    weights : ndarray of float64, shape (m,), optional
        Not negative.

    References
    ----------
    VanRaden (2008), J. Dairy Sci. 91:4414, methods 1 and 2; Yang et al. (2010), Nat. Genet.
    42:565; Wang et al. (2012), Genet. Res. 94:73 (weights); Slater et al. (2016), Plant Genome
    9(3) (ploidy).
    """
    p = counts.frequency if frequency is None else frequency
    variance = counts.ploidy * p * (1 - p)
    varies = variance > 0
    if method in ("centred", "standardised"):
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = counts.total / counts.called
            variance = (counts.squares - counts.total * mean) / (counts.called - 1)
        varies &= variance > 1e-12
    centre = np.where(varies, counts.ploidy * p, 0.0)
    scale = np.zeros_like(variance)
    alike = method in ("vanraden1", "centred")
    scale[varies] = 1.0 if alike else 1 / np.sqrt(variance[varies])
    divisor = float(variance[varies].sum() if alike else varies.sum())
    if weights is not None:
        scale[varies] *= np.sqrt(weights[varies] / weights[varies].mean())
    return ScaledCoding(Coding(centre, scale), divisor)


def coded_exactly(calls: Calls, coding: Coding) -> Iterator[Float64]:
    """(x − c)s in double precision, block after block of markers, each of shape (·, n)."""
    for start in range(0, calls.markers, BLOCK):
        stop = min(start + BLOCK, calls.markers)
        part = coding.part(start, stop)
        found = calls.block(start, stop).astype(np.float64)
        found -= part.centre[:, None]
        found *= part.scale[:, None]
        yield np.nan_to_num(found, copy=False, nan=0.0)


def by_class(calls: Calls, values: Float64, source: str) -> Iterator[Float64]:
    """A value for every number of copies, block after block of markers, each of shape (·, n).

    Parameters
    ----------
    calls : Calls
    values : ndarray of float64, shape (m, ploidy + 1)
        Of 0, 1, … copies.
    source : str
        Name of the file, for the message.

    Raises
    ------
    InputError
        When there are dosages between the whole numbers.
    """
    for start in range(0, calls.markers, BLOCK):
        stop = min(start + BLOCK, calls.markers)
        copies = calls.block(start, stop)
        missing = np.isnan(copies)
        whole = np.where(missing, 0, np.rint(copies)).astype(np.int64)
        if (np.abs(np.where(missing, 0, copies) - whole) > 1e-4).any():
            raise InputError(Problem(
                source, "there are dosages with decimals", "Expected whole numbers of copies: this "
                "relationship gives each genotype a value of its own", "Round them to genotypes"))
        found = np.take_along_axis(values[start:stop], whole, axis=1)
        found[missing] = 0.0
        yield found


def squared_lengths(calls: Calls, coding: Coding, *, exactly: bool = False) -> Float64:
    """Σz² of every individual, the diagonal of Z′Z, shape (n,).

    ``exactly`` is in double precision.
    """
    total = np.zeros(calls.individuals)
    if exactly:
        for block in coded_exactly(calls, coding):
            total += np.einsum("ij,ij->j", block, block)
        return total
    for start in range(0, calls.markers, BLOCK):
        stop = min(start + BLOCK, calls.markers)
        z = calls.coded(start, stop, coding.part(start, stop))
        total += np.einsum("ij,ij->j", z, z, dtype=np.float64)
    return total


def summed(blocks: Iterator[Float64], size: int) -> NDArray[np.float64]:
    """Σ b′b over blocks of markers, shape (size, size)."""
    total = np.zeros((size, size))
    for block in blocks:
        total += block.T @ block
    return total

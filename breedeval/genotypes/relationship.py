"""Genomic relationship matrices: G = Z′Z/d, by products of blocks of markers."""

from __future__ import annotations

import numpy as np

from breedeval.errors import InputError, Problem
from breedeval.genotypes.calls import Calls, Float64, MarkerCounts
from breedeval.genotypes.coding import (
    GenomicMethod,
    by_class,
    coded_exactly,
    genomic_coding,
    summed,
)
from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.products import cross_products

BLOCK = 2048
"""Markers decoded at a time."""
SMALL = 4e9
"""n²m up to which double precision costs nothing that is felt."""


def genomic_matrix(
    genotypes: Genotypes, method: GenomicMethod = "vanraden1", *,
    frequency: Float64 | None = None, weights: Float64 | None = None, threads: int = 1,
) -> Float64:
    """G, shape (n, n).

    Parameters
    ----------
    genotypes : Genotypes
    method : str
        See :func:`~breedeval.genotypes.coding.genomic_coding`; ``yang`` has a diagonal of its own
        (:func:`yang_diagonal`), ``tetraploid`` is :func:`class_matrix`.
    frequency, weights : ndarray of float64, shape (m,), optional
    threads : int

    Raises
    ------
    InputError
        When no marker varies, or a method does not fit the ploidy.

    Notes
    -----
    Cost: n²m flops, in single precision beyond :data:`SMALL`.
    """
    calls, counts = genotypes.calls, genotypes.calls.counts()
    if method == "yang" and calls.ploidy != 2:
        raise InputError(Problem(
            genotypes.source, f"'method: yang' with ploidy {calls.ploidy}",
            "Its diagonal is that of diploids", "Use vanraden1 or vanraden2"))
    if method == "tetraploid":
        return class_matrix(genotypes)
    scaled = genomic_coding(counts, method, frequency, weights)
    require_variation(genotypes, scaled.divisor)
    if float(calls.individuals) ** 2 * calls.markers <= SMALL:
        total = summed(coded_exactly(calls, scaled.coding), calls.individuals)
    else:
        total = cross_products(calls, scaled.coding, threads=threads)
    total /= scaled.divisor
    if method == "yang":
        total[np.diag_indices(len(total))] -= yang_diagonal(calls, counts, frequency, weights)
    return total


def require_variation(genotypes: Genotypes, divisor: float) -> None:
    """Refuse genotypes without a marker that varies."""
    if not divisor > 0:
        raise InputError(Problem(
            genotypes.source, f"none of the {len(genotypes.markers):,} markers varies among the "
            f"{len(genotypes.individuals):,} individuals", "Expected markers that tell them apart",
            "Check which individuals and markers are kept"))


def yang_diagonal(
    calls: Calls, counts: MarkerCounts, frequency: Float64 | None = None,
    weights: Float64 | None = None,
) -> Float64:
    """What the diagonal of G by Yang et al. is below that by VanRaden's second method.

    1 + mean[(x² − (1 + 2p)x + 2p²) / 2p(1 − p)] = mean[z²] − mean[(1 − 2p)(x − 2p) / 2p(1 − p)].

    References
    ----------
    Yang et al. (2010), Nat. Genet. 42:565, eq. 4.
    """
    scaled = genomic_coding(counts, "vanraden2", frequency, weights)
    p = counts.frequency if frequency is None else frequency
    effects = np.where(scaled.coding.scale > 0, (1 - 2 * p) * scaled.coding.scale, 0.0)
    return calls.times(np.nan_to_num(effects)[:, None], scaled.coding)[:, 0] / scaled.divisor


def class_matrix(genotypes: Genotypes) -> Float64:
    """G of autotetraploids with an effect for each of the five genotypes (Slater et al. 2016).

    z = (1 − f)/√(f(1 − f)) for those who have the genotype and −f/√(f(1 − f)) for the others, f
    being its frequency; G = Z′Z/5m over the m markers that vary, and 1 is added to the diagonal.

    References
    ----------
    Slater et al. (2016), Plant Genome 9(3), full autotetraploid model.
    """
    calls = genotypes.calls
    classes = calls.ploidy + 1
    tallies = np.concatenate([np.zeros((0, classes)), *(np.stack(
        [(calls.block(at, min(at + BLOCK, calls.markers)) == k).sum(axis=1)
         for k in range(classes)], axis=1) for at in range(0, calls.markers, BLOCK))])
    f = tallies / np.maximum(tallies.sum(axis=1, keepdims=True), 1)
    varies = (f > 0) & (f < 1)
    require_variation(genotypes, float(varies.sum()))
    spread = np.sqrt(np.where(varies, f * (1 - f), 1.0))
    total = np.zeros((calls.individuals,) * 2)
    for k in range(classes):
        values = np.where(varies[:, k], -f[:, k] / spread[:, k], 0.0)[:, None].repeat(classes, 1)
        values[:, k] = np.where(varies[:, k], (1 - f[:, k]) / spread[:, k], 0.0)
        total += summed(by_class(calls, values, genotypes.source), calls.individuals)
    total /= float(classes * varies.any(axis=1).sum())
    total[np.diag_indices(len(total))] += 1.0
    return total


def dominance_matrix(genotypes: Genotypes, frequency: Float64 | None = None) -> Float64:
    """D of diploids: −2(1 − p)², 2p(1 − p) and −2p² for 2, 1 and 0 copies, over Σ(2p(1 − p))².

    Deviations from additive values in a population in Hardy–Weinberg proportions, whose variance
    is the classical dominance variance.

    References
    ----------
    Vitezica, Varona & Legarra (2013), Genetics 195:1223.
    """
    calls = genotypes.calls
    if calls.ploidy != 2:
        raise InputError(Problem(
            genotypes.source, f"dominance with ploidy {calls.ploidy}",
            "The coding is that of diploids", "Leave the effect out"))
    p = calls.counts().frequency if frequency is None else frequency
    p = np.nan_to_num(p)
    q = 1 - p
    divisor = float(np.square(2 * p * q).sum())
    require_variation(genotypes, divisor)
    values = np.stack([-2 * p**2, 2 * p * q, -2 * q**2], axis=1)
    values[p * q <= 0] = 0.0
    return summed(by_class(calls, values, genotypes.source), calls.individuals) / divisor

"""Gene content as a trait: allele frequencies of the base, and Γ of metafounders.

The copies of an allele are a trait with the heritability of almost one,

    m = Qμ + Wu + e,   var(u) = A σ²,   var(e) = λσ² I,   λ = 0.01,

so that μ̂ = (Q′V⁻¹Q)⁻¹Q′V⁻¹m with V = A₂₂ + λI is twice the frequency in the base, or in the base
of every group. V⁻¹Q = (Q − W C⁻¹ W′Q)/λ with C = W′W + λA⁻¹: one sparse factorisation, and one
product with the genotypes, for all markers at once.

References
----------
Gengler, Mayeres & Szydlowski (2007), Animal 1:21; Garcia-Baccino et al. (2017), Genet. Sel. Evol.
49:34; Legarra et al. (2015), Genetics 200:455.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import splu

from breedeval.errors import InputError, Problem
from breedeval.genotypes.calls import Coding
from breedeval.genotypes.genotypes import Genotypes
from breedeval.pedigree.precision import precision_lower
from breedeval.pedigree.prune import prune
from breedeval.relationship.numerator import Numerator
from breedeval.relationship.precision import Vector

LAMBDA = 0.01
"""Ratio of error to additive variance of gene content."""


def base_contents(
    genotypes: Genotypes, numerator: Numerator, rows: NDArray[np.int32], shares: Vector,
    ratio: float = LAMBDA,
) -> Vector:
    """μ̂ of every marker, shape (m, g): ploidy × frequency in the base of every group.

    Parameters
    ----------
    genotypes : Genotypes
    numerator : Numerator
        Relationships of the pedigree, without metafounders.
    rows : ndarray of int32, shape (n,)
        Places of the genotyped in the pedigree.
    shares : ndarray of float64, shape (n, g)
        Q of the genotyped; a column of ones for one base.
    ratio : float
        λ.

    Notes
    -----
    A missing call counts as the mean of its marker. Cost: a sparse factorisation of the genotyped
    and their ancestors, and 2nmg flops.
    """
    by_covariance = _inverse_times(numerator, rows, shares, ratio)
    share = np.linalg.solve(shares.T @ by_covariance, by_covariance.T)
    counts = genotypes.calls.counts()
    centre = np.nan_to_num(counts.ploidy * counts.frequency)
    coding = Coding(centre, np.ones_like(centre))
    from_deviations = genotypes.calls.transposed_times(np.ascontiguousarray(share.T), coding)
    return np.asarray(from_deviations + centre[:, None] * share.sum(axis=1))


def _inverse_times(
    numerator: Numerator, rows: NDArray[np.int32], shares: Vector, ratio: float
) -> Vector:
    """V⁻¹Q."""
    pedigree = prune(numerator.pedigree, rows)
    kept = numerator.pedigree.individuals.codes(pedigree.individuals.labels)
    place = np.searchsorted(kept, rows)
    lower = precision_lower(pedigree.sire, pedigree.dam, numerator.mendelian[kept])
    whole = lower + sp.tril(lower, -1).T
    seen = np.bincount(place, minlength=kept.size).astype(np.float64)
    system = sp.csc_matrix(ratio * whole + sp.diags_array(seen))
    right = np.zeros((kept.size, shares.shape[1]))
    np.add.at(right, place, shares)
    solved = splu(system, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0,
                  options={"SymmetricMode": True}).solve(right)
    return np.asarray((shares - solved[place]) / ratio)


def base_frequencies(
    genotypes: Genotypes, numerator: Numerator, rows: NDArray[np.int32]
) -> Vector:
    """Frequency of the counted allele in the base population, shape (m,).

    Estimates beyond 0 and 1 are held half a copy among the genotyped inside of them, where the
    marker varies.
    """
    ones = np.ones((rows.size, 1))
    counts = genotypes.calls.counts()
    found = base_contents(genotypes, numerator, rows, ones)[:, 0] / counts.ploidy
    least = 0.5 / (counts.ploidy * np.maximum(counts.called, 1))
    observed = counts.frequency
    varies = (observed > 0) & (observed < 1)
    return np.asarray(np.where(varies, np.clip(found, least, 1 - least), observed))


def estimate_gamma(
    genotypes: Genotypes, numerator: Numerator, rows: NDArray[np.int32]
) -> Vector:
    """Γ of the pedigree's groups: 8 × the mean over markers of (p − ½)(p − ½)′, shape (g, g).

    Raises
    ------
    InputError
        When the genotyped do not tell the groups apart.
    """
    groups = numerator.pedigree.groups
    shares = numerator.group_contributions(rows.astype(np.int64))
    absent = [groups[int(k)] for k in np.flatnonzero(shares.sum(axis=0) < 1e-6)]
    if absent or np.linalg.matrix_rank(shares) < len(groups):
        found = f"no genotyped animal descends from {', '.join(absent[:5])}" if absent else (
            "the genotyped do not tell the groups apart")
        raise InputError(Problem(
            genotypes.source, found, "Γ is estimated from the genotypes of every group",
            "Join groups, or give Γ in a file"))
    contents = base_contents(genotypes, numerator, rows, shares)
    deviation = contents / genotypes.calls.ploidy - 0.5
    gamma = 8.0 * deviation.T @ deviation / len(deviation)
    if np.linalg.eigvalsh(gamma)[0] <= 1e-8:
        raise InputError(Problem(
            genotypes.source, "the estimate of Γ is not positive definite",
            "Expected groups that differ and enough markers",
            "Join groups, or give Γ in a file"))
    return np.asarray(gamma)

"""A⁻¹ of a pedigree and A₂₂⁻¹ of some of it, by products; A₂₂ is never formed.

With the genotyped last, A₂₂⁻¹ is what is left of A⁻¹ when the others are absorbed,

    A₂₂⁻¹ = A²² − A²¹(A¹¹)⁻¹A¹²,      log|A₂₂| = log|A| + log|A¹¹|,

and one sparse factor of A¹¹, the part of A⁻¹ among the others, gives its products. Metafounders are
among the others.

References
----------
Strandén & Mäntysaari (2014), in Proc. 10th WCGALP; Masuda, Misztal, Legarra et al. (2017), J. Anim.
Sci. 95:49.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.pedigree.pedigree import Rows
from breedeval.relationship.numerator import Numerator
from breedeval.relationship.precision import Vector
from breedeval.solve import Factor, direct_solver

EXACT_UP_TO = 3_000
"""Genotyped individuals up to which diag(A₂₂⁻¹) is computed, and not estimated."""
DRAWS = 24
LANES = 64


@dataclass(frozen=True, eq=False)
class Polygenic:
    """A⁻¹ and A₂₂⁻¹ by products.

    Parameters
    ----------
    numerator : Numerator
    rows : ndarray of int32, shape (n,)
        Places of the genotyped.
    others : ndarray of int64
        Places of the others.
    own, across : csc_array
        A²² and A¹².
    factor : Factor or None
        Of A¹¹; None when everybody is genotyped.
    """

    numerator: Numerator
    rows: Rows
    others: NDArray[np.int64]
    own: sp.csc_array
    across: sp.csc_array
    factor: Factor | None

    @property
    def log_determinant(self) -> float:
        """log|A₂₂|."""
        known = self.numerator.log_determinant
        return known if self.factor is None else known + self.factor.log_determinant

    @cached_property
    def inverse_diagonal(self) -> Vector:
        """diag(A₂₂⁻¹); beyond :data:`EXACT_UP_TO` an estimate from random vectors."""
        count = self.rows.size
        if count > EXACT_UP_TO:
            signs = np.random.Generator(np.random.PCG64(1)).choice([-1.0, 1.0], (count, DRAWS))
            found = np.mean(signs * self.inverse(signs), axis=1)
            least = 1 / self.numerator.variance[self.rows]
            return np.asarray(np.clip(found, least, self.own.diagonal()))
        found = np.empty(count)
        for start in range(0, count, LANES):
            at = np.arange(start, min(start + LANES, count))
            units = np.zeros((count, at.size))
            units[at, at - start] = 1.0
            found[at] = self.inverse(units)[at, at - start]
        return found

    def inverse(self, x: Vector) -> Vector:
        """A₂₂⁻¹x for x of shape (n, k)."""
        found = self.own @ x
        if self.factor is not None:
            found -= self.across.T @ self.factor.solve(self.across @ x)
        return np.asarray(found)

    def spread(self, own: Vector) -> Vector:
        """A₁₂A₂₂⁻¹x beside x: what values of the genotyped (n, k) tell of everybody, (q, k)."""
        found = np.empty((len(self.numerator.pedigree), own.shape[1]))
        found[self.rows] = own
        if self.factor is not None:
            found[self.others] = -self.factor.solve(self.across @ own)
        return found

    def gather(self, x: Vector) -> Vector:
        """The transpose of :meth:`spread`: (q, k) to (n, k)."""
        found = x[self.rows]
        if self.factor is not None:
            found = found - self.across.T @ self.factor.solve(x[self.others])
        return np.asarray(found)

    def draws(self, count: int, seed: int) -> Vector:
        """Vectors with the variance A₂₂⁻¹, shape (n, count).

        With s = D^{−½}ξ, x = s less half of it for the parents has the variance A⁻¹; what x₁ tells
        of x₂ is taken off.
        """
        pedigree = self.numerator.pedigree
        rng = np.random.Generator(np.random.PCG64(seed))
        s = rng.standard_normal((len(pedigree), count)) / np.sqrt(
            self.numerator.mendelian)[:, None]
        x = s.copy()
        for parent in (pedigree.sire, pedigree.dam):
            known = parent >= 0
            np.subtract.at(x, parent[known], 0.5 * s[known])
        return self.gather(x)


def make_polygenic(numerator: Numerator, rows: Rows, *, threads: int) -> Polygenic:
    """Part A⁻¹ by who is genotyped, and factorise A¹¹.

    Unknown-parent groups stay out of it; metafounders are among the others.
    """
    size = len(numerator.levels) + (0 if numerator.gamma is None else len(numerator.groups))
    lower = sp.csc_array(numerator.lower()[:size, :size])
    whole = sp.csc_array(lower + sp.tril(lower, -1).T)
    others = np.setdiff1d(np.arange(whole.shape[0]), rows)
    factor = None
    if others.size:
        inner = sp.csc_array(sp.tril(whole[others][:, others]))
        inner.sort_indices()
        factor = direct_solver(threads=threads).factorise(inner)
    return Polygenic(numerator, rows, others, sp.csc_array(whole[rows][:, rows]),
                     sp.csc_array(whole[others][:, rows]), factor)

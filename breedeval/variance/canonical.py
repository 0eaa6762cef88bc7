"""V⁻¹ of complete records with one relationship, by a Cholesky factor for each canonical trait.

With M = W^½ZKZ′W^½, GG′ = E, GdG′ = A and F = G⁻¹, Vₜ = dₜM + I of each canonical trait gives

    V⁻¹ = W^½ [Σ fₜfₜ′ ⊗ Vₜ⁻¹] W^½,   fₜ the rows of F,
    DZ′V⁻¹ZD = Σ (dₜgₜ)(dₜgₜ)′ ⊗ KZ′W^½Vₜ⁻¹W^½ZK,   gₜ the columns of G,

and where everybody has one record d²MVₜ⁻¹M = dM − I + Vₜ⁻¹ needs no more products.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.variance.incidence import Kernel, RecordPairs

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

BLOCK = 512
"""Columns squared, or solved for, at a time."""


@dataclass(frozen=True, eq=False)
class CanonicalTraits:
    """Traits that are uncorrelated in both the effect and the residual.

    Parameters
    ----------
    ratios : ndarray of float64, shape (T,)
        d, variances of the effect where that of the residual is 1.
    back : ndarray of float64, shape (T, T)
        G.
    inverse : ndarray of float64, shape (T, T)
        F.
    log_residual : float
        log|E|.
    """

    ratios: Vector
    back: Matrix
    inverse: Matrix
    log_residual: float


def canonical(effect: Matrix, residual: Matrix) -> CanonicalTraits:
    """G and d of A = GdG′ and E = GG′.

    Raises
    ------
    numpy.linalg.LinAlgError
        When E is not positive definite.
    """
    lower = np.linalg.cholesky(residual)
    half = scipy.linalg.solve_triangular(lower, effect, lower=True)
    middle = scipy.linalg.solve_triangular(lower, half.T, lower=True)
    ratios, vectors = np.linalg.eigh((middle + middle.T) / 2)
    inverse = np.asarray(scipy.linalg.solve_triangular(lower, vectors, lower=True, trans="T")).T
    return CanonicalTraits(np.maximum(ratios, 0.0), lower @ vectors, inverse,
                           2.0 * float(np.log(np.diagonal(lower)).sum()))


@dataclass(frozen=True, eq=False)
class Records:
    """Complete records as matrices.

    Parameters
    ----------
    m : ndarray of float64, shape (n, n)
        M = W^½ZKZ′W^½.
    root : ndarray of float64, shape (n,)
        √w.
    first : csr_array, shape (n, q)
        W^½Z of one trait.
    kernel : ndarray or csr_array, shape (q, q)
        K.
    x : ndarray of float64, shape (nT, p)
    """

    m: Matrix
    root: Vector
    first: sp.csr_array
    kernel: Kernel
    x: Matrix

    @property
    def once(self) -> bool:
        """Whether everybody has one record."""
        first = self.first
        return bool(first.shape[0] == first.shape[1] == first.nnz
                    and np.unique(first.indices).size == first.nnz)


@dataclass(frozen=True, eq=False)
class CanonicalInverse:
    """V⁻¹; n³/3 flops a trait, and as many for its diagonal.

    Parameters
    ----------
    records : Records
    traits : CanonicalTraits
    """

    records: Records
    traits: CanonicalTraits

    @cached_property
    def _factors(self) -> tuple[Matrix, ...]:
        """Cholesky factors of Vₜ, lower triangles."""
        return tuple(self._factor(d) for d in self.traits.ratios)

    def _factor(self, d: float) -> Matrix:
        v = d * self.records.m
        v[np.diag_indices(len(v))] += 1.0
        factor, info = scipy.linalg.lapack.dpotrf(v.T, lower=1, clean=0, overwrite_a=1)
        if info:
            raise np.linalg.LinAlgError("V is not positive definite")
        return np.asarray(factor)

    def product(self, f: Matrix) -> Matrix:
        """V⁻¹f for f of shape (nT, k)."""
        n, traits, columns = self.records.root.size, self.traits.ratios.size, f.shape[1]
        own = self.records.root[:, None, None] * f.reshape(n, traits, columns)
        turned = np.einsum("tu,iuk->tik", self.traits.inverse, own)
        solved = np.array([scipy.linalg.cho_solve((factor, True), part, check_finite=False)
                           for factor, part in zip(self._factors, turned, strict=True)])
        back = np.einsum("tu,tik->iuk", self.traits.inverse, solved)
        return np.asarray((self.records.root[:, None, None] * back).reshape(f.shape))

    @cached_property
    def _diagonals(self) -> Matrix:
        """diag(Vₜ⁻¹), shape (T, n)."""
        return np.array([_inverse_diagonal(factor) for factor in self._factors])

    def within(self, pairs: RecordPairs) -> Vector:
        """Elements of V⁻¹ for observations of one record."""
        shares = self.traits.inverse[:, pairs.a] * self.traits.inverse[:, pairs.b]
        return np.asarray(self.records.root**2 * (shares @ self._diagonals))

    def explained(self) -> tuple[Matrix, ...]:
        """diag(DZ′V⁻¹ZD), levels × traits."""
        shares = np.square(self.traits.back)
        return ((shares @ np.array([self._explained(t) for t in range(len(shares))])).T,)

    def _explained(self, trait: int) -> Vector:
        """d² diag(KZ′W^½Vₜ⁻¹W^½ZK), by level."""
        records, d = self.records, float(self.traits.ratios[trait])
        if records.once:
            found = np.empty(records.root.size)
            found[records.first.indices] = (
                d * np.diagonal(records.m) - 1.0 + self._diagonals[trait]) / records.first.data**2
            return found
        kernel = records.kernel
        found = np.empty(kernel.shape[0])
        for begin in range(0, found.size, BLOCK):
            some = slice(begin, begin + BLOCK)
            columns = kernel[:, some] if isinstance(kernel, np.ndarray) else (
                sp.csc_array(kernel)[:, some].toarray())
            half = scipy.linalg.solve_triangular(
                self._factors[trait], records.first @ columns, lower=True, check_finite=False)
            found[some] = d**2 * np.square(half).sum(axis=0)
        return found


def _inverse_diagonal(factor: Matrix) -> Vector:
    """diag((LL′)⁻¹): squares of L⁻¹ summed by column."""
    inverse, _ = scipy.linalg.lapack.dtrtri(factor, lower=1)
    found = np.empty(len(inverse))
    for begin in range(0, len(inverse), BLOCK):
        part = inverse[begin:, begin:begin + BLOCK]
        size = part.shape[1]
        corner = np.tril(part[:size])
        found[begin:begin + size] = np.square(corner).sum(axis=0) + np.einsum(
            "ki,ki->i", part[size:], part[size:])
    return found

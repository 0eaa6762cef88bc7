"""The likelihood of one relationship and a simple residual, in the eigenvectors of its matrix.

Records have all traits, one residual (co)variance E and one effect with (co)variance A among the
traits. With M = W^½ZKZ′W^½ = USU′ and every trait rotated by U′W^½,

    V = blockdiag(Vᵢ),   Vᵢ = sᵢA + E   (T × T, one for each of the n eigenvalues),

so that after one eigendecomposition a round costs O(n(T³ + T²p)) (Kang et al. 2008; Zhou & Stephens
2014). The formulas are those of :mod:`breedeval.variance.covariance_form`, with blocks of P:

    Γ = −½ Σᵢ sᵢ(Pᵢᵢ − qᵢqᵢ′) for A, the same without sᵢ for E.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Literal

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.covariance.variances import Variances
from breedeval.equations.henderson import Equations
from breedeval.variance.derivatives import Derivatives, level_and_record_counts
from breedeval.variance.incidence import Kernel, RecordPairs, make_incidence, sandwich
from breedeval.variance.observed import ObservedSystem

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
BLOCK = 512
"""Rows squared at a time."""


@dataclass(frozen=True, eq=False)
class Rotated:
    """Records in the eigenvectors of M.

    Parameters
    ----------
    eigenvalues : ndarray of float64, shape (n,)
        s.
    y : ndarray of float64, shape (n, T)
    x : ndarray of float64, shape (n, T, p)
    vectors : ndarray of float64, shape (n, n)
        U.
    root : ndarray of float64, shape (n,)
        √w of the records.
    first : csr_array, shape (n, q)
        W^½Z of one trait.
    kernel : ndarray or csr_array, shape (q, q)
        K.
    """

    eigenvalues: Vector
    y: Matrix
    x: Matrix
    vectors: Matrix
    root: Vector
    first: sp.csr_array
    kernel: Kernel

    @property
    def log_weights(self) -> float:
        """T Σ log w, which the scale by √w takes from log|V|."""
        return float(2 * self.y.shape[1] * np.log(self.root).sum())

    def back(self, values: Matrix) -> Matrix:
        """W^½U times what is rotated, of shape (n, T) or (n, T, k), by observation: (nT[, k])."""
        (n, traits), more = values.shape[:2], values.shape[2:]
        found = self.root[:, None] * (self.vectors @ values.reshape(n, traits * prod(more)))
        return found.reshape(n * traits, *more)

    def forth(self, f: Matrix) -> Matrix:
        """U′W^½f of shape (n, T, k), for f of shape (nT, k)."""
        (n, traits), columns = self.y.shape, f.shape[1]
        found = self.vectors.T @ (self.root[:, None] * f.reshape(n, traits * columns))
        return found.reshape(n, traits, columns)

    def loadings(self) -> Matrix:
        """KZ′W^½U, shape (q, n): U′W^½y with the effect; free where everybody has one record."""
        first, n = self.first, self.root.size
        if first.shape[1] == n == first.nnz and np.unique(first.indices).size == n:
            found = np.empty((n, n))
            found[first.indices] = (self.vectors * self.eigenvalues) / first.data[:, None]
            return found
        return np.asarray(self.kernel @ (first.T @ self.vectors))


def is_spectral(equations: Equations) -> bool:
    """Whether the model is of this form: one plain effect on all traits, and complete records."""
    design = equations.design
    if len(design.random) != 1 or len(design.residual.levels) != 1 or (
            design.residual.covariates.shape[1]):
        return False
    (effect,), traits = design.random, len(design.traits)
    complete = design.size == design.records * traits and effect.traits == tuple(range(traits))
    plain = len(effect.components) == 1 and all(
        part.codes.shape[1] == 1 and len(part.coefficients) == 1 and bool((part.values == 1).all())
        for part in effect.components)
    return complete and plain and bool(
        (design.weights.reshape(-1, traits) == design.weights[::traits, None]).all())


def rotate(equations: Equations, kernel: Kernel) -> Rotated:
    """Decompose M and rotate the records; about 9n³ flops and 4 × 8n² bytes.

    Parameters
    ----------
    equations : Equations
        For which :func:`is_spectral` is true.
    kernel : ndarray or csr_array
        K among the levels of the effect.
    """
    design, traits = equations.design, len(equations.design.traits)
    incidence = make_incidence(equations)
    root = np.sqrt(design.weights[::traits])
    first = sp.csr_array(sp.diags_array(root) @ incidence.cells[0][0][::traits])
    m = (first @ kernel @ first.T).toarray() if sp.issparse(kernel) else sandwich(
        first, kernel, first)
    values, vectors = scipy.linalg.eigh(m.T, driver="evd", check_finite=False)
    n = values.size
    y = root[:, None] * design.y.reshape(n, traits)
    x = root[:, None] * incidence.x.reshape(n, -1)
    return Rotated(values, vectors.T @ y, (vectors.T @ x).reshape(n, traits, -1), vectors, root,
                   first, kernel)


@dataclass(frozen=True, eq=False)
class SpectralLikelihood:
    """The likelihood of a model's variances; calling it evaluates one point.

    Parameters
    ----------
    equations : Equations
        At any variances.
    rotated : Rotated
    method : {'reml', 'ml'}
    """

    equations: Equations
    rotated: Rotated
    method: Literal["reml", "ml"] = "reml"

    def __call__(self, variances: Variances) -> SpectralPoint:
        """The point at these variances.

        Raises
        ------
        numpy.linalg.LinAlgError
            When V is not positive definite.
        """
        data, size = self.rotated, self.rotated.x.shape[2]
        effect, residual = variances.covariances[0].matrix, variances.covariances[1].matrix
        blocks = data.eigenvalues[:, None, None] * effect + residual
        halves = np.linalg.cholesky(blocks)
        log_v = 2.0 * float(np.log(np.einsum("itt->it", halves)).sum()) - data.log_weights
        precision = np.asarray(np.linalg.inv(blocks), np.float64)
        weighted = precision @ data.x
        inner = np.einsum("ita,itb->ab", data.x, weighted)
        found = scipy.linalg.cho_factor(inner, lower=True) if size else None
        b = np.zeros(0) if found is None else scipy.linalg.cho_solve(
            found, np.einsum("ita,it->a", weighted, data.y))
        projected = np.einsum("itu,iu->it", precision, data.y - data.x @ b)
        freedom = data.y.size
        if self.method == "reml":
            freedom -= size
            log_v += self.equations.restoration.log_scale
            if found is not None:
                log_v += 2.0 * float(np.log(np.diagonal(found[0])).sum())
        value = -0.5 * float(freedom * np.log(2 * np.pi) + log_v + np.vdot(data.y, projected))
        return SpectralPoint(
            self, self.equations.at(variances), precision, weighted, found, projected, value)


@dataclass(frozen=True, eq=False)
class SpectralPoint:
    """The likelihood at one set of variances.

    Parameters
    ----------
    likelihood : SpectralLikelihood
    equations : Equations
        At these variances.
    precision : ndarray of float64, shape (n, T, T)
        Vᵢ⁻¹.
    weighted : ndarray of float64, shape (n, T, p)
        Vᵢ⁻¹Xᵢ.
    inner : tuple or None
        Cholesky factor of X′V⁻¹X; None without fixed effects.
    projected : ndarray of float64, shape (n, T)
        q = Py, rotated.
    log_likelihood : float
    """

    likelihood: SpectralLikelihood
    equations: Equations
    precision: Matrix
    weighted: Matrix
    inner: tuple[Matrix, bool] | None
    projected: Matrix
    log_likelihood: float

    def derivatives(self) -> Derivatives:
        """Score and average information here."""
        return self._derivatives

    def observed(self) -> ObservedSystem:
        """Solutions and what belongs to them, here; of a likelihood by REML."""
        data = self.likelihood.rotated
        return ObservedSystem(
            self.equations, (data.kernel,), SpectrumOfV(self), data.back(self.weighted),
            self.inner, data.back(self.projected), self.log_likelihood, "spectral")

    @cached_property
    def _derivatives(self) -> Derivatives:
        eigenvalues, q = self.likelihood.rotated.eigenvalues, self.projected
        excess = self._blocks() - q[:, :, None] * q[:, None, :]
        gradients = tuple(-0.5 * np.einsum("i,itu->tu", share, excess)
                          for share in (eigenvalues, np.ones_like(eigenvalues)))
        covariances = self.equations.variances.covariances
        variates = np.concatenate([
            np.einsum("i,ptu,iu->itp", share, part.derivatives(), q) for share, part in zip(
                (eigenvalues, np.ones_like(eigenvalues)), covariances, strict=True)], axis=2)
        half = np.einsum("ita,itp->ap", self.weighted, variates)
        projection = np.einsum("itp,itu,iur->pr", variates, self.precision, variates, optimize=True)
        if self.inner is not None:
            projection -= half.T @ scipy.linalg.cho_solve(self.inner, half)
        score = np.concatenate([
            np.einsum("pij,ij->p", part.derivatives(), gradient)
            for part, gradient in zip(covariances, gradients, strict=True)])
        return Derivatives(gradients, level_and_record_counts(self.equations), np.zeros(0), score,
                           (projection + projection.T) / 4)

    def _blocks(self) -> Matrix:
        """Pᵢᵢ, or Vᵢ⁻¹ for the full likelihood, shape (n, T, T)."""
        if self.likelihood.method == "ml" or self.inner is None:
            return self.precision
        n, traits, size = self.weighted.shape
        half = scipy.linalg.solve_triangular(
            self.inner[0], self.weighted.reshape(n * traits, size).T, lower=True)
        rows = half.T.reshape(n, traits, size)
        return np.asarray(self.precision - rows @ rows.transpose(0, 2, 1))


@dataclass(frozen=True, eq=False)
class SpectrumOfV:
    """V⁻¹ in eigenvectors: n² numbers gone through for everything."""

    point: SpectralPoint

    def product(self, f: Matrix) -> Matrix:
        """V⁻¹f."""
        data = self.point.likelihood.rotated
        return data.back(self.point.precision @ data.forth(f))

    def within(self, pairs: RecordPairs) -> Vector:
        """Elements of V⁻¹ for observations of one record."""
        data = self.point.likelihood.rotated
        own = _weighted_squares(data.vectors, self.point.precision[:, pairs.a, pairs.b][:, None])
        return np.asarray(data.root**2 * own[:, 0])

    def explained(self) -> tuple[Matrix, ...]:
        """diag(DZ′V⁻¹ZD) = Σᵢ (KZ′W^½U)²ᵢ diag(AVᵢ⁻¹A)."""
        effect = self.point.equations.covariances[0].matrix
        shares = np.einsum("ta,iab,bt->it", effect, self.point.precision, effect)
        return (_weighted_squares(self.point.likelihood.rotated.loadings(), shares),)


def _weighted_squares(matrix: Matrix, weights: Matrix) -> Matrix:
    """(M∘M)w, some rows at a time."""
    found = np.empty((len(matrix), weights.shape[1]))
    for begin in range(0, len(matrix), BLOCK):
        found[begin:begin + BLOCK] = np.square(matrix[begin:begin + BLOCK]) @ weights
    return found

"""The likelihood from V itself, for several dense relationships: the equations' n³ once, not kn³.

V = Σ Z(K ⊗ Σ)Z′ + R over the effects, and P = V⁻¹ − V⁻¹X(X′V⁻¹X)⁻¹X′V⁻¹. With q = Py,

    log L = −½[(n − p) log 2π + log|V| + log|X′V⁻¹X| + y′q],
    dL = tr(Γ dΣ),   Γ[a, b] = −½[tr(PZₐKZ_b′) − q′ZₐKZ_b′q]   for cells a and b of an effect,

and the same with the observations of traits a and b of one record for R. The average information
is that of :mod:`breedeval.variance.derivatives`, with û = (K ⊗ Σ)Z′q and ê = Rq. For the full
likelihood V⁻¹ stands in the traces, and log|X′V⁻¹X| and p log 2π are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.covariance.variances import Variances
from breedeval.equations.henderson import Equations
from breedeval.variance.derivatives import Derivatives, level_and_record_counts
from breedeval.variance.incidence import (
    Incidence,
    Kernel,
    RecordPairs,
    make_incidence,
    same_record,
    sandwich,
)
from breedeval.variance.observed import ObservedSystem, residual_product
from breedeval.variance.variates import working_variates

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
BLOCK = 512
"""Rows that are mirrored at a time."""


@dataclass(eq=False)
class CovarianceLikelihood:
    """The likelihood of a model's variances; calling it evaluates one point.

    Parameters
    ----------
    equations : Equations
        At any variances; without unknown-parent groups.
    kernels : tuple of ndarray or csr_array
        K of every random effect.
    method : {'reml', 'ml'}

    Notes
    -----
    A point costs n³/3 flops and 2n² for every pair of cells, its derivatives 2n³/3 more; two
    matrices of 8n² bytes at most.
    """

    equations: Equations
    kernels: tuple[Kernel, ...]
    method: Literal["reml", "ml"] = "reml"
    incidence: Incidence = field(init=False)

    def __post_init__(self) -> None:
        self.incidence = make_incidence(self.equations)

    def __call__(self, variances: Variances) -> CovariancePoint:
        """The point at these variances.

        Raises
        ------
        numpy.linalg.LinAlgError
            When V is not positive definite.
        """
        equations, x, y = self.equations.at(variances), self.incidence.x, self.equations.design.y
        factor, info = scipy.linalg.lapack.dpotrf(
            self._covariance(equations), lower=1, clean=0, overwrite_a=1)
        if info:
            raise np.linalg.LinAlgError("V is not positive definite")
        log_v = 2.0 * float(np.log(np.diagonal(factor)).sum())
        solved = scipy.linalg.cho_solve((factor, True), np.column_stack([x, y]))
        weight, size = x.T @ solved[:, :-1], x.shape[1]
        inner = scipy.linalg.cho_factor(weight, lower=True) if size else None
        b = scipy.linalg.cho_solve(inner, x.T @ solved[:, -1]) if inner else np.zeros(0)
        projected = solved[:, -1] - solved[:, :-1] @ b
        freedom = y.size
        if self.method == "reml":
            freedom -= size
            if inner:
                log_v += 2.0 * float(np.log(np.diagonal(inner[0])).sum())
            log_v += equations.restoration.log_scale
        value = -0.5 * float(freedom * np.log(2 * np.pi) + log_v + y @ projected)
        return CovariancePoint(self, equations, factor, solved[:, :-1], inner, projected, value)

    def _covariance(self, equations: Equations) -> Matrix:
        """V, lower triangle and more, in Fortran order."""
        total = np.zeros((equations.design.size,) * 2, order="F")
        for effect, covariance in enumerate(equations.covariances):
            cells = self.incidence.cells[effect]
            for a in range(covariance.size):
                weighted = sum(covariance.matrix[a, b] * cells[b] for b in range(covariance.size))
                if sp.issparse(self.kernels[effect]):
                    found = sp.coo_array(cells[a] @ self.kernels[effect] @ weighted.T)
                    np.add.at(total, found.coords, found.data)
                else:
                    total += sandwich(cells[a], self.kernels[effect], sp.csr_array(weighted))
        residual = equations.residual
        for pair in same_record(equations):
            total[pair.one, pair.other] += pair.elements(equations) / (
                residual.scale[pair.one] * residual.scale[pair.other])
        return total


@dataclass(frozen=True, eq=False)
class CovariancePoint:
    """The likelihood at one set of variances.

    Parameters
    ----------
    likelihood : CovarianceLikelihood
    equations : Equations
        At these variances.
    factor : ndarray of float64, shape (N, N)
        Cholesky factor of V, lower triangle.
    solved : ndarray of float64, shape (N, p)
        V⁻¹X.
    inner : tuple or None
        Cholesky factor of X′V⁻¹X; None without fixed effects.
    projected : ndarray of float64, shape (N,)
        Py.
    log_likelihood : float
    """

    likelihood: CovarianceLikelihood
    equations: Equations
    factor: Matrix
    solved: Matrix
    inner: tuple[Matrix, bool] | None
    projected: Vector
    log_likelihood: float

    def derivatives(self) -> Derivatives:
        """Score and average information here."""
        return self._derivatives

    def observed(self) -> ObservedSystem:
        """Solutions and what belongs to them, here; of a likelihood by REML."""
        return ObservedSystem(
            self.equations, self.likelihood.kernels, CholeskyOfV(self), self.solved, self.inner,
            self.projected, self.log_likelihood, "covariance")

    @cached_property
    def _derivatives(self) -> Derivatives:
        equations, q = self.equations, self.projected
        inner = self._inverse()
        effects = [self._effect_gradient(effect, inner) for effect in range(
            len(equations.covariances))]
        classes, slopes = residual_gradients(equations, inner, q)
        gradients = (*effects, *classes)
        residuals = residual_product(equations, q)
        variates = working_variates(equations, self._solutions(), residuals)
        projection = variates.T @ inner @ variates
        if self.likelihood.method == "ml" and self.inner:
            half = self.solved.T @ variates
            projection -= half.T @ scipy.linalg.cho_solve(self.inner, half)
        score = np.concatenate([
            *(np.einsum("pij,ij->p", covariance.derivatives(), gradient)
              for covariance, gradient in zip(
                  equations.variances.covariances, gradients, strict=True)), slopes])
        return Derivatives(gradients, level_and_record_counts(equations), slopes, score,
                           (projection + projection.T) / 4)

    def _inverse(self) -> Matrix:
        """P, or V⁻¹ for the full likelihood."""
        found, _ = scipy.linalg.lapack.dpotri(self.factor, lower=1)
        mirror_lower(found)
        if self.likelihood.method == "reml" and self.inner:
            half = scipy.linalg.solve_triangular(self.inner[0], self.solved.T, lower=True)
            found -= half.T @ half
        return np.asarray(found)

    def _solutions(self) -> Vector:
        """û = (K ⊗ Σ)Z′q among all unknowns; 0 for the fixed effects."""
        equations, x = self.equations, np.zeros(self.equations.size)
        for effect, covariance in enumerate(equations.covariances):
            own = np.column_stack(
                [z.T @ self.projected for z in self.likelihood.incidence.cells[effect]])
            x += equations.placed(effect, self.likelihood.kernels[effect] @ own @ covariance.matrix)
        return x

    def _effect_gradient(self, effect: int, inner: Matrix) -> Matrix:
        cells, kernel = self.likelihood.incidence.cells[effect], self.likelihood.kernels[effect]
        q = self.projected
        gradient = np.empty((len(cells),) * 2)
        for a, b in zip(*np.tril_indices(len(cells)), strict=True):
            left = cells[b].T @ (cells[a].T @ inner).T
            trace = np.vdot(kernel, left) if isinstance(kernel, np.ndarray) else (
                kernel.multiply(left).sum())
            gradient[a, b] = -0.5 * (trace - (cells[a].T @ q) @ (kernel @ (cells[b].T @ q)))
            gradient[b, a] = gradient[a, b]
        return gradient


@dataclass(frozen=True, eq=False)
class CholeskyOfV:
    """V⁻¹ by a Cholesky factor: n³/3 more for its diagonal, n²q for what is explained."""

    point: CovariancePoint

    def product(self, f: Matrix) -> Matrix:
        """V⁻¹f."""
        return np.asarray(scipy.linalg.cho_solve((self.point.factor, True), f))

    @cached_property
    def _half(self) -> Matrix:
        """L⁻¹."""
        found, _ = scipy.linalg.lapack.dtrtri(self.point.factor, lower=1)
        return np.tril(found)

    def within(self, pairs: RecordPairs) -> Vector:
        """Elements of V⁻¹ for observations of one record."""
        if pairs.a == pairs.b and pairs.one.size == len(self._half):
            return np.asarray(np.einsum("ki,ki->i", self._half, self._half))
        found = np.empty(pairs.one.size)
        for begin in range(0, found.size, BLOCK):
            some = slice(begin, begin + BLOCK)
            found[some] = np.einsum("ki,ki->i", self._half[:, pairs.one[some]],
                                    self._half[:, pairs.other[some]])
        return found

    def explained(self) -> tuple[Matrix, ...]:
        """diag(DZ′V⁻¹ZD) of every effect, some levels at a time."""
        likelihood, found = self.point.likelihood, []
        for effect, covariance in enumerate(self.point.equations.covariances):
            cells, kernel = likelihood.incidence.cells[effect], likelihood.kernels[effect]
            own = np.empty((kernel.shape[0], covariance.size))
            for begin, b in np.ndindex(-(-len(own) // BLOCK), covariance.size):
                some = slice(begin * BLOCK, (begin + 1) * BLOCK)
                columns = kernel[:, some] if isinstance(kernel, np.ndarray) else (
                    sp.csc_array(kernel)[:, some].toarray())
                shared = sum(covariance.matrix[a, b] * (cell @ columns)
                             for a, cell in enumerate(cells))
                half = scipy.linalg.solve_triangular(self.point.factor, shared, lower=True)
                own[some, b] = np.square(half).sum(axis=0)
            found.append(own)
        return tuple(found)


def residual_gradients(
    equations: Equations, inner: Matrix, q: Vector
) -> tuple[list[Matrix], Vector]:
    """Γ of each residual class, and the gradient of the slopes.

    Parameters
    ----------
    equations : Equations
    inner : ndarray of float64, shape (N, N)
        P, or V⁻¹; only elements within records are read.
    q : ndarray of float64, shape (N,)
        Py.
    """
    residual, design = equations.residual, equations.design
    gradients = [np.zeros((len(design.traits),) * 2) for _ in residual.covariances]
    lack = np.zeros(design.records)
    for pair in same_record(equations):
        excess = inner[pair.one, pair.other] - q[pair.one] * q[pair.other]
        excess *= -0.5 / (residual.scale[pair.one] * residual.scale[pair.other])
        for number, gradient in enumerate(gradients):
            gradient[pair.a, pair.b] = excess[pair.kind == number].sum()
        lack += np.bincount(
            design.unit[pair.one], excess * pair.elements(equations), design.records)
    return gradients, design.residual.covariates.T @ lack


def mirror_lower(matrix: Matrix) -> None:
    """Copy the lower triangle over the upper one, in place."""
    for begin in range(0, len(matrix), BLOCK):
        end = begin + BLOCK
        corner = np.tril(matrix[begin:end, begin:end])
        matrix[begin:end, begin:end] = corner + np.tril(corner, -1).T
        matrix[begin:end, end:] = matrix[end:, begin:end].T

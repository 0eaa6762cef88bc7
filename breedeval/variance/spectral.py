"""The likelihood of one relationship and a simple residual, in the eigenvectors of its matrix.

Records have all traits, one residual (co)variance E and one effect with (co)variance A among the
traits. With M = W^½ZKZ′W^½ = USU′ and every trait rotated by U′W^½,

    V = blockdiag(Vᵢ),   Vᵢ = sᵢA + E   (T × T, one for each of the n eigenvalues),

so that after one eigendecomposition a round costs O(n(T³ + T²p)) (Kang et al. 2008; Zhou & Stephens
2014). The formulas are those of :mod:`breedeval.variance.covariance_form`, with blocks of P:

    Γ = −½ Σᵢ sᵢ(Pᵢᵢ − qᵢqᵢ′) for A, the same without sᵢ for E.
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
from breedeval.variance.covariance_form import Kernel, make_incidence
from breedeval.variance.derivatives import Derivatives, level_and_record_counts

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Rotated:
    """Records in the eigenvectors of M.

    Parameters
    ----------
    eigenvalues : ndarray of float64, shape (n,)
        s.
    y : ndarray of float64, shape (n, T)
    x : ndarray of float64, shape (n, T, p)
    log_weights : float
        T Σ log w, which the scale by √w takes from log|V|.
    """

    eigenvalues: Vector
    y: Matrix
    x: Matrix
    log_weights: float


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
    """Decompose M and rotate the records; about 9n³ flops and 3 × 8n² bytes.

    Parameters
    ----------
    equations : Equations
        For which :func:`is_spectral` is true.
    kernel : ndarray or csr_array
        K among the levels of the effect.
    """
    design, traits = equations.design, len(equations.design.traits)
    incidence = make_incidence(equations)
    root = np.sqrt(design.weights)
    first = sp.diags_array(root[::traits]) @ incidence.cells[0][0][::traits]
    m = first @ kernel @ first.T
    dense = m.toarray() if sp.issparse(m) else np.asarray(m)
    values, vectors = scipy.linalg.eigh(dense, overwrite_a=True, driver="evd")
    n = values.size
    y = (root * design.y).reshape(n, traits)
    x = (root[:, None] * incidence.x).reshape(n, -1)
    return Rotated(np.maximum(values, 0.0), vectors.T @ y,
                   (vectors.T @ x).reshape(n, traits, -1), float(np.log(design.weights).sum()))


@dataclass(eq=False)
class SpectralLikelihood:
    """The likelihood of a model's variances; calling it evaluates one point.

    Parameters
    ----------
    equations : Equations
        At any variances.
    kernel : ndarray or csr_array
        K of the effect.
    method : {'reml', 'ml'}
    """

    equations: Equations
    kernel: Kernel
    method: Literal["reml", "ml"] = "reml"
    rotated: Rotated = field(init=False)

    def __post_init__(self) -> None:
        self.rotated = rotate(self.equations, self.kernel)

    def __call__(self, variances: Variances) -> SpectralPoint:
        """The point at these variances."""
        data, size = self.rotated, self.rotated.x.shape[2]
        effect, residual = variances.covariances[0].matrix, variances.covariances[1].matrix
        blocks = data.eigenvalues[:, None, None] * effect + residual
        log_v = float(np.linalg.slogdet(blocks)[1].sum()) - data.log_weights
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

"""The likelihood of one relationship and a simple residual, by one reduction of its matrix.

Records have all traits, one residual (co)variance E and one effect with (co)variance A among the
traits. With M = W^½ZKZ′W^½ = QBQ′ (:mod:`breedeval.variance.band`), canonical traits GG′ = E,
GdG′ = A (d the eigenvalues of E⁻¹A) and F = G⁻¹, records turned by Q′W^½ and F have

    V = blockdiag(Vₜ),   Vₜ = dₜB + I   (n × n, one for each of T traits),

so that after the reduction a round costs O(Tnb²). The formulas are those of
:mod:`breedeval.variance.covariance_form`, with sums over records within the band:

    Γ = −½[F′ diag(tr BVₜ⁻¹) F − H′BH − q′Bq] for A, the same without B for E,   HH′ = V⁻¹ − P.

References
----------
Meyer (1985), Biometrics 41:153 (canonical traits); Kang et al. (2008), Genetics 178:1709, and Zhou
& Stephens (2014), Nat. Methods 11:407 (the same with eigenvectors).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.covariance.variances import Variances
from breedeval.equations.henderson import Equations
from breedeval.variance.band import BandFactor, BlockBand, reduce_to_band
from breedeval.variance.canonical import CanonicalInverse, CanonicalTraits, Records, canonical
from breedeval.variance.derivatives import Derivatives, level_and_record_counts
from breedeval.variance.incidence import Kernel, make_incidence, sandwich
from breedeval.variance.observed import ObservedSystem

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Turned:
    """Records beside the band of M.

    Parameters
    ----------
    band : BlockBand
        B.
    y : ndarray of float64, shape (n, T)
    x : ndarray of float64, shape (n, T, p)
    records : Records
        As they were.
    """

    band: BlockBand
    y: Matrix
    x: Matrix
    records: Records

    @property
    def log_weights(self) -> float:
        """T Σ log w, which the scale by √w takes from log|V|."""
        return float(2 * self.y.shape[1] * np.log(self.records.root).sum())


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


def turn(equations: Equations, kernel: Kernel, *, threads: int = 1) -> Turned:
    """Reduce M and turn the records; 4n³/3 flops and 2 × 8n² bytes.

    Parameters
    ----------
    equations : Equations
        For which :func:`is_spectral` is true.
    kernel : ndarray or csr_array
        K among the levels of the effect.
    threads : int
    """
    design, traits = equations.design, len(equations.design.traits)
    incidence, n = make_incidence(equations), equations.design.records
    root = np.sqrt(design.weights[::traits])
    first = sp.csr_array(sp.diags_array(root) @ incidence.cells[0][0][::traits])
    m = (first @ kernel @ first.T).toarray() if sp.issparse(kernel) else sandwich(
        first, kernel, first)
    columns = incidence.x.shape[1]
    x = root[:, None] * incidence.x.reshape(n, traits * columns)
    y = root[:, None] * design.y.reshape(n, traits)
    found = reduce_to_band(m, np.concatenate([y, x], axis=1), threads=threads)
    return Turned(
        found.band, found.turned[:, :traits],
        found.turned[:, traits:].reshape(n, traits, columns),
        Records(m, root, first, kernel, incidence.x))


@dataclass(frozen=True, eq=False)
class SpectralLikelihood:
    """The likelihood of a model's variances; calling it evaluates one point.

    Parameters
    ----------
    equations : Equations
        At any variances.
    turned : Turned
    method : {'reml', 'ml'}
    """

    equations: Equations
    turned: Turned
    method: Literal["reml", "ml"] = "reml"

    def __call__(self, variances: Variances) -> SpectralPoint:
        """The point at these variances.

        Raises
        ------
        numpy.linalg.LinAlgError
            When V is not positive definite.
        """
        data, size = self.turned, self.turned.x.shape[2]
        traits = canonical(variances.covariances[0].matrix, variances.covariances[1].matrix)
        factors = tuple(data.band.factorise(d) for d in traits.ratios)
        log_v = sum(factor.log_determinant for factor in factors) - data.log_weights + (
            len(data.y) * traits.log_residual)
        weighted = _inverse_times(traits, factors, data.x)
        inner = np.einsum("ita,itb->ab", data.x, weighted)
        found = scipy.linalg.cho_factor(inner, lower=True) if size else None
        b = np.zeros(0) if found is None else scipy.linalg.cho_solve(
            found, np.einsum("ita,it->a", weighted, data.y))
        projected = _inverse_times(traits, factors, (data.y - data.x @ b)[:, :, None])[:, :, 0]
        freedom = data.y.size
        if self.method == "reml":
            freedom -= size
            log_v += self.equations.restoration.log_scale
            if found is not None:
                log_v += 2.0 * float(np.log(np.diagonal(found[0])).sum())
        value = -0.5 * float(freedom * np.log(2 * np.pi) + log_v + np.vdot(data.y, projected))
        return SpectralPoint(self, self.equations.at(variances), traits, factors, weighted, found,
                             b, projected, value)


@dataclass(frozen=True, eq=False)
class SpectralPoint:
    """The likelihood at one set of variances.

    Parameters
    ----------
    likelihood : SpectralLikelihood
    equations : Equations
        At these variances.
    traits : CanonicalTraits
    factors : tuple of BandFactor
        Of Vₜ.
    weighted : ndarray of float64, shape (n, T, p)
        V⁻¹X, turned.
    inner : tuple or None
        Cholesky factor of X′V⁻¹X; None without fixed effects.
    b : ndarray of float64, shape (p,)
        Fixed effects.
    projected : ndarray of float64, shape (n, T)
        q = Py, turned.
    log_likelihood : float
    """

    likelihood: SpectralLikelihood
    equations: Equations
    traits: CanonicalTraits
    factors: tuple[BandFactor, ...]
    weighted: Matrix
    inner: tuple[Matrix, bool] | None
    b: Vector
    projected: Matrix
    log_likelihood: float

    def derivatives(self) -> Derivatives:
        """Score and average information here."""
        return self._derivatives

    def observed(self) -> ObservedSystem:
        """Solutions and what belongs to them, here; of a likelihood by REML. Tn³/3 flops."""
        records = self.likelihood.turned.records
        inverse = CanonicalInverse(records, self.traits)
        solved = inverse.product(
            np.column_stack([records.x, self.equations.design.y - records.x @ self.b]))
        return ObservedSystem(
            self.equations, (records.kernel,), inverse, solved[:, :-1], self.inner, solved[:, -1],
            self.log_likelihood, "spectral")

    @cached_property
    def _derivatives(self) -> Derivatives:
        band, q = self.likelihood.turned.band, self.projected
        turned = band.product(q)
        traces = np.array([factor.traces() for factor in self.factors])
        halves = self._halves()
        gradients = tuple(-0.5 * (
            self.traits.inverse.T @ (trace[:, None] * self.traits.inverse)
            - np.einsum("itp,iup->tu", halves, with_band) - q.T @ q_with_band)
            for trace, with_band, q_with_band in (
                (traces[:, 1], _flat_product(band, halves), turned),
                (traces[:, 0], halves, q)))
        covariances = self.equations.variances.covariances
        variates = np.concatenate([
            np.einsum("ptu,iu->itp", part.derivatives(), own)
            for part, own in zip(covariances, (turned, q), strict=True)], axis=2)
        half = np.einsum("ita,itp->ap", self.weighted, variates)
        solved = _inverse_times(self.traits, self.factors, variates)
        projection = np.einsum("itp,itr->pr", variates, solved)
        if self.inner is not None:
            projection -= half.T @ scipy.linalg.cho_solve(self.inner, half)
        score = np.concatenate([
            np.einsum("pij,ij->p", part.derivatives(), gradient)
            for part, gradient in zip(covariances, gradients, strict=True)])
        return Derivatives(gradients, level_and_record_counts(self.equations), np.zeros(0), score,
                           (projection + projection.T) / 4)

    def _halves(self) -> Matrix:
        """H with HH′ = V⁻¹ − P, shape (n, T, p); nothing for the full likelihood."""
        n, traits, size = self.weighted.shape
        if self.likelihood.method == "ml" or self.inner is None:
            return np.zeros((n, traits, 0))
        half = scipy.linalg.solve_triangular(
            self.inner[0], self.weighted.reshape(n * traits, size).T, lower=True)
        return np.ascontiguousarray(half.T).reshape(n, traits, size)


def _inverse_times(
    traits: CanonicalTraits, factors: tuple[BandFactor, ...], f: Matrix
) -> Matrix:
    """V⁻¹f for turned f of shape (n, T, k)."""
    canonical_f = np.einsum("tu,iuk->tik", traits.inverse, f)
    solved = np.array([factor.solve(own) for factor, own in zip(
        factors, canonical_f, strict=True)])
    return np.asarray(np.einsum("tu,tik->iuk", traits.inverse, solved))


def _flat_product(band: BlockBand, f: Matrix) -> Matrix:
    """Bf for f of shape (n, T, k)."""
    n, traits, size = f.shape
    return band.product(f.reshape(n, traits * size)).reshape(n, traits, size)

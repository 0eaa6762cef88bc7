"""Mixed models with dense matrices, n³ and obvious: Henderson's equations, and the other way round.

y = Xb + Σ Zᵢuᵢ + e with var(uᵢ) = Kᵢ ⊗ Σᵢ (levels outside, coefficients inside) and
var(e) = diag(σ²/w). :func:`solve_henderson` writes the mixed-model equations down (Henderson
1984); :func:`solve_by_covariance` never does, but inverts V = ZGZ′ + R and predicts by selection
index (Henderson 1963). They share nothing but the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy import sparse

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class RandomPart:
    """One random effect: Z (n × qc, level-major; may be sparse), K (q × q) and Σ (c × c)."""

    z: Float64 | sparse.csr_array
    k: Float64
    sigma: Float64

    @property
    def covariance(self) -> Float64:
        """K ⊗ Σ."""
        return np.kron(self.k, self.sigma)


@dataclass(frozen=True)
class DenseModel:
    """y, X, the random effects, σ² and w."""

    y: Float64
    x: Float64
    random: Sequence[RandomPart]
    residual: float
    weights: Float64

    @property
    def z(self) -> Float64:
        """All Z side by side."""
        blocks = [np.zeros((self.y.size, 0)), *(np.asarray(part.z) for part in self.random)]
        return np.hstack(blocks)

    @property
    def covariance(self) -> Float64:
        """G, block by block."""
        return scipy.linalg.block_diag(*(part.covariance for part in self.random))

    @property
    def r(self) -> Float64:
        """Diagonal of R."""
        return self.residual / self.weights

    @property
    def v(self) -> Float64:
        """V = ZGZ′ + R."""
        total = np.diag(self.r)
        for part in self.random:
            total += part.z @ part.covariance @ part.z.T
        return total


@dataclass(frozen=True)
class DenseSolution:
    """b, then u of all effects one after the other, PEV of u, and (X′V⁻¹X)⁻.

    Where X is not of full rank, b and (X′V⁻¹X)⁻ are one choice of many.
    """

    b: Float64
    u: Float64
    error_variance: Float64
    covariance_of_b: Float64


def solve_henderson(model: DenseModel) -> DenseSolution:
    """[X′R⁻¹X, X′R⁻¹Z; Z′R⁻¹X, Z′R⁻¹Z + G⁻¹][b; u] = [X′; Z′]R⁻¹y, by the Moore–Penrose inverse."""
    w = np.hstack([model.x, model.z])
    p = model.x.shape[1]
    c = w.T @ (w / model.r[:, None])
    c[p:, p:] += np.linalg.inv(model.covariance)
    inverse = np.linalg.pinv(c, rcond=1e-12, hermitian=True)
    found = inverse @ (w.T @ (model.y / model.r))
    return DenseSolution(found[:p], found[p:], np.diagonal(inverse)[p:].copy(), inverse[:p, :p])


class GeneralisedLeastSquares:
    """b = (X′V⁻¹X)⁻X′V⁻¹y, u = GZ′V⁻¹(y − Xb), var(u − û) = G − GZ′PZG, from V = LL′."""

    def __init__(self, model: DenseModel) -> None:
        self.model = model
        self._factor = np.linalg.cholesky(model.v)
        self._x = self._whitened(model.x)
        self.covariance_of_b = np.linalg.pinv(self._x.T @ self._x, rcond=1e-12, hermitian=True)
        self.b = self.covariance_of_b @ (self._x.T @ self._whitened(model.y))
        self._away = self._whitened(model.y - model.x @ self.b)

    def _whitened(self, values: Float64) -> Float64:
        return np.asarray(scipy.linalg.solve_triangular(self._factor, values, lower=True))

    def predict(self, effect: int, rows: Sequence[int] | slice = slice(None)) -> Float64:
        """û and its PEV for some of the levels × coefficients of an effect, shape (2, r)."""
        part = self.model.random[effect]
        covariance = part.covariance[rows]
        shared = self._whitened(part.z @ covariance.T)
        known = np.square(shared).sum(axis=0)
        to_b = self._x.T @ shared
        for_b = np.einsum("ij,ik,kj->j", to_b, self.covariance_of_b, to_b)
        variance = np.diagonal(part.covariance)[rows]
        return np.stack([shared.T @ self._away, variance - known + for_b])


def solve_by_covariance(model: DenseModel) -> DenseSolution:
    """All of :class:`GeneralisedLeastSquares`."""
    found = GeneralisedLeastSquares(model)
    parts = [np.zeros((2, 0)), *(found.predict(k) for k in range(len(model.random)))]
    u, error_variance = np.hstack(parts)
    return DenseSolution(found.b, u, error_variance, found.covariance_of_b)


def log_likelihood(model: DenseModel) -> float:
    """−½[(n − p) log 2π + log|V| + log|X′V⁻¹X| + y′Py]; X must be of full rank."""
    n, p = model.x.shape
    factor = scipy.linalg.cho_factor(model.v, lower=True)
    vx = scipy.linalg.cho_solve(factor, model.x)
    information = model.x.T @ vx
    b = np.linalg.solve(information, vx.T @ model.y)
    away = model.y - model.x @ b
    log_v = 2 * np.log(np.diagonal(factor[0])).sum()
    log_information = np.linalg.slogdet(information)[1] if p else 0.0
    quadratic = away @ scipy.linalg.cho_solve(factor, away)
    return float(-0.5 * ((n - p) * np.log(2 * np.pi) + log_v + log_information + quadratic))


def indicator(levels: Sequence[str], labels: Sequence[str | None]) -> Float64:
    """A column of ones and zeros for every level."""
    place = {level: k for k, level in enumerate(levels)}
    z = np.zeros((len(labels), len(levels)))
    for row, label in enumerate(labels):
        if label is not None:
            z[row, place[label]] += 1.0
    return z

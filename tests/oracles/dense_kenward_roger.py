"""Kenward & Roger's (1997) F test as they print it, from V, its derivatives and X: n³ and obvious.

Beside it Satterthwaite's degrees of freedom for one function of b, from differences of its
variance, and Fai & Cornelius's (1996) for several, which depend on how these are written down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class DenseTest:
    """λF, its denominator degrees of freedom m, λ, and A₂."""

    f: float
    denominator_df: float
    scale: float
    second: float


class DenseFixed:
    """Fixed effects of y ~ N(Xb, V), X of full rank, V linear in its parameters.

    Parameters
    ----------
    y, x, v : ndarray, shapes (n,), (n, k) and (n, n)
    changes : sequence of ndarray, shape (n, n)
        ∂V/∂θ.
    w : ndarray, shape (p, p)
        Covariance of the estimates of θ.
    """

    def __init__(
        self, y: Float64, x: Float64, v: Float64, changes: Sequence[Float64], w: Float64
    ) -> None:
        self.y, self.x, self.v, self.changes, self.w = y, x, v, changes, w
        self.v_inverse = np.linalg.inv(v)
        self.phi = np.linalg.inv(x.T @ self.v_inverse @ x)
        self.b = self.phi @ x.T @ self.v_inverse @ y
        self.projection = self.v_inverse - self.v_inverse @ x @ self.phi @ x.T @ self.v_inverse
        sides = [self.v_inverse @ change @ self.v_inverse for change in changes]
        self.p = [-x.T @ side @ x for side in sides]
        self.q = [[x.T @ side @ change @ self.v_inverse @ x for change in changes]
                  for side in sides]

    @property
    def expected_information(self) -> Float64:
        """½ tr(PV̇ᵢPV̇ⱼ)."""
        sides = [self.projection @ change for change in self.changes]
        return 0.5 * np.array([[np.sum(a * b.T) for b in sides] for a in sides])

    @property
    def average_information(self) -> Float64:
        """½ y′PV̇ᵢPV̇ⱼPy."""
        py = self.projection @ self.y
        sides = np.array([change @ py for change in self.changes])
        return np.asarray(0.5 * sides @ self.projection @ sides.T)

    @property
    def observed_information(self) -> Float64:
        """Where V is linear: the average information is its mean with the expected one."""
        return 2 * self.average_information - self.expected_information

    def adjusted(self) -> Float64:
        """Φ_A = Φ + 2Φ[ΣΣ Wᵢⱼ(Qᵢⱼ − PᵢΦPⱼ)]Φ."""
        total = np.zeros_like(self.phi)
        for i, j in np.ndindex(self.w.shape):
            total += self.w[i, j] * (self.q[i][j] - self.p[i] @ self.phi @ self.p[j])
        return np.asarray(self.phi + 2 * self.phi @ total @ self.phi)

    def wald(self, l: Float64, covariance: Float64 | None = None) -> float:  # noqa: E741
        """b′L(L′ΦL)⁻¹L′b/ℓ."""
        phi = self.phi if covariance is None else covariance
        own = l.T @ self.b
        return float(own @ np.linalg.solve(l.T @ phi @ l, own)) / l.shape[1]

    def kenward_roger(self, l: Float64) -> DenseTest:  # noqa: E741
        """With L of shape (k, ℓ)."""
        phi, size = self.phi, l.shape[1]
        theta = l @ np.linalg.inv(l.T @ phi @ l) @ l.T
        first = second = 0.0
        for i, j in np.ndindex(self.w.shape):
            one, other = (theta @ phi @ self.p[k] @ phi for k in (i, j))
            first += self.w[i, j] * np.trace(one) * np.trace(other)
            second += self.w[i, j] * np.trace(one @ other)
        b = (first + 6 * second) / (2 * size)
        g = ((size + 1) * first - (size + 4) * second) / ((size + 2) * second)
        c1 = g / (3 * size + 2 * (1 - g))
        c2 = (size - g) / (3 * size + 2 * (1 - g))
        c3 = (size + 2 - g) / (3 * size + 2 * (1 - g))
        mean = 1 / (1 - second / size)
        variance = 2 / size * (1 + c1 * b) / ((1 - c2 * b)**2 * (1 - c3 * b))
        rho = variance / (2 * mean**2)
        m = 4 + (size + 2) / (size * rho - 1)
        scale = m / (mean * (m - 2))
        return DenseTest(scale * self.wald(l, self.adjusted()), m, scale, second)

    def satterthwaite(self, function: Float64, step: float = 1e-5) -> float:
        """2 (l′Φl)²/var(l′Φl) for one function; the derivatives of l′Φl by differences."""
        def value(v: Float64) -> float:
            return float(function @ np.linalg.inv(self.x.T @ np.linalg.inv(v) @ self.x) @ function)

        size = np.linalg.norm(self.v)
        slopes = []
        for change in self.changes:
            h = step * size / np.linalg.norm(change)
            slopes.append((value(self.v + h * change) - value(self.v - h * change)) / (2 * h))
        slope = np.array(slopes)
        return float(2 * value(self.v)**2 / (slope @ self.w @ slope))

    def fai_cornelius(self, l: Float64) -> float:  # noqa: E741
        """2E/(E − ℓ) with E = Σ ν/(ν − 2) over eigenvectors of L′ΦL."""
        total = 0.0
        for vector in np.linalg.eigh(l.T @ self.phi @ l)[1].T:
            df = self.satterthwaite(l @ vector)
            total += df / (df - 2) if df > 2 else 0.0
        return 2 * total / (total - l.shape[1])

    def gain(self, before: Float64, after: Float64) -> float:
        """Drop of the weighted residual sum of squares from one X to another that holds it."""
        return self._explained(after) - self._explained(before)

    def _explained(self, x: Float64) -> float:
        weighted = x.T @ self.v_inverse
        own = weighted @ self.y
        return float(own @ np.linalg.pinv(weighted @ x, rcond=1e-11, hermitian=True) @ own)

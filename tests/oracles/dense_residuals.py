"""Residuals and their influence the long way: leave an observation out, and fit again.

y = Xb + f + e with var(f) = F, var(e) = R, V = F + R; b by generalised least squares.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class DenseResiduals:
    """y, X (of full rank), F and R."""

    y: Float64
    x: Float64
    f: Float64
    r: Float64

    def estimates(self, keep: NDArray[np.int64]) -> Float64:
        """b from some of the observations."""
        x, v = self.x[keep], (self.f + self.r)[np.ix_(keep, keep)]
        return np.linalg.solve(x.T @ np.linalg.solve(v, x), x.T @ np.linalg.solve(v, self.y[keep]))

    @property
    def everything(self) -> NDArray[np.int64]:
        """All observations."""
        return np.arange(self.y.size)

    def fitted(self, y: Float64) -> Float64:
        """Xb + E[f | y]."""
        again = DenseResiduals(y, self.x, self.f, self.r)
        away = y - self.x @ again.estimates(self.everything)
        return y - away + self.f @ np.linalg.solve(self.f + self.r, away)

    @property
    def marginal(self) -> Float64:
        """y − Xb."""
        return self.y - self.x @ self.estimates(self.everything)

    def leverage(self) -> Float64:
        """What one more unit of each yᵢ does to its fitted value."""
        zero = np.zeros(self.y.size)
        return np.array([self.fitted(unit)[k] - self.fitted(zero)[k]
                         for k, unit in enumerate(np.eye(self.y.size))])

    def deletion(self) -> Float64:
        """Error of predicting each yᵢ from the others, and its standard deviation, shape (2, n)."""
        v, found = self.f + self.r, np.empty((2, self.y.size))
        for k in self.everything:
            others = np.delete(self.everything, k)
            inside = v[np.ix_(others, others)]
            weight = np.linalg.solve(inside, v[others, k])
            x, slope = self.x[others], self.x[k] - self.x[others].T @ weight
            b = self.estimates(others)
            error = self.y[k] - self.x[k] @ b - weight @ (self.y[others] - x @ b)
            variance = v[k, k] - weight @ v[others, k] + slope @ np.linalg.solve(
                x.T @ np.linalg.solve(inside, x), slope)
            found[:, k] = error, np.sqrt(variance)
        return found

    def cooks_distance(self) -> Float64:
        """(b − b₍ᵢ₎)′X′V⁻¹X(b − b₍ᵢ₎)/p with b₍ᵢ₎ from all but observation i."""
        information = self.x.T @ np.linalg.solve(self.f + self.r, self.x)
        b = self.estimates(self.everything)
        moved = [b - self.estimates(np.delete(self.everything, k)) for k in self.everything]
        return np.array([step @ information @ step for step in moved]) / self.x.shape[1]

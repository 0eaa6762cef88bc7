"""A first-order autoregressive covariance: correlation ρ to the power of the distance in order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from breedeval.covariance.correlated import Correlated, Sharing, shared_variances
from breedeval.covariance.nearest import nearest
from breedeval.covariance.structure import CovarianceKind, Matrix


@dataclass(frozen=True, eq=False)
class Autoregressive(Correlated):
    """Cᵢⱼ = ρ^|i − j| with −1 < ρ < 1, in the order of the coefficients; Σ⁻¹ is tridiagonal."""

    @property
    def limits(self) -> tuple[float, float]:
        """−1 and 1."""
        return -1.0, 1.0

    @property
    def distance(self) -> NDArray[np.int64]:
        """|i − j|."""
        each = np.arange(self.width)
        return np.asarray(np.abs(each[:, None] - each))

    @property
    def pattern(self) -> NDArray[np.bool_]:
        """The diagonal and its neighbours."""
        return self.distance <= 1

    @cached_property
    def precision(self) -> Matrix:
        """Σ⁻¹, whose rows add up to little where ρ is near 1: from ρ itself, not from Σ.

        C⁻¹ has (1 + ρ²)/(1 − ρ²) on the diagonal, 1/(1 − ρ²) at its ends, −ρ/(1 − ρ²) beside it.
        """
        rho = self.correlation or 0.0
        left = (1.0 - rho) * (1.0 + rho)
        inverse = np.where(self.distance == 1, -rho / left, 0.0)
        diagonal = np.full(self.width, (1.0 + rho**2) / left)
        diagonal[[0, -1]] = 1.0 / left if self.width > 1 else 1.0
        np.fill_diagonal(inverse, diagonal)
        return np.asarray(inverse / np.outer(self.spread, self.spread))

    @cached_property
    def log_determinant(self) -> float:
        """(c − 1) log(1 − ρ²) + Σ log v."""
        rho = self.correlation or 0.0
        return float((self.width - 1) * np.log1p(-rho**2) + 2.0 * np.log(self.spread).sum())

    def correlations(self) -> Matrix:
        """ρ^|i − j|."""
        return np.asarray(np.power(self.correlation or 0.0, self.distance))

    def correlation_derivative(self) -> Matrix:
        """|i − j| ρ^(|i − j| − 1)."""
        distance = self.distance
        power = np.power(self.correlation or 0.0, np.maximum(distance - 1, 0))
        return np.asarray(distance * power)


class AutoregressiveSettings(CovarianceKind):
    """Correlation that falls with the distance in order: ρ, ρ², ρ³, …"""

    kind: Literal["autoregressive"] = Field("autoregressive", description="Which covariance.")
    variances: Sharing = Field(
        "equal", description="One variance for all coefficients, or one for each.",
        examples=["unequal"])

    def make(self, matrix: Matrix) -> Autoregressive:
        """Variances and the mean correlation of neighbours, brought nearer by scoring."""
        size = len(matrix)
        variances = shared_variances(matrix, self.variances)
        if size < 2:
            return Autoregressive(size, variances)
        spread = np.sqrt(np.diagonal(matrix))
        mean = np.diagonal(matrix / np.outer(spread, spread), 1).mean()
        rho = float(np.clip(mean, -0.95, 0.95))
        return nearest(Autoregressive(size, variances, rho), matrix)

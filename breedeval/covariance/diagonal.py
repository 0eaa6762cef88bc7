"""A diagonal covariance: coefficients independent of each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from breedeval.covariance.correlated import Correlated, Sharing, shared_variances
from breedeval.covariance.structure import CovarianceKind, Matrix


@dataclass(frozen=True, eq=False)
class Diagonal(Correlated):
    """Σ = diag(v), or vI."""

    @property
    def limits(self) -> tuple[float, float]:
        """There is no ρ."""
        return 0.0, 0.0

    @property
    def pattern(self) -> NDArray[np.bool_]:
        """The diagonal."""
        return np.eye(self.width, dtype=bool)

    def correlations(self) -> Matrix:
        """I."""
        return np.eye(self.width)

    def correlation_derivative(self) -> Matrix:
        """Zero."""
        return np.zeros((self.width, self.width))


class DiagonalSettings(CovarianceKind):
    """Coefficients independent of each other."""

    kind: Literal["diagonal"] = Field("diagonal", description="Which covariance.")
    variances: Sharing = Field(
        "unequal", description="One variance for each coefficient, or one for all.",
        examples=["equal"])

    def make(self, matrix: Matrix) -> Diagonal:
        """The variances of the matrix."""
        return Diagonal(len(matrix), shared_variances(matrix, self.variances))

"""Compound symmetry: the same correlation between any two coefficients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from breedeval.covariance.correlated import Correlated, Sharing, shared_variances
from breedeval.covariance.nearest import nearest
from breedeval.covariance.structure import CovarianceKind, Matrix


@dataclass(frozen=True, eq=False)
class CompoundSymmetry(Correlated):
    """C = (1 − ρ)I + ρ11′ with −1/(c − 1) < ρ < 1."""

    @property
    def limits(self) -> tuple[float, float]:
        """−1/(c − 1) and 1."""
        return -1.0 / max(self.width - 1, 1), 1.0

    def correlations(self) -> Matrix:
        """1 on the diagonal, ρ elsewhere."""
        result = np.full((self.width, self.width), self.correlation or 0.0)
        np.fill_diagonal(result, 1.0)
        return result

    def correlation_derivative(self) -> Matrix:
        """0 on the diagonal, 1 elsewhere."""
        return 1.0 - np.eye(self.width)


class CompoundSymmetrySettings(CovarianceKind):
    """The same correlation between any two coefficients."""

    kind: Literal["compound_symmetry"] = Field(
        "compound_symmetry", description="Which covariance.")
    variances: Sharing = Field(
        "equal", description="One variance for all coefficients, or one for each.",
        examples=["unequal"])

    def make(self, matrix: Matrix) -> CompoundSymmetry:
        """Variances and the mean correlation of the matrix, brought nearer by scoring."""
        size = len(matrix)
        variances = shared_variances(matrix, self.variances)
        if size < 2:
            return CompoundSymmetry(size, variances)
        spread = np.sqrt(np.diagonal(matrix))
        mean = (matrix / np.outer(spread, spread))[np.tril_indices(size, -1)].mean()
        start = CompoundSymmetry(size, variances, 0.0)
        low, high = start.limits
        rho = float(np.clip(mean, 0.95 * low, 0.95 * high))
        return nearest(CompoundSymmetry(size, variances, rho), matrix)

"""A known matrix times one variance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from breedeval.covariance.steps import positive
from breedeval.covariance.structure import CovarianceKind, Matrix, Structure, Vector

ZERO = 1e-12
"""What counts as 0 in the inverse of the known matrix, scaled to correlations."""


@dataclass(frozen=True, eq=False)
class Scaled(Structure):
    """Σ = σ²M; θ is σ².

    Parameters
    ----------
    known : ndarray of float64, shape (c, c)
        M, symmetric positive definite.
    variance : float
        σ² > 0.
    """

    known: Matrix
    variance: float

    def __post_init__(self) -> None:
        if not self.variance > 0:
            raise np.linalg.LinAlgError("a variance is not positive")
        super().__post_init__()

    @cached_property
    def matrix(self) -> Matrix:  # type: ignore[override]
        """σ²M."""
        return self.variance * self.known

    @cached_property
    def pattern(self) -> NDArray[np.bool_]:
        """Where M⁻¹ is not 0."""
        inverse = np.linalg.inv(self.known)
        spread = np.sqrt(np.diagonal(inverse))
        return np.asarray(np.abs(inverse) > ZERO * np.outer(spread, spread))

    @property
    def values(self) -> Vector:
        """σ²."""
        return np.array([self.variance])

    @property
    def lower_bounds(self) -> Vector:
        """0."""
        return np.zeros(1)

    @property
    def upper_bounds(self) -> Vector:
        """None."""
        return np.full(1, np.inf)

    def names(self, labels: Sequence[str]) -> list[str]:
        """``.variance``; nothing for a single coefficient."""
        return [""] if self.size == 1 else [".variance"]

    def derivatives(self) -> Matrix:
        """M."""
        return self.known[None]

    def at(self, values: Vector) -> Scaled:
        """With another σ²."""
        return Scaled(self.known, float(values[0]))

    def moved(self, step: Vector) -> Scaled:
        """σ² stays positive."""
        return self.at(positive(self.values, step))

    def stretched(self, factors: Vector) -> Scaled:
        """σ² times the mean square of the factors."""
        return Scaled(self.known, self.variance * float(np.mean(factors**2)))


class ScaledSettings(CovarianceKind):
    """One variance times a matrix given here."""

    kind: Literal["scaled"] = Field("scaled", description="Which covariance.")
    matrix: tuple[tuple[float, ...], ...] = Field(
        description="The known matrix, as rows in the order of the coefficients.",
        examples=[[[1, 0.5], [0.5, 1]]])

    @field_validator("matrix")
    @classmethod
    def _definite(cls, rows: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...]:
        if not rows or any(len(row) != len(rows) for row in rows):
            raise ValueError("expected a square matrix, as rows of the same length")
        matrix = np.array(rows)
        if not np.array_equal(matrix, matrix.T):
            raise ValueError("expected a symmetric matrix")
        if np.linalg.eigvalsh(matrix).min() <= 0:
            raise ValueError("expected a positive-definite matrix")
        return rows

    def misfit(self, size: int) -> str:
        """When the matrix is of another size."""
        own = len(self.matrix)
        return "" if own == size else (
            f"the scaled matrix is {own} × {own}, and there are {size} coefficients")

    def make(self, matrix: Matrix) -> Scaled:
        """σ² = tr(M⁻¹Σ)/c."""
        known = np.array(self.matrix, np.float64)
        return Scaled(known, float(np.trace(np.linalg.solve(known, matrix))) / len(known))

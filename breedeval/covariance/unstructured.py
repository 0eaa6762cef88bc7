"""An unstructured covariance: every variance and covariance is a parameter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from breedeval.covariance.steps import definite
from breedeval.covariance.structure import CovarianceKind, Matrix, Structure, Vector


@dataclass(frozen=True, eq=False)
class Unstructured(Structure):
    """Any symmetric positive-definite Σ; θ is its lower triangle, row by row.

    Parameters
    ----------
    matrix : ndarray of float64, shape (c, c)
        Σ, in the order of the effect's coefficients (component-major).

    Raises
    ------
    numpy.linalg.LinAlgError
        When Σ is not positive definite.
    """

    matrix: Matrix

    @property
    def values(self) -> Vector:
        """σ₁₁, σ₂₁, σ₂₂, σ₃₁, …"""
        return self.matrix[_lower(self.size)]

    @property
    def lower_bounds(self) -> Vector:
        """0 for variances."""
        rows, columns = _lower(self.size)
        return np.where(rows == columns, 0.0, -np.inf)

    @property
    def upper_bounds(self) -> Vector:
        """None."""
        return np.full(self.size * (self.size + 1) // 2, np.inf)

    def names(self, labels: Sequence[str]) -> list[str]:
        """``(a)``, ``(a,b)``, ``(b)``, …; nothing for a single variance."""
        if self.size == 1:
            return [""]
        return [f"({labels[j]})" if i == j else f"({labels[j]},{labels[i]})"
                for i, j in np.argwhere(np.tril(np.ones((self.size, self.size))))]

    def derivatives(self) -> Matrix:
        """1 at (i, j) and (j, i)."""
        return _units(self.size)

    def at(self, values: Vector) -> Unstructured:
        """Σ with another lower triangle."""
        return Unstructured(from_lower(values, self.size))

    def moved(self, step: Vector) -> Unstructured:
        """Σ + Δ where that is safely positive definite, otherwise Σ^½ φ(Σ^−½ΔΣ^−½) Σ^½."""
        return Unstructured(definite(self.cholesky, from_lower(step, self.size)))

    def stretched(self, factors: Vector) -> Unstructured:
        """DΣD."""
        return Unstructured(self.matrix * np.outer(factors, factors))


def from_lower(values: Vector, size: int) -> Matrix:
    """The symmetric matrix with a given lower triangle, row by row."""
    matrix = np.zeros((size, size))
    rows, columns = _lower(size)
    matrix[rows, columns] = values
    matrix[columns, rows] = values
    return matrix


@cache
def _lower(size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of a lower triangle."""
    return np.tril_indices(size)


@cache
def _units(size: int) -> Matrix:
    """Symmetric matrices with a one at an element of the lower triangle each; not to be changed."""
    units = np.stack([from_lower(unit, size) for unit in np.eye(size * (size + 1) // 2)])
    units.flags.writeable = False
    return units


class UnstructuredSettings(CovarianceKind):
    """Every variance and covariance is a parameter."""

    kind: Literal["unstructured"] = Field("unstructured", description="Which covariance.")

    def make(self, matrix: Matrix) -> Unstructured:
        """The matrix itself."""
        return Unstructured(np.array(matrix, np.float64))

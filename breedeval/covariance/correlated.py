"""Σ = D^½ C D^½: variances, equal or one a coefficient, and correlations of at most one ρ."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, Self

import numpy as np

from breedeval.covariance.steps import between, positive
from breedeval.covariance.structure import Matrix, Structure, Vector, variance_names

Sharing = Literal["equal", "unequal"]


@dataclass(frozen=True, eq=False)
class Correlated(Structure):
    """Σᵢⱼ = √(vᵢvⱼ) Cᵢⱼ(ρ); θ is v (one, or c of them), then ρ where C has one.

    Parameters
    ----------
    width : int
        Coefficients c.
    variances : ndarray of float64, shape (1,) or (c,)
        Equal variances, or one a coefficient.
    correlation : float or None
        ρ; None where C has no parameter, as among less than two coefficients.
    """

    width: int
    variances: Vector
    correlation: float | None = None

    def __post_init__(self) -> None:
        low, high = self.limits
        inside = self.correlation is None or low < self.correlation < high
        if not (inside and (self.variances > 0).all()):
            raise np.linalg.LinAlgError("a variance or a correlation is outside its bounds")
        super().__post_init__()

    @property
    @abstractmethod
    def limits(self) -> tuple[float, float]:
        """Between which ρ may be."""

    @abstractmethod
    def correlations(self) -> Matrix:
        """C, shape (c, c)."""

    @abstractmethod
    def correlation_derivative(self) -> Matrix:
        """∂C/∂ρ, shape (c, c)."""

    @property
    def spread(self) -> Vector:
        """√v of each coefficient."""
        return np.sqrt(np.broadcast_to(self.variances, self.width))

    @cached_property
    def matrix(self) -> Matrix:  # type: ignore[override]
        """Σ."""
        result = np.outer(self.spread, self.spread) * self.correlations()
        np.fill_diagonal(result, self.variances)
        return np.asarray(result)

    @property
    def values(self) -> Vector:
        """v, then ρ."""
        own = [] if self.correlation is None else [self.correlation]
        return np.append(self.variances, own)

    @property
    def lower_bounds(self) -> Vector:
        """0 for variances."""
        own = [] if self.correlation is None else [self.limits[0]]
        return np.append(np.zeros(self.variances.size), own)

    @property
    def upper_bounds(self) -> Vector:
        """None for variances."""
        own = [] if self.correlation is None else [self.limits[1]]
        return np.append(np.full(self.variances.size, np.inf), own)

    def names(self, labels: Sequence[str]) -> list[str]:
        """``.variance`` or one variance a coefficient, then ``.correlation``."""
        shared = self.variances.size == 1 and self.width > 1
        own = [] if self.correlation is None else [".correlation"]
        return [".variance", *own] if shared else [*variance_names(labels), *own]

    def derivatives(self) -> Matrix:
        """Σ/v; or half of row and column i over vᵢ; and √(vᵢvⱼ) ∂Cᵢⱼ/∂ρ."""
        sigma = self.matrix
        if self.variances.size == 1:
            parts = [sigma[None] / self.variances[0]]
        else:
            each = np.eye(self.width)
            share = 0.5 * (each[:, :, None] + each[:, None, :])
            parts = [share * sigma / self.variances[:, None, None]]
        if self.correlation is not None:
            parts.append((np.outer(self.spread, self.spread) * self.correlation_derivative())[None])
        return np.concatenate(parts)

    def at(self, values: Vector) -> Self:
        """With other v and ρ."""
        count = self.variances.size
        correlation = None if self.correlation is None else float(values[count])
        return replace(self, variances=np.array(values[:count]), correlation=correlation)

    def moved(self, step: Vector) -> Self:
        """Variances stay positive, ρ between its bounds."""
        count = self.variances.size
        values = positive(self.variances, step[:count])
        if self.correlation is not None:
            values = np.append(
                values, between(self.correlation, float(step[count]), *self.limits))
        return self.at(values)

    def stretched(self, factors: Vector) -> Self:
        """The same correlations; equal variances by the mean square of the factors."""
        squares = factors**2
        return replace(self, variances=self.variances * (
            squares.mean() if self.variances.size == 1 else squares))


def shared_variances(matrix: Matrix, sharing: Sharing) -> Vector:
    """The variances of a matrix, or their mean where all are to be equal."""
    variances = np.diagonal(matrix)
    return np.array([variances.mean()]) if sharing == "equal" else variances.copy()

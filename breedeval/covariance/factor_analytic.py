"""A factor-analytic covariance: a few factors that coefficients load on, and specific variances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from breedeval.covariance.nearest import nearest
from breedeval.covariance.steps import positive
from breedeval.covariance.structure import (
    CovarianceKind,
    Matrix,
    Structure,
    Vector,
    numbered,
)

INDEPENDENT = 0.01
"""Largest correlation of a matrix that does not tell where the factors are."""

FIRST_CORRELATION = 0.25
"""What all correlations of such a matrix are taken to be, to start from."""

MINOR = 0.02
"""Share of the variance below which a factor is none, to start from."""

ADDED = 0.2
"""Share of the specific variances that such a factor takes over."""

LEAST_SPECIFIC = 1e-6
"""Smallest specific variance to start from, as a share of the coefficient's variance."""


@dataclass(frozen=True, eq=False)
class FactorAnalytic(Structure):
    """Σ = ΛΛ′ + Ψ with Ψ diagonal; θ is Λ, factor by factor, then diag(Ψ).

    Λ could be rotated without changing Σ; the elements above its diagonal are 0, which leaves
    only the signs of its columns free (Thompson et al. 2003).

    Parameters
    ----------
    loadings : ndarray of float64, shape (c, k)
        Λ, zero above its diagonal.
    specific : ndarray of float64, shape (c,)
        diag(Ψ) > 0.
    """

    loadings: Matrix
    specific: Vector

    def __post_init__(self) -> None:
        if not (self.specific > 0).all():
            raise np.linalg.LinAlgError("a specific variance is not positive")
        super().__post_init__()

    @cached_property
    def matrix(self) -> Matrix:  # type: ignore[override]
        """ΛΛ′ + Ψ."""
        return np.asarray(self.loadings @ self.loadings.T) + np.diag(self.specific)

    @property
    def order(self) -> int:
        """Number of factors k."""
        return int(self.loadings.shape[1])

    @property
    def places(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows and columns of the free loadings, in the order of θ."""
        columns, rows = np.nonzero(np.tril(np.ones(self.loadings.shape)).T)
        return rows, columns

    @property
    def values(self) -> Vector:
        """Free loadings, then specific variances."""
        return np.append(self.loadings[self.places], self.specific)

    @property
    def lower_bounds(self) -> Vector:
        """0 for specific variances."""
        return np.append(np.full(self.places[0].size, -np.inf), np.zeros(self.size))

    @property
    def upper_bounds(self) -> Vector:
        """None."""
        return np.full(self.places[0].size + self.size, np.inf)

    @property
    def strides(self) -> Vector:
        """A standard deviation of its coefficient for a loading: Σ is quadratic in them."""
        spread = np.sqrt(np.diagonal(self.matrix))
        return np.append(spread[self.places[0]], np.full(self.size, np.inf))

    def names(self, labels: Sequence[str]) -> list[str]:
        """``.loading1(a)``, …, ``.specific(a)``, …"""
        loadings = [f".loading{k + 1}({labels[i]})" for i, k in zip(*self.places, strict=True)]
        return [*loadings, *numbered(".specific", labels)]

    def derivatives(self) -> Matrix:
        """eᵢλₖ′ + λₖeᵢ′ for a loading, eᵢeᵢ′ for a specific variance."""
        rows, columns = self.places
        each = np.eye(self.size)
        half = each[rows][:, :, None] * self.loadings.T[columns][:, None, :]
        own = each[:, :, None] * each[:, None, :]
        return np.concatenate([half + half.transpose(0, 2, 1), own])

    def at(self, values: Vector) -> FactorAnalytic:
        """With other loadings and specific variances."""
        rows, columns = self.places
        loadings = np.zeros(self.loadings.shape)
        loadings[rows, columns] = values[:rows.size]
        return FactorAnalytic(loadings, np.array(values[rows.size:]))

    def moved(self, step: Vector) -> FactorAnalytic:
        """Specific variances stay positive; loadings move no further than their strides."""
        count = self.places[0].size
        longest = float(np.max(np.abs(step[:count]) / self.strides[:count], initial=0.0))
        loadings = self.loadings[self.places] + step[:count] / max(1.0, longest)
        return self.at(np.append(loadings, positive(self.specific, step[count:])))

    def stretched(self, factors: Vector) -> FactorAnalytic:
        """DΛ and DΨD."""
        return FactorAnalytic(factors[:, None] * self.loadings, factors**2 * self.specific)


def from_eigenvectors(matrix: Matrix, order: int) -> FactorAnalytic:
    """Factors from the largest eigenvectors of Ψ^−½SΨ^−½, with Ψ from diag(S⁻¹) (Jöreskog 1967).

    ψᵢ = (1 − k/2c)/sⁱⁱ, and Λ = Ψ^½U(D − I)^½ turned so that it is zero above its diagonal.
    """
    size = len(matrix)
    specific = (1 - order / (2 * size)) / np.diagonal(np.linalg.inv(matrix))
    spread = np.sqrt(specific)
    roots, vectors = np.linalg.eigh(matrix / np.outer(spread, spread))
    largest = slice(size - order, size)
    heights = np.sqrt(np.maximum(roots[largest] - 1, 1e-3))
    turned = np.linalg.qr((spread[:, None] * vectors[:, largest] * heights)[:, ::-1].T)[1].T
    signs = np.where(np.diagonal(turned) < 0, -1.0, 1.0)
    return FactorAnalytic(np.tril(turned * signs), specific)


class FactorAnalyticSettings(CovarianceKind):
    """A few factors that the coefficients load on, and specific variances."""

    kind: Literal["factor_analytic"] = Field("factor_analytic", description="Which covariance.")
    order: int = Field(ge=1, le=10, description="Number of factors.", examples=[1])

    def misfit(self, size: int) -> str:
        """When there would be more parameters than (co)variances."""
        k = self.order
        count = size * k - k * (k - 1) // 2 + size
        cells = size * (size + 1) // 2
        return "" if k < size and count <= cells else (
            f"{k} factor{'s' * (k > 1)} of {size} coefficient{'s' * (size > 1)} would have "
            f"{count} parameters for {cells} (co)variance{'s' * (cells > 1)}")

    def make(self, matrix: Matrix) -> FactorAnalytic:
        """Maximum-likelihood factors of the matrix, from its largest eigenvectors.

        A specific variance that would be 0 (Heywood's case) is kept at a millionth of its variance.
        Of a diagonal matrix the factors would be 0 or on one coefficient, where the likelihood is
        flat in them; it is given correlations first.
        """
        size = np.sqrt(np.diagonal(matrix))
        correlations = matrix / np.outer(size, size)
        if np.abs(np.tril(correlations, -1)).max() < INDEPENDENT:
            matrix = np.where(
                np.eye(len(matrix)) > 0, matrix, FIRST_CORRELATION * np.outer(size, size))
        found = nearest(from_eigenvectors(matrix, self.order), matrix)
        return FactorAnalytic(
            found.loadings, np.maximum(found.specific, LEAST_SPECIFIC * np.diagonal(found.matrix)))

    def start(self, matrix: Matrix) -> FactorAnalytic:
        """The same, with every factor of some size: the likelihood is flat in loadings of 0.

        A factor that the matrix does not need takes a share of the specific variances, with signs
        that alternate by 1, by 2, by 4 coefficients for the second, third and fourth.
        """
        found = self.make(matrix)
        for k in range(self.order):
            if np.sum(found.loadings[:, k]**2) < MINOR * np.trace(found.matrix):
                found = _with_factor(found, k)
        return found


def _with_factor(found: FactorAnalytic, k: int) -> FactorAnalytic:
    """Factor k from the specific variances; variances stay as they are but for its old loadings."""
    places = np.arange(found.size)
    signs = np.where(places // 2**max(k - 1, 0) % 2 == 0, 1.0, -1.0)
    loadings = found.loadings.copy()
    loadings[:, k] = np.where(places >= k, signs * np.sqrt(ADDED * found.specific), 0.0)
    return FactorAnalytic(
        loadings, found.specific * np.where(places >= k, 1 - ADDED, 1.0))

"""All (co)variances of a model at present values."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from breedeval.covariance.structure import Covariance, Vector


@dataclass(frozen=True, eq=False)
class Variances:
    """The covariance of every random effect and residual class, and the slopes of log variance.

    The parameters of all, one after the other, are ``values``: effects, residual classes, slopes.

    Parameters
    ----------
    effects : tuple of Covariance
        Σ of each random effect.
    residual : tuple of Covariance
        Σ of each class of residuals, across traits.
    slopes : ndarray of float64, shape (m,)
        b of a residual variance exp(b₁x₁ + …) times that of its class.
    """

    effects: tuple[Covariance, ...]
    residual: tuple[Covariance, ...]
    slopes: Vector = field(default_factory=lambda: np.zeros(0))

    @property
    def covariances(self) -> tuple[Covariance, ...]:
        """Those of the effects, then those of the residual classes."""
        return *self.effects, *self.residual

    @cached_property
    def slices(self) -> tuple[slice, ...]:
        """Where the values of each covariance are, and last the slopes."""
        counts = [*(part.values.size for part in self.covariances), self.slopes.size]
        ends = np.cumsum(counts)
        return tuple(slice(int(end) - count, int(end))
                     for end, count in zip(ends, counts, strict=True))

    @property
    def count(self) -> int:
        """Number of parameters p."""
        return int(self.values.size)

    @cached_property
    def values(self) -> Vector:
        """θ, shape (p,)."""
        return np.concatenate([*(part.values for part in self.covariances), self.slopes])

    @cached_property
    def lower_bounds(self) -> Vector:
        """Least each may be, shape (p,)."""
        own = (part.lower_bounds for part in self.covariances)
        return np.concatenate([*own, np.full(self.slopes.size, -np.inf)])

    @cached_property
    def upper_bounds(self) -> Vector:
        """Most each may be, shape (p,)."""
        own = (part.upper_bounds for part in self.covariances)
        return np.concatenate([*own, np.full(self.slopes.size, np.inf)])

    @cached_property
    def strides(self) -> Vector:
        """How far each may sensibly go in one step, shape (p,)."""
        own = (part.strides for part in self.covariances)
        return np.concatenate([*own, np.full(self.slopes.size, np.inf)])

    def at(self, values: Vector) -> Variances:
        """The same structures at other θ.

        Raises
        ------
        numpy.linalg.LinAlgError
            When one would not be positive definite.
        """
        parts = [part.at(values[own])
                 for part, own in zip(self.covariances, self.slices, strict=False)]
        return self.replaced(parts, values[self.slices[-1]])

    def moved(self, step: Vector) -> Variances:
        """θ + step to first order, every covariance positive definite."""
        parts = [part.moved(step[own])
                 for part, own in zip(self.covariances, self.slices, strict=False)]
        return self.replaced(parts, self.slopes + step[self.slices[-1]])

    def replaced(self, covariances: list[Covariance], slopes: Vector | None = None) -> Variances:
        """With other covariances, in the order of :attr:`covariances`, and other slopes."""
        count = len(self.effects)
        return Variances(tuple(covariances[:count]), tuple(covariances[count:]),
                         self.slopes if slopes is None else np.array(slopes))

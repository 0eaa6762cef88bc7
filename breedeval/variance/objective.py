"""What the maximiser asks of a likelihood; any object with these attributes will do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from breedeval.covariance.structure import Matrix, Vector
from breedeval.covariance.variances import Variances
from breedeval.solve import SingularSystemError

REFUSED = (np.linalg.LinAlgError, SingularSystemError)
"""What a likelihood raises where it cannot be computed."""


class Derivatives(Protocol):
    """First derivatives at a point, and the average information."""

    @property
    def gradients(self) -> Sequence[Matrix]:
        """Γ of every effect, then of every residual class: dL = tr(Γ dΣ)."""
        ...

    @property
    def counts(self) -> Sequence[float]:
        """q of each, so that EM goes to Σ + (2/q) ΣΓΣ."""
        ...

    @property
    def score(self) -> Vector:
        """dL/dθ, shape (p,)."""
        ...

    @property
    def information(self) -> Matrix:
        """Average information, shape (p, p)."""
        ...


class Point(Protocol):
    """The likelihood at one set of variances."""

    @property
    def log_likelihood(self) -> float:
        """log L."""
        ...

    def derivatives(self) -> Derivatives:
        """Its derivatives, which cost about as much again."""
        ...


@runtime_checkable
class ExpandingPoint(Protocol):
    """A point that also knows the working parameters of parameter-expanded EM."""

    def expansion(self) -> tuple[Vector, ...]:
        """α of each effect, shape (c,): y regressed on Xb and every Zₖuₖ, given the data."""
        ...


Objective = Callable[[Variances], Point]

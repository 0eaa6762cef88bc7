"""What every covariance among the coefficients of an effect offers, and how one is chosen."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Protocol, Self

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]


class Covariance(Protocol):
    """Σ at present values: c × c, symmetric positive definite, never changed in place.

    ``values`` are the natural parameters θ of the structure, such as variances, covariances and
    correlations; ``at`` and ``moved`` give the same structure with other ones.
    """

    @property
    def size(self) -> int:
        """Number of coefficients c."""
        ...

    @property
    def matrix(self) -> Matrix:
        """Σ, shape (c, c)."""
        ...

    @property
    def precision(self) -> Matrix:
        """Σ⁻¹, shape (c, c); exactly 0 outside :attr:`pattern`."""
        ...

    @property
    def log_determinant(self) -> float:
        """log|Σ|."""
        ...

    @property
    def pattern(self) -> NDArray[np.bool_]:
        """Where Σ⁻¹ may differ from 0 at some values, shape (c, c)."""
        ...

    @property
    def values(self) -> Vector:
        """θ, shape (p,)."""
        ...

    @property
    def lower_bounds(self) -> Vector:
        """Least each of θ may be, shape (p,); −inf where only the others limit it."""
        ...

    @property
    def upper_bounds(self) -> Vector:
        """Most each of θ may be, shape (p,)."""
        ...

    @property
    def strides(self) -> Vector:
        """How far each of θ may sensibly go in one step, shape (p,); inf where anywhere."""
        ...

    def names(self, labels: Sequence[str]) -> list[str]:
        """What each of θ is called after the effect's name, given the coefficients' labels."""
        ...

    def derivatives(self) -> NDArray[np.float64]:
        """∂Σ/∂θ, shape (p, c, c)."""
        ...

    def at(self, values: Vector) -> Self:
        """The same structure at other θ.

        Raises
        ------
        numpy.linalg.LinAlgError
            When Σ would not be positive definite.
        """
        ...

    def moved(self, step: Vector) -> Self:
        """At θ + step to first order, whatever its length, and always positive definite."""
        ...

    def stretched(self, factors: Vector) -> Self:
        """DΣD with D = diag(factors) > 0, or what is near to it where the structure has no such.

        Equal factors always give exactly that multiple of Σ.
        """
        ...


class Structure(ABC):
    """Σ⁻¹ and log|Σ| of a structure, from one Cholesky factor of its ``matrix``.

    A structure is a frozen dataclass with a ``matrix`` and the methods of :class:`Covariance`.
    """

    matrix: Matrix

    def __post_init__(self) -> None:
        _ = self.cholesky

    @cached_property
    def cholesky(self) -> Matrix:
        """L of Σ = LL′; raises LinAlgError when Σ is not positive definite."""
        if not np.isfinite(self.matrix).all():
            raise np.linalg.LinAlgError("the covariance matrix is not finite")
        return np.asarray(np.linalg.cholesky(self.matrix))

    @property
    def size(self) -> int:
        """Number of coefficients c."""
        return int(self.matrix.shape[0])

    @property
    def pattern(self) -> NDArray[np.bool_]:
        """Everywhere."""
        return np.ones((self.size, self.size), bool)

    @property
    @abstractmethod
    def values(self) -> Vector:
        """θ, shape (p,)."""

    @property
    def strides(self) -> Vector:
        """Anywhere."""
        return np.full(self.values.size, np.inf)

    @cached_property
    def precision(self) -> Matrix:
        """Σ⁻¹."""
        inverse = scipy.linalg.cho_solve((self.cholesky, True), np.eye(self.size))
        return np.where(self.pattern, (inverse + inverse.T) / 2, 0.0)

    @cached_property
    def log_determinant(self) -> float:
        """log|Σ|."""
        return float(2 * np.log(np.diagonal(self.cholesky)).sum())


class CovarianceKind(BaseModel, ABC):
    """Options of one kind of covariance in the run file, and the way to a structure.

    A kind adds a ``kind`` of type ``Literal[…]``, its options as fields, and :meth:`make`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def misfit(self, size: int) -> str:
        """Why it cannot be had for ``size`` coefficients, in words; empty when it can."""
        return ""

    @abstractmethod
    def make(self, matrix: Matrix) -> Covariance:
        """The structure nearest to a positive-definite matrix, and equal to it where it can be.

        Nearest is the Kullback–Leibler divergence between normal distributions, or an explicit
        estimate close to it.
        """

    def start(self, matrix: Matrix) -> Covariance:
        """One like :meth:`make` that estimation can leave: not where the likelihood is flat."""
        return self.make(matrix)


def numbered(word: str, labels: Sequence[str]) -> list[str]:
    """``.specific(a)``, ``.specific(b)``, …"""
    return [f"{word}({label})" for label in labels]


def variance_names(labels: Sequence[str]) -> list[str]:
    """Names of the variances of the coefficients; a single one needs no more than the effect's."""
    return [""] if len(labels) == 1 else numbered("", labels)

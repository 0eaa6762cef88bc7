"""What every relationship is to the equations: a precision (inverse covariance) among levels.

The equations and solvers do not care whether it is sparse or dense, stored or computed: they ask
for its lower triangle (direct solvers) or for its product with vectors (iterative solvers).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.levels import Levels
from breedeval.pedigree.pedigree import Pedigree
from breedeval.relationship.shares import Shares

Vector = NDArray[np.float64]


@runtime_checkable
class Explicit(Protocol):
    """A relationship that can also be had itself, and not only by its inverse."""

    @property
    def is_dense(self) -> bool:
        """Whether most pairs of levels are related."""
        ...

    @property
    def relationship(self) -> Vector | sp.csr_array:
        """K, dense or sparse; made when it is first asked for."""
        ...


@runtime_checkable
class ByProducts(Protocol):
    """A precision that is never formed: equations with it are solved by conjugate gradients."""

    def spread(self, x: Vector) -> Vector:
        """Tx, to the unknowns from others in which the equations are nearly diagonal."""
        ...

    def gather(self, x: Vector) -> Vector:
        """T′x."""
        ...

    def spread_inverse(
        self, information: Vector, weight: float
    ) -> Callable[[Vector], Vector]:
        """Product of a vector with what is near to the inverse of T′(M + weight × precision)T.

        M = diag(information).
        """
        ...


@runtime_checkable
class Formable(Protocol):
    """A precision that is known by products, and can be formed where there is room for it."""

    @property
    def forming_bytes(self) -> float:
        """Memory that takes."""
        ...


class Precision(Protocol):
    """K⁻¹ among the levels of a relationship, q individuals first and then g groups."""

    @property
    def levels(self) -> Levels:
        """Labels of the q individuals."""
        ...

    @property
    def groups(self) -> Levels:
        """Labels of g further levels after the individuals; mostly none.

        Unknown-parent groups, which are fixed, or metafounders and full-sib families, random.
        """
        ...

    @property
    def variance(self) -> Vector:
        """diag(K) of the individuals, shape (q,); 1 + F for A, 1 − F for D."""
        ...

    @property
    def of_individuals(self) -> bool:
        """Whether the levels are individuals, with genetic solutions of their own."""
        ...

    @property
    def additive(self) -> bool:
        """Whether these are breeding values: their share of the variance is the heritability."""
        ...

    @property
    def inbreeding(self) -> Vector | None:
        """F of the individuals, shape (q,), where the relationship knows it."""
        ...

    @property
    def pedigree(self) -> Pedigree | None:
        """The pedigree behind it, if there is one."""
        ...

    @property
    def log_determinant(self) -> float:
        """log|K|."""
        ...

    def lower(self) -> sp.csc_array:
        """Lower triangle of K⁻¹, diagonal included, shape (q + g, q + g)."""
        ...

    def diagonal(self) -> Vector:
        """diag(K⁻¹), shape (q + g,)."""
        ...

    def product(self, x: Vector) -> Vector:
        """K⁻¹x for x of shape (q + g, k)."""
        ...

    def shares(self, x: Vector) -> Shares:
        """What each kind of relatives adds to K⁻¹x of the individuals, for x of shape (q + g, k).

        They add up to the product.
        """
        ...

    def group_contributions(self, rows: NDArray[np.int64]) -> Vector:
        """Q, the expected share of each group in the individuals of ``rows``, shape (r, g).

        Of shape (r, 0) where the further levels are random.
        """
        ...

"""The optimisation problem of contributions, over all candidates or over some of them.

    maximise m′c  subject to  c ∈ X,  c′Kc + 2b′c + a ≤ k,

or minimise that mean coancestry. b and a are what candidates whose contributions are settled add:
b = K_WO c_O, a = c_O′K_OO c_O; zero where there are no others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from breedeval.selection.coancestry import Coancestry, matrix_of
from breedeval.selection.shares import Shares

Vector = NDArray[np.float64]

WHOLE = 3000
"""Candidates up to which K among them is made once, and kept."""


@dataclass(frozen=True, eq=False)
class Point:
    """Contributions and the multiplier of the limit on coancestry.

    Parameters
    ----------
    contributions : ndarray of float64, shape (n,)
    multiplier : float
        λ: merit lost for a unit less of coancestry. Infinite where coancestry is minimised.
    """

    contributions: Vector
    multiplier: float


@dataclass(frozen=True, eq=False)
class Program:
    """A problem.

    Parameters
    ----------
    merit : ndarray of float64, shape (n,), or None
        m; None to minimise mean coancestry.
    coancestry : Coancestry
        K.
    shares : Shares
        X.
    limit : float
        k.
    beside : ndarray of float64, shape (n,)
        b.
    alone : float
        a.
    """

    merit: Vector | None
    coancestry: Coancestry
    shares: Shares
    limit: float
    beside: Vector
    alone: float = 0.0

    @property
    def size(self) -> int:
        """n."""
        return self.shares.size

    @cached_property
    def matrix(self) -> Vector:
        """K, dense."""
        return matrix_of(self.coancestry)

    @property
    def kept_whole(self) -> bool:
        """Whether K is small enough to be kept."""
        return self.size <= WHOLE

    def block(self, rows: NDArray[np.int64]) -> Vector:
        """K among some candidates, dense."""
        if self.kept_whole:
            return self.matrix[np.ix_(rows, rows)]
        return matrix_of(self.coancestry.among(rows))

    def related(self, contributions: Vector) -> Vector:
        """Kc + b."""
        own = self.matrix @ contributions if self.kept_whole and "matrix" in self.__dict__ else (
            self.coancestry.times(contributions))
        return np.asarray(own + self.beside)

    def reached(self, contributions: Vector) -> float:
        """c′Kc + 2b′c + a."""
        return float(contributions @ (self.related(contributions) + self.beside)) + self.alone

    def value(self, point: Point) -> Vector:
        """v = m − 2λ(Kc + b); −2(Kc + b) where coancestry is minimised."""
        related = self.related(point.contributions)
        if self.merit is None:
            return -2 * related
        return self.merit - 2 * point.multiplier * related

    def among(self, rows: NDArray[np.int64], contributions: Vector) -> Program:
        """That of some candidates when the others contribute as they do."""
        others = contributions.copy()
        others[rows] = 0.0
        beside, alone = self.beside[rows], self.alone
        if others.any():
            related = self.coancestry.times(others)
            beside = beside + related[rows]
            alone += float(others @ (related + 2 * self.beside))
        return Program(None if self.merit is None else self.merit[rows],
                       self.coancestry.among(rows), self.shares.among(rows, others), self.limit,
                       beside, alone)


def program_of(
    merit: Vector | None, coancestry: Coancestry, shares: Shares, limit: float
) -> Program:
    """That of all candidates."""
    return Program(merit, coancestry, shares, limit, np.zeros(shares.size))

"""Coancestry among candidates, by products: K = relationship / ploidy, never n × n unless given so.

    mean coancestry of contributions c:  c′Kc,   Σc = 1;

the expected inbreeding of progeny of parents that are drawn so, independently of each other.

=====================  ==========================  ======================  =================
where it is from       Kx                          cost of a product       made by
=====================  ==========================  ======================  =================
pedigree (A)           ½ S T D T′ S′x              ancestors               :func:`of_pedigree`
markers (G)            ½ (f Z′Zx + t A₂₂x + …)      bits of genotypes       :func:`of_markers`
low rank               F(F′x) + δx                 n × rank                :class:`LowRank`
any precision (H)      ½ of the solved H⁻¹z = S′x  one solve               :func:`of_precision`
a matrix               Kx                          n²                      :class:`Dense`
=====================  ==========================  ======================  =================
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.genotypes.calls import Calls, Coding
from breedeval.genotypes.coding import squared_lengths
from breedeval.genotypes.products import cross_products
from breedeval.kernels.numerator import ancestors
from breedeval.pedigree.relationship import relationship_product
from breedeval.relationship.marker_part import MarkerPart
from breedeval.relationship.numerator import Numerator
from breedeval.relationship.precision import Precision
from breedeval.solve.backends import direct_solver

Vector = NDArray[np.float64]
Rows = NDArray[np.int32]

COLUMNS = 128
"""Of a matrix made at a time."""
ROUNDING = 1e-5
"""Relative to the diagonal: that of products in single precision."""


class Coancestry(Protocol):
    """K among n candidates, in their order."""

    @property
    def size(self) -> int:
        """n."""
        ...

    def times(self, x: Vector) -> Vector:
        """Kx, for x of shape (n,) or (n, k)."""
        ...

    def diagonal(self) -> Vector:
        """Coancestry of each candidate with itself, ½(1 + F) of diploids, shape (n,)."""
        ...

    def among(self, rows: NDArray[np.int64]) -> Coancestry:
        """That of some of the candidates, in the order given."""
        ...


def mean_coancestry(coancestry: Coancestry, contributions: Vector) -> float:
    """c′Kc."""
    return float(contributions @ coancestry.times(contributions))


def matrix_of(coancestry: Coancestry) -> Vector:
    """The whole of K, shape (n, n), some columns at a time: for few candidates."""
    if isinstance(coancestry, FromMarkers):
        return coancestry.matrix()
    size = coancestry.size
    found = np.empty((size, size))
    for start in range(0, size, COLUMNS):
        stop = min(start + COLUMNS, size)
        found[:, start:stop] = coancestry.times(np.eye(size, stop - start, -start))
    found += found.T.copy()
    found /= 2
    return found


@dataclass(frozen=True, eq=False)
class Dense:
    """A matrix as it is given.

    Parameters
    ----------
    matrix : ndarray of float64, shape (n, n)
        K, symmetric and positive semidefinite.
    """

    matrix: Vector

    @property
    def size(self) -> int:
        """n."""
        return len(self.matrix)

    def times(self, x: Vector) -> Vector:
        """Kx."""
        return np.asarray(self.matrix @ x)

    def diagonal(self) -> Vector:
        """diag(K)."""
        return np.diagonal(self.matrix).copy()

    def among(self, rows: NDArray[np.int64]) -> Dense:
        """A block of K."""
        return Dense(self.matrix[np.ix_(rows, rows)])


@dataclass(frozen=True, eq=False)
class LowRank:
    """FF′ and a diagonal: principal components, or few markers.

    Parameters
    ----------
    factor : ndarray of float64, shape (n, r)
        F.
    own : ndarray of float64, shape (n,)
        δ, not negative.
    """

    factor: Vector
    own: Vector

    @property
    def size(self) -> int:
        """n."""
        return len(self.factor)

    def times(self, x: Vector) -> Vector:
        """FF′x + δx."""
        own = self.own if x.ndim == 1 else self.own[:, None]
        return np.asarray(self.factor @ (self.factor.T @ x) + own * x)

    def diagonal(self) -> Vector:
        """Of FF′, and δ."""
        return np.asarray(np.einsum("ij,ij->i", self.factor, self.factor) + self.own)

    def among(self, rows: NDArray[np.int64]) -> LowRank:
        """Some rows of F."""
        return LowRank(self.factor[rows], self.own[rows])


@dataclass(frozen=True, eq=False)
class FromPedigree:
    """½A of some individuals of a pedigree, by products over their ancestors (Colleau 2002).

    Parameters
    ----------
    sire, dam : ndarray of int32, shape (a,)
        Parents of the candidates and their ancestors, parents first; −1 unknown. The first g are
        metafounders, where there are any.
    mendelian : ndarray of float64, shape (a,)
        D.
    rows : ndarray of int32, shape (n,)
        The candidates among them.
    variance : ndarray of float64, shape (n,)
        diag(A) of the candidates.
    gamma : ndarray of float64, shape (g, g), or None
        Γ of the metafounders.
    ploidy : int
    """

    sire: Rows
    dam: Rows
    mendelian: Vector
    rows: Rows
    variance: Vector
    gamma: Vector | None = None
    ploidy: int = 2

    @property
    def size(self) -> int:
        """n."""
        return self.rows.size

    def times(self, x: Vector) -> Vector:
        """Kx. O(ak)."""
        spread = _placed(x, self.rows, self.sire.size)
        found = relationship_product(
            self.sire, self.dam, self.mendelian, spread, gamma=self.gamma)
        return np.asarray(found[self.rows] / self.ploidy)

    def diagonal(self) -> Vector:
        """½(1 + F)."""
        return self.variance / self.ploidy

    def among(self, rows: NDArray[np.int64]) -> FromPedigree:
        """With the ancestors of these only."""
        groups = 0 if self.gamma is None else len(self.gamma)
        return restricted(self, self.rows[rows], self.variance[rows], groups)


@dataclass(frozen=True, eq=False)
class FromMarkers:
    """½G of some of the genotyped, from their packed genotypes.

    Parameters
    ----------
    calls : Calls
        Of the candidates.
    coding : Coding
        Z.
    factor : float
        f: what Z′Z is multiplied by in the relationship.
    own : ndarray of float64, shape (n,)
        What the diagonal has beyond Z′Z and the other parts.
    constant : float
        c, added to every relationship.
    pedigree : FromPedigree or None
        Of the candidates, where A₂₂ was blended in.
    blended : float
        t, its share.
    threads : int
    """

    calls: Calls
    coding: Coding
    factor: float
    own: Vector
    constant: float = 0.0
    pedigree: FromPedigree | None = None
    blended: float = 0.0
    threads: int = 1

    @property
    def size(self) -> int:
        """n."""
        return self.calls.individuals

    def times(self, x: Vector) -> Vector:
        """Kx. O(nmk) on packed genotypes."""
        wide = np.ascontiguousarray(x.reshape(len(x), -1), np.float64)
        sums = self.calls.transposed_times(wide, self.coding, threads=self.threads)
        found = self.factor * self.calls.times(sums, self.coding, threads=self.threads)
        found += self.own[:, None] * wide + self.constant * wide.sum(axis=0)
        found /= 2
        if self.pedigree is not None:
            found += self.blended * self.pedigree.times(wide)
        return found.reshape(x.shape)

    def matrix(self) -> Vector:
        """K. n²m flops in single precision, as G itself is made."""
        found = cross_products(self.calls, self.coding, threads=self.threads)
        found *= self.factor
        found += self.constant
        found[np.diag_indices(self.size)] += self.own
        found /= 2
        if self.pedigree is not None:
            found += self.blended * matrix_of(self.pedigree)
        return found

    @cached_property
    def _lengths(self) -> Vector:
        return squared_lengths(self.calls, self.coding)

    def diagonal(self) -> Vector:
        """Half of the diagonal of the relationship."""
        found = (self.factor * self._lengths + self.own + self.constant) / 2
        if self.pedigree is not None:
            found += self.blended * self.pedigree.diagonal()
        return np.asarray(found)

    def among(self, rows: NDArray[np.int64]) -> FromMarkers:
        """With the genotypes of these only."""
        pedigree = None if self.pedigree is None else self.pedigree.among(rows)
        return replace(self, calls=self.calls.select(individuals=rows), own=self.own[rows],
                       pedigree=pedigree)


@dataclass(frozen=True, eq=False)
class FromPrecision:
    """½K of some levels of a relationship that is known by its inverse.

    Parameters
    ----------
    solve : callable
        K z from z, over all levels, shape (q, k).
    levels : int
        q.
    rows : ndarray of int32, shape (n,)
    variance : ndarray of float64, shape (n,)
        diag(K) of the candidates.
    """

    solve: Callable[[Vector], Vector]
    levels: int
    rows: Rows
    variance: Vector

    @property
    def size(self) -> int:
        """n."""
        return self.rows.size

    def times(self, x: Vector) -> Vector:
        """½ S K S′x."""
        spread = _placed(x, self.rows, self.levels)
        return np.asarray(self.solve(spread)[self.rows] / 2)

    def diagonal(self) -> Vector:
        """½ diag(K)."""
        return self.variance / 2

    def among(self, rows: NDArray[np.int64]) -> FromPrecision:
        """By the same factor."""
        return replace(self, rows=self.rows[rows], variance=self.variance[rows])


def of_pedigree(numerator: Numerator, rows: NDArray[np.int64]) -> FromPedigree:
    """½A of the individuals of ``rows``, restricted to their ancestors.

    Notes
    -----
    ¼A of autotetraploids, whose diagonal is 1 + 3F.
    """
    sire, dam, mendelian = numerator.founders_first()
    groups = 0 if numerator.gamma is None else len(numerator.groups)
    wanted = (rows + groups).astype(np.int32)
    variance = numerator.variance[rows]
    whole = FromPedigree(sire, dam, mendelian, wanted, variance, numerator.gamma, numerator.ploidy)
    return restricted(whole, wanted, variance, groups)


def restricted(
    whole: FromPedigree, wanted: Rows, variance: Vector, groups: int
) -> FromPedigree:
    """The individuals ``wanted`` of a pedigree, whose first ``groups`` are metafounders."""
    kept = ancestors(whole.sire, whole.dam, wanted, groups)
    return replace(
        whole, sire=_among(whole.sire, kept), dam=_among(whole.dam, kept),
        mendelian=whole.mendelian[kept], variance=variance,
        rows=np.searchsorted(kept, wanted).astype(np.int32))


def of_markers(
    part: MarkerPart, variance: Vector, rows: NDArray[np.int64], *,
    blended: FromPedigree | None = None, threads: int = 1,
) -> FromMarkers:
    """½G of some of the genotyped.

    Parameters
    ----------
    part : MarkerPart
    variance : ndarray of float64, shape (q,)
        diag(K) of all levels of the relationship.
    rows : ndarray of int64, shape (n,)
        The candidates among these levels; all must be genotyped.
    blended : FromPedigree or None
        Of the candidates; needed where A₂₂ was blended in.
    threads : int
    """
    if part.pedigree and blended is None:
        raise ValueError("A₂₂ was blended in: the candidates' pedigree is needed")
    place = {int(row): k for k, row in enumerate(part.rows)}
    chosen = np.array([place[int(row)] for row in rows], np.int64)
    found = FromMarkers(
        part.genotypes.calls.select(individuals=chosen), part.coded.coding, part.factor,
        np.zeros(rows.size), part.constant, blended if part.pedigree else None, part.pedigree,
        threads)
    own = variance[rows] - 2 * found.diagonal()
    return replace(found, own=np.where(np.abs(own) > ROUNDING * variance[rows], own, 0.0))


def of_precision(
    precision: Precision, rows: NDArray[np.int64], *, threads: int = 1
) -> FromPrecision:
    """½K of the individuals of ``rows``, by a factor of K⁻¹.

    Fixed groups are left out: K is that of the individuals given them.
    """
    lower = precision.lower()
    if precision.group_contributions(rows[:1]).shape[1]:
        size = len(precision.levels)
        lower = sp.csc_array(lower[:size, :size])
    factor = direct_solver(threads=threads).factorise(lower)
    return FromPrecision(factor.solve, lower.shape[0], rows.astype(np.int32),
                         precision.variance[rows])


def _among(parent: Rows, kept: Rows) -> Rows:
    own = parent[kept]
    return np.where(own < 0, -1, np.searchsorted(kept, own)).astype(np.int32)


def _placed(x: Vector, rows: Rows, size: int) -> Vector:
    """S′x: rows of x at their places, added where two have the same."""
    if x.ndim == 1:
        return np.bincount(rows, x, size).astype(np.float64)
    place = sp.csr_array((np.ones(rows.size), (rows, np.arange(rows.size))),
                         shape=(size, rows.size))
    return np.asarray(place @ x)

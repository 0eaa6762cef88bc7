"""The pattern of the coefficient matrix with the place of every term: for many rounds of values.

C is a sum of products of two non-zeros of a record's rows of W and of terms of K⁻¹ ⊗ Σ⁻¹. Their
places in the lower triangle do not change with the variances, so they are found once; then C at
other variances, and traces of C⁻¹ with its derivatives, are one pass over the terms. What has the
same place and the same factor, an element of R⁻¹ or Σ⁻¹, is one term.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.kernels import residual as kernels
from breedeval.kernels.terms import add_terms, find_places, gather_products, sum_terms

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Terms:
    """Terms of C that are a weight each times one of few numbers that vary.

    Parameters
    ----------
    places : ndarray of int32, shape (m,)
        Where they stand in the pattern.
    codes : ndarray of int32, shape (m,)
        Of the number in a table.
    weights : ndarray of float64, shape (m,)
    """

    places: Int32
    codes: Int32
    weights: Vector

    def add(self, table: Vector, data: Vector) -> None:
        """Add them to the entries of a pattern."""
        add_terms(self.places, self.codes, self.weights, table, data)

    def at(self, places: Int64) -> Sums:
        """For sums over the entries of the pattern where they stand elsewhere."""
        return Sums(places[self.places], self.codes, self.weights)


@dataclass(frozen=True, eq=False)
class Sums:
    """The same terms, to be added up over an array of other entries.

    Parameters
    ----------
    places : ndarray of int64, shape (m,)
        Where the entries stand.
    codes : ndarray of int32, shape (m,)
    weights : ndarray of float64, shape (m,)
    """

    places: Int64
    codes: Int32
    weights: Vector

    def over(self, data: Vector, size: int) -> Vector:
        """Σ weight · entry for every code, shape (size,)."""
        return np.asarray(sum_terms(self.places, self.codes, self.weights, data, size))


@dataclass(frozen=True, eq=False)
class Pattern:
    """Lower triangle of C, or of its random part, and the places of all terms.

    Parameters
    ----------
    indptr, indices : ndarray
        Columns compressed.
    columns : ndarray of int32, shape (N, t)
        Equations of the non-zeros of W in this numbering; −1 for none.
    equations : Equations
        At any variances.
    precisions : Terms
        Of K⁻¹ ⊗ Σ⁻¹. The table holds the elements of every Σ⁻¹, row by row, for terms off the
        diagonal of C, and the same again for those on it.
    """

    indptr: NDArray[np.integer]
    indices: NDArray[np.integer]
    columns: Int32
    equations: Equations
    precisions: Terms

    @cached_property
    def empty(self) -> sp.csc_array:
        """The matrix without its entries: a copy of it is quicker than a matrix made anew."""
        size = self.indptr.size - 1
        return sp.csc_array((np.zeros(self.indices.size), self.indices, self.indptr),
                            shape=(size, size))

    @cached_property
    def products(self) -> Int32:
        """Places of the products of two non-zeros of a record, record by record."""
        equations = self.equations
        return np.asarray(kernels.find_pairs(
            self.columns, equations.groups.start, equations.design.trait,
            equations.residual.coupled, self.indptr.astype(np.int64, copy=False),
            self.indices.astype(np.int32, copy=False)))

    @cached_property
    def records(self) -> Terms:
        """The same added up by place, without slopes of log variance.

        The table has, for every group, R⁻¹ row by row and its diagonal once more, for what is off
        the diagonal of C.
        """
        equations, groups = self.equations, self.equations.groups
        return Terms(*gather_products(
            self.columns, equations.scaled_values, groups.start, equations.design.trait,
            groups.group, equations.residual.coupled, self.products,
            np.argsort(groups.group, kind="stable"), self.indices.size))

    def traces(self, places: Int64) -> Traces:
        """Sums over C⁻¹, whose entries on the pattern stand at given places."""
        slopes = self.equations.variances.slopes.size
        return Traces(self.equations, self.precisions.at(places),
                      None if slopes else self.records.at(places))


@dataclass(frozen=True, eq=False)
class Traces:
    """Sums over entries of C⁻¹ that the derivatives need.

    Parameters
    ----------
    equations : Equations
        At any variances.
    precisions, records : Sums
        Of the terms of a :class:`Pattern`; no records where there are slopes of log variance.
    """

    equations: Equations
    precisions: Sums
    records: Sums | None

    def of_effects(self, inverse: Vector) -> list[Matrix]:
        """tr(K⁻¹C^{kl}) over the cells k and l of every random effect.

        Parameters
        ----------
        inverse : ndarray of float64
            C⁻¹, with its entries at the places of the terms.
        """
        sizes = [covariance.size for covariance in self.equations.covariances]
        total = int(sum(size**2 for size in sizes))
        off, on = self.precisions.over(inverse, 2 * total).reshape(2, total)
        ends = np.cumsum([size**2 for size in sizes])
        traces = []
        for size, end in zip(sizes, ends, strict=True):
            half = (off + 0.5 * on)[end - size**2:end].reshape(size, size)
            traces.append(half + half.T)
        return traces

    def of_records(self, inverse: Vector) -> Matrix:
        """Σ WᵣC⁻¹Wᵣ′ over the records of each group, scaled by √(w/s); shape (g, T, T)."""
        assert self.records is not None
        count, traits = self.equations.groups.observed.shape
        found = self.records.over(inverse, count * traits * (traits + 1)).reshape(count, -1)
        lower = found[:, :traits**2].reshape(count, traits, traits)
        own = np.arange(traits)
        sums = lower + lower.transpose(0, 2, 1)
        sums[:, own, own] = lower[:, own, own] + 2.0 * found[:, traits**2:]
        return np.asarray(sums)


def make_pattern(equations: Equations, lower: sp.csc_array, kept: Int64 | None = None) -> Pattern:
    """Find every place; O(nnz log nnz).

    Parameters
    ----------
    equations : Equations
    lower : csc_array
        Lower triangle of C, or of its part ``kept``.
    kept : ndarray of int64, optional
        Equations that it is made of; all of them when None.
    """
    new = np.arange(equations.size, dtype=np.int32)
    if kept is not None:
        new = np.full(equations.size, -1, np.int32)
        new[kept] = np.arange(kept.size)
    columns = equations.columns
    if kept is not None:
        columns = np.where(columns >= 0, new[columns], -1).astype(np.int32)
    return Pattern(lower.indptr, lower.indices, columns, equations,
                   _precision_terms(equations, lower, new))


def _precision_terms(equations: Equations, lower: sp.csc_array, new: Int32) -> Terms:
    parts = list(_pair_terms(equations, new))
    if not parts:
        return Terms(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0))
    one, other, codes, weights = (np.concatenate(part) for part in zip(*parts, strict=True))
    places = find_places(lower.indptr.astype(np.int64, copy=False),
                         lower.indices.astype(np.int32, copy=False), one, other)
    return Terms(places, codes, weights)


def _pair_terms(
    equations: Equations, new: Int32
) -> Iterator[tuple[Int32, Int32, Int32, Vector]]:
    """The two equations, code and weight of all terms of each pair of cells."""
    total = sum(covariance.size**2 for covariance in equations.covariances)
    at = 0
    for effect, (precision, covariance) in enumerate(
            zip(equations.precisions, equations.covariances, strict=True)):
        lower = precision.lower().tocoo()
        number = equations.number[equations.layout.random_slice(effect)]
        known = np.where(number >= 0, new[number], -1).reshape(-1, covariance.size)
        for k, m in np.argwhere(covariance.pattern):
            one, other, weights = known[lower.row, k], known[lower.col, m], lower.data
            there = (one >= 0) & (other >= 0)
            if k < m:  # on the diagonal of K⁻¹ this is the upper triangle of Σ⁻¹
                there &= lower.row != lower.col
            if not there.all():
                one, other, weights = one[there], other[there], weights[there]
            code = at + k * covariance.size + m
            yield one, other, np.where(one == other, total + code, code).astype(np.int32), weights
        at += covariance.size**2


def fill(equations: Equations, pattern: Pattern) -> sp.csc_array:
    """Lower triangle of C at the variances of the equations, on a pattern found before."""
    residual, groups = equations.residual, equations.groups
    data = np.zeros(pattern.indices.size)
    if residual.slopes.size:
        kernels.add_records(
            pattern.columns, equations.scaled_values, groups.start, equations.design.trait,
            groups.group, residual.blocks, residual.coupled, pattern.products, data)
    else:
        blocks = residual.blocks
        own = np.diagonal(blocks, axis1=1, axis2=2)
        flat = blocks.reshape(len(blocks), -1)
        pattern.records.add(np.concatenate([flat, own], axis=1).ravel(), data)
    elements = [covariance.precision.ravel() for covariance in equations.covariances]
    pattern.precisions.add(np.concatenate([*elements, *elements, np.zeros(0)]), data)
    lower = copy(pattern.empty)
    lower.data = data
    return lower

"""A model's observations as matrices: X, Z of every cell, ZKZ′, and who shares a record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Kernel: TypeAlias = Matrix | sp.csr_array
"""K among the levels of an effect, dense or sparse."""


@dataclass(frozen=True, eq=False)
class Incidence:
    """X and the Z of every cell of every effect, by observation.

    Parameters
    ----------
    x : ndarray of float64, shape (N, p)
        Columns that the equations keep.
    cells : tuple of tuple of csr_array, each of shape (N, q)
        By effect, then by cell.
    """

    x: Matrix
    cells: tuple[tuple[sp.csr_array, ...], ...]


def make_incidence(equations: Equations) -> Incidence:
    """Part W = [X, Z] of the equations into its terms; O(N t)."""
    columns = equations.columns
    row = np.broadcast_to(np.arange(columns.shape[0])[:, None], columns.shape)
    there = columns >= 0
    w = sp.csc_array(
        (equations.values[there], (row[there], columns[there])),
        shape=(columns.shape[0], equations.size))
    fixed = np.ones(equations.size, bool)
    fixed[equations.random_equations] = False
    cells = []
    for effect, width in enumerate(equations.layout.random_widths):
        number = equations.number[equations.layout.random_slice(effect)]
        cells.append(tuple(sp.csr_array(w[:, number[cell::width]]) for cell in range(width)))
    return Incidence(w[:, np.flatnonzero(fixed)].toarray(), tuple(cells))


def sandwich(left: sp.csr_array, kernel: Matrix, right: sp.csr_array) -> Matrix:
    """ZₐKZ_b′ of a dense K; K itself where both Z are the identity, not to be written to.

    Cost: O(N²) where a row of Z has one element.
    """
    if not (_picks(left) and _picks(right)):
        return np.asarray(right @ (left @ kernel).T).T
    found = kernel
    if not _is_run(left.indices, kernel):
        found = found.take(left.indices, axis=0)
    if not _is_run(right.indices, kernel):
        found = found.take(right.indices, axis=1)
    if (left.data != 1).any() or (right.data != 1).any():
        found = left.data[:, None] * found * right.data
    return found


def _picks(z: sp.csr_array) -> bool:
    """Whether every row has one element."""
    return bool((np.diff(z.indptr) == 1).all())


def _is_run(rows: NDArray[np.int32], kernel: Matrix) -> bool:
    return rows.size == len(kernel) and bool((rows == np.arange(rows.size)).all())


@dataclass(frozen=True, eq=False)
class RecordPairs:
    """Observations of two traits of the same records.

    Parameters
    ----------
    a, b : int
        The traits.
    one, other : ndarray of int64, shape (k,)
        Their observations.
    kind : ndarray of int64, shape (k,)
        Class of the residual.
    """

    a: int
    b: int
    one: NDArray[np.int64]
    other: NDArray[np.int64]
    kind: NDArray[np.int64]

    def elements(self, equations: Equations) -> Vector:
        """The (co)variance of each pair before weights, shape (k,)."""
        own = np.array([part.matrix[self.a, self.b] for part in equations.residual.covariances])
        return np.asarray(own[self.kind])


def same_record(equations: Equations) -> Iterator[RecordPairs]:
    """Pairs of observations of one record, for every ordered pair of traits."""
    design = equations.design
    kind = equations.groups.classes[equations.groups.group]
    place = np.full((design.records, len(design.traits)), -1, np.int64)
    place[design.unit, design.trait] = np.arange(design.size)
    for a, b in np.ndindex(place.shape[1], place.shape[1]):
        both = (place[:, a] >= 0) & (place[:, b] >= 0)
        yield RecordPairs(a, b, place[both, a], place[both, b], kind[both])

"""A relationship whose precision is one dense matrix: supplied, genomic."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.errors import InputError, Problem
from breedeval.levels import Levels
from breedeval.pedigree.pedigree import Pedigree
from breedeval.relationship.agreement import Agreement
from breedeval.relationship.kind import LabelledMatrix
from breedeval.relationship.marker_part import MarkerPart
from breedeval.relationship.precision import Vector
from breedeval.relationship.principal import PrincipalComponents
from breedeval.relationship.shares import Kind, Shares, shares_of_rest

SINGULAR = 1e-12
"""Smallest pivot, relative to the largest element, that is not rounding of zero."""
EIGENVALUES_UP_TO = 5_000
"""Size up to which the smallest eigenvalue is computed for a message."""
BLOCK = 256
"""Rows mirrored at a time."""


@dataclass(frozen=True, eq=False)
class Dense:
    """K⁻¹ of a dense K.

    Parameters
    ----------
    levels : Levels, length q
    matrix : ndarray of float64, shape (q, q)
        K⁻¹.
    variance : ndarray of float64, shape (q,)
        diag(K).
    log_determinant : float
        log|K|.
    history : tuple of str
        How K was made.
    stored : LabelledMatrix or None
        K itself, where it is to be saved.
    agreement : Agreement or None
        K against A₂₂, where both are known.
    markers : MarkerPart or None
        What it was made from, where that is markers.
    told_by : str
        Whose values K⁻¹ joins: ``genomic`` where K is made of genotypes.
    """

    levels: Levels
    matrix: Vector
    variance: Vector
    log_determinant: float
    history: tuple[str, ...] = ()
    stored: LabelledMatrix | None = None
    agreement: Agreement | None = None
    principal: PrincipalComponents | None = None
    groups: Levels = field(default_factory=lambda: Levels.of([]))
    of_individuals: bool = True
    additive: bool = True
    inbreeding: Vector | None = None
    pedigree: Pedigree | None = None
    is_dense: bool = True
    markers: MarkerPart | None = None
    told_by: Kind = "relatives"

    @cached_property
    def relationship(self) -> Vector:
        """K, by another inversion where it was not kept; it stays."""
        if self.stored is not None:
            return self.stored.values
        return inverted(self.matrix.copy(), "relationships", "")[0]

    def genomic_inverse(self) -> Vector:
        """K⁻¹, of everybody."""
        return self.matrix

    def lower(self) -> sp.csc_array:
        """Lower triangle of the dense K⁻¹; exact zeros are left out. 6q² bytes beside it."""
        size = len(self.matrix)
        counts = [np.count_nonzero(self.matrix[j, j:]) for j in range(size)]
        indptr = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
        places = np.int32 if indptr[-1] < 2**31 else np.int64
        indices, data = np.empty(indptr[-1], places), np.empty(indptr[-1])
        for j in range(size):  # a row from its diagonal on is a column: K⁻¹ is symmetric
            row, at = self.matrix[j, j:], slice(indptr[j], indptr[j + 1])
            there = slice(None) if counts[j] == row.size else row != 0
            data[at], indices[at] = row[there], np.arange(j, size)[there]
        lower = sp.csc_array((data, indices, indptr.astype(places)), shape=self.matrix.shape)
        lower.has_canonical_format = True
        return lower

    def diagonal(self) -> Vector:
        """diag(K⁻¹)."""
        return np.ascontiguousarray(np.diagonal(self.matrix))

    def product(self, x: Vector) -> Vector:
        """K⁻¹x."""
        return np.asarray(self.matrix @ x)

    def shares(self, x: Vector) -> Shares:
        """All of it is of one kind."""
        return shares_of_rest(self.diagonal(), self.product(x), x, self.told_by)

    def group_contributions(self, rows: NDArray[np.int64]) -> Vector:
        """Of shape (r, 0): there are no groups."""
        return np.zeros((rows.size, 0))


def inverted(matrix: Vector, source: str, remedy: str) -> tuple[Vector, float]:
    """Inverse and log-determinant of a symmetric positive-definite matrix.

    Parameters
    ----------
    matrix : ndarray of float64, shape (q, q)
        Overwritten by the inverse when it is contiguous.
    source, remedy : str
        Where it is from, and what to do where it cannot be inverted, for the message.

    Raises
    ------
    InputError
        When it is not positive definite.

    Notes
    -----
    Cost: q³ flops, and no second matrix.
    """
    found = inverse_if_any(matrix)
    if found is not None:
        return found
    value = ""
    if len(matrix) <= EIGENVALUES_UP_TO:
        smallest = float(scipy.linalg.eigvalsh(matrix, subset_by_index=[0, 0])[0])
        value = f" (smallest eigenvalue {smallest:.3g})"
    raise InputError(Problem(
        source, f"the matrix is not positive definite{value}",
        "Expected a matrix that can be inverted", remedy))


def inverse_if_any(matrix: Vector) -> tuple[Vector, float] | None:
    """The same, or None, and the matrix as it was, where it is not positive definite."""
    given = np.ascontiguousarray(matrix)
    own = np.diagonal(given).copy()
    if own.size == 0:
        return given, 0.0
    factor, info = scipy.linalg.lapack.dpotrf(given.T, lower=1, clean=0, overwrite_a=1)
    diagonal = np.diagonal(factor)
    if info == 0 and diagonal.min() ** 2 > SINGULAR * own.max():
        log_determinant = float(2 * np.log(diagonal).sum())
        inverse, _ = scipy.linalg.lapack.dpotri(factor, lower=1, overwrite_c=1)
        return _mirrored(np.ascontiguousarray(inverse.T)), log_determinant
    given[np.diag_indices(own.size)] = own  # what was given is still there below the diagonal
    _mirrored(given.T)
    return None


def _mirrored(upper: Vector) -> Vector:
    """The same with its upper triangle below the diagonal as well, in place."""
    for start in range(0, len(upper), BLOCK):
        stop = start + BLOCK
        upper[stop:, start:stop] = upper[start:stop, stop:].T
        corner = upper[start:stop, start:stop]
        below = np.tril_indices(len(corner), -1)
        corner[below] = corner.T[below]
    return upper

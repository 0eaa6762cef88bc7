"""A relationship that is one dense matrix K: supplied, genomic; its inverse is made when asked for.

What works with V = ZKZ′σ² + R alone never asks for K⁻¹, and K may then be singular. Where K⁻¹ is
asked for and there is none, the first of :data:`RIDGES` times the mean of the diagonal of K that is
enough is added to K itself, for everybody who asks for either afterwards, and the history says so.
"""

from __future__ import annotations

from collections.abc import Iterable
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
from breedeval.relationship.precision import Precision, Vector
from breedeval.relationship.principal import PrincipalComponents
from breedeval.relationship.shares import Kind, Shares, shares_of_rest

SINGULAR = 1e-12
"""Smallest pivot, relative to the largest element, that is not rounding of zero."""
EIGENVALUES_UP_TO = 5_000
"""Size up to which the smallest eigenvalue is computed for a message."""
BLOCK = 256
"""Rows mirrored at a time."""


RIDGES = (1e-5, 1e-4, 1e-3)
"""Added to a singular matrix, relative to its diagonal; far above rounding, and hardly felt."""
SINGULAR_WORD = "singular"
"""Begins the line of a history that says so."""
REMEDY = "Add 'ridge: 0.01' or 'blend: 0.05' to the genomic relationship"


@dataclass(frozen=True, eq=False)
class Inverse:
    """K⁻¹, log|K|, and what had to be added to the diagonal of K.

    Parameters
    ----------
    matrix : ndarray of float64, shape (q, q)
    log_determinant : float
    ridge : float
    """

    matrix: Vector
    log_determinant: float
    ridge: float = 0.0


@dataclass(frozen=True, eq=False)
class Dense:
    """K among q levels.

    Parameters
    ----------
    levels : Levels, length q
    relationship : ndarray of float64, shape (q, q)
        K; its diagonal is raised where it is singular and K⁻¹ is asked for.
    made : tuple of str
        How K was made.
    source : str
        Where it is from, for messages.
    known : Inverse or None
        Where it was inverted already.
    saved_as : str or None
        Name of the file, where it is to be saved.
    agreement : Agreement or None
        K against A₂₂, where both are known.
    markers : MarkerPart or None
        What it was made from, where that is markers.
    told_by : str
        Whose values K⁻¹ joins: ``genomic`` where K is made of genotypes.
    """

    levels: Levels
    relationship: Vector
    made: tuple[str, ...] = ()
    source: str = "relationships"
    known: Inverse | None = None
    saved_as: str | None = None
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
    def _inverse(self) -> Inverse:
        return self.known or _mended(self.relationship, self.source)

    @property
    def matrix(self) -> Vector:
        """K⁻¹, shape (q, q)."""
        return self._inverse.matrix

    @property
    def log_determinant(self) -> float:
        """log|K|."""
        return self._inverse.log_determinant

    @property
    def variance(self) -> Vector:
        """diag(K), shape (q,)."""
        return np.ascontiguousarray(np.diagonal(self.relationship))

    @property
    def history(self) -> tuple[str, ...]:
        """How K was made, and what was added to it so far."""
        ridge = self._inverse.ridge if "_inverse" in self.__dict__ else 0.0
        return (*self.made, f"{SINGULAR_WORD}: {ridge:.3g} I was added") if ridge else self.made

    @property
    def stored(self) -> LabelledMatrix | None:
        """K, where it is to be saved: as it was made, unless something had to be added."""
        if self.saved_as is None:
            return None
        return LabelledMatrix(self.saved_as, self.levels, self.relationship, self.history)

    def settle(self) -> None:
        """Invert K now, so that it does not change any more."""
        self._inverse  # noqa: B018

    def settles_as_it_is(self) -> bool:
        """Whether K⁻¹ is known, or K has one without a change; it is then kept."""
        if "_inverse" not in self.__dict__ and self.known is None:
            found = inverse_if_any(self.relationship.copy())
            if found is None:
                return False
            self.__dict__["_inverse"] = Inverse(*found)
        return True

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


def settle(precisions: Iterable[Precision]) -> None:
    """Invert relationships whose inverse will be asked for, before anything else uses them."""
    for precision in precisions:
        if isinstance(precision, Dense):
            precision.settle()


def _mended(matrix: Vector, source: str) -> Inverse:
    """The inverse of K, whose diagonal is raised where it has none."""
    found = inverse_if_any(matrix.copy())
    if found is not None:
        return Inverse(*found)
    own, ridge = np.diagonal(matrix).copy(), 0.0
    for share in RIDGES:
        ridge = share * float(own.mean())
        matrix[np.diag_indices(own.size)] = own + ridge
        found = inverse_if_any(matrix.copy())
        if found is not None:
            return Inverse(*found, ridge)
    return Inverse(*inverted(matrix.copy(), source, REMEDY), ridge)


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

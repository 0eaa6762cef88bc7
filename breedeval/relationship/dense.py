"""A relationship whose precision is one dense matrix: supplied, genomic."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.errors import InputError, Problem
from breedeval.levels import Levels
from breedeval.pedigree.pedigree import Pedigree
from breedeval.relationship.precision import Vector


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
    relationship : ndarray of float64, shape (q, q), or None
        K, where it is kept.
    """

    levels: Levels
    matrix: Vector
    variance: Vector
    log_determinant: float
    relationship: Vector | None = None
    groups: Levels = field(default_factory=lambda: Levels.of([]))
    of_individuals: bool = True
    additive: bool = True
    inbreeding: Vector | None = None
    pedigree: Pedigree | None = None

    def lower(self) -> sp.csc_array:
        """Lower triangle of the dense K⁻¹; exact zeros are left out."""
        return sp.csc_array(np.tril(self.matrix))

    def diagonal(self) -> Vector:
        """diag(K⁻¹)."""
        return np.ascontiguousarray(np.diagonal(self.matrix))

    def product(self, x: Vector) -> Vector:
        """K⁻¹x."""
        return np.asarray(self.matrix @ x)

    def group_contributions(self, rows: NDArray[np.int64]) -> Vector:
        """Of shape (r, 0): there are no groups."""
        return np.zeros((rows.size, 0))


def inverted(matrix: Vector, source: str, remedy: str) -> tuple[Vector, float]:
    """Inverse and log-determinant of a symmetric positive-definite matrix.

    Parameters
    ----------
    matrix : ndarray of float64, shape (q, q)
    source, remedy : str
        Where it is from, and what to do where it cannot be inverted, for the message.

    Raises
    ------
    InputError
        When it is not positive definite.

    Notes
    -----
    Cost: q³ flops and 3 × 8q² bytes.
    """
    factor, info = scipy.linalg.lapack.dpotrf(matrix, lower=1, clean=1)
    diagonal = np.diagonal(factor)
    if info == 0 and diagonal.size and diagonal.min() ** 2 > 1e-12 * np.diagonal(matrix).max():
        inverse, _ = scipy.linalg.lapack.dpotri(factor, lower=1)
        lower = np.tril(inverse)
        return lower + np.tril(lower, -1).T, float(2 * np.log(diagonal).sum())
    smallest = float(scipy.linalg.eigvalsh(matrix, subset_by_index=[0, 0])[0])
    raise InputError(Problem(
        source, f"the matrix is not positive definite (smallest eigenvalue {smallest:.3g})",
        "Expected a matrix that can be inverted", remedy))

"""A relationship matrix that the user supplies."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray
from pydantic import Field

from breedeval.errors import InputError, Problem
from breedeval.levels import Levels
from breedeval.pedigree.pedigree import Pedigree
from breedeval.relationship.kind import MatrixLayout, Members, RelationshipKind, Sources
from breedeval.relationship.precision import Vector

SYMMETRY = 1e-6
"""Largest |K − K′| taken as rounding in a file, relative to the largest element."""


@dataclass(frozen=True, eq=False)
class Supplied:
    """K⁻¹ of a supplied dense K (or a supplied K⁻¹).

    Parameters
    ----------
    levels : Levels, length q
    matrix : ndarray of float64, shape (q, q)
        K⁻¹.
    variance : ndarray of float64, shape (q,)
        diag(K).
    log_determinant : float
        log|K|.
    """

    levels: Levels
    matrix: Vector
    variance: Vector
    log_determinant: float
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


def from_matrix(
    levels: Levels, matrix: Vector, *, source: str, inverse: bool = False, ridge: float = 0.0
) -> Supplied:
    """Precision of a supplied relationship matrix, by one dense Cholesky factorisation.

    Parameters
    ----------
    levels : Levels, length q
    matrix : ndarray of float64, shape (q, q)
        K, or K⁻¹ when ``inverse``.
    source : str
        Name of the file, for messages.
    ridge : float
        Added to the diagonal of K (K + ridge·I) before it is inverted; recorded by the caller.

    Raises
    ------
    InputError
        When the matrix is not symmetric or not positive definite.

    Notes
    -----
    Cost: q³ flops and 3 × 8q² bytes.
    """
    size = len(levels)
    scale = float(np.abs(matrix).max(initial=0.0))
    apart = np.abs(matrix - matrix.T)
    if size and apart.max() > SYMMETRY * scale:
        i, j = (int(k) for k in np.unravel_index(int(apart.argmax()), apart.shape))
        raise InputError(Problem(
            source, f"the matrix is not symmetric: ({levels[i]}, {levels[j]}) is {matrix[i, j]:g} "
            f"and ({levels[j]}, {levels[i]}) is {matrix[j, i]:g}",
            "Expected equal values", "Correct the file"))
    given = (matrix + matrix.T) / 2
    if ridge:
        given[np.diag_indices(size)] += ridge
    other, log_determinant = _inverted(given, source)
    if inverse:
        return Supplied(levels, given, np.diagonal(other).copy(), -log_determinant)
    return Supplied(levels, other, np.diagonal(given).copy(), log_determinant)


def _inverted(matrix: Vector, source: str) -> tuple[Vector, float]:
    """Inverse and log-determinant of a symmetric positive-definite matrix."""
    factor, info = scipy.linalg.lapack.dpotrf(matrix, lower=1, clean=1)
    diagonal = np.diagonal(factor)
    if info == 0 and diagonal.size and diagonal.min() ** 2 > 1e-12 * np.diagonal(matrix).max():
        inverse, _ = scipy.linalg.lapack.dpotri(factor, lower=1)
        lower = np.tril(inverse)
        return lower + np.tril(lower, -1).T, float(2 * np.log(diagonal).sum())
    smallest = float(scipy.linalg.eigvalsh(matrix, subset_by_index=[0, 0])[0])
    raise InputError(Problem(
        source, f"the matrix is not positive definite (smallest eigenvalue {smallest:.3g})",
        "Expected a matrix that can be inverted",
        "Remove duplicated individuals, or add 'ridge: 0.01' to the relationship"))


class SuppliedSettings(RelationshipKind):
    """A matrix the user supplies."""

    kind: Literal["supplied"] = Field("supplied", description="Which relationship.")
    file: Path = Field(description=(
        "A labelled square table, a triplet file (individual, individual, value), or GCTA's "
        "binary GRM (.grm.bin with .grm.id)."), examples=["kinship.csv"])
    layout: MatrixLayout = Field(
        "auto", description="How the file is laid out; found from its name and columns by default.",
        examples=["triplets"])
    inverse: bool = Field(
        False, description="Whether the file holds the inverse already.", examples=[True])
    ridge: float = Field(
        0.0, ge=0, description="Added to the diagonal before inversion; 0 = as is.",
        examples=[0.01])

    @property
    def matrix_file(self) -> Path:
        """The matrix."""
        return self.file

    @property
    def matrix_layout(self) -> MatrixLayout:
        """As given."""
        return self.layout

    def members(self, name: str, sources: Sources) -> Members:
        """The labels of the matrix."""
        matrix = sources.matrices[name]
        return Members(matrix.levels, {}, matrix.source)

    def build(self, name: str, sources: Sources, levels: Levels, *, threads: int) -> Supplied:
        """K⁻¹ of the matrix."""
        matrix = sources.matrices[name]
        return from_matrix(matrix.levels, matrix.values, source=matrix.source,
                           inverse=self.inverse, ridge=self.ridge)

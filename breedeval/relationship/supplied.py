"""A relationship matrix that the user supplies."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from breedeval.errors import InputError, Problem
from breedeval.levels import Levels
from breedeval.relationship.adjustment import Wanted, means_of, plan_adjustment
from breedeval.relationship.dense import Dense, Inverse, inverted
from breedeval.relationship.kind import MatrixLayout, Members, RelationshipKind, Sources
from breedeval.relationship.precision import Vector

SYMMETRY = 1e-6
"""Largest |K − K′| taken as rounding in a file, relative to the largest element."""


def from_matrix(
    levels: Levels, matrix: Vector, *, source: str, inverse: bool = False, ridge: float = 0.0,
    history: tuple[str, ...] = (),
) -> Dense:
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
    history : tuple of str
        How the matrix was made, where its file tells.

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
    other, log_determinant = inverted(
        given.copy(), source,
        "Remove duplicated individuals, or add 'ridge: 0.01' to the relationship")
    if inverse:
        return Dense(levels, other, source=source, known=Inverse(given, -log_determinant))
    return Dense(levels, given, history, source, Inverse(other, log_determinant))


class SuppliedSettings(RelationshipKind):
    """A matrix the user supplies."""

    kind: Literal["supplied"] = Field("supplied", description="Which relationship.")
    file: Path = Field(description=(
        "A labelled square table, a triplet file (individual, individual, value), GCTA's binary "
        "GRM (.grm.bin with .grm.id), or .npz as saved by a genomic relationship."),
        examples=["kinship.csv"])
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

    def build(self, name: str, sources: Sources, levels: Levels, *, threads: int) -> Dense:
        """K⁻¹ of the matrix."""
        matrix = sources.matrices[name]
        now = means_of(matrix.values)
        planned = plan_adjustment(Wanted(ridge=self.ridge), now, None, history=matrix.history,
                                  source=matrix.source)
        return from_matrix(matrix.levels, matrix.values, source=matrix.source,
                           inverse=self.inverse, ridge=self.ridge, history=planned.history)

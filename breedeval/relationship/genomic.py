"""Genomic relationship from markers: K = G = Z′Z over a scale.

VanRaden (2008), method 1: columns of Z are x − 2p, divided by 2Σp(1−p).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.relationship import GenomicMethod, genomic_matrix
from breedeval.levels import Levels
from breedeval.relationship.dense import Dense, inverted
from breedeval.relationship.kind import Members, RelationshipKind, Sources


def from_genotypes(
    genotypes: Genotypes, method: GenomicMethod = "vanraden1", *, ridge: float = 0.0,
    threads: int = 1,
) -> Dense:
    """G⁻¹ of genotypes.

    Parameters
    ----------
    genotypes : Genotypes
    method : str
    ridge : float
        Added to the diagonal of G.
    threads : int

    Raises
    ------
    InputError
        When G + ridge·I is not positive definite.
    """
    matrix = genomic_matrix(genotypes, method, threads=threads)
    if ridge:
        matrix[np.diag_indices(len(matrix))] += ridge
    inverse, log_determinant = inverted(
        matrix, genotypes.source,
        "Add 'ridge: 0.01' or 'blend: 0.05' to the genomic relationship")
    return Dense(genotypes.individuals, inverse, np.diagonal(matrix).copy(), log_determinant,
                 matrix)


class GenomicSettings(RelationshipKind):
    """Genomic relationship from markers: K = G."""

    kind: Literal["genomic"] = Field("genomic", description="Which relationship.")
    method: GenomicMethod = Field("vanraden1", description=(
        "vanraden1: (x − 2p) over √(2Σp(1−p)); vanraden2: every marker over its own √(2p(1−p)); "
        "standardised: over its observed standard deviation."), examples=["vanraden2"])
    ridge: float = Field(0.0, ge=0, description="Added to the diagonal; 0 = as is.",
                         examples=[0.01])

    @property
    def needs_genotypes(self) -> bool:
        """True."""
        return True

    def members(self, name: str, sources: Sources) -> Members:
        """Everybody with genotypes."""
        genotypes = sources.require_genotypes()
        return Members(genotypes.individuals, {}, genotypes.source)

    def build(self, name: str, sources: Sources, levels: Levels, *, threads: int) -> Dense:
        """G⁻¹."""
        return from_genotypes(sources.require_genotypes(), self.method, ridge=self.ridge,
                              threads=threads)

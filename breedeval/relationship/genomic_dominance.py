"""Dominance relationship from markers, as deviations in Hardy–Weinberg proportions."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.relationship import dominance_matrix
from breedeval.relationship.genomic_deviations import GenomicDeviations
from breedeval.relationship.precision import Vector


class GenomicDominanceSettings(GenomicDeviations):
    """Dominance relationship from markers of diploids (Vitezica et al. 2013)."""

    kind: Literal["genomic_dominance"] = Field(
        "genomic_dominance", description="Which relationship.")

    @property
    def history(self) -> tuple[str, ...]:
        """How it was made."""
        return ("method: dominance", "frequencies: observed")

    def matrix(self, genotypes: Genotypes, *, threads: int) -> Vector:
        """D."""
        return dominance_matrix(genotypes)

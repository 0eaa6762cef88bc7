"""Dominance relationship from markers, as deviations in Hardy–Weinberg proportions."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from breedeval.errors import Findings
from breedeval.genotypes.relationship import dominance_matrix
from breedeval.levels import Levels
from breedeval.relationship.adjustment import Wanted, means_of, plan_adjustment
from breedeval.relationship.dense import Dense
from breedeval.relationship.genomic import inverse_of, remark_on_singular
from breedeval.relationship.kind import Members, RelationshipKind, Sources, genotyped
from breedeval.relationship.precision import Precision


class GenomicDominanceSettings(RelationshipKind):
    """Dominance relationship from markers of diploids (Vitezica et al. 2013)."""

    kind: Literal["genomic_dominance"] = Field(
        "genomic_dominance", description="Which relationship.")
    ridge: float = Field(0.0, ge=0, description="Added to the diagonal; 0 = as is.",
                         examples=[0.01])
    save: Path | None = Field(None, description=(
        "Where the matrix is kept, with what was done to it: .npz, or GCTA's .grm.bin."),
        examples=["D.npz"])

    @property
    def needs_genotypes(self) -> bool:
        """True."""
        return True

    @property
    def save_file(self) -> Path | None:
        """As given."""
        return self.save

    def members(self, name: str, sources: Sources) -> Members:
        """Everybody with genotypes."""
        genotypes = sources.require_genotypes()
        return genotyped(genotypes)

    def build(self, name: str, sources: Sources, levels: Levels, *, threads: int) -> Dense:
        """D⁻¹."""
        genotypes = sources.require_genotypes()
        matrix = dominance_matrix(genotypes)
        planned = plan_adjustment(
            Wanted(ridge=self.ridge), means_of(matrix), None,
            history=("method: dominance", "frequencies: observed"), source=genotypes.source)
        return inverse_of(planned.apply(matrix, None), levels, genotypes.source, planned.history,
                          saved_as=None if self.save is None else self.save.name, additive=False)

    def remark(self, name: str, built: Precision, findings: Findings) -> None:
        """What had to be added to the diagonal."""
        remark_on_singular(name, built, findings)

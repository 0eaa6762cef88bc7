"""What relationships of dominance and epistatic deviations from markers have in common."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path

from pydantic import Field

from breedeval.genotypes.genotypes import Genotypes
from breedeval.levels import Levels
from breedeval.relationship.adjustment import Wanted, means_of, plan_adjustment
from breedeval.relationship.dense import Dense
from breedeval.relationship.genomic import dense_relationship
from breedeval.relationship.kind import Members, RelationshipKind, Sources, genotyped
from breedeval.relationship.precision import Vector


class GenomicDeviations(RelationshipKind):
    """A dense relationship of the genotyped whose effects are no breeding values."""

    kind: str
    ridge: float = Field(0.0, ge=0, description="Added to the diagonal; 0 = as is.",
                         examples=[0.01])
    save: Path | None = Field(None, description=(
        "Where the matrix is kept, with what was done to it: .npz, or GCTA's .grm.bin."),
        examples=["D.npz"])

    @abstractmethod
    def matrix(self, genotypes: Genotypes, *, threads: int) -> Vector:
        """The relationship before anything is done to it."""

    @property
    @abstractmethod
    def history(self) -> tuple[str, ...]:
        """How it was made."""

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
        return genotyped(sources.require_genotypes())

    def build(self, name: str, sources: Sources, levels: Levels, *, threads: int) -> Dense:
        """The matrix."""
        genotypes = sources.require_genotypes()
        matrix = self.matrix(genotypes, threads=threads)
        planned = plan_adjustment(Wanted(ridge=self.ridge), means_of(matrix), None,
                                  history=self.history, source=genotypes.source)
        return dense_relationship(
            planned.apply(matrix, None), levels, genotypes.source, planned.history,
            saved_as=None if self.save is None else self.save.name, additive=False)

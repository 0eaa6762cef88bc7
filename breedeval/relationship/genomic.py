"""Genomic relationship from markers: K = G = Z′Z over a scale, adjusted as the options say.

VanRaden (2008), method 1: columns of Z are x − 2p, divided by 2Σp(1−p). Other methods are in
:mod:`breedeval.genotypes.coding`, adjustments in :mod:`breedeval.relationship.adjustment`.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from breedeval.errors import Findings, Problem
from breedeval.levels import Levels
from breedeval.relationship.adjustment import means_of, plan_adjustment
from breedeval.relationship.agreement import Agreement, compare
from breedeval.relationship.apy import Apy
from breedeval.relationship.dense import SINGULAR_WORD, Dense
from breedeval.relationship.genomic_core import inverse_with_core
from breedeval.relationship.genomic_options import GenomicOptions, place
from breedeval.relationship.kind import Members, Sources, genotyped
from breedeval.relationship.marker_part import MarkerPart
from breedeval.relationship.precision import Precision, Vector
from breedeval.relationship.principal import principal_components


def dense_relationship(
    matrix: Vector, levels: Levels, source: str, history: tuple[str, ...], *,
    saved_as: str | None = None, additive: bool = True, agreement: Agreement | None = None,
    markers: MarkerPart | None = None,
) -> Dense:
    """K from markers, with its principal components where it is of breeding values."""
    return Dense(
        levels, matrix, history, source, None, saved_as, agreement,
        principal_components(matrix, levels) if additive else None, additive=additive,
        markers=markers, told_by="genomic")


def remark_on_singular(name: str, built: Precision, findings: Findings) -> None:
    """Warn where something had to be added to the diagonal; once the results are there."""
    lines = [line for line in getattr(built, "history", ()) if line.startswith(SINGULAR_WORD)]
    if lines:
        findings.warn(f"singular relationship:{name}", Problem(
            "relationships", f"the relationship '{name}' has no inverse, as is usual where markers "
            "are centred by their observed frequencies or individuals are alike, and "
            f"{lines[0].split(': ')[1]} to it", "It changes breeding values by about as little",
            "Write 'ridge' or 'blend' to choose it yourself"))


class GenomicSettings(GenomicOptions):
    """Genomic relationship from markers: K = G."""

    kind: Literal["genomic"] = Field("genomic", description="Which relationship.")

    @property
    def needs_pedigree(self) -> bool:
        """Where A₂₂ takes part, or frequencies of the base."""
        return self.wanted.needs_pedigree or self.frequencies == "base"

    def members(self, name: str, sources: Sources) -> Members:
        """Everybody with genotypes."""
        genotypes = sources.require_genotypes()
        return genotyped(genotypes)

    def build(
        self, name: str, sources: Sources, levels: Levels, *, threads: int
    ) -> Dense | Apy:
        """G, whose inverse is made when asked for; with a core its inverse by APY."""
        genotypes = sources.require_genotypes()
        placed = place(genotypes, sources, threads) if self.needs_pedigree else None
        values = self.marker_values(name, sources, genotypes, placed)
        if self.core is not None:
            return inverse_with_core(self, name, sources, values, placed, threads=threads)
        matrix, block = self.genomic(genotypes, values, threads), None
        if placed is not None and self.wanted.needs_pedigree:
            block = placed.numerator.block(placed.rows)
        planned = plan_adjustment(
            self.wanted, means_of(matrix), None if block is None else means_of(block),
            history=values.history, source=genotypes.source)
        planned.apply(matrix, block)
        agreement = None if block is None else compare(matrix, block, levels)
        return dense_relationship(
            matrix, levels, genotypes.source, planned.history, agreement=agreement,
            saved_as=None if self.save is None else self.save.name,
            markers=self.marker_part(genotypes, values, np.arange(len(levels)), planned))

    def remark(self, name: str, built: Precision, findings: Findings) -> None:
        """Where markers and pedigree disagree."""
        if isinstance(built, Dense) and built.agreement is not None:
            built.agreement.remark(name, findings)

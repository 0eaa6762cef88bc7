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
from breedeval.relationship.dense import Dense, inverse_if_any, inverted
from breedeval.relationship.genomic_core import inverse_with_core
from breedeval.relationship.genomic_options import GenomicOptions, place
from breedeval.relationship.kind import LabelledMatrix, Members, Sources, genotyped
from breedeval.relationship.marker_part import MarkerPart
from breedeval.relationship.precision import Precision, Vector
from breedeval.relationship.principal import principal_components

REMEDY = "Add 'ridge: 0.01' or 'blend: 0.05' to the genomic relationship"
RIDGES = (1e-5, 1e-4, 1e-3)
"""Added to a singular matrix, relative to its diagonal; far above rounding, and hardly felt."""
SINGULAR_WORD = "singular"
"""Begins the line of a history that says so."""


def inverse_of(
    matrix: Vector, levels: Levels, source: str, history: tuple[str, ...], *,
    saved_as: str | None = None, additive: bool = True, agreement: Agreement | None = None,
    markers: MarkerPart | None = None,
) -> Dense:
    """The precision of a dense matrix, which is overwritten; kept as well where it is saved.

    A matrix that is positive semidefinite, as G is when it is centred by the observed frequencies,
    gets the first of :data:`RIDGES` times the mean of its diagonal on it that is enough, and the
    history says so. Where the diagonal is not that of a product, as by Yang et al., it takes more.

    Raises
    ------
    InputError
        When that is not enough.
    """
    variance = np.diagonal(matrix).copy()
    principal = principal_components(matrix, levels) if additive else None
    kept = None if saved_as is None else matrix.copy()
    found = inverse_if_any(matrix)
    if found is None:
        ridge, found = _with_ridge(matrix, float(variance.mean()), source)
        history = (*history, f"{SINGULAR_WORD}: {ridge:.3g} I was added")
        variance += ridge
        if kept is not None:
            kept[np.diag_indices(len(kept))] += ridge
    inverse, log_determinant = found
    stored = None
    if kept is not None and saved_as is not None:
        stored = LabelledMatrix(saved_as, levels, kept, history)
    return Dense(levels, inverse, variance, log_determinant, history, stored, agreement,
                 principal, additive=additive, markers=markers, told_by="genomic")


def _with_ridge(matrix: Vector, mean: float, source: str) -> tuple[float, tuple[Vector, float]]:
    """What is added to the diagonal, and the inverse and log-determinant of what that makes."""
    own, ridge = np.diagonal(matrix).copy(), 0.0
    for share in RIDGES:
        ridge = share * mean
        matrix[np.diag_indices(len(matrix))] = own + ridge
        found = inverse_if_any(matrix)
        if found is not None:
            return ridge, found
    return ridge, inverted(matrix, source, REMEDY)


def remark_on_singular(name: str, built: Precision, findings: Findings) -> None:
    """Warn where something had to be added to the diagonal."""
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
        """G⁻¹."""
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
        return inverse_of(
            matrix, levels, genotypes.source, planned.history, agreement=agreement,
            saved_as=None if self.save is None else self.save.name,
            markers=self.marker_part(genotypes, values, np.arange(len(levels)), planned))

    def remark(self, name: str, built: Precision, findings: Findings) -> None:
        """Where markers and pedigree disagree."""
        remark_on_singular(name, built, findings)
        if isinstance(built, Dense) and built.agreement is not None:
            built.agreement.remark(name, findings)

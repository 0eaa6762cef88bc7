"""Marker effects as unknowns: the options in the run file, and the way to the precision."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from breedeval.errors import InputError, Problem
from breedeval.genotypes.coding import genomic_coding, squared_lengths
from breedeval.genotypes.relationship import require_variation
from breedeval.levels import Levels
from breedeval.relationship.adjustment import Adjustment, Wanted, plan_adjustment
from breedeval.relationship.genomic_options import MarkerOptions, Placed, TuneOption, place
from breedeval.relationship.kind import Members, Sources, genotyped
from breedeval.relationship.marker_effects import MarkerEffects
from breedeval.relationship.means import genomic_means, pedigree_means
from breedeval.relationship.polygenic import make_polygenic


class MarkerEffectsSettings(MarkerOptions):
    """SNP-BLUP, and single-step SNP-BLUP: the effects of markers are unknowns beside individuals.

    The same breeding values as with G or H, without a matrix among the genotyped: for more of them
    than a dense inverse allows. Variances must be given; conjugate gradients solve it.
    """

    kind: Literal["marker_effects"] = Field("marker_effects", description="Which relationship.")
    among: Literal["pedigree", "genotyped"] = Field("pedigree", description=(
        "Whose breeding values: pedigree: of everybody (as single_step); genotyped: of those with "
        "genotypes (as genomic)."), examples=["genotyped"])
    blend: float = Field(0.05, gt=0, lt=1, description=(
        "Share β that markers do not explain: (1 − β)G + βA₂₂, or + βI among the genotyped."),
        examples=[0.1])
    tune: TuneOption = Field("none", description=(
        "a + bG, done second, with a of 0 or more: chen or vitezica, as for single_step; among "
        "the pedigree only."), examples=["chen"])

    @property
    def needs_pedigree(self) -> bool:
        """For relationships or frequencies of the base."""
        return self.among == "pedigree" or self.frequencies == "base"

    def members(self, name: str, sources: Sources) -> Members:
        """Everybody in the pedigree, or with genotypes."""
        if self.among == "pedigree":
            pedigree = sources.require_pedigree()
            return Members(pedigree.individuals, pedigree.clone_of, "the pedigree")
        genotypes = sources.require_genotypes()
        return genotyped(genotypes)

    def build(
        self, name: str, sources: Sources, levels: Levels, *, threads: int
    ) -> MarkerEffects:
        """The precision, by products."""
        genotypes = sources.require_genotypes()
        self._check(name, sources)
        placed = place(genotypes, sources, threads) if self.needs_pedigree else None
        rows = np.arange(len(levels), dtype=np.int32)
        if placed is not None and self.among == "pedigree":
            order = np.argsort(placed.rows)
            rows = placed.rows[order]
            genotypes = genotypes.select(individuals=order)
            placed = Placed(placed.numerator, rows)
        values = self.marker_values(name, sources, genotypes, placed)
        scaled = genomic_coding(
            genotypes.calls.counts(), self.method, values.frequency, values.weights)
        require_variation(genotypes, scaled.divisor)
        lengths = squared_lengths(genotypes.calls, scaled.coding) / scaled.divisor
        numerator = placed.numerator if placed is not None and self.among == "pedigree" else None
        adjusted = plan_adjustment(
            Wanted(self.blend, "identity" if numerator is None else "pedigree", self.tune),
            genomic_means(genotypes.calls, scaled, lengths),
            None if numerator is None else pedigree_means(numerator, rows),
            history=values.history, source=genotypes.source)
        _require_positive(adjusted, name)
        residual = adjusted.identity if numerator is None else adjusted.pedigree
        own = adjusted.scale * lengths + adjusted.constant + residual * (
            1.0 if numerator is None else numerator.variance[rows])
        variance = np.ones(len(levels)) if numerator is None else numerator.variance.copy()
        variance[rows] = own
        polygenic = None if numerator is None else make_polygenic(numerator, rows, threads=threads)
        return MarkerEffects(
            levels, genotypes, scaled, rows, polygenic, adjusted.scale / scaled.divisor, residual,
            adjusted.constant, variance, adjusted.history, threads)

    def _check(self, name: str, sources: Sources) -> None:
        """Refuse what this form has no room for."""
        if self.method in ("yang", "tetraploid"):
            raise InputError(Problem(
                f"relationships: {name}", f"'method: {self.method}' with marker effects",
                "Expected vanraden1, vanraden2, centred or standardised",
                "Choose one of them, or 'kind: single_step'"))
        if self.among == "genotyped" and self.tune != "none":
            raise InputError(Problem(
                f"relationships: {name}", "'tune' with 'among: genotyped'",
                "Tuning makes G like A₂₂", "Write 'tune: none'"))
        if self.among == "pedigree" and len(sources.require_pedigree().groups):
            raise InputError(Problem(
                f"relationships: {name}", "the pedigree has unknown-parent groups or metafounders",
                "Marker effects as unknowns do not know of groups",
                "Remove the groups, or use 'kind: single_step'"))


def _require_positive(adjusted: Adjustment, name: str) -> None:
    if adjusted.constant < 0:
        raise InputError(Problem(
            f"relationships: {name}", f"tuning needs the constant {adjusted.constant:.3g}",
            "A constant below 0 has no marker to carry it",
            "Write 'tune: none', or 'frequencies: base'"))

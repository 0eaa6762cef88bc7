"""The options of single-step in the run file, and the way to H⁻¹."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from breedeval.errors import Findings, InputError, Problem
from breedeval.genotypes.genotypes import Genotypes
from breedeval.levels import Levels
from breedeval.pedigree.pedigree import Pedigree, Rows
from breedeval.relationship.adjustment import Adjustment, means_of, plan_adjustment
from breedeval.relationship.agreement import compare
from breedeval.relationship.apy import from_core
from breedeval.relationship.core import Core
from breedeval.relationship.dense import inverted
from breedeval.relationship.gene_content import estimate_gamma
from breedeval.relationship.genomic_core import (
    apply_to_rows,
    genomic_rows,
    pedigree_rows,
    refused_save,
    rows_of,
)
from breedeval.relationship.genomic_options import (
    GenomicOptions,
    MarkerValues,
    Placed,
    TuneOption,
    genotyped_rows,
)
from breedeval.relationship.kind import LabelledMatrix, Members, Sources
from breedeval.relationship.marker_part import MarkerPart
from breedeval.relationship.means import pedigree_means
from breedeval.relationship.numerator import Numerator, Ploidy, gamma_of_groups
from breedeval.relationship.numerator import from_pedigree as numerator_from_pedigree
from breedeval.relationship.polygenic import make_polygenic
from breedeval.relationship.precision import Precision, Vector
from breedeval.relationship.principal import principal_components
from breedeval.relationship.single_step import REMEDY, GroupForm, SingleStep, from_parts
from breedeval.relationship.single_step_core import SingleStepCore


@dataclass(frozen=True, eq=False)
class _Genotyped:
    """The genotyped in the order of the pedigree, and what G is made from, or G as it was read."""

    levels: Levels
    rows: Rows
    history: tuple[str, ...]
    source: str
    genotypes: Genotypes | None = None
    values: MarkerValues | None = None
    matrix: Vector | None = None


class SingleStepSettings(GenomicOptions):
    """Relationship from pedigree and markers together: K = H."""

    UNSAID: ClassVar[frozenset[str]] = frozenset({"ploidy", "double_reduction"})

    kind: Literal["single_step"] = Field("single_step", description="Which relationship.")
    blend: float = Field(0.05, ge=0, lt=1, description=(
        "Share β of A₂₂ in (1 − β)G + βA₂₂, done first; 0 = none."), examples=[0.1])
    tune: TuneOption = Field("chen", description=(
        "a + bG, done second. chen (or true): the means of the diagonal and beside it become those "
        "of A₂₂; vitezica: a = mean(A₂₂) − mean(G), b = 1 − a/2; none with metafounders."),
        examples=["none"])
    file: Path | None = Field(None, description=(
        "G as saved by another run (.npz, .grm.bin) or made elsewhere, instead of from the "
        "genotypes; what was done to it is not done again."), examples=["G.npz"])
    tau: float = Field(1.0, gt=0, description="τ, the weight of G⁻¹.", examples=[1.1])
    omega: float = Field(1.0, description="ω, the weight of A₂₂⁻¹.", examples=[0.9])
    inbreeding: bool = Field(True, description=(
        "Whether A⁻¹ and A₂₂ use the inbreeding coefficients."), examples=[False])
    ploidy: Ploidy = Field(
        2, description="Of the pedigree: 2, or 4 for autotetraploids.", examples=[4])
    double_reduction: float = Field(0.0, ge=0, lt=1, description=(
        "Autotetraploids: probability that two genes of a gamete are copies of one gene of the "
        "parent."), examples=[0.1])
    groups: GroupForm = Field("full", description=(
        "How unknown-parent groups enter: full: all of H⁻¹ (the exact transformation); altered: "
        "A⁻¹ and A₂₂⁻¹; pedigree: A⁻¹ only."), examples=["altered"])
    metafounders: Literal["estimate"] | Path | None = Field(None, description=(
        "Table of Γ, or 'estimate' to have it from the genotypes; the pedigree's groups are then "
        "metafounders. Needs 'frequencies: half' and 'tune: none'."), examples=["gamma.csv"])

    @property
    def needs_pedigree(self) -> bool:
        """True."""
        return True

    @property
    def needs_genotypes(self) -> bool:
        """Unless G is read."""
        return self.file is None

    @property
    def matrix_file(self) -> Path | None:
        """G, where it is read."""
        return self.file

    @property
    def more_matrices(self) -> Mapping[str, Path]:
        """Γ."""
        return {"metafounders": self.metafounders} if isinstance(self.metafounders, Path) else {}

    @property
    def matrix_layout(self) -> Literal["auto"]:
        """As the name of the file says."""
        return "auto"

    def members(self, name: str, sources: Sources) -> Members:
        """Everybody in the pedigree."""
        pedigree = sources.require_pedigree()
        return Members(pedigree.individuals, pedigree.clone_of, "the pedigree")

    def build(
        self, name: str, sources: Sources, levels: Levels, *, threads: int
    ) -> SingleStep | SingleStepCore:
        """H⁻¹ of the pedigree."""
        self._check(name, sources)
        pedigree = sources.require_pedigree()
        plain = numerator_from_pedigree(
            pedigree, use_inbreeding=self.inbreeding, threads=threads,
            reduction=self.double_reduction if self.ploidy == 4 else None)
        numerator = self._with_metafounders(name, sources, plain, threads)
        found = self._genotyped(name, sources, plain)
        if self.core is not None and found.rows.size:
            return self._with_core(name, sources, found, numerator, threads=threads)
        block = numerator.block(found.rows)
        matrix, many = self._matrix(found, threads), found.rows.size > 0
        planned = plan_adjustment(
            self.wanted, means_of(matrix), means_of(block), history=found.history,
            source=found.source) if many else None
        history = found.history
        if planned is not None:
            planned.apply(matrix, block)
            history = planned.history
        agreement = compare(matrix, block, found.levels) if many else None
        principal = principal_components(matrix, found.levels)
        stored = None
        if self.save is not None:
            stored = LabelledMatrix(self.save.name, found.levels, matrix.copy(), history)
        inverse, log_determinant = inverted(matrix, found.source, REMEDY)
        made = from_parts(numerator, found.rows, inverse, log_determinant, block, tau=self.tau,
                          omega=self.omega, groups=self.groups, source=found.source)
        return replace(made, history=history, agreement=agreement, stored=stored,
                       principal=principal, markers=self._markers(found, planned))

    def _with_core(
        self, name: str, sources: Sources, found: _Genotyped, numerator: Numerator, *,
        threads: int,
    ) -> SingleStepCore:
        """The same with a core: rows of G, and A₂₂⁻¹ by products."""
        assert self.core is not None
        if self.save is not None:
            raise refused_save(name)
        choice, table = Core.of(self.core), sources.tables.get((name, "core"))
        if found.genotypes is not None and found.values is not None:
            own = genomic_rows(self, found.genotypes, found.values, choice, table, threads=threads)
        else:
            own = rows_of(self._matrix(found, threads), found.levels, choice, table)
        blends = self.blend > 0 and self.blend_with == "pedigree"
        other = pedigree_rows(numerator, found.rows, own.core) if blends else None
        planned = plan_adjustment(self.wanted, own.means, pedigree_means(numerator, found.rows),
                                  history=found.history, source=found.source)
        adjusted = apply_to_rows(planned, own, other)
        members = Levels(found.levels.take(own.core.astype(np.int32)))
        among = adjusted.rows[:, own.core]
        agreement = compare(among, numerator.block(found.rows[own.core]), members)
        words = f"core: {own.core.size} of {found.rows.size} individuals ({choice.words()})"
        apy = from_core(found.levels, own.core, adjusted.rows, adjusted.diagonal,
                        source=found.source)
        return SingleStepCore(
            make_polygenic(numerator, found.rows, threads=threads), apy, self.tau, self.omega,
            self.groups, found.source, (*planned.history, words), agreement,
            principal_components(among, members), self._markers(found, planned))

    def _markers(self, found: _Genotyped, planned: Adjustment | None) -> MarkerPart | None:
        if planned is None or found.genotypes is None or found.values is None:
            return None
        return self.marker_part(
            found.genotypes, found.values, found.rows.astype(np.int64), planned)

    def remark(self, name: str, built: Precision, findings: Findings) -> None:
        """Where markers and pedigree disagree."""
        if isinstance(built, SingleStep | SingleStepCore) and built.agreement is not None:
            built.agreement.remark(name, findings)

    def _check(self, name: str, sources: Sources) -> None:
        """A matrix that is read is as it is; metafounders have frequencies of one half."""
        frequencies = str(self.frequencies)
        if self.file is not None:
            said = dict(line.split(": ", 1) for line in sources.matrices[name].history
                        if ": " in line)
            self._check_read(name, said)
            frequencies = said.get("frequencies", "half")
        if self.metafounders is not None and (frequencies != "half" or self.tune != "none"):
            raise InputError(Problem(
                f"relationships: {name}", f"metafounders with 'frequencies: {frequencies}' "
                f"and 'tune: {self.tune}'", "Γ refers to frequencies of one half, with which G "
                "needs no tuning", "Write 'frequencies: half' and 'tune: none'"))

    def _check_read(self, name: str, said: dict[str, str]) -> None:
        """Refuse a coding of markers that is not the one a matrix says of itself."""
        fields = type(self).model_fields
        for option in ("method", "frequencies", "weights"):
            value = getattr(self, option)
            word = f"from {value.name}" if isinstance(value, Path) else str(value)
            if value != fields[option].default and said.get(option) != word:
                raise InputError(Problem(
                    f"relationships: {name}", f"'{option}' beside 'file: {self.file}', and the "
                    f"matrix does not say '{option}: {word}' of itself",
                    "A matrix that is read is as it was made",
                    f"Remove '{option}', or 'file' to have it made anew"))

    def _with_metafounders(
        self, name: str, sources: Sources, plain: Numerator, threads: int
    ) -> Numerator:
        if self.metafounders is None:
            return plain
        pedigree = plain.pedigree
        if self.ploidy == 4:
            raise InputError(Problem(
                f"relationships: {name}", "'ploidy: 4' with metafounders",
                "Expected none with autotetraploids", "Remove 'metafounders'"))
        if self.metafounders == "estimate":
            _require_groups(pedigree, name)
            genotypes = sources.require_genotypes()
            rows = genotyped_rows(genotypes.individuals, pedigree, genotypes.source)
            gamma = estimate_gamma(genotypes, plain, rows)
        else:
            gamma = gamma_of_groups(sources.matrices[f"{name}.metafounders"], pedigree.groups)
        return numerator_from_pedigree(pedigree, use_inbreeding=self.inbreeding, gamma=gamma,
                                       threads=threads)

    def _genotyped(self, name: str, sources: Sources, plain: Numerator) -> _Genotyped:
        """Who is genotyped, in the order of the pedigree."""
        if self.file is not None:
            return _read(sources.matrices[name], plain.pedigree)
        genotypes = sources.require_genotypes()
        rows = genotyped_rows(genotypes.individuals, plain.pedigree, genotypes.source)
        if (np.diff(rows) < 0).any():
            order = np.argsort(rows)
            rows, genotypes = rows[order], genotypes.select(individuals=order)
        if not rows.size:
            return _Genotyped(genotypes.individuals, rows, (), genotypes.source,
                              matrix=np.zeros((0, 0)))
        values = self.marker_values(name, sources, genotypes, Placed(plain, rows))
        return _Genotyped(genotypes.individuals, rows, values.history, genotypes.source,
                          genotypes, values)

    def _matrix(self, found: _Genotyped, threads: int) -> Vector:
        """G as read or computed."""
        if found.matrix is not None:
            return found.matrix
        assert found.genotypes is not None
        assert found.values is not None
        return self.genomic(found.genotypes, found.values, threads)


def _read(given: LabelledMatrix, pedigree: Pedigree) -> _Genotyped:
    rows = genotyped_rows(given.levels, pedigree, given.source)
    order = np.argsort(rows)
    levels = Levels(given.levels.take(order.astype(np.int32)))
    return _Genotyped(levels, rows[order], given.history, given.source,
                      matrix=np.ascontiguousarray(given.values[np.ix_(order, order)]))


def _require_groups(pedigree: Pedigree, name: str) -> None:
    if not len(pedigree.groups):
        raise InputError(Problem(
            f"relationships: {name}", "'metafounders: estimate', and the pedigree has no groups",
            "Each group of unknown parents is a metafounder",
            "Name the groups in 'pedigree: groups' or in a group column"))

"""The options that genomic and single-step relationships share, and G made as they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

from breedeval.errors import Findings, InputError, Problem
from breedeval.genotypes.calls import Float64
from breedeval.genotypes.coding import GenomicMethod, genomic_coding
from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.relationship import genomic_matrix
from breedeval.levels import Levels
from breedeval.pedigree.pedigree import Pedigree
from breedeval.records import Table
from breedeval.relationship.adjustment import Adjustment, BlendWith, Tune, Wanted
from breedeval.relationship.core import Core, CoreSettings
from breedeval.relationship.gene_content import base_frequencies
from breedeval.relationship.kind import RelationshipKind, Sources
from breedeval.relationship.marker_part import MarkerPart
from breedeval.relationship.numerator import Numerator
from breedeval.relationship.numerator import from_pedigree as numerator_from_pedigree

Frequencies = Literal["observed", "base", "half"]


def _tune_word(value: Any) -> Any:
    return {True: "chen", False: "none"}[value] if isinstance(value, bool) else value


TuneOption = Annotated[
    Tune, BeforeValidator(_tune_word, json_schema_input_type=bool | Tune)]
"""``true`` is Chen et al.'s."""


@dataclass(frozen=True, eq=False)
class Placed:
    """The genotyped in the pedigree.

    Parameters
    ----------
    numerator : Numerator
        A, without metafounders.
    rows : ndarray of int32, shape (n,)
        Their places in it.
    """

    numerator: Numerator
    rows: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class MarkerValues:
    """Frequencies and weights of the markers of a set of genotypes, and the words for them.

    Parameters
    ----------
    frequency, weights : ndarray of float64, shape (m,), or None
        None: as observed, and all alike.
    history : tuple of str
    """

    frequency: Float64 | None
    weights: Float64 | None
    history: tuple[str, ...]


class MarkerOptions(RelationshipKind):
    """How markers are centred, scaled and weighted."""

    kind: str
    method: GenomicMethod = Field("vanraden1", description=(
        "vanraden1: x − 2p, over 2Σp(1−p); vanraden2: every marker over its own √(2p(1−p)); yang: "
        "the same with the diagonal of Yang et al.; centred: x − 2p, over the sum of the observed "
        "variances; standardised: every marker over its observed standard deviation; tetraploid: "
        "an effect for each of the five genotypes of an autotetraploid. With ploidy k, k stands "
        "for 2."),
        examples=["vanraden2"])
    frequencies: Frequencies | Path = Field("observed", description=(
        "observed: among the genotyped; base: in the base population, by gene content; half: ½, as "
        "metafounders need; or a table with the columns marker and frequency."),
        examples=["base"])
    weights: Path | None = Field(None, description=(
        "Table with the columns marker and weight; a marker's share of the variance is "
        "proportional to it."), examples=["weights.csv"])
    @property
    def needs_genotypes(self) -> bool:
        """True."""
        return True

    @property
    def table_files(self) -> Mapping[str, Path]:
        """Of frequencies and weights."""
        named = {"weights": self.weights, "frequencies": self.frequencies}
        return {option: path for option, path in named.items() if isinstance(path, Path)}

    def marker_values(
        self, name: str, sources: Sources, genotypes: Genotypes, placed: Placed | None
    ) -> MarkerValues:
        """Frequencies and weights of the markers.

        Parameters
        ----------
        name : str
        sources : Sources
        genotypes : Genotypes
        placed : Placed or None
            The genotyped in the pedigree, where frequencies of the base are wanted.
        """
        weights, frequency = None, None
        history = [f"genotypes: {len(genotypes.individuals)} individuals, "
                   f"{len(genotypes.markers)} markers of {genotypes.source}",
                   f"method: {self.method}"]
        if isinstance(self.frequencies, Path):
            frequency = read_values(sources.tables[name, "frequencies"], "frequency", genotypes, 1)
            history.append(f"frequencies: from {self.frequencies.name}")
        else:
            history.append(f"frequencies: {self.frequencies}")
        if self.frequencies == "half":
            frequency = np.full(len(genotypes.markers), 0.5)
        elif self.frequencies == "base":
            assert placed is not None
            frequency = base_frequencies(genotypes, placed.numerator, placed.rows)
        if self.weights is not None:
            weights = read_values(sources.tables[name, "weights"], "weight", genotypes, None)
            history.append(f"weights: from {self.weights.name}")
        return MarkerValues(frequency, weights, tuple(history))


class GenomicOptions(MarkerOptions):
    """How G is computed and adjusted."""

    blend: float = Field(0.0, ge=0, lt=1, description=(
        "Share β of A₂₂ in (1 − β)G + βA₂₂, done first; 0 = none."), examples=[0.05])
    blend_with: BlendWith = Field("pedigree", description=(
        "What is blended in: A₂₂ of the pedigree, or the identity."), examples=["identity"])
    tune: TuneOption = Field("none", description=(
        "a + bG, done second. chen (or true): the means of the diagonal and beside it become those "
        "of A₂₂; vitezica: a = mean(A₂₂) − mean(G), b = 1 − a/2."), examples=["chen"])
    ridge: float = Field(0.0, ge=0, description="Added to the diagonal, done last; 0 = as is.",
                         examples=[0.01])
    core: CoreSettings | None = Field(None, description=(
        "Inverse by APY with this core: a number of individuals taken at random, or a list of "
        "them, or keys; the exact inverse when absent."), examples=[3000])
    save: Path | None = Field(None, description=(
        "Where the matrix is kept, with what was done to it: .npz, or GCTA's .grm.bin."),
        examples=["G.npz"])

    @property
    def wanted(self) -> Wanted:
        """The adjustments."""
        return Wanted(self.blend, self.blend_with, self.tune, self.ridge)

    @property
    def table_files(self) -> Mapping[str, Path]:
        """Of frequencies, weights and the core."""
        core = self.core.file if isinstance(self.core, Core) else None
        return {**super().table_files, **({} if core is None else {"core": core})}

    @property
    def save_file(self) -> Path | None:
        """As given."""
        return self.save

    def marker_part(
        self, genotypes: Genotypes, values: MarkerValues, rows: NDArray[np.int64],
        planned: Adjustment,
    ) -> MarkerPart | None:
        """The markers of the adjusted G; None where every genotype has a value of its own.

        ``rows`` are the places of the genotyped among the levels of the relationship.
        """
        if self.method == "tetraploid":
            return None
        coded = genomic_coding(
            genotypes.calls.counts(), self.method, values.frequency, values.weights)
        return MarkerPart(genotypes, coded, rows, planned.scale, planned.pedigree,
                          planned.constant, planned.identity)

    def genomic(self, genotypes: Genotypes, values: MarkerValues, threads: int) -> Float64:
        """G before anything is done to it."""
        return genomic_matrix(genotypes, self.method, frequency=values.frequency,
                              weights=values.weights, threads=threads)


def genotyped_rows(genotyped: Levels, pedigree: Pedigree, source: str) -> NDArray[np.int32]:
    """Places of the genotyped in the pedigree; a clone's is that of its original.

    Raises
    ------
    InputError
        With all who are not there.
    """
    names = genotyped.to_list()
    rows = pedigree.individuals.codes([pedigree.clone_of.get(name, name) for name in names])
    absent = [name for name, row in zip(names, rows, strict=True) if row < 0]
    if absent:
        raise InputError(Problem(
            source, f"{len(absent):,} of {len(names):,} genotyped individuals are not in "
            f"the pedigree: {', '.join(absent)}", "Expected everybody with genotypes there",
            "Add them (parents may be unknown), or leave their genotypes out"))
    found, first, count = np.unique(rows, return_index=True, return_counts=True)
    if found.size < rows.size:
        at = int(np.flatnonzero(count > 1)[0])
        twice = [name for name, row in zip(names, rows, strict=True) if row == found[at]]
        raise InputError(Problem(
            source, f"{', '.join(twice)} are one individual in the pedigree "
            f"('{names[int(first[at])]}')", "Expected one genotype of each",
            "Leave the genotypes of clones out"))
    return rows


def place(genotypes: Genotypes, sources: Sources, threads: int) -> Placed:
    """The genotyped in the pedigree."""
    pedigree = sources.require_pedigree()
    rows = genotyped_rows(genotypes.individuals, pedigree, genotypes.source)
    return Placed(numerator_from_pedigree(pedigree, threads=threads), rows)


def read_values(
    table: Table, column: str, genotypes: Genotypes, most: float | None
) -> Float64:
    """A value for every marker, from a table with the columns ``marker`` and ``column``.

    Raises
    ------
    InputError
        Markers without a value or with two, cells that are no numbers or beyond the limits.
    """
    findings = Findings()
    table.require(["marker", column], findings, f"a {column} for every marker")
    findings.raise_faults()
    places = genotypes.markers.names.codes(table.text("marker"))
    values = table.numbers(column, findings)
    inside = (values >= 0) & (values <= (np.inf if most is None else most))
    rows = np.flatnonzero((places >= 0) & ~inside)
    limits = "0 or more" if most is None else f"0 to {most:g}"
    if rows.size:
        findings.fault(column, *(Problem(
            table.where(int(row)), f"the {column} is {values[row]:g}", f"Expected {limits}",
            "Correct the cell") for row in rows[:5]), total=int(rows.size))
    count = np.bincount(places[places >= 0], minlength=len(genotypes.markers))
    for what, markers in (("no", np.flatnonzero(count == 0)),
                          ("more than one", np.flatnonzero(count > 1))):
        if markers.size:
            named = ", ".join(genotypes.markers.names[int(k)] for k in markers[:5])
            findings.fault(f"{what} {column}", Problem(
                table.source, f"{markers.size:,} of {count.size:,} markers of {genotypes.source} "
                f"have {what} {column}: {named}{', …' if markers.size > 5 else ''}",
                "Expected one line a marker", "Correct the table"))
    findings.raise_faults()
    found = np.zeros(count.size)
    found[places[places >= 0]] = values[places >= 0]
    if not found.any():
        raise InputError(Problem(
            table.source, f"the {column} of every marker of {genotypes.source} is 0",
            "Expected some above 0", "Correct the table"))
    return found

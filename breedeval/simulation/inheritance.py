"""Breeding values from parents to progeny: the infinitesimal model, or QTL on chromosomes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.markers import Markers
from breedeval.genotypes.packed import Packed, pack
from breedeval.levels import Levels, text_array
from breedeval.pedigree.inbreeding import inbreeding
from breedeval.simulation.genome import (
    BASES_PER_MORGAN,
    Genome,
    Sites,
    Words,
    draw_gametes,
    found,
)
from breedeval.simulation.settings import SimulationSettings

Rows = NDArray[np.int32]
Values = NDArray[np.float64]
Chosen = list[tuple[Rows, Rows]]

BLOCK = 512
"""Animals whose haplotypes become genotypes at a time."""


@dataclass(frozen=True, eq=False)
class Herdbook:
    """Arrays of all animals, filled cohort by cohort; ``starts[t]`` is the first of cohort t."""

    starts: Rows
    female: NDArray[np.bool_]
    herd: Rows
    sire: Rows
    dam: Rows
    value: Values
    merit: Values

    def cohort(self, number: int) -> Rows:
        """Rows of its animals."""
        return np.arange(self.starts[number], self.starts[number + 1], dtype=np.int32)


class Inheritance(Protocol):
    """Gives cohorts their breeding values, one after the other."""

    def draw(self, cohort: int, chosen: Chosen) -> Values:
        """Breeding values of a cohort whose parents are in the herd book."""
        ...

    def genotypes(self) -> Genotypes | None:
        """Of the animals that are genotyped."""
        ...

    def qtl(self) -> pd.DataFrame | None:
        """What causes the breeding values, where that is known."""
        ...


def make_inheritance(
    settings: SimulationSettings, book: Herdbook, rng: Generator
) -> Inheritance:
    """As the settings say."""
    if settings.chromosomes == 0:
        return Infinitesimal(settings, book, rng)
    genome, haplotypes = found(
        rng, founders=int(book.starts[1]), chromosomes=settings.chromosomes,
        morgans=settings.morgans, snps=settings.snps, qtl=settings.qtl,
        size=settings.founder_size, history=settings.history,
        variance=settings.variances["animal"])
    return Chromosomal(settings, book, rng, genome, {0: haplotypes})


@dataclass(frozen=True, eq=False)
class Infinitesimal:
    """aᵢ = ½a_sire + ½a_dam + √(Dᵢσ²a) z, Dᵢ = ½ − ¼(F_sire + F_dam); founders aᵢ = σa z.

    Bulmer (1971); Quaas (1976) for the Mendelian sampling variance.
    """

    settings: SimulationSettings
    book: Herdbook
    rng: Generator

    def draw(self, cohort: int, chosen: Chosen) -> Values:
        """Parent average and Mendelian sampling."""
        book, own = self.book, self.book.cohort(cohort)
        sigma = np.sqrt(self.settings.variances["animal"])
        z = self.rng.standard_normal(len(own))
        if cohort == 0:
            return np.asarray(sigma * z)
        sire, dam = book.sire[own], book.dam[own]
        coefficient = _inbreeding_of_parents(book, chosen)
        mendelian = 0.5 - 0.25 * (coefficient[sire] + coefficient[dam])
        average = 0.5 * (book.value[sire] + book.value[dam])
        return np.asarray(average + sigma * np.sqrt(mendelian) * z)

    def genotypes(self) -> None:
        """None."""

    def qtl(self) -> None:
        """None."""


def _inbreeding_of_parents(book: Herdbook, chosen: Chosen) -> Values:
    """F of every parent so far (0 for all others): parents' ancestors are parents themselves."""
    parents = np.sort(np.concatenate([rows for pair in chosen for rows in pair]))
    place = np.full(len(book.value) + 1, -1, np.int32)
    place[parents] = np.arange(len(parents), dtype=np.int32)
    found = inbreeding(place[book.sire[parents]], place[book.dam[parents]])
    coefficient = np.zeros(len(book.value))
    coefficient[parents] = found.coefficients
    return coefficient


@dataclass(frozen=True, eq=False)
class Chromosomal:
    """a = Σ copies × effect over the QTL, less the founders' mean; a gamete from either parent.

    Parameters
    ----------
    settings : SimulationSettings
    book : Herdbook
    rng : Generator
    genome : Genome
    haplotypes : dict of cohort to ndarray of uint64, shape (n, 2, w)
        Of the cohorts that may still have progeny.
    packed : list of Packed
        SNPs of every genotyped cohort.
    """

    settings: SimulationSettings
    book: Herdbook
    rng: Generator
    genome: Genome
    haplotypes: dict[int, Words]
    packed: list[Packed] = field(default_factory=list)

    def draw(self, cohort: int, chosen: Chosen) -> Values:
        """Gametes of the parents, and what they carry."""
        if cohort:
            own = self.book.cohort(cohort)
            first = min(self.haplotypes)
            parents = np.concatenate([self.haplotypes[k] for k in range(first, cohort)])
            gametes = [draw_gametes(self.genome.chromosomes, parents,
                                    side[own] - self.book.starts[first], self.rng)
                       for side in (self.book.sire, self.book.dam)]
            self.haplotypes[cohort] = np.stack(gametes, axis=1)
        if cohort >= self.settings.generations - self.settings.genotyped_cohorts:
            self.packed.append(_packed(self.haplotypes[cohort], self.genome.snps))
        used = max(self.settings.sire_use, self.settings.dam_use)
        self.haplotypes.pop(cohort + 1 - used - 1, None)
        return self.genome.values(self.haplotypes[cohort])

    def genotypes(self) -> Genotypes | None:
        """Genotypes of the last cohorts."""
        if not self.packed:
            return None
        first = self.book.starts[self.settings.generations - len(self.packed)]
        names = Levels.of([str(k + 1) for k in range(int(first), self.settings.animals)])
        sizes = np.diff(self.book.starts)[-len(self.packed):]
        whole = np.concatenate([part.data for part in self.packed], axis=1)
        width = np.array([part.data.shape[1] for part in self.packed])
        begin = 4 * (np.cumsum(width) - width)
        place = np.concatenate([start + np.arange(size) for start, size in zip(
            begin, sizes, strict=True)])
        calls = Packed(whole, 4 * int(width.sum())).select(individuals=place)
        return Genotypes(names, _markers(self.genome), calls, "chip.bed")

    def qtl(self) -> pd.DataFrame:
        """Where the QTL are, and the effect of a copy."""
        chromosome, position = _map(self.genome, self.genome.qtl)
        return pd.DataFrame({"chromosome": chromosome, "position": position,
                             "effect": self.genome.effects})


def _packed(haplotypes: Words, snps: Sites) -> Packed:
    parts = [snps.copies(haplotypes[begin:begin + BLOCK])
             for begin in range(0, len(haplotypes), BLOCK)]
    found = [pack(part) for part in parts]
    return Packed(np.concatenate([part.data for part in found], axis=1), len(haplotypes))


def _map(genome: Genome, sites: Sites) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Chromosome from 1 and position in base pairs of some loci."""
    places = genome.chromosomes
    position = places.positions[sites.word, sites.bit] * BASES_PER_MORGAN
    return 1 + places.chromosome[sites.word], 1 + position.astype(np.int64)


def _markers(genome: Genome) -> Markers:
    chromosome, position = _map(genome, genome.snps)
    count = chromosome.size
    names = Levels.of([f"snp{k + 1}" for k in range(count)])
    return Markers(names, text_array([str(c) for c in chromosome]), position,
                   text_array(["A"] * count), text_array(["B"] * count))

"""A population over generations: mating, inheritance, records, selection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.random import Generator
from numpy.typing import NDArray

from breedeval.genotypes.genotypes import Genotypes
from breedeval.simulation.inheritance import Herdbook, make_inheritance
from breedeval.simulation.mating import best, best_within, dams_of_slots, wanted
from breedeval.simulation.phenotypes import (
    Environment,
    Records,
    deviations,
    draw_environment,
    draw_records,
)
from breedeval.simulation.settings import SimulationSettings

Rows = NDArray[np.int32]
Values = NDArray[np.float64]

FIRST_YEAR = 2001
YEARS_BETWEEN_COHORTS = 2


@dataclass(frozen=True, eq=False)
class SimulatedPopulation:
    """What was simulated, as tables, with the variances it was simulated with.

    Parameters
    ----------
    settings : SimulationSettings
    seed : int
    pedigree : DataFrame
        individual, sire, dam (missing for founders), sex (M, F), birth_year, herd; parents first.
    true_breeding_values : DataFrame
        individual, true_breeding_value.
    records : DataFrame
        individual, sex, herd, year, parity (only when records repeat), phenotype.
    variances : mapping of str to float
        animal, permanent (only when records repeat), residual.
    genotypes : Genotypes or None
        Of the SNPs, of animals of the last cohorts; None under the infinitesimal model.
    qtl : DataFrame or None
        chromosome, position, effect of each QTL.
    """

    settings: SimulationSettings
    seed: int
    pedigree: pd.DataFrame
    true_breeding_values: pd.DataFrame
    records: pd.DataFrame
    variances: Mapping[str, float]
    genotypes: Genotypes | None = None
    qtl: pd.DataFrame | None = None


@dataclass(frozen=True, eq=False)
class _Streams:
    """Independent random numbers for each part, so that one part's settings leave others alone."""

    structure: Generator
    values: Generator
    phenotypes: Generator


def simulate(settings: SimulationSettings, seed: int) -> SimulatedPopulation:
    """Simulate a population.

    Breeding values are those of :mod:`breedeval.simulation.inheritance`: infinitesimal, or sums of
    QTL on chromosomes.

    The same settings and seed give the same tables on any machine.

    Parameters
    ----------
    settings : SimulationSettings
    seed : int
        From 0.

    Notes
    -----
    O(n) beside one computation of inbreeding among the parents for every cohort; with chromosomes,
    one bit a locus and haplotype of the cohorts in use.
    """
    streams = _Streams(*(np.random.Generator(np.random.PCG64(child))
                         for child in np.random.SeedSequence(seed).spawn(3)))
    book = _empty_book(settings, streams.structure)
    years = YEARS_BETWEEN_COHORTS * settings.generations + settings.records_per_animal + 2
    environment = draw_environment(settings, int(book.herd.max()) + 1, years, streams.phenotypes)
    inheritance = make_inheritance(settings, book, streams.values)
    chosen: list[tuple[Rows, Rows]] = []
    records = []
    for cohort in range(settings.generations):
        if cohort:
            _mate(book, settings, cohort, chosen, streams.structure)
        book.value[book.cohort(cohort)] = inheritance.draw(cohort, chosen)
        records.append(_record(book, settings, environment, cohort, streams.phenotypes))
        _judge(book, settings, cohort, records[-1], streams.structure)
        chosen.append(_choose(book, settings, cohort, streams.structure))
    recorded = records[:settings.generations - settings.unrecorded_cohorts]
    found = _tables(settings, seed, book, recorded)
    return replace(found, genotypes=inheritance.genotypes(), qtl=inheritance.qtl())


def _empty_book(settings: SimulationSettings, rng: Generator) -> Herdbook:
    """Cohorts of (nearly) equal size, spread evenly over herds, half of them female."""
    n, cohorts = settings.animals, settings.generations
    starts = np.asarray(np.arange(cohorts + 1, dtype=np.int64) * n // cohorts, np.int32)
    herds = max(1, round(n / cohorts / settings.herd_size))
    herd = np.empty(n, np.int32)
    female = np.empty(n, np.bool_)
    for first, last in pairwise(starts):
        size = int(last - first)
        herd[first:last] = np.arange(size, dtype=np.int64) * herds // size
        female[first:last] = rng.permutation(np.arange(size) % 2 == 0)
    unknown = np.full(n, -1, np.int32)
    return Herdbook(starts, female, herd, unknown, unknown.copy(), np.zeros(n), np.zeros(n))


def _mate(
    book: Herdbook, settings: SimulationSettings, cohort: int, chosen: list[tuple[Rows, Rows]],
    rng: Generator,
) -> None:
    """Parents of a cohort: dams of the herd, a sire by lot for every mating."""
    progeny = book.cohort(cohort)
    sires = np.concatenate([males for males, _ in chosen[-settings.sire_use:]])
    dams = np.concatenate([females for _, females in chosen[-settings.dam_use:]])
    slots = progeny[::settings.litter]
    dam = dams_of_slots(book.herd[slots], dams, book.herd[dams], rng)
    sire = sires[rng.integers(0, len(sires), len(slots))]
    book.dam[progeny] = np.repeat(dam, settings.litter)[:len(progeny)]
    book.sire[progeny] = np.repeat(sire, settings.litter)[:len(progeny)]


def _record(
    book: Herdbook, settings: SimulationSettings, environment: Environment, cohort: int,
    rng: Generator,
) -> Records:
    own = book.cohort(cohort)
    return draw_records(settings, environment, own, female=book.female[own], herd=book.herd[own],
                        born=YEARS_BETWEEN_COHORTS * cohort, breeding_value=book.value[own],
                        rng=rng)


def _judge(
    book: Herdbook, settings: SimulationSettings, cohort: int, records: Records, rng: Generator
) -> None:
    """What a cohort is selected on."""
    own = book.cohort(cohort)
    if settings.selection == "breeding_value":
        book.merit[own] = book.value[own]
    elif settings.selection == "phenotype":
        merit = deviations(records, int(own[0]), len(own))
        dam = book.dam[own]
        of_dam = np.where(dam >= 0, book.merit[dam], 0.0)
        book.merit[own] = np.where(np.isnan(merit), of_dam, merit)
    else:
        book.merit[own] = rng.random(len(own))


def _choose(
    book: Herdbook, settings: SimulationSettings, cohort: int, rng: Generator
) -> tuple[Rows, Rows]:
    """Sires across herds and dams within herds."""
    own = book.cohort(cohort)
    males, females = own[~book.female[own]], own[book.female[own]]
    sires = best(males, book.merit[males], wanted(settings.sires, len(males)), rng)
    dams = best_within(females, book.merit[females], book.herd[females],
                       wanted(settings.dams, len(females)), rng)
    return sires, dams


def _tables(
    settings: SimulationSettings, seed: int, book: Herdbook, records: list[Records]
) -> SimulatedPopulation:
    names = pa.array(np.arange(1, settings.animals + 1)).cast(pa.string())
    herds = pa.array([f"H{k + 1}" for k in range(int(book.herd.max()) + 1)])
    sexes = pa.array(["M", "F"])
    cohort = np.repeat(np.arange(settings.generations), np.diff(book.starts))
    animal, herd, year, parity, phenotype = (
        np.concatenate([getattr(part, column) for part in records])
        for column in ("animal", "herd", "year", "parity", "phenotype"))
    pedigree = pd.DataFrame({
        "individual": _text(names, None),
        "sire": _text(names, book.sire),
        "dam": _text(names, book.dam),
        "sex": _text(sexes, book.female),
        "birth_year": FIRST_YEAR + YEARS_BETWEEN_COHORTS * cohort,
        "herd": _text(herds, book.herd),
    })
    values = pd.DataFrame({"individual": _text(names, None),
                           "true_breeding_value": np.round(book.value, 4)})
    table = pd.DataFrame({
        "individual": _text(names, animal),
        "sex": _text(sexes, book.female[animal]),
        "herd": _text(herds, herd),
        "year": FIRST_YEAR + year,
        "parity": 1 + parity,
        "phenotype": phenotype,
    })
    if settings.records_per_animal == 1:
        table = table.drop(columns="parity")
    return SimulatedPopulation(settings, seed, pedigree, values, table, settings.variances)


def _text(labels: pa.Array, codes: NDArray[np.generic] | None) -> pd.Series[str]:
    """A column of text: label of every code, missing where it is −1."""
    if codes is not None:
        index = codes.astype(np.int64)
        labels = labels.take(pa.array(index, mask=index < 0))
    return pd.Series(labels.to_pandas(), dtype="str")

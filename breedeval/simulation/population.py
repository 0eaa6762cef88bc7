"""A population over generations under the additive infinitesimal model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.random import Generator
from numpy.typing import NDArray

from breedeval.pedigree.inbreeding import inbreeding
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
    """

    settings: SimulationSettings
    seed: int
    pedigree: pd.DataFrame
    true_breeding_values: pd.DataFrame
    records: pd.DataFrame
    variances: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class _Streams:
    """Independent random numbers for each part, so that one part's settings leave others alone."""

    structure: Generator
    values: Generator
    phenotypes: Generator


@dataclass(frozen=True, eq=False)
class _Herdbook:
    """Arrays of all animals, filled cohort by cohort; ``starts[t]`` is the first of cohort t."""

    starts: Rows
    female: NDArray[np.bool_]
    herd: Rows
    sire: Rows
    dam: Rows
    value: Values
    merit: Values

    def cohort(self, number: int) -> Rows:
        return np.arange(self.starts[number], self.starts[number + 1], dtype=np.int32)


def simulate(settings: SimulationSettings, seed: int) -> SimulatedPopulation:
    """Simulate a population.

    aᵢ = ½a_sire + ½a_dam + √(Dᵢσ²a) z with Dᵢ = ½ − ¼(F_sire + F_dam); founders aᵢ = σa z.

    The same settings and seed give the same tables on any machine.

    Parameters
    ----------
    settings : SimulationSettings
    seed : int
        From 0.

    Notes
    -----
    O(n) beside one computation of inbreeding among the parents for every cohort.

    References
    ----------
    Bulmer (1971); Quaas (1976) for the Mendelian sampling variance.
    """
    streams = _Streams(*(np.random.Generator(np.random.PCG64(child))
                         for child in np.random.SeedSequence(seed).spawn(3)))
    book = _empty_book(settings, streams.structure)
    years = YEARS_BETWEEN_COHORTS * settings.generations + settings.records_per_animal + 2
    environment = draw_environment(settings, int(book.herd.max()) + 1, years, streams.phenotypes)
    chosen: list[tuple[Rows, Rows]] = []
    records = []
    for cohort in range(settings.generations):
        if cohort:
            _mate(book, settings, cohort, chosen, streams.structure)
        _inherit(book, settings, cohort, chosen, streams.values)
        records.append(_record(book, settings, environment, cohort, streams.phenotypes))
        _judge(book, settings, cohort, records[-1], streams.structure)
        chosen.append(_choose(book, settings, cohort, streams.structure))
    return _tables(settings, seed, book, records)


def _empty_book(settings: SimulationSettings, rng: Generator) -> _Herdbook:
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
    return _Herdbook(starts, female, herd, unknown, unknown.copy(), np.zeros(n), np.zeros(n))


def _mate(
    book: _Herdbook, settings: SimulationSettings, cohort: int, chosen: list[tuple[Rows, Rows]],
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


def _inherit(
    book: _Herdbook, settings: SimulationSettings, cohort: int, chosen: list[tuple[Rows, Rows]],
    rng: Generator,
) -> None:
    """Breeding values of a cohort from its parents' and Mendelian sampling."""
    own = book.cohort(cohort)
    sigma = np.sqrt(settings.variances["animal"])
    z = rng.standard_normal(len(own))
    if cohort == 0:
        book.value[own] = sigma * z
        return
    sire, dam = book.sire[own], book.dam[own]
    coefficient = _inbreeding_of_parents(book, chosen)
    mendelian = 0.5 - 0.25 * (coefficient[sire] + coefficient[dam])
    book.value[own] = (0.5 * (book.value[sire] + book.value[dam])
                       + sigma * np.sqrt(mendelian) * z)


def _inbreeding_of_parents(book: _Herdbook, chosen: list[tuple[Rows, Rows]]) -> Values:
    """F of every parent so far (0 for all others): parents' ancestors are parents themselves."""
    parents = np.sort(np.concatenate([rows for pair in chosen for rows in pair]))
    place = np.full(len(book.value) + 1, -1, np.int32)
    place[parents] = np.arange(len(parents), dtype=np.int32)
    found = inbreeding(place[book.sire[parents]], place[book.dam[parents]])
    coefficient = np.zeros(len(book.value))
    coefficient[parents] = found.coefficients
    return coefficient


def _record(
    book: _Herdbook, settings: SimulationSettings, environment: Environment, cohort: int,
    rng: Generator,
) -> Records:
    own = book.cohort(cohort)
    return draw_records(settings, environment, own, female=book.female[own], herd=book.herd[own],
                        born=YEARS_BETWEEN_COHORTS * cohort, breeding_value=book.value[own],
                        rng=rng)


def _judge(
    book: _Herdbook, settings: SimulationSettings, cohort: int, records: Records, rng: Generator
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
    book: _Herdbook, settings: SimulationSettings, cohort: int, rng: Generator
) -> tuple[Rows, Rows]:
    """Sires across herds and dams within herds."""
    own = book.cohort(cohort)
    males, females = own[~book.female[own]], own[book.female[own]]
    sires = best(males, book.merit[males], wanted(settings.sires, len(males)), rng)
    dams = best_within(females, book.merit[females], book.herd[females],
                       wanted(settings.dams, len(females)), rng)
    return sires, dams


def _tables(
    settings: SimulationSettings, seed: int, book: _Herdbook, records: list[Records]
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

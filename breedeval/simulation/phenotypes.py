"""Phenotypes: y = μ + sex + herd-year + parity + a + pe + e."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from breedeval.simulation.settings import SimulationSettings

Rows = NDArray[np.int32]
Values = NDArray[np.float64]

DECIMALS = 2
"""Phenotypes are what is written in the file: two decimals."""


@dataclass(frozen=True, eq=False)
class Environment:
    """The fixed effects, as drawn once for the whole population.

    Parameters
    ----------
    mean : float
    male : float
        Males as a difference from females.
    herd_year : ndarray of float64, shape (herds, years)
        Year 0 is the founders' year of birth.
    parity : ndarray of float64, shape (records_per_animal,)
    """

    mean: float
    male: float
    herd_year: Values
    parity: Values


@dataclass(frozen=True, eq=False)
class Records:
    """Phenotypes of some animals, one entry a record.

    Parameters
    ----------
    animal, herd, year, parity : ndarray of int32, shape (k,)
        Row of the animal; herd, year and parity from 0.
    phenotype : ndarray of float64, shape (k,)
    """

    animal: Rows
    herd: Rows
    year: Rows
    parity: Rows
    phenotype: Values


def draw_environment(
    settings: SimulationSettings, herds: int, years: int, rng: Generator
) -> Environment:
    """Fixed effects on the scale of σp: mean 10, sex 0.5; herds, herd-years 0.5 and parity 0.3."""
    scale = float(np.sqrt(settings.phenotypic_variance))
    herd = 0.5 * scale * rng.standard_normal((herds, 1))
    herd_year = herd + 0.5 * scale * rng.standard_normal((herds, years))
    parity = 0.3 * scale * np.arange(settings.records_per_animal, dtype=np.float64)
    return Environment(10 * scale, 0.5 * scale, herd_year, parity)


def draw_records(
    settings: SimulationSettings, environment: Environment, animals: Rows, *,
    female: NDArray[np.bool_], herd: Rows, born: int, breeding_value: Values, rng: Generator,
) -> Records:
    """Phenotypes of one cohort: y = μ + sex + herd-year + parity + a + pe + e.

    pe ~ N(0, σ²pe) once an animal (only when records repeat), e ~ N(0, σ²e) once a record.

    Parameters
    ----------
    settings : SimulationSettings
    environment : Environment
    animals : ndarray of int32, shape (n,)
        Rows of the cohort's animals.
    female, herd, breeding_value : ndarray, shape (n,)
    born : int
        Year of birth; the first record is two years later, the next ones a year apart.
    rng : Generator
    """
    eligible = {"females": female, "males": ~female, "all": np.ones_like(female)}
    chance = rng.random(len(animals)) < settings.recorded_fraction
    kept = np.flatnonzero(eligible[settings.recorded] & chance)
    times = settings.records_per_animal
    permanent, residual = (
        np.sqrt(settings.variances.get(name, 0.0)) for name in ("permanent", "residual"))
    lasting = environment.mean + breeding_value[kept] + np.where(female[kept], 0, environment.male)
    if permanent:
        lasting = lasting + permanent * rng.standard_normal(len(kept))
    row = np.repeat(kept, times)
    parity = np.tile(np.arange(times, dtype=np.int32), len(kept))
    year = np.asarray(born + 2 + parity, np.int32)
    phenotype = (np.repeat(lasting, times) + environment.herd_year[herd[row], year]
                 + environment.parity[parity] + residual * rng.standard_normal(len(row)))
    return Records(animals[row], herd[row], year, parity, np.round(phenotype, DECIMALS))


def deviations(records: Records, first: int, size: int) -> Values:
    """Mean of an animal's records as deviations from contemporaries (herd, year); NaN without.

    Parameters
    ----------
    records : Records
        Of one cohort.
    first, size : int
        The cohort's animals are the rows first … first + size − 1.
    """
    own = records.animal - first
    group = records.herd * (int(records.year.max(initial=0)) + 1) + records.year
    _, group = np.unique(group, return_inverse=True)
    mean = np.bincount(group, records.phenotype) / np.bincount(group)
    total = np.bincount(own, records.phenotype - mean[group], minlength=size)
    count = np.bincount(own, minlength=size)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)

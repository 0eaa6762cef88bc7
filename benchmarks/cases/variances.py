"""The models of the benchmark of variance components, on real and on simulated data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.simulation import SimulationSettings, simulate
from cases.case import Case, Effect
from cases.traits import breeding_values, class_effects, draws

Values = NDArray[np.float64]

DATA = Path(__file__).resolve().parents[2] / "pedigrees"
ANIMAL = Effect("animal", "animal", pedigree=True)
RECORDS_PER_ANIMAL = 5


def gryphon(_: float) -> Case:
    """Birth weight: animal, birth year and mother."""
    records, pedigree = _read("gryphon")
    return Case(
        title="Gryphons, birth weight", traits=("bwt",), classes=("sex",),
        random=(ANIMAL, Effect("birth_year", "byear"), Effect("maternal", "mother")),
        records=records[records["bwt"] != ""], pedigree=pedigree)


def gryphon_two_traits(_: float) -> Case:
    """Birth weight and tarsus length, either of them missing in some records."""
    records, pedigree = _read("gryphon")
    return Case(title="Gryphons, two traits", traits=("bwt", "tarsus"), classes=("sex",),
                random=(ANIMAL,), records=records, pedigree=pedigree)


def gryphon_two_traits_three_effects(_: float) -> Case:
    """The same with birth year and mother."""
    records, pedigree = _read("gryphon")
    return Case(title="Gryphons, two traits, three effects", traits=("bwt", "tarsus"),
                classes=("sex",),
                random=(ANIMAL, Effect("birth_year", "byear"), Effect("maternal", "mother")),
                records=records, pedigree=pedigree)


def dairy(_: float) -> Case:
    """Milk of Holsteins: repeated records, permanent environment and herd."""
    records, pedigree = _read("dairy")
    return Case(title="Holsteins, milk", traits=("sd_milk",), covariates=("lact", "log_dim"),
                random=(Effect("cow", "id", pedigree=True), Effect("permanent", "id"),
                        Effect("farm", "herd")),
                records=records, pedigree=pedigree)


def dairy_without_pedigree(_: float) -> Case:
    """The same with unrelated cows, for programs that know no pedigree."""
    records, _pedigree = _read("dairy")
    return Case(title="Holsteins, unrelated", traits=("sd_milk",), covariates=("lact", "log_dim"),
                random=(Effect("cow", "id"), Effect("farm", "herd")), records=records)


def farms(_: float) -> Case:
    """An animal model of 4,641 animals with a record each, the data of BLUPF90's example."""
    records, pedigree = _read("blupf90_aireml")
    return Case(title="4,641 animals", traits=("y1",), classes=("farm", "sex", "year"),
                random=(Effect("animal", "id", pedigree=True),),
                records=records[["id", "farm", "sex", "year", "y1"]], pedigree=pedigree)


def animals(number: int) -> Callable[[float], Case]:
    """A simulated animal model, a record for everybody."""

    def case(scale: float) -> Case:
        size = round(scale * number)
        population = simulate(SimulationSettings(animals=size, recorded="all"), seed=1)
        records = _with_herd_year(population.records)
        return Case(
            title=f"{size:,} animals", traits=("phenotype",), classes=("sex", "herd_year"),
            random=(ANIMAL,), records=records, pedigree=_columns(population.pedigree),
            truth={name: [[value]] for name, value in population.variances.items()})

    return case


def four_traits(scale: float) -> Case:
    """Four traits, five records an animal: 23,205 records of 4,641 animals, 30 parameters."""
    source, pedigree = _read("blupf90_aireml")
    pedigree = pedigree.head(round(scale * len(pedigree)))
    truth = {"animal": _covariance([6, 5, 4, 3], 0.4), "permanent": _covariance([4, 4, 3, 2], 0.2),
             "residual": _covariance([8, 7, 6, 5], 0.3)}
    rng = np.random.default_rng(1)
    lasting = breeding_values(pedigree, truth["animal"], rng)
    lasting += draws(len(pedigree), truth["permanent"], rng)
    row = np.repeat(np.arange(len(pedigree)), RECORDS_PER_ANIMAL)
    source = source.set_index("id").loc[pedigree["individual"]].reset_index(names="animal")
    records = source.iloc[row][["animal", "farm", "sex", "year"]].assign(
        parity=np.tile(np.arange(RECORDS_PER_ANIMAL) + 1, len(pedigree)))
    classes = ("farm", "sex", "year", "parity")
    y = lasting[row] + draws(len(row), truth["residual"], rng)
    for name in classes:
        y += class_effects(pd.factorize(records[name])[0], [4, 4, 4, 4], rng)
    return _several(f"Four traits, {len(row):,} records", records, y, pedigree, classes=classes,
                    random=(ANIMAL, Effect("permanent", "animal")), truth=truth)


def three_traits(scale: float) -> Case:
    """Three traits of 50 thousand animals, half of the third's records missing, 12 parameters."""
    size = round(scale * 50_000)
    population = simulate(SimulationSettings(animals=size, recorded="all"), seed=1)
    pedigree = _columns(population.pedigree)
    truth = {"animal": _covariance([6, 5, 4], 0.4), "residual": _covariance([8, 7, 6], 0.3)}
    records = _with_herd_year(population.records).drop(columns="phenotype")
    rng = np.random.default_rng(1)
    row = pd.Index(pedigree["individual"]).get_indexer(records["animal"])
    y = breeding_values(pedigree, truth["animal"], rng)[row]
    y += draws(len(row), truth["residual"], rng)
    for name in ("sex", "herd_year"):
        y += class_effects(pd.factorize(records[name])[0], [4, 4, 4], rng)
    y[rng.permutation(len(row))[:len(row) // 2], 2] = np.nan
    return _several(f"Three traits, {size:,} animals", records, y, pedigree,
                    classes=("sex", "herd_year"), random=(ANIMAL,), truth=truth)


CASES: dict[str, Callable[[float], Case]] = {
    "gryphon": gryphon,
    "gryphon-two-traits": gryphon_two_traits,
    "gryphon-two-traits-three-effects": gryphon_two_traits_three_effects,
    "dairy": dairy,
    "dairy-without-pedigree": dairy_without_pedigree,
    "farms": farms,
    "animals-1000": animals(1_000),
    "animals-5000": animals(5_000),
    "animals-20000": animals(20_000),
    "animals-100000": animals(100_000),
    "four-traits": four_traits,
    "three-traits": three_traits,
}


def _read(name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records and pedigree as they are in the files; empty where missing."""
    records, pedigree = (
        pd.read_csv(DATA / name / f"{table}.csv", dtype=str, keep_default_na=False)
        for table in ("records", "pedigree"))
    return records, pedigree.set_axis(["individual", "sire", "dam"], axis=1)


def _columns(pedigree: pd.DataFrame) -> pd.DataFrame:
    return pedigree[["individual", "sire", "dam"]]


def _with_herd_year(records: pd.DataFrame) -> pd.DataFrame:
    herd_year = records["herd"] + "_" + records["year"].astype(str)
    return records.rename(columns={"individual": "animal"}).assign(herd_year=herd_year)


def _covariance(deviations: Sequence[float], correlation: float) -> Values:
    """Standard deviations, and a correlation that falls by half for every trait between."""
    place = np.arange(len(deviations))
    apart = np.abs(place[:, None] - place)
    return np.outer(deviations, deviations) * np.where(
        apart == 0, 1.0, 2 * correlation * 0.5 ** apart)


def _several(
    title: str, records: pd.DataFrame, y: Values, pedigree: pd.DataFrame, *,
    classes: tuple[str, ...], random: tuple[Effect, ...], truth: dict[str, Values],
) -> Case:
    traits = tuple(f"y{k + 1}" for k in range(y.shape[1]))
    values = pd.DataFrame(np.round(y, 2), columns=traits, index=records.index)
    return Case(title=title, traits=traits, classes=classes, random=random,
                records=pd.concat([records, values], axis=1), pedigree=pedigree,
                truth={name: matrix.tolist() for name, matrix in truth.items()})

"""Simulated populations."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from breedeval.errors import InputError
from breedeval.simulation import SimulationSettings, simulate
from tests.oracles.tabular import tabular


def _rows(population):
    """Sire and dam as rows; −1 unknown. Names are 1 … n."""
    return (population.pedigree[column].fillna("0").astype(int).to_numpy() - 1
            for column in ("sire", "dam"))


def _digest(table: pd.DataFrame) -> str:
    return hashlib.sha256(table.to_csv(index=False).encode()).hexdigest()[:16]


@pytest.mark.parametrize("selection", ["random", "phenotype", "breeding_value"])
def test_parents_are_older_of_the_right_sex_and_not_many(selection):
    settings = SimulationSettings(animals=2000, generations=6, sires=4, dams=0.5, sire_use=1,
                                  dam_use=3, selection=selection)
    population = simulate(settings, 2)
    table = population.pedigree
    sire, dam = _rows(population)
    cohort = (table["birth_year"].to_numpy() - 2001) // 2
    child = np.flatnonzero(sire >= 0)
    assert np.array_equal(child, np.flatnonzero(dam >= 0))
    assert np.array_equal(np.flatnonzero(cohort == 0), np.flatnonzero(sire < 0))
    assert np.unique(cohort[child] - cohort[sire[child]]).tolist() == [1]
    assert np.unique(cohort[child] - cohort[dam[child]]).tolist() == [1, 2, 3]
    assert set(table["sex"][sire[child]]) == {"M"}
    assert set(table["sex"][dam[child]]) == {"F"}
    for born in range(1, 6):
        assert len(set(sire[cohort == born])) <= 4
    assert (table["herd"].to_numpy()[dam[child]] == table["herd"].to_numpy()[child]).mean() > 0.98


def test_sizes():
    population = simulate(SimulationSettings(animals=1003, generations=10), 1)
    assert len(population.pedigree) == len(population.true_breeding_values) == 1003
    assert population.pedigree.groupby("birth_year").size().between(100, 101).all()
    assert population.pedigree["individual"].is_unique


def test_litters_are_full_sibs():
    population = simulate(SimulationSettings(animals=900, generations=3, litter=5), 1)
    family = population.pedigree.dropna().groupby(["sire", "dam"]).size()
    assert (family % 5 == 0).mean() > 0.9


def test_the_same_seed_gives_the_same_tables_on_any_machine():
    settings = SimulationSettings(animals=300, generations=3, records_per_animal=2,
                                  selection="phenotype")
    first, again = simulate(settings, 7), simulate(settings, 7)
    for name in ("pedigree", "true_breeding_values", "records"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(again, name))
    assert [_digest(first.pedigree), _digest(first.true_breeding_values),
            _digest(first.records)] == ["d1768d92eafb298f", "29182cc0b25ca355", "bda45fe011f6abe2"]


def test_another_seed_gives_another_population():
    settings = SimulationSettings(animals=300)
    one, other = simulate(settings, 1), simulate(settings, 2)
    assert not one.pedigree.equals(other.pedigree)
    assert not one.true_breeding_values.equals(other.true_breeding_values)


def test_the_pedigree_does_not_depend_on_how_animals_are_recorded():
    one = simulate(SimulationSettings(animals=300), 1)
    other = simulate(SimulationSettings(animals=300, recorded="all", records_per_animal=2), 1)
    pd.testing.assert_frame_equal(one.pedigree, other.pedigree)
    pd.testing.assert_frame_equal(one.true_breeding_values, other.true_breeding_values)


def test_mendelian_sampling_has_the_variance_left_by_inbred_parents():
    """Σ m²/(Dσ²) is χ² with n degrees of freedom: a population from two sires a generation."""
    settings = SimulationSettings(animals=700, generations=10, sires=2, dams=10, sire_use=1,
                                  dam_use=1, h2=0.5)
    population = simulate(settings, 11)
    sire, dam = _rows(population)
    inbred = np.diag(tabular(sire, dam)) - 1
    assert inbred[-50:].mean() > 0.3  # D far below ½: a wrong one would be seen
    child = sire >= 0
    value = population.true_breeding_values["true_breeding_value"].to_numpy()
    sampling = (value - 0.5 * (value[sire] + value[dam]))[child]
    left = 50 * (0.5 - 0.25 * (inbred[sire] + inbred[dam]))[child]
    ratio = np.sum(sampling**2 / left) / child.sum()
    assert abs(ratio - 1) < 4 * np.sqrt(2 / child.sum())


@pytest.mark.parametrize("selection", ["phenotype", "breeding_value"])
def test_selection_moves_the_population(selection):
    trend = {}
    for kind in ("random", selection):
        population = simulate(SimulationSettings(animals=4000, generations=5, sires=0.05,
                                                 recorded="all", selection=kind), 4)
        value = population.true_breeding_values["true_breeding_value"]
        mean = value.groupby(population.pedigree["birth_year"]).mean()
        trend[kind] = mean.iloc[-1] - mean.iloc[0]
    assert abs(trend["random"]) < 2
    assert trend[selection] > 8


def test_every_setting_that_cannot_be_is_named_at_once():
    with pytest.raises(InputError) as raised:
        SimulationSettings(animals=3, generations=0, sires=0, h2=1.0, recorded_fraction=2.0,
                           selection="luck")
    text = str(raised.value)
    for name in ("animals", "generations", "sires", "h2", "recorded_fraction", "selection"):
        assert f"{name} is" in text


def test_a_repeatability_below_heritability_is_refused_when_records_repeat():
    SimulationSettings(h2=0.6, repeatability=0.5)
    with pytest.raises(InputError, match=r"repeatability is 0\.5"):
        SimulationSettings(h2=0.6, repeatability=0.5, records_per_animal=2)

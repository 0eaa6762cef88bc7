"""Phenotypes of simulated animals."""

import numpy as np
import pytest

from breedeval.simulation import SimulationSettings, simulate
from breedeval.simulation.phenotypes import Records, deviations


def _records(animal, herd, phenotype):
    rows = [np.array(column, np.int32)
            for column in (animal, herd, [3] * len(animal), [0] * len(animal))]
    return Records(*rows, np.array(phenotype, float))


def test_deviations_are_from_the_mean_of_herd_and_year():
    records = _records([10, 11, 12, 14], [0, 0, 1, 1], [1.0, 3.0, 10.0, 20.0])
    found = deviations(records, 10, 5)
    np.testing.assert_array_equal(found, [-1.0, 1.0, -5.0, np.nan, 5.0])


def test_deviations_without_any_record():
    assert np.isnan(deviations(_records([], [], []), 0, 3)).all()


def test_deviations_do_not_see_the_level_of_a_herd():
    records = _records([0, 1, 2], [0, 0, 1], [1.0, 3.0, 10.0])
    higher = _records([0, 1, 2], [0, 0, 1], [101.0, 103.0, 510.0])
    np.testing.assert_allclose(deviations(records, 0, 3), deviations(higher, 0, 3))


@pytest.mark.parametrize(("recorded", "sexes"), [
    ("females", {"F"}), ("males", {"M"}), ("all", {"F", "M"})])
def test_only_those_asked_for_have_records(recorded, sexes):
    found = simulate(SimulationSettings(animals=400, recorded=recorded), 3).records
    assert set(found["sex"]) == sexes
    assert not found["individual"].duplicated().any()


def test_a_fraction_has_records():
    found = simulate(SimulationSettings(animals=4000, recorded="all", recorded_fraction=0.25), 3)
    assert 0.22 < len(found.records) / 4000 < 0.28


def test_records_repeat_in_following_years():
    found = simulate(SimulationSettings(animals=400, records_per_animal=3), 3)
    one = found.records[found.records["individual"] == found.records["individual"].iloc[0]]
    born = found.pedigree.set_index("individual")["birth_year"][one["individual"].iloc[0]]
    assert one["parity"].tolist() == [1, 2, 3]
    assert (one["year"] - born).tolist() == [2, 3, 4]


def test_variances_within_fixed_effects_are_those_asked_for():
    settings = SimulationSettings(animals=40_000, generations=1, h2=0.4, repeatability=0.6,
                                  phenotypic_variance=50.0, records_per_animal=2, herd_size=2000)
    found = simulate(settings, 5)
    group = found.records.groupby(["herd", "year", "parity"])["phenotype"]
    within = (found.records["phenotype"] - group.transform("mean")).to_numpy().reshape(-1, 2)
    true = found.true_breeding_values.set_index("individual")["true_breeding_value"]
    own = true[found.records["individual"].iloc[::2]].to_numpy()
    # 20,000 cows: standard errors are 1 % of the variances
    assert found.variances == pytest.approx({"animal": 20, "permanent": 10, "residual": 20})
    assert within.var() == pytest.approx(50, rel=0.03)
    assert np.cov(within.T)[0, 1] == pytest.approx(30, rel=0.04)
    assert np.var(true) == pytest.approx(20, rel=0.04)
    assert np.cov(within.mean(axis=1), own)[0, 1] == pytest.approx(20, rel=0.04)


def test_males_differ_from_females():
    found = simulate(SimulationSettings(animals=20_000, generations=1, recorded="all"), 5)
    mean = found.records.groupby("sex")["phenotype"].mean()
    assert mean["M"] - mean["F"] == pytest.approx(5.0, abs=0.6)  # half a phenotypic deviation

"""What moved between two evaluations, and why."""

import copy

import numpy as np
import pytest

from breedeval.comparison import compare
from breedeval.comparison.differences import settings_differences
from tests.unit.comparison.made import SETTINGS, breeding_values, results

VALUES = [3.0, -1.0, 2.0, -4.0]


def _compare(old, new, new_settings=None):
    return compare(old, new, old_settings=SETTINGS, new_settings=new_settings or SETTINGS)


def _kinds(comparison):
    return [reason.kind for reason in comparison.reasons]


def test_the_same_evaluation_twice_has_nothing_to_tell():
    found = _compare(results(breeding_values(VALUES)), results(breeding_values(VALUES)))
    assert found.reasons == ()
    assert found.agreement["correlation"].item() == pytest.approx(1)
    assert found.moved_most.empty
    assert (found.inputs["state"] == "same").all()
    for table in (found.settings, found.summary, found.genetic_parameters):
        assert table.empty


def test_compared_the_other_way_round_changes_change_sign():
    one, other = results(breeding_values(VALUES)), results(breeding_values([2.0, 0.0, 5.0, 1.0]))
    there, back = _compare(one, other), _compare(other, one)
    assert there.agreement["mean_change"].item() == -back.agreement["mean_change"].item()
    assert there.agreement["correlation"].item() == pytest.approx(
        back.agreement["correlation"].item())


def test_changed_data_and_gained_records():
    old = results(breeding_values(VALUES, records=[0, 1, 1, 1]))
    new = results(breeding_values([9.0, -1.1, 2.1, -4.0], records=[2, 1, 1, 1]), label="new",
                  hashes=("changed", "b"))
    found = _compare(old, new)
    assert _kinds(found) == ["data", "records"]
    assert "records.csv" in str(found.reasons[0])
    assert "individuals with more records 1 (+2)" in str(found.reasons[1])
    assert found.inputs.set_index("role")["state"].to_dict() == {
        "run file": "changed", "records": "changed", "pedigree": "same"}


def test_a_changed_pedigree_is_seen_in_the_file_and_in_inbreeding():
    old = results(breeding_values(VALUES))
    new = results(breeding_values(VALUES, inbreeding=[0.0, 0.0, 0.25, 0.125]),
                  hashes=("a", "other"))
    found = _compare(old, new)
    assert _kinds(found) == ["pedigree", "pedigree"]
    assert "2 individuals" in str(found.reasons[1])


def test_changed_variances_are_told_once():
    settings = copy.deepcopy(SETTINGS)
    settings["variances"]["animal"] = 25.0
    new = results(breeding_values([2.9, -1.1, 1.8, -3.7]), animal=25.0)
    found = _compare(results(breeding_values(VALUES)), new, settings)
    assert _kinds(found) == ["variances"]
    assert str(found.reasons[0]) == "Variance of animal (animal:y): 30 → 25."
    assert found.settings["path"].tolist() == ["variances.animal"]
    assert found.genetic_parameters["change"].item() == pytest.approx(25 / 95 - 0.3)


def test_a_changed_model():
    settings = copy.deepcopy(SETTINGS)
    settings["model"]["fixed"].append({"factors": ["herd", "year"]})
    settings["model"]["random"][0]["relationship"] = "identity"
    found = _compare(results(breeding_values(VALUES)), results(breeding_values(VALUES)), settings)
    assert _kinds(found) == ["model", "model"]
    assert found.settings["path"].tolist() == ["model.fixed", "model.random.animal.relationship"]


def test_settings_that_move_nothing_are_no_reason():
    settings = copy.deepcopy(SETTINGS)
    settings["title"] = "other"
    settings["output"]["directory"] = "elsewhere"
    settings["solve"]["threads"] = 8
    settings["selection"] = {"select": 30}
    settings["trend"] = {"by": "birth_year"}
    found = _compare(results(breeding_values(VALUES)), results(breeding_values(VALUES)), settings)
    assert found.reasons == ()
    assert len(found.settings) == 5


def test_individuals_that_came_and_went():
    old = breeding_values(VALUES, names=["a", "b", "c", "d"])
    new = breeding_values([*VALUES[1:], 1.0, 2.0], names=["b", "c", "d", "e", "f"])
    found = _compare(results(old), results(new))
    assert _kinds(found) == ["individuals"]
    assert "individuals new 2, no longer there 1, in both 3" in str(found.reasons[0])


def test_a_moved_base_is_told_but_explains_nothing():
    new = breeding_values(np.add(VALUES, [10.0, 10.1, 9.9, 10.0]))
    found = _compare(results(breeding_values(VALUES)), results(new))
    assert _kinds(found) == ["base", "unexplained"]
    assert "+10" in str(found.reasons[0])


def test_last_digits_are_no_movement():
    new = breeding_values(np.array(VALUES) + 1e-9)
    assert _compare(results(breeding_values(VALUES)), results(new)).reasons == ()


def test_an_effect_of_one_run_only():
    found = _compare(results(breeding_values(VALUES)),
                     results(breeding_values(VALUES, component="direct")))
    assert "model" in _kinds(found)
    assert found.moved_most.empty


def test_convergence_and_program():
    new = results(breeding_values(VALUES), summary={"converged": False})
    new.provenance["version"] = "0.2.0"
    found = _compare(results(breeding_values(VALUES)), new)
    assert _kinds(found) == ["status", "program"]


def test_fixed_effects_are_compared_level_by_level():
    new = results(breeding_values(VALUES), fixed=(0.0, 7.5))
    row = _compare(results(breeding_values(VALUES)), new).fixed_effects.iloc[0]
    assert (row["effect"], row["level"], row["largest_change"], row["common"]) == (
        "sex", "M", 2.5, 2)


@pytest.mark.parametrize(("old", "new", "rows"), [
    ({"a": 1}, {"a": 1}, []),
    ({"a": {"b": 1}}, {"a": {"b": 2}}, [("a.b", 1, 2)]),
    ({"a": 1}, {"b": 1}, [("a", 1, None), ("b", None, 1)]),
    ({"a": [1, 2]}, {"a": [1, 3]}, [("a", "[1, 2]", "[1, 3]")]),
    ({"r": [{"name": "x", "k": 1}, {"name": "y", "k": 2}]},
     {"r": [{"name": "y", "k": 2}, {"name": "x", "k": 5}]}, [("r.x.k", 1, 5)]),
])
def test_settings_are_compared_by_key_path(old, new, rows):
    assert list(settings_differences(old, new).itertuples(index=False, name=None)) == rows

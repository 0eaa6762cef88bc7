"""The ladder and the two calls that climb it in one step."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import breedeval
from breedeval import ladder
from tests.reference.running import CONFIGS, PEDIGREES, evaluate

NAME = "mrode_8_1_maternal"


def frames(case: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    return tuple(pd.read_csv(PEDIGREES / case / f"{name}.csv", dtype=str)
                 for name in ("records", "pedigree"))


def test_every_rung_leads_to_the_same_evaluation() -> None:
    run = ladder.read(CONFIGS / f"{NAME}.yaml")
    design = ladder.design(run)
    equations = ladder.equations(run, design, ladder.relationships(run, design))
    solutions = ladder.solutions(equations, ladder.factor(equations))
    found, whole = ladder.evaluation(run, solutions), evaluate(NAME)
    pd.testing.assert_frame_equal(found.breeding_values, whole.breeding_values)
    pd.testing.assert_frame_equal(found.solutions, whole.solutions)
    assert found.summary["log_likelihood"] == whole.summary["log_likelihood"]
    assert found.settings["model"] == whole.settings["model"]
    assert found.summary["engine"] == whole.summary["engine"]


def test_the_ladder_warns_of_what_a_run_warns_of() -> None:
    run = ladder.read(CONFIGS / "mrode_5_1_repeatability.yaml")
    design = ladder.design(run)
    equations = ladder.equations(run, design, ladder.relationships(run, design))
    solutions = ladder.solutions(equations, ladder.factor(equations))
    found, whole = ladder.evaluation(run, solutions), evaluate("mrode_5_1_repeatability")
    assert found.summary["warnings"] == whole.summary["warnings"] != []


def test_the_ladder_names_the_engine_that_was_asked_for() -> None:
    run = ladder.read(CONFIGS / f"{NAME}.yaml")
    design = ladder.design(run)
    equations = ladder.equations(run, design, ladder.relationships(run, design))
    factor = ladder.factor(equations, method="lu", threads=2)
    found = ladder.evaluation(run, ladder.solutions(equations, factor))
    assert found.summary["engine"] == "SuperLU"
    assert factor.log_determinant == pytest.approx(ladder.factor(equations).log_determinant)
    assert factor.nnz >= equations.size


def test_data_frames_give_what_files_give() -> None:
    records, pedigree = frames("mrode_8_1")
    found = breedeval.evaluate(
        records, pedigree=pedigree,
        model={"traits": ["birth_weight"], "fixed": ["herd", "pen"], "random": [
            {"name": "genetic", "relationship": "pedigree",
             "components": {"direct": "id", "maternal": "dam"}},
            {"name": "maternal_environment", "column": "dam", "relationship": "identity"}]},
        variances={"genetic": [[150, -40], [-40, 90]], "maternal_environment": 40,
                   "residual": 350})
    pd.testing.assert_frame_equal(found.breeding_values, evaluate(NAME).breeding_values)


def test_numbers_in_frames_are_names_and_values() -> None:
    records, pedigree = frames("mrode_4_1")
    records = records.assign(id=records["id"].astype(int), wwg=records["wwg"].astype(float))
    found = breedeval.evaluate(
        records, pedigree=pedigree.astype({"id": int}),
        model={"traits": ["wwg"], "intercept": False, "fixed": ["sex"], "random": [
            {"name": "animal", "column": "id", "relationship": "pedigree"}]},
        variances={"animal": 20, "residual": 40})
    np.testing.assert_allclose(
        found.breeding_values["breeding_value"],
        evaluate("mrode_4_1_animal_model").breeding_values["breeding_value"], atol=1e-14)


def test_a_matrix_in_memory() -> None:
    labels = ["a", "b", "c"]
    k = pd.DataFrame([[1.0, 0.5, 0.0], [0.5, 1.0, 0.25], [0.0, 0.25, 1.0]], labels, labels)
    records = pd.DataFrame({"id": ["a", "b"], "y": [1.0, 3.0]})
    model = {"traits": ["y"], "random": [{"name": "g", "column": "id", "relationship": "mine"}]}
    found = breedeval.evaluate(records, model=model, variances={"g": 1, "residual": 2},
                               matrices={"mine": k}).breeding_values
    v = k.iloc[:2, :2].to_numpy() + 2 * np.eye(2)
    mean = np.linalg.solve(v, [1, 3]).sum() / np.linalg.inv(v).sum()
    expected = k.iloc[:, :2].to_numpy() @ np.linalg.solve(v, np.array([1, 3]) - mean)
    np.testing.assert_allclose(found["breeding_value"], expected, atol=1e-14)
    assert list(found["individual"]) == labels
    assert list(found["records"]) == [1, 1, 0]
    with pytest.raises(breedeval.InputError, match="mine: index and columns differ"):
        breedeval.evaluate(records, model=model, variances={"g": 1, "residual": 2},
                           matrices={"mine": k.iloc[::-1]})


def test_a_mapping_is_a_run_file() -> None:
    found = breedeval.run({
        "records": {"file": str(PEDIGREES / "mrode_4_1" / "records.csv")},
        "pedigree": {"file": str(PEDIGREES / "mrode_4_1" / "pedigree.csv")},
        "model": {"traits": "wwg", "fixed": ["sex"], "random": [
            {"name": "animal", "column": "id", "relationship": "pedigree"}]},
        "variances": {"animal": 20, "residual": 40}})
    np.testing.assert_allclose(
        found.breeding_values["breeding_value"],
        evaluate("mrode_4_1_animal_model").breeding_values["breeding_value"], atol=1e-14)


def test_records_of_every_component_are_counted() -> None:
    table = evaluate(NAME).breeding_values.set_index(["component", "individual"])["records"]
    assert table["direct"].sum() == 10
    assert table["maternal"].sum() == 10
    assert table["direct", "5"] == 1
    assert table["maternal", "2"] == 4


def test_an_individual_named_twice_in_one_record_counts_once() -> None:
    records = pd.DataFrame({"a": ["x", "x", None], "b": ["x", "z", "z"], "y": [1.0, 2.0, 4.0]})
    labels = ["x", "z"]
    found = breedeval.evaluate(
        records, matrices={"mine": pd.DataFrame(np.eye(2), labels, labels)},
        model={"traits": ["y"], "random": [
            {"name": "g", "relationship": "mine", "components": {"sum": {"columns": ["a", "b"]}}}]},
        variances={"g": 1, "residual": 2})
    assert dict(found.breeding_values[["individual", "records"]].to_numpy()) == {"x": 2, "z": 2}


def test_parents_that_pandas_read_as_floats_are_still_whole_numbers() -> None:
    """A column of numbers with unknown parents is float64 in pandas: 1.0 is animal 1."""
    records, pedigree = (pd.read_csv(PEDIGREES / "mrode_4_1" / f"{name}.csv")
                         for name in ("records", "pedigree"))
    assert pedigree["sire"].dtype == np.float64
    found = breedeval.evaluate(
        records, pedigree=pedigree,
        model={"traits": ["wwg"], "intercept": False, "fixed": ["sex"], "random": [
            {"name": "animal", "column": "id", "relationship": "pedigree"}]},
        variances={"animal": 20, "residual": 40})
    assert found.summary["individuals"] == 8
    np.testing.assert_allclose(
        found.breeding_values["breeding_value"],
        evaluate("mrode_4_1_animal_model").breeding_values["breeding_value"], atol=1e-14)


ANIMAL_MODEL = {"traits": ["wwg"], "intercept": False, "fixed": ["sex"], "random": [
    {"name": "animal", "column": "id", "relationship": "pedigree"}]}


def test_pruning_is_done_and_counted_for_frames_as_for_files() -> None:
    records, pedigree = frames("mrode_4_1")
    extra = pedigree.iloc[:2].assign(id=["90", "91"])
    found = breedeval.evaluate(
        records, pedigree=pd.concat([pedigree, extra]), pedigree_options={"prune": True},
        model=ANIMAL_MODEL, variances={"animal": 20, "residual": 40})
    assert found.summary["individuals"] == 8
    assert found.summary["warnings"] == [
        "pedigree: pruning left out 2 of 10 individuals, who are neither in the records nor "
        "ancestors of those who are. They get no breeding values; those of the others do not "
        "change."]


def test_variances_may_be_numbers_and_arrays_of_numpy() -> None:
    records, pedigree = frames("mrode_8_1")
    found = breedeval.evaluate(
        records, pedigree=pedigree,
        model={"traits": ["birth_weight"], "fixed": ["herd", "pen"], "random": [
            {"name": "genetic", "relationship": "pedigree",
             "components": {"direct": "id", "maternal": "dam"}},
            {"name": "maternal_environment", "column": "dam", "relationship": "identity"}]},
        variances={"genetic": np.array([[150, -40], [-40, 90]]),
                   "maternal_environment": np.float64(40), "residual": np.int64(350)})
    pd.testing.assert_frame_equal(found.breeding_values, evaluate(NAME).breeding_values)


def test_codes_for_missing_mean_missing_in_frames_too() -> None:
    records, pedigree = frames("mrode_4_1")
    none = records.iloc[:2].assign(id=["4", "5"], wwg=["NA", "-9"])
    found = breedeval.evaluate(
        pd.concat([records, none]), pedigree=pedigree.fillna("NA").replace("NA", "  0 "),
        records_options={"missing": ["NA", "-9"]}, model=ANIMAL_MODEL,
        variances={"animal": 20, "residual": 40})
    assert found.summary["records"] == len(records)
    assert found.summary["individuals"] == 8
    np.testing.assert_allclose(
        found.breeding_values["breeding_value"],
        evaluate("mrode_4_1_animal_model").breeding_values["breeding_value"], atol=1e-14)


def test_a_missing_class_in_a_frame_is_no_level() -> None:
    records, pedigree = frames("mrode_4_1")
    records.loc[0, "sex"] = "NA"
    found = breedeval.evaluate(records, pedigree=pedigree, model=ANIMAL_MODEL,
                               variances={"animal": 20, "residual": 40})
    assert found.summary["records"] == len(records) - 1
    assert list(found.solutions.query("effect == 'sex'")["level"]) == ["F", "M"]

"""Heritability and its relatives from given variances."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import breedeval
from tests.reference.running import evaluate

PEDIGREE = pd.DataFrame({
    "id": ["s", "d", "a", "b", "c", "e"], "sire": ["", "", "s", "s", "a", "a"],
    "dam": ["", "", "d", "d", "d", "b"]})


def parameters(
    random: list[dict[str, Any]], variances: dict[str, Any], **columns: list[Any]
) -> dict[tuple[str, str], float]:
    """Estimates by kind and first component."""
    records = pd.DataFrame(columns)
    found = breedeval.evaluate(
        records, model={"traits": ["y"], "random": random}, variances=variances,
        pedigree=PEDIGREE).genetic_parameters
    return {(row.parameter, row.component_1): row.estimate for row in found.itertuples()}


ANIMAL = {"name": "animal", "column": "id", "relationship": "pedigree"}


def test_heritability_of_an_animal_model() -> None:
    found = parameters([ANIMAL], {"animal": 20, "residual": 40},
                       y=[1.0, 2.0, 4.0], id=["a", "b", "c"])
    assert found == {("phenotypic_variance", ""): 60.0,
                     ("heritability", "animal"): pytest.approx(1 / 3)}


def test_repeatability_adds_the_effects_of_the_same_individuals() -> None:
    random = [ANIMAL, {"name": "permanent", "column": "id"}, {"name": "pen", "column": "pen"}]
    found = parameters(
        random, {"animal": 20, "permanent": 12, "pen": 8, "residual": 60},
        y=[1.0, 2.0, 4.0, 3.0], id=["a", "a", "b", "c"], pen=["1", "2", "1", "2"])
    assert found["heritability", "animal"] == pytest.approx(0.2)
    assert found["repeatability", "animal"] == pytest.approx(0.32)
    assert found["variance_ratio", "permanent"] == pytest.approx(0.12)
    assert found["variance_ratio", "pen"] == pytest.approx(0.08)


def test_direct_and_maternal_effects_share_half_their_covariance() -> None:
    """σ²p = σ²a + σ²m + σam + σ²e (Willham 1963), for records of calves with their dams."""
    random = [{"name": "genetic", "relationship": "pedigree",
               "components": {"direct": "id", "maternal": "dam"}}]
    found = parameters(
        random, {"genetic": [[150, -40], [-40, 90]], "residual": 350},
        y=[1.0, 2.0, 4.0], id=["a", "b", "e"], dam=["d", "d", "b"])
    assert found["phenotypic_variance", ""] == pytest.approx(150 + 90 - 40 + 350)
    assert found["heritability", "direct"] == pytest.approx(150 / 550)
    assert found["heritability", "maternal"] == pytest.approx(90 / 550)
    assert found["correlation", "maternal"] == pytest.approx(-40 / (150 * 90) ** 0.5)


def test_variances_along_a_curve_have_no_single_ratio() -> None:
    table = evaluate("mrode_10_2_random_regression").genetic_parameters
    assert set(table["parameter"]) == {"correlation"}
    assert len(table) == 2 * 3


def test_a_sum_over_mates_has_no_single_ratio_either() -> None:
    random = [{"name": "social", "relationship": "pedigree",
               "components": {"direct": "id", "mates": {"columns": ["m1", "m2"]}}}]
    found = parameters(
        random, {"social": [[2, 0.5], [0.5, 1]], "residual": 4},
        y=[1.0, 2.0, 4.0], id=["a", "b", "e"], m1=["b", "a", "a"], m2=["e", "e", "b"])
    assert set(found) == {("correlation", "mates")}

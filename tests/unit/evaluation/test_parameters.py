"""Heritability and its relatives, and their standard errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from breedeval.equations.henderson import Equations
from breedeval.evaluation.parameters import COLUMNS, genetic_parameters_table
from breedeval.variance.delta import Sampling
from tests.unit.evaluation.made import by_label, equations_of, numerical_errors, sampling_of

PEDIGREE = pd.DataFrame({
    "id": ["s", "d", "a", "b", "c", "e"], "sire": ["", "", "s", "s", "a", "a"],
    "dam": ["", "", "d", "d", "d", "b"]})
ANIMAL = {"name": "animal", "column": "id", "relationship": "pedigree"}
PERMANENT = {"name": "permanent", "column": "id"}
GENETIC = {"name": "genetic", "relationship": "pedigree",
           "components": {"direct": "id", "maternal": "dam"}}


def made(
    random: list[dict[str, Any]], variances: dict[str, Any], *, traits: tuple[str, ...] = ("y",),
    residual: dict[str, Any] | None = None, **columns: list[Any],
) -> Equations:
    model = {"traits": list(traits), "random": random, "residual": residual or {}}
    return equations_of(columns, model, variances, PEDIGREE)


def parameters(*arguments: Any, **options: Any) -> dict[tuple[str, str], float]:
    """Estimates by kind and first component."""
    table = genetic_parameters_table(made(*arguments, **options))
    assert list(table.columns) == COLUMNS
    assert table["se"].isna().all()
    return {(row.parameter, row.component_1): row.estimate for row in table.itertuples()}


def test_heritability_of_an_animal_model() -> None:
    found = parameters([ANIMAL], {"animal": 20, "residual": 40},
                       y=[1.0, 2.0, 4.0], id=["a", "b", "c"])
    assert found == {("phenotypic_variance", ""): 60.0,
                     ("heritability", "animal"): pytest.approx(1 / 3)}


def test_repeatability_adds_the_effects_of_the_same_individuals() -> None:
    found = parameters(
        [ANIMAL, PERMANENT, {"name": "pen", "column": "pen"}],
        {"animal": 20, "permanent": 12, "pen": 8, "residual": 60},
        y=[1.0, 2.0, 4.0, 3.0], id=["a", "a", "b", "c"], pen=["1", "2", "1", "2"])
    assert found["heritability", "animal"] == pytest.approx(0.2)
    assert found["repeatability", "animal"] == pytest.approx(0.32)
    assert found["variance_ratio", "permanent"] == pytest.approx(0.12)
    assert found["variance_ratio", "pen"] == pytest.approx(0.08)


def test_individuals_with_one_record_have_no_repeatability() -> None:
    found = parameters([ANIMAL, PERMANENT], {"animal": 20, "permanent": 12, "residual": 60},
                       y=[1.0, 2.0, 4.0], id=["a", "b", "c"])
    assert ("repeatability", "animal") not in found


def test_an_effect_on_one_of_two_traits() -> None:
    """Records without the trait do not hide that its individuals are the same."""
    equations = made(
        [ANIMAL, {**PERMANENT, "traits": ["y"]}],
        {"animal": [[20, 0], [0, 5]], "permanent": 12, "residual": [[60, 0], [0, 15]]},
        traits=("y", "z"), y=[1.0, 2.0, 4.0, None], z=[1.0, 2.0, None, 4.0],
        id=["a", "a", "b", "c"])
    found = by_label(genetic_parameters_table(equations))
    assert found["repeatability", "animal", "animal", "y", "animal", "y"] == pytest.approx(32 / 92)
    assert found["heritability", "animal", "animal", "z", "animal", "z"] == pytest.approx(0.25)
    assert found["phenotypic_variance", "", "", "z", "", "z"] == 20


MATERNAL: dict[str, Any] = {
    "y": [1.0, 2.0, 4.0], "id": ["a", "b", "e"], "dam": ["d", "d", "b"]}


def test_direct_and_maternal_effects_share_half_their_covariance() -> None:
    """σ²p = σ²a + σ²m + σam + σ²e (Willham 1963), for records of calves with their dams."""
    found = parameters([GENETIC], {"genetic": [[150, -40], [-40, 90]], "residual": 350}, **MATERNAL)
    assert found["phenotypic_variance", ""] == pytest.approx(150 + 90 - 40 + 350)
    assert found["heritability", "direct"] == pytest.approx(150 / 550)
    assert found["heritability", "maternal"] == pytest.approx(90 / 550)
    assert found["total_heritability", "direct"] == pytest.approx((150 - 60 + 45) / 550)
    assert found["correlation", "maternal"] == pytest.approx(-40 / (150 * 90) ** 0.5)


def test_total_heritability_whatever_the_order_of_the_components() -> None:
    random = [{"name": "genetic", "relationship": "pedigree",
               "components": {"maternal": "dam", "direct": "id"}}]
    table = genetic_parameters_table(made(
        random, {"genetic": [[90, -40], [-40, 150]], "residual": 350}, **MATERNAL))
    key = ("total_heritability", "genetic", "direct", "y", "maternal", "y")
    assert by_label(table)[key] == pytest.approx((150 - 60 + 45) / 550)


def test_components_of_unrelated_levels_add_up() -> None:
    """Without a relationship a dam tells nothing of her calf."""
    random = [{**GENETIC, "relationship": "identity"}]
    found = parameters(random, {"genetic": [[150, -40], [-40, 90]], "residual": 350}, **MATERNAL)
    assert found["phenotypic_variance", ""] == pytest.approx(150 + 90 + 350)
    assert found["variance_ratio", "maternal"] == pytest.approx(90 / 590)
    assert ("total_heritability", "direct") not in found


TWO: dict[str, Any] = {
    "traits": ("y", "z"), "y": [1.0, 2.0, 4.0, 3.0], "z": [2.0, 1.0, 3.0, 5.0],
    "id": ["a", "b", "c", "e"]}
TWO_VARIANCES = {"animal": [[20, 6], [6, 10]], "residual": [[60, -4], [-4, 30]]}


def test_correlations_of_two_traits() -> None:
    found = by_label(genetic_parameters_table(made([ANIMAL], TWO_VARIANCES, **TWO)))
    assert found["correlation", "animal", "animal", "z", "animal", "y"] == pytest.approx(
        6 / 200**0.5)
    assert found["correlation", "residual", "residual", "z", "residual", "y"] == pytest.approx(
        -4 / 1800**0.5)
    assert found["phenotypic_covariance", "", "", "z", "", "y"] == 2
    assert found["phenotypic_correlation", "", "", "z", "", "y"] == pytest.approx(
        2 / (80 * 40) ** 0.5)
    assert len(found) == 2 + 2 + 2 + 2


SEXES: dict[str, Any] = {
    "y": [1.0, 2.0, 4.0, 3.0], "id": ["a", "b", "c", "e"], "sex": ["M", "F", "M", "F"]}


def test_residuals_by_class_have_a_heritability_each() -> None:
    found = parameters([ANIMAL], {"animal": 20, "residual": {"M": 60, "F": 20}},
                       residual={"by": "sex"}, **SEXES)
    assert found == {
        ("phenotypic_variance", "phenotype[F]"): 40, ("heritability", "animal[F]"): 0.5,
        ("phenotypic_variance", "phenotype[M]"): 80, ("heritability", "animal[M]"): 0.25}


def test_classes_of_an_effect_have_a_heritability_each() -> None:
    random = [{"name": "animal", "relationship": "pedigree", "components": {
        "gen": {"column": "id", "basis": {"classes": "sex"}}}}]
    found = parameters(random, {"animal": [[20, 5], [5, 40]], "residual": {"M": 60, "F": 20}},
                       residual={"by": "sex"}, **SEXES)
    assert found == {
        ("phenotypic_variance", "phenotype[F]"): 40, ("heritability", "gen[F]"): 0.5,
        ("phenotypic_variance", "phenotype[M]"): 100, ("heritability", "gen[M]"): 0.4,
        ("correlation", "gen[M]"): pytest.approx(5 / 800**0.5)}


def test_variances_along_a_curve_have_no_single_ratio() -> None:
    random = [{"name": "animal", "relationship": "pedigree", "components": {
        "level": "id", "slope": {"column": "id", "basis": {"covariate": "x"}}}}]
    found = parameters(random, {"animal": [[2, 0.5], [0.5, 1]], "residual": 4},
                       y=[1.0, 2.0, 4.0], id=["a", "b", "e"], x=[-1.0, 0.0, 2.0])
    assert set(found) == {("correlation", "slope")}


def test_a_residual_along_a_covariate_has_none_either() -> None:
    found = parameters(
        [ANIMAL], {"animal": 20, "residual": 60, "log_linear": {"x": 0.1}},
        residual={"log_linear": ["x"]}, y=[1.0, 2.0, 4.0], id=["a", "b", "e"], x=[-1.0, 0.0, 2.0])
    assert found == {}


def test_a_sum_over_mates_has_no_single_ratio_either() -> None:
    random = [{"name": "social", "relationship": "pedigree",
               "components": {"direct": "id", "mates": {"columns": ["m1", "m2"]}}}]
    found = parameters(
        random, {"social": [[2, 0.5], [0.5, 1]], "residual": 4},
        y=[1.0, 2.0, 4.0], id=["a", "b", "e"], m1=["b", "a", "a"], m2=["e", "e", "b"])
    assert set(found) == {("correlation", "mates")}


def estimates(equations: Equations) -> np.ndarray[Any, Any]:
    return genetic_parameters_table(equations)["estimate"].to_numpy(np.float64)


@pytest.mark.parametrize("equations", [
    made([GENETIC, {"name": "dam", "column": "dam"}],
         {"genetic": [[15, -4], [-4, 9]], "dam": 4, "residual": 35}, **MATERNAL),
    made([ANIMAL, {**PERMANENT, "traits": ["y"]}],
         {**TWO_VARIANCES, "permanent": 4}, **{**TWO, "id": ["a", "a", "b", "b"]}),
    made([ANIMAL], {"animal": 20, "residual": {"M": 60, "F": 20}}, residual={"by": "sex"}, **SEXES),
    made([{**ANIMAL, "covariance": "diagonal"}],
         {"animal": [[20, 0], [0, 10]], "residual": [[60, -4], [-4, 30]]}, **TWO),
], ids=["maternal", "two traits", "classes", "diagonal"])
def test_standard_errors_by_finite_differences(equations: Equations) -> None:
    """Of every row; what cannot vary, such as a correlation of 0 by structure, has none."""
    sampling = sampling_of(equations)
    found = genetic_parameters_table(equations, sampling)["se"].to_numpy(np.float64)
    expected = numerical_errors(equations, sampling, estimates)
    np.testing.assert_allclose(
        found, np.where(expected > 0, expected, np.nan), rtol=1e-6)


def test_ratios_keep_their_standard_errors_when_a_trait_is_rescaled() -> None:
    tables = []
    for scale in (1.0, 1e3):
        equations = made([ANIMAL], {
            name: (np.array(value) * scale**2).tolist() for name, value in TWO_VARIANCES.items()},
            **TWO)
        own = sampling_of(equations)
        tables.append(genetic_parameters_table(
            equations, Sampling(own.names, scale**4 * own.covariance, own.statuses)))
    ratios = ~tables[0]["parameter"].isin(["phenotypic_variance", "phenotypic_covariance"])
    for column in ("estimate", "se"):
        one, other = (table.loc[ratios, column] for table in tables)
        np.testing.assert_allclose(one, other, rtol=1e-12)

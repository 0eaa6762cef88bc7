"""Variances, heritability and correlations along a covariate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from breedeval.equations.henderson import Equations
from breedeval.evaluation.curves import COLUMNS, curves_table
from breedeval.evaluation.phenotype import Kind, effect_parts
from breedeval.evaluation.strata import Stratum
from breedeval.model.basis import normalised_legendre
from breedeval.variance.delta import bilinear
from tests.reference.running import answers, assert_printed
from tests.unit.evaluation.made import equations_of, numerical_errors, sampling_of

BOOK = "mrode_10_4_covariance_function"
PEDIGREE = pd.DataFrame({"id": ["s", "d", "a", "b"], "sire": ["", "", "s", "s"],
                         "dam": ["", "", "d", "d"]})
RECORDS: dict[str, Any] = {
    "y": [1.0, 2.0, 4.0, 3.0, 5.0, 2.5], "id": ["a", "a", "b", "b", "s", "s"],
    "age": [90.0, 100.0, 160.0, 130.0, 240.0, 200.0], "sex": ["F", "F", "F", "F", "M", "M"],
    "heat": [1.0, -1.0, 0.0, 2.0, -2.0, 0.5], "pen": ["p", "q", "p", "q", "p", "q"]}
AGE = {"legendre": "age", "degree": 2, "range": [90, 240]}


def covariance_function() -> np.ndarray[Any, Any]:
    """C = Φ⁻¹GΦ⁻¹′ of the covariances at three ages."""
    matrix = np.array([[132.3, 127.0, 136.6], [127.0, 172.8, 200.8], [136.6, 200.8, 288.0]])
    inverse = np.linalg.inv(normalised_legendre(np.array([90.0, 160.0, 240.0]), 2, 90.0, 240.0))
    return np.asarray(inverse @ matrix @ inverse.T)


def growth() -> Equations:
    model = {"traits": ["y"], "random": [
        {"name": "genetic", "relationship": "pedigree", "components": {
            "weight": {"column": "id", "basis": AGE}}},
        {"name": "permanent", "column": "id"}, {"name": "pen", "column": "pen"}]}
    return equations_of(RECORDS, model, {
        "genetic": covariance_function().tolist(), "permanent": 20, "pen": 5, "residual": 50},
        PEDIGREE)


def curve(table: pd.DataFrame, quantity: str, effect: str = "") -> pd.DataFrame:
    return table[(table["quantity"] == quantity) & (table["effect"] == effect)]


def test_covariance_function_of_mrode_10_4() -> None:
    """Variances at ages in between, and the covariance of two ages."""
    equations, printed = growth(), answers(BOOK)
    kind = Kind(equations, effect_parts(equations), Stratum("", {}, 0),
                {"age": np.array([90.0, 200.0])})
    genetic = kind.effects[0]
    assert_printed(kind.variance(genetic, 0, 0).values, [printed["var90"], printed["var200"]], 1)
    loads = kind.loads(genetic, 0, 0)
    between = bilinear(equations.variances, 0, loads[[0]], loads[[1]])
    assert_printed(between.values, [printed["cov90_200"]], 2)
    second = equations.variances.effects[0].matrix[1]
    np.testing.assert_allclose(second, printed["C_second_row"], rtol=0, atol=3e-3)


def test_curves_meet_the_covariances_that_they_are_made_of() -> None:
    table = curves_table(growth())
    assert list(table.columns) == COLUMNS
    assert table["se"].isna().all()
    ages = np.linspace(90, 240, 51)
    genetic = curve(table, "variance", "genetic")
    np.testing.assert_allclose(genetic["value"], ages)
    assert genetic["value_2"].isna().all()
    np.testing.assert_allclose(genetic["estimate"].iloc[[0, -1]], [132.3, 288.0])
    total = curve(table, "phenotypic_variance")["estimate"].to_numpy()
    np.testing.assert_allclose(total, genetic["estimate"].to_numpy() + 75, rtol=1e-14)
    for quantity, effect, share in (
            ("heritability", "genetic", genetic["estimate"].to_numpy()),
            ("variance_ratio", "permanent", 20), ("variance_ratio", "pen", 5),
            ("repeatability", "genetic", genetic["estimate"].to_numpy() + 20)):
        np.testing.assert_allclose(
            curve(table, quantity, effect)["estimate"], share / total, rtol=1e-14)
    for effect, variance in (("permanent", 20), ("pen", 5), ("residual", 50)):
        assert (curve(table, "variance", effect)["estimate"] == variance).all()


def test_correlations_between_ages() -> None:
    """Only of what changes with age."""
    found = curves_table(growth())
    found = found[found["quantity"] == "correlation"]
    assert set(found["effect"]) == {"genetic"}
    assert len(found) == 7 * 6 / 2
    (ends,) = found.loc[(found["value"] == 240) & (found["value_2"] == 90), "estimate"]
    assert ends == pytest.approx(136.6 / np.sqrt(132.3 * 288.0))


def by_class() -> Equations:
    model = {"traits": ["y"], "residual": {"by": "sex", "log_linear": ["heat"]}, "random": [
        {"name": "genetic", "relationship": "pedigree", "components": {
            "level": "id", "slope": {"column": "id", "basis": {"covariate": "heat"}}}},
        {"name": "permanent", "components": {
            "weight": {"column": "id", "basis": {"bspline": "age", "knots": 2, "degree": 1,
                                                 "range": [90, 240]}}}}]}
    return equations_of(RECORDS, model, {
        "genetic": [[4, 1], [1, 2]], "permanent": [[3, 1], [1, 5]], "residual": {"F": 6, "M": 8},
        "log_linear": {"heat": 0.2}}, PEDIGREE)


def test_two_covariates_and_classes() -> None:
    """Along each covariate, with the other at the middle of its range, in every class."""
    table = curves_table(by_class())
    assert set(table["covariate"]) == {"heat", "age"}
    assert set(table["component"]) == {
        f"{name}[{sex}]" for sex in "FM"
        for name in ("level+slope", "weight", "residual", "phenotype")}
    row = table[(table["covariate"] == "heat") & (table["value"] == 2.0)
                & (table["component"] == "phenotype[M]")]
    # at age 165 each B-spline is ½
    genetic, permanent, residual = 4 + 4 * 1 + 4 * 2, (3 + 2 + 5) / 4, 8 * np.exp(0.4)
    assert row["estimate"].item() == pytest.approx(genetic + permanent + residual)
    row = table[(table["covariate"] == "age") & (table["value"] == 240.0)
                & (table["component"] == "phenotype[F]")]
    assert row["estimate"].item() == pytest.approx(4 + 5 + 6)
    regressing = table[table["quantity"] == "correlation"]
    assert set(zip(regressing["effect"], regressing["covariate"], strict=True)) == {
        ("genetic", "heat"), ("permanent", "age")}


def test_nothing_changes_without_a_regression() -> None:
    model = {"traits": ["y"], "random": [{"name": "pen", "column": "pen"}]}
    table = curves_table(equations_of(RECORDS, model, {"pen": 1, "residual": 2}))
    assert table.empty
    assert list(table.columns) == COLUMNS


def test_a_covariate_that_does_not_vary_has_no_curve() -> None:
    model = {"traits": ["y"], "residual": {"log_linear": ["heat"]}}
    records = {**RECORDS, "heat": [1.0] * 6}
    equations = equations_of(records, model, {"residual": 2, "log_linear": {"heat": 0.1}})
    assert curves_table(equations).empty


def test_sums_over_mates_have_variances_alone() -> None:
    model = {"traits": ["y"], "random": [
        {"name": "mates", "relationship": "pedigree", "components": {
            "effect": {"columns": ["id", "other"], "basis": {"covariate": "heat"}}}}]}
    records = {**RECORDS, "other": ["b", "b", "a", "a", "d", "d"]}
    table = curves_table(equations_of(records, model, {"mates": 1, "residual": 2}, PEDIGREE))
    assert set(table["quantity"]) == {"variance", "correlation"}


def estimates(equations: Equations) -> np.ndarray[Any, Any]:
    return curves_table(equations)["estimate"].to_numpy(np.float64)


@pytest.mark.parametrize("equations", [growth(), by_class()], ids=["growth", "by class"])
def test_standard_errors_by_finite_differences(equations: Equations) -> None:
    sampling = sampling_of(equations)
    found = curves_table(equations, sampling)["se"].to_numpy(np.float64)
    expected = numerical_errors(equations, sampling, estimates)
    known = ~np.isnan(found)
    np.testing.assert_allclose(found[known], expected[known], rtol=1e-5)
    assert (expected[~known] < 1e-6).all()

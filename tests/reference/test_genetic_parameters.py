"""Standard errors at the variances that other programs print, from our average information.

The estimates are theirs, so that nothing here depends on where an iteration stops. Programs print
standard errors of the round before the last: the tolerances are those given with the answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from breedeval.equations.henderson import Equations
from breedeval.evaluation.parameters import genetic_parameters_table
from breedeval.evaluation.tables import variances_table
from breedeval.solve import direct_solver
from breedeval.variance.delta import Sampling
from breedeval.variance.likelihood import Likelihood
from tests.reference.running import PEDIGREES, answers
from tests.unit.evaluation.made import by_label, equations_of

ESTIMATES, ERRORS = 1e-4, 1e-3
"""Relative tolerances given with the answers."""
EFFECTS = {
    "animal": {"name": "animal", "column": "animal", "relationship": "pedigree"},
    "byear": {"name": "byear", "column": "byear"}, "mother": {"name": "mother", "column": "mother"}}


def gryphon(model: Mapping[str, Any], variances: Mapping[str, Any]) -> Equations:
    records, pedigree = (
        pd.read_csv(PEDIGREES / "gryphon" / f"{name}.csv", dtype=str).fillna("")
        for name in ("records", "pedigree"))
    return equations_of(records, model, variances, pedigree)


def sampling_at(equations: Equations) -> Sampling:
    """The inverse average information at the present variances."""
    likelihood = Likelihood(equations, direct_solver(threads=1))
    information = likelihood(equations.variances).derivatives().information
    count = len(information)
    return Sampling(("",) * count, np.linalg.inv(information), ("estimated",) * count)


@pytest.mark.parametrize("name", ["model1", "model2", "model3", "model4"])
def test_gryphon_of_asreml(name: str) -> None:
    printed = answers("wam_gryphon_univariate")[name]
    variances = {part["term"]: part["estimate"] for part in printed["varcomp"]}
    equations = gryphon({
        "traits": ["bwt"], "fixed": [] if name == "model1" else ["sex"],
        "random": [EFFECTS[effect] for effect in variances if effect != "residual"]}, variances)
    sampling = sampling_at(equations)
    errors = variances_table(equations, sampling).set_index("effect")["se"]
    for part in printed["varcomp"]:
        assert errors[part["term"]] == pytest.approx(part["se"], rel=ERRORS)
    if "h2" in printed:
        table = genetic_parameters_table(equations, sampling)
        key = ("heritability", "animal", "animal", "bwt", "animal", "bwt")
        assert by_label(table)[key] == pytest.approx(printed["h2"], rel=ESTIMATES)
        assert by_label(table, "se")[key] == pytest.approx(printed["h2_se"], rel=ERRORS)


def two_traits(printed: Mapping[str, Any], fixed: list[str]) -> Equations:
    variances = {
        name: [[cells["bwt,bwt"]["estimate"], cells["bwt,tarsus"]["estimate"]],
               [cells["bwt,tarsus"]["estimate"], cells["tarsus,tarsus"]["estimate"]]]
        for name, cells in printed["varcomp"].items()}
    return gryphon({
        "traits": ["bwt", "tarsus"], "fixed": fixed,
        "random": [EFFECTS[name] for name in variances if name != "residual"]}, variances)


@pytest.mark.parametrize(("name", "fixed"), [("modela", []), ("modelb", ["sex"])])
def test_gryphon_two_traits_of_asreml(name: str, fixed: list[str]) -> None:
    """Correlations of every effect; heritability of each trait in the first model."""
    printed = answers("wam_gryphon_bivariate")[name]
    equations = two_traits(printed, fixed)
    table = genetic_parameters_table(equations, sampling_at(equations))
    estimates, errors = by_label(table), by_label(table, "se")
    expected = {
        ("correlation", effect, effect, "tarsus", effect, "bwt"): printed[f"r_{effect}"]
        for effect in printed["varcomp"]}
    expected |= {
        ("heritability", "animal", "animal", trait, "animal", trait): printed[f"h2_{trait}"]
        for trait in ("bwt", "tarsus") if f"h2_{trait}" in printed}
    for key, (estimate, error) in expected.items():
        assert estimates[key] == pytest.approx(estimate, rel=ESTIMATES)
        assert errors[key] == pytest.approx(error, rel=ERRORS)


def test_gryphon_by_sex_of_asreml() -> None:
    """Each class of residuals and of animals has its own standard error."""
    printed = {part["term"]: part for part in
               answers("wam_gryphon_univariate")["model_SEX"]["varcomp"]}
    model = {
        "traits": ["bwt"], "fixed": ["sex"], "residual": {"by": "sex"}, "random": [
            {"name": "animal", "relationship": "pedigree", "covariance": "diagonal", "components": {
                "animal": {"column": "animal", "basis": {"classes": "sex"}}}},
            EFFECTS["byear"], EFFECTS["mother"]]}
    value = {name: part["estimate"] for name, part in printed.items()}
    equations = gryphon(model, {
        "animal": [[value["animal_sex1"], 0], [0, value["animal_sex2"]]],
        "byear": value["byear"], "mother": value["mother"],
        "residual": {"1": value["residual_sex1"], "2": value["residual_sex2"]}})
    sampling = sampling_at(equations)
    table = variances_table(equations, sampling)
    assert list(table["status"]) == ["estimated", "structure", *["estimated"] * 5]
    order = ["animal_sex1", "animal_sex2", "byear", "mother", "residual_sex1", "residual_sex2"]
    np.testing.assert_allclose(
        table["se"].dropna(), [printed[name]["se"] for name in order], rtol=5e-3)
    found = by_label(genetic_parameters_table(equations, sampling))
    for sex in "12":
        own = value[f"animal_sex{sex}"]
        total = own + value["byear"] + value["mother"] + value[f"residual_sex{sex}"]
        key = ("heritability", "animal", f"animal[{sex}]", "bwt", f"animal[{sex}]", "bwt")
        assert found[key] == pytest.approx(own / total)

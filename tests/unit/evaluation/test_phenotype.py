"""The variance of a record against the covariance matrix of all records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from breedeval.equations.henderson import Equations
from breedeval.evaluation.phenotype import Kind, effect_parts, shares
from breedeval.evaluation.strata import Stratum, covariate_ranges, make_strata
from tests.oracles.dense_covariance import covariance_of_observations
from tests.unit.evaluation.made import equations_of

PEDIGREE = pd.DataFrame({
    "id": ["s", "d", "m", "a", "b", "c", "e", "f"], "sire": ["", "", "", "s", "s", "s", "", "a"],
    "dam": ["", "", "", "d", "d", "m", "m", "e"]})
N = 8
RECORDS = {
    "y": [1.0, 2.0, 4.0, 3.0, 5.0, 2.5, 6.0, 1.5], "z": [2.0, 1.0, 3.0, 5.0, 4.0, 4.5, 3.5, 2.0],
    "id": ["a", "b", "c", "e", "f", "a", "b", "c"], "dam": ["d", "d", "m", "m", "e", "d", "d", "m"],
    "env": ["1", "2", "1", "2", "1", "2", "1", "2"],
    "sex": ["M", "M", "F", "F", "M", "F", "F", "M"],
    "pen": ["p", "q", "p", "q", "p", "q", "p", "q"],
    "age": [5.0, 10.0, 20.0, 12.5, 15.0, 7.0, 6.0, 18.0],
    "heat": [0.5, -1.0, 2.0, 1.0, -0.5, 0.0, 1.5, -2.0]}


def positive(size: int, seed: int) -> list[list[float]]:
    root = np.random.default_rng(seed).normal(size=(size, size + 1))
    return np.asarray(root @ root.T + 0.5 * np.eye(size)).tolist()


def effect(name: str, **components: Any) -> dict[str, Any]:
    return {"name": name, "relationship": "pedigree", "components": components}


AGE = {"legendre": "age", "degree": 1, "range": [5, 20]}
MODELS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "animal": ({"traits": ["y"], "random": [
        {"name": "animal", "column": "id", "relationship": "pedigree"},
        {"name": "pen", "column": "pen"}]}, {"animal": 2, "pen": 0.7, "residual": 3}),
    "maternal": ({"traits": ["y"], "random": [
        effect("genetic", direct="id", maternal="dam"), {"name": "dam", "column": "dam"}]},
        {"genetic": [[3, -1], [-1, 2]], "dam": 0.5, "residual": 4}),
    "two traits": ({"traits": ["y", "z"], "random": [
        effect("genetic", direct="id", maternal="dam"),
        {"name": "pen", "column": "pen", "traits": ["z"]}]},
        {"genetic": positive(4, 1), "pen": 0.8, "residual": [[3, 1], [1, 2]]}),
    "classes": ({"traits": ["y"], "residual": {"by": "sex"}, "random": [
        effect("animal", gen={"column": "id", "basis": {"classes": "env"}}),
        {"name": "pen", "column": "pen"}]},
        {"animal": positive(2, 2), "pen": 0.5, "residual": {"M": 2, "F": 3}}),
    "curves": ({"traits": ["y"], "random": [
        effect("genetic", milk={"column": "id", "basis": AGE}),
        {"name": "permanent", "components": {
            "milk": {"column": "id", "basis": {"bspline": "age", "knots": [5, 12, 20],
                                               "degree": 2}}}}]},
        {"genetic": positive(2, 3), "permanent": positive(4, 4), "residual": 1.5}),
    "norms": ({"traits": ["y", "z"], "residual": {"log_linear": ["age"]}, "random": [
        effect("genetic", level="id", slope={"column": "id", "basis": {"covariate": "heat"}},
               maternal={"column": "dam", "basis": AGE})]},
        {"genetic": positive(8, 5), "residual": [[2, 0.5], [0.5, 1]],
         "log_linear": {"age": 0.05}}),
}


def made(name: str) -> Equations:
    model, variances = MODELS[name]
    return equations_of(RECORDS, model, variances, PEDIGREE)


def stratum_of(equations: Equations, trait: int, record: int) -> Stratum:
    """The only stratum that has the classes of a record."""
    (found,) = (stratum for stratum in make_strata(equations.design, trait) if all(
        RECORDS[column][record] == label for column, label in stratum.classes.items()))
    return found


def kind_of(equations: Equations, trait: int, record: int) -> Kind:
    places = {name: np.array([RECORDS[name][record]])
              for name in covariate_ranges(equations.design, trait)}
    return Kind(equations, effect_parts(equations), stratum_of(equations, trait, record), places)


@pytest.mark.parametrize("name", MODELS)
def test_variances_of_records_are_the_diagonal_of_v(name: str) -> None:
    """And covariances between the traits of a record; nobody is inbred."""
    equations = made(name)
    design, v = equations.design, covariance_of_observations(equations)
    assert design.records == N
    for i in range(design.size):
        for j in range(design.size):
            if design.unit[i] == design.unit[j]:
                kind = kind_of(equations, int(design.trait[i]), int(design.unit[i]))
                found = kind.total(int(design.trait[i]), int(design.trait[j]))
                assert found.values == pytest.approx(v[i, j], rel=1e-12)


def ratios(name: str, record: int = 0) -> Mapping[tuple[str, str], float]:
    kind = kind_of(made(name), 0, record)
    return {(share.parameter, share.effect.part_name(share.parts[0])): share.values.values.item()
            for share in shares(kind, 0)}


def test_components_of_the_same_individual_are_one_value() -> None:
    """Level and slope of a reaction norm; the mother is another individual."""
    found = ratios("norms")
    assert set(found) == {("heritability", "level+slope"), ("heritability", "maternal"),
                          ("total_heritability", "level+slope")}
    sigma, x = np.array(MODELS["norms"][1]["genetic"])[::2, ::2], RECORDS["heat"][0]
    own = np.array([1.0, x, 0.0, 0.0])
    dam = np.array([0.0, 0.0, np.sqrt(0.5), -np.sqrt(1.5)])  # at age 5, the left end
    total = own @ sigma @ own + dam @ sigma @ dam + own @ sigma @ dam + 2 * np.exp(0.25)
    assert found["heritability", "level+slope"] == pytest.approx(own @ sigma @ own / total)
    assert found["heritability", "maternal"] == pytest.approx(dam @ sigma @ dam / total)
    assert found["total_heritability", "level+slope"] == pytest.approx(
        (own @ sigma @ own + 1.5 * own @ sigma @ dam + 0.5 * dam @ sigma @ dam) / total)


def test_repeatability_along_a_curve() -> None:
    found = ratios("curves")
    assert found["repeatability", "milk"] == pytest.approx(
        found["heritability", "milk"] + found["variance_ratio", "milk"])


def test_strata_are_the_combinations_there_are() -> None:
    design = made("classes").design
    assert [stratum.label for stratum in make_strata(design, 0)] == ["1:F", "1:M", "2:F", "2:M"]
    assert [stratum.residual for stratum in make_strata(design, 0)] == [0, 1, 0, 1]
    assert [stratum.name("pen") for stratum in make_strata(design, 0)][:2] == [
        "pen[1:F]", "pen[1:M]"]


def test_the_same_classes_of_an_effect_and_of_the_residual_are_counted_once() -> None:
    model = {"traits": ["y"], "residual": {"by": "env"}, "random": [
        effect("animal", gen={"column": "id", "basis": {"classes": "env", "levels": ["2", "1"]}})]}
    equations = equations_of(RECORDS, model, {
        "animal": positive(2, 2), "residual": {"1": 2, "2": 3}}, PEDIGREE)
    found = make_strata(equations.design, 0)
    assert [(stratum.label, stratum.residual) for stratum in found] == [("2", 1), ("1", 0)]


def test_records_of_classes_without_a_coefficient_are_no_stratum() -> None:
    records = {**RECORDS, "env": ["1", "2", "1", "2", "3", "2", "1", "2"]}
    model = {"traits": ["y"], "random": [
        effect("animal", gen={"column": "id", "basis": {"classes": "env", "levels": ["1", "2"]}})]}
    equations = equations_of(records, model, {"animal": positive(2, 2), "residual": 2}, PEDIGREE)
    assert [stratum.label for stratum in make_strata(equations.design, 0)] == ["1", "2"]


def test_ranges_of_covariates() -> None:
    """That of the basis, that of the data for powers, and the part in common."""
    equations = made("norms")
    assert covariate_ranges(equations.design, 0) == {"heat": (-2.0, 2.0), "age": (5.0, 20.0)}
    equations = made("curves")
    assert covariate_ranges(equations.design, 0) == {"age": (5.0, 20.0)}
    assert covariate_ranges(made("maternal").design, 0) == {}

"""Residuals against leaving observations out one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from breedeval import ladder
from breedeval.config.load import load_values
from breedeval.equations.henderson import Equations
from breedeval.evaluation import systems
from breedeval.evaluation.preparing import Inputs
from breedeval.evaluation.residuals import residuals_table
from breedeval.evaluation.solving import Solutions, solve_direct, solve_iterative
from breedeval.evaluation.systems import FactoredSystem
from breedeval.pedigree.build import build_pedigree
from breedeval.records import Table
from breedeval.solve import Factor
from breedeval.workflow.reading import pedigree_reading
from tests.oracles.dense_inverse import dense
from tests.oracles.dense_residuals import DenseResiduals
from tests.reference.running import CONFIGS

TRIPLE = [[3.0, 1.2, 0.6], [1.2, 2.5, 0.8], [0.6, 0.8, 2.0]]


def herd(seed: int, n: int = 30) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records of three traits, not all of them, and a pedigree."""
    rng = np.random.default_rng(seed)
    names = [f"a{k}" for k in range(n)]
    parents = [[names[rng.integers(0, k // 2) * 2 + odd] if k > 6 and rng.random() < 0.7 else "0"
                for k in range(n)] for odd in (0, 1)]
    pedigree = pd.DataFrame({"id": names, "sire": parents[0], "dam": parents[1]})
    y = rng.normal(10, 3, (n, 3)).round(2)
    y[rng.random((n, 3)) < 0.3] = np.nan
    y[0, 0] = 25.0
    records = pd.DataFrame(y, columns=["t1", "t2", "t3"]).assign(
        id=rng.choice(names, n), sex=rng.choice(["f", "m"], n), pen=rng.choice(list("pqrs"), n),
        age=rng.uniform(200, 300, n).round(1), w=rng.uniform(0.5, 2, n).round(2),
        alone=["x"] + ["y"] * (n - 1))
    return records, pedigree


def equations_of(model: dict[str, Any], variances: dict[str, Any], seed: int = 1) -> Equations:
    records, pedigree = herd(seed)
    settings = load_values(
        {"records": {"file": "records"}, "pedigree": {"file": "pedigree"}, "model": model,
         "variances": variances}, in_memory=("records", "pedigree")).settings
    assert settings.pedigree is not None
    run = ladder.Run(settings, Inputs(Table.of_frame(records, "records"), None, {}))
    people = build_pedigree(Table.of_frame(pedigree, "pedigree"),
                            pedigree_reading(settings.pedigree), findings=run.findings)
    run = ladder.Run(settings, Inputs(run.inputs.records, people, {}), run.findings)
    design = ladder.design(run)
    return ladder.equations(run, design, ladder.relationships(run, design))


def dense_of(equations: Equations) -> DenseResiduals:
    """The same model as dense matrices: G from the coefficient matrix without records."""
    design, size = equations.design, equations.size
    w = np.zeros((design.size, size))
    for row, (places, values) in enumerate(
            zip(equations.columns, equations.values, strict=True)):
        for place, value in zip(places, values, strict=True):
            if place >= 0:
                w[row, place] += value
    random = equations.random_equations
    fixed = np.setdiff1d(np.arange(size), random)
    r = np.zeros((design.size, design.size))
    variances = equations.variances
    spread = np.sqrt(np.exp(design.residual.covariates @ variances.slopes)[design.unit]
                     / design.weights)
    for a, b in np.ndindex(r.shape):
        if design.unit[a] == design.unit[b]:
            sigma = variances.residual[design.residual.codes[design.unit[a]]].matrix
            r[a, b] = sigma[design.trait[a], design.trait[b]] * spread[a] * spread[b]
    g_inverse = dense(equations.lower()) - w.T @ np.linalg.solve(r, w)
    g = np.linalg.inv(g_inverse[np.ix_(random, random)])
    # unknown-parent groups: u = Z(û − Qĝ) + ZQĝ, and [I; −Q′] … K⁻¹ holds −K⁻¹Q beside K⁻¹
    q = -g @ g_inverse[np.ix_(random, fixed)]
    x = w[:, fixed] + w[:, random] @ q
    return DenseResiduals(design.y, x, w[:, random] @ g @ w[:, random].T, r)


def solved(equations: Equations) -> tuple[Solutions, Factor]:
    factor = ladder.factor(equations)
    return solve_direct(FactoredSystem(equations, factor)), factor


ANIMAL = {"name": "animal", "column": "id", "relationship": "pedigree"}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "one trait": (
        {"traits": ["t1"], "fixed": ["sex", {"covariate": "age", "degree": 2}],
         "random": [ANIMAL]}, {"animal": 4, "residual": 6}),
    "weights": (
        {"traits": ["t1"], "fixed": ["sex"], "weights": "w",
         "random": [ANIMAL, {"name": "pen", "column": "pen"}]},
        {"animal": 4, "pen": 1, "residual": 6}),
    "three traits with missing records": (
        {"traits": ["t1", "t2", "t3"], "fixed": ["sex"], "random": [ANIMAL]},
        {"animal": TRIPLE, "residual": TRIPLE}),
    "own models, uncoupled residuals": (
        {"traits": {"t1": {"fixed": ["pen"]}, "t2": {}, "t3": {"fixed": [{"covariate": "age"}]}},
         "random": [ANIMAL], "residual": {"covariance": "diagonal"}},
        {"animal": TRIPLE, "residual": np.diag([3.0, 2.0, 4.0]).tolist()}),
    "autoregressive residuals, the middle one often missing": (
        {"traits": ["t1", "t2", "t3"], "random": [ANIMAL],
         "residual": {"covariance": "autoregressive"}},
        {"animal": TRIPLE, "residual": (4 * 0.6 ** np.abs(
            np.subtract.outer(range(3), range(3)))).tolist()}),
    "residuals by class": (
        {"traits": ["t1", "t2"], "fixed": ["pen"], "random": [ANIMAL], "residual": {"by": "sex"}},
        {"animal": [[3, 1], [1, 2]], "residual": {"f": [[4, 1], [1, 3]], "m": [[8, 2], [2, 5]]}}),
    "no random effect": ({"traits": ["t1"], "fixed": ["sex", "pen"]}, {"residual": 5}),
}


@pytest.mark.parametrize("name", CASES)
def test_equals_leaving_each_observation_out(name: str) -> None:
    equations = equations_of(*CASES[name])
    check(equations)


@pytest.mark.parametrize("name", ["mrode_4_4_groups", "mrode_8_1_maternal",
                                  "mrode_10_2_random_regression"])
def test_equals_leaving_each_observation_out_of_the_books(name: str) -> None:
    run = ladder.read(CONFIGS / f"{name}.yaml")
    design = ladder.design(run)
    check(ladder.equations(run, design, ladder.relationships(run, design)))


def check(equations: Equations) -> None:
    solutions, factor = solved(equations)
    table = residuals_table(solutions, FactoredSystem(equations, factor, equations.lower()))
    oracle = dense_of(equations)
    assert np.linalg.matrix_rank(oracle.x) == oracle.x.shape[1] == equations.fixed_size
    for column, expected in (
            ("fitted", oracle.fitted(oracle.y)), ("marginal_residual", oracle.marginal),
            ("leverage", oracle.leverage())):
        np.testing.assert_allclose(table[column], expected, rtol=1e-8, atol=1e-8, err_msg=column)
    np.testing.assert_allclose(table["residual"], table["observed"] - table["fitted"])
    free = table["standardised"].notna().to_numpy()
    assert free.sum() > free.size / 2
    error, deviation = oracle.deletion()
    for column, expected in (("deletion_residual", error), ("standardised", error / deviation),
                             ("cooks_distance", oracle.cooks_distance())):
        np.testing.assert_allclose(
            table[column][free], expected[free], rtol=1e-7, atol=1e-8, err_msg=column)


def test_what_is_fitted_exactly_has_no_standardised_residual() -> None:
    equations = equations_of({"traits": ["t1"], "fixed": ["alone"], "random": [ANIMAL]},
                             {"animal": 4, "residual": 6})
    solutions, factor = solved(equations)
    table = residuals_table(solutions, FactoredSystem(equations, factor, equations.lower()))
    alone = table[table["record"] == 1].iloc[0]
    assert alone["leverage"] == pytest.approx(1.0)
    assert alone["residual"] == pytest.approx(0.0, abs=1e-9)
    assert alone[["deletion_residual", "standardised", "cooks_distance"]].isna().all()
    assert table["standardised"].notna().sum() == len(table) - 1


def test_leverages_of_fixed_effects_add_up_to_their_rank() -> None:
    equations = equations_of(*CASES["no random effect"])
    solutions, factor = solved(equations)
    table = residuals_table(solutions, FactoredSystem(equations, factor, equations.lower()))
    assert table["leverage"].sum() == pytest.approx(equations.fixed_size)


def test_records_are_counted_as_in_the_file() -> None:
    equations = equations_of(*CASES["three traits with missing records"])
    table = residuals_table(solved(equations)[0])
    records, _ = herd(1)
    stacked = records[["t1", "t2", "t3"]].stack().dropna()
    assert list(table["record"]) == [row + 1 for row, _ in stacked.index]
    assert list(table["trait"]) == [trait for _, trait in stacked.index]
    np.testing.assert_array_equal(table["observed"], stacked)


def test_without_a_factor_there_is_less() -> None:
    equations = equations_of(*CASES["weights"])
    table = residuals_table(solve_iterative(equations, tolerance=1e-13, max_iterations=1000))
    exact = residuals_table(solved(equations)[0])
    pd.testing.assert_frame_equal(table, exact, rtol=1e-8)
    unknown = ["deletion_residual", "standardised", "leverage", "cooks_distance"]
    assert table[unknown].isna().all(axis=None)


def test_large_models_have_no_cooks_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(systems, "INFLUENCE_LIMIT", 10)
    equations = equations_of(*CASES["weights"])
    solutions, factor = solved(equations)
    table = residuals_table(solutions, FactoredSystem(equations, factor, equations.lower()))
    assert table["cooks_distance"].isna().all()
    assert table["standardised"].notna().all()

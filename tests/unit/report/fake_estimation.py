"""Estimated evaluations of the right shape and a lifelike content, made without estimating."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from breedeval.evaluation.intervals import scale_of, with_intervals
from breedeval.evaluation.result import Evaluation
from tests.unit.report.fake_evaluation import animal_model, values

CELLS = ["effect", "component_1", "trait_1", "component_2", "trait_2"]


def residuals(trait: str, n: int, seed: int) -> pd.DataFrame:
    """Residuals that suit the model, with one record that does not."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=n)
    z[n // 3] = 6.2
    predicted = rng.normal(20, 2, n)
    observed = predicted + 2.1 * z
    return pd.DataFrame({
        "record": np.arange(1, n + 1), "trait": trait, "observed": observed,
        "fitted": observed - 1.5 * z, "residual": 1.5 * z, "marginal_residual": 1.9 * z,
        "deletion_residual": 2.1 * z, "standardised": z,
        "leverage": rng.uniform(0.2, 0.5, n), "cooks_distance": 0.001 * z**2})


def diagnostics(table: pd.DataFrame) -> dict[str, Any]:
    """What summary.json says of such residuals."""
    n = len(table)
    return {
        "observations": n, "standardised": True, "sd": 1.5, "skewness": 0.031, "kurtosis": 0.42,
        "normality": {"test": "Shapiro–Wilk", "statistic": 0.993, "p_value": 0.0004},
        "far": {"beyond": 3.5, "count": 1, "expected": 0.000465 * n},
        "outliers": [{"record": n // 3 + 1, "standardised": 6.2, "p_value": 1e-7}],
        "by_predicted": {"effect": "predicted", "p_value": 0.41, "classes": [
            {"class": f"{third} third", "observations": n // 3, "sd": sd}
            for third, sd in (("lowest", 0.97), ("middle", 1.01), ("highest", 1.04))]},
        "by_class": [{"effect": "sex", "p_value": 0.0001, "classes": [
            {"class": "female", "observations": n // 2, "sd": 0.83},
            {"class": "male", "observations": n - n // 2, "sd": 1.15}]}]}


def matrix_rows(effect: str, cells: list[tuple[str, str]], matrix: Any) -> list[tuple[Any, ...]]:
    """Lower triangle of a matrix as rows of ``variances``."""
    return [(effect, *cells[i], *cells[j], matrix[i][j], 0.2 * abs(matrix[i][j]) + 0.01,
             "estimated") for i in range(len(cells)) for j in range(i + 1)]


def variances_of(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """The table of them; what is on the boundary is 0."""
    frame = pd.DataFrame(rows, columns=[*CELLS, "estimate", "se", "status"])
    alike = (frame["component_1"] == frame["component_2"]) & (frame["trait_1"] == frame["trait_2"])
    return with_intervals(frame, ["variance" if own else "plain" for own in alike]).assign(
        zero=frame["status"] == "boundary")


def estimation(names: list[str], estimates: list[float]) -> dict[str, Any]:
    """The ``estimation`` part of summary.json."""
    rounds = [-1820.0, -1790.0, -1741.3, -1735.21, -1734.907, -1734.9051]
    return {
        "method": "reml", "algorithm": "auto", "rounds": 6, "converged": True,
        "reason": "the likelihood can rise by no more than 2e-11", "advice": [],
        "history": [{"round": k, "kind": "PX-EM" if k < 3 else "AI", "log_likelihood": value,
                     "largest_change": 10.0 ** -k} for k, value in enumerate(rounds, start=1)],
        "parameters": [
            {"parameter": name, "estimate": estimate, "se": 0.2 * abs(estimate),
             "status": "estimated", "z": None, "p_value": None}
            for name, estimate in zip(names, estimates, strict=True)]}


def two_traits(n: int = 300) -> Evaluation:
    """Estimates for two traits, the second with a model of its own; residuals and tests."""
    base = animal_model(n)
    own = [("animal", "weight"), ("animal", "tarsus")]
    left = [("residual", "weight"), ("residual", "tarsus")]
    genetic, residual = [[3.37, 2.53], [2.53, 12.4]], [[3.8, -1.31], [-1.31, 17.6]]
    rows = matrix_rows("animal", own, genetic) + matrix_rows("residual", left, residual)
    rows.append(("litter", "litter", "tarsus", "litter", "tarsus", 3.4e-8, np.nan, "boundary"))
    parameters = pd.DataFrame(
        [("heritability", "animal", *own[0], *own[0], 0.47, 0.076),
         ("heritability", "animal", *own[1], *own[1], 0.41, 0.09),
         ("variance_ratio", "litter", "litter", "tarsus", "litter", "tarsus", 0.0, np.nan),
         ("correlation", "animal", *own[1], *own[0], 0.39, 0.13),
         ("correlation", "residual", *left[1], *left[0], -0.16, 0.09)],
        columns=["parameter", *CELLS, "estimate", "se"])
    tables = [residuals("weight", 600, 1), residuals("tarsus", 480, 2)]
    tests = pd.DataFrame(
        [(effect, trait, kind, 1, 91.2, 90.8, 412.7, 0.0, "kenward_roger", "")
         for effect, trait in (("sex", "weight"), ("pen", "tarsus"))
         for kind in ("incremental", "conditional")],
        columns=["effect", "trait", "kind", "numerator_df", "f_unadjusted", "f",
                 "denominator_df", "p_value", "method", "note"])
    profile = pd.DataFrame({
        "parameter": "animal(weight)", "value": np.linspace(1.8, 5.4, 13),
        "log_likelihood": -1734.9 - 1.1 * (np.linspace(1.8, 5.4, 13) - 3.37) ** 2,
        "lower": 2.06, "upper": 4.7})
    model = {
        "traits": {"weight": {"fixed": [{"factors": ["sex"]}]}, "tarsus": {}},
        "fixed": [{"factors": ["sex"]}, {"factors": ["pen"]}],
        "random": [{"name": "animal", "column": "animal", "relationship": "pedigree"},
                   {"name": "litter", "column": "litter", "traits": ["tarsus"]}]}
    names = ["animal(weight)", "animal(weight,tarsus)", "animal(tarsus)", "litter",
             "residual(weight)", "residual(weight,tarsus)", "residual(tarsus)"]
    found = estimation(names, [3.37, 2.53, 12.4, 0.0, 3.8, -1.31, 17.6])
    found["parameters"][3] |= {"se": None, "status": "boundary", "z": -0.8, "p_value": 0.788}
    found["advice"] = ["litter is at its lower bound: one-sided score test z = −0.80, p = 0.788"]
    summary = {**base.summary, "estimation": found, "likelihood": "reml",
               "log_likelihood": -1734.9051, "aic": 3485.8, "bic": 3520.1,
               "diagnostics": {str(table["trait"].iloc[0]): diagnostics(table) for table in tables}}
    breeding_values = pd.concat([
        values(base.individuals, ("animal", "animal", trait), variance, seed)
        for (_, trait), variance, seed in zip(own, (3.37, 12.4), (7, 8), strict=True)],
        ignore_index=True)
    return replace(
        base, settings={**base.settings, "model": model, "variances": "reml"},
        breeding_values=breeding_values,
        variances=variances_of(rows), genetic_parameters=with_intervals(
            parameters, [scale_of(name) for name in parameters["parameter"]]),
        summary=summary, fixed_tests=tests, profiles=profile,
        residuals=pd.concat(tables, ignore_index=True))


def regression(n: int = 300) -> Evaluation:
    """A random regression with curves along its covariate."""
    base = animal_model(n)
    names = [f"lactation[{k}]" for k in range(3)]
    matrix = [[3.297, 0.594, -1.381], [0.594, 0.921, -0.289], [-1.381, -0.289, 1.005]]
    rows = matrix_rows("curve", [(name, "milk") for name in names], matrix)
    rows += matrix_rows("residual", [("residual", "milk")], [[3.71]])
    at = np.linspace(5.0, 305.0, 51)
    shape = 6 + 2 * np.cos(at / 90)
    curve: dict[str, Any] = {"effect": "curve", "component": "lactation", "trait": "milk",
                             "covariate": "dim", "value": at, "value_2": np.nan}
    curves = [
        pd.DataFrame({**curve, "quantity": "variance", "estimate": shape, "se": 0.2 * shape}),
        pd.DataFrame({**curve, "effect": "residual", "component": "residual",
                      "quantity": "variance", "estimate": 3.71, "se": 0.4}),
        pd.DataFrame({**curve, "effect": "", "component": "", "quantity": "phenotypic_variance",
                      "estimate": shape + 3.71, "se": 0.1 * shape}),
        pd.DataFrame({**curve, "quantity": "heritability", "estimate": shape / (shape + 3.71),
                      "se": 0.05})]
    ages = np.linspace(5.0, 305.0, 7)
    one, other = np.tril_indices(7, -1)
    curves.append(pd.DataFrame({
        **curve, "value": ages[one], "value_2": ages[other], "quantity": "correlation",
        "estimate": np.cos((ages[one] - ages[other]) / 150), "se": 0.08}))
    model = {
        "traits": ["milk"], "fixed": [{"factors": ["herd"]}],
        "random": [{"name": "curve", "relationship": "pedigree", "components": {
            "lactation": {"column": "cow", "basis": {
                "legendre": "dim", "degree": 2, "range": [5, 305]}}}}]}
    breeding_values = pd.concat([
        values(base.individuals, ("curve", name, "milk"), matrix[k][k], 7 + k)
        for k, name in enumerate(names)], ignore_index=True)
    return replace(
        base, settings={**base.settings, "model": model, "variances": "reml"},
        breeding_values=breeding_values,
        variances=variances_of(rows),
        genetic_parameters=base.genetic_parameters.head(0),
        summary={**base.summary, "estimation": estimation(["residual"], [3.71])},
        curves=pd.concat(curves, ignore_index=True))

"""Additive, dominance and epistatic effects in one model: mixed-model equations = least squares."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import breedeval
from breedeval.evaluation.result import Evaluation
from tests.oracles.dense_equations import (
    DenseModel,
    RandomPart,
    indicator,
    log_likelihood,
    solve_by_covariance,
)
from tests.oracles.dominance import cockerham
from tests.oracles.tabular import tabular

Float64 = NDArray[np.float64]
EFFECTS = {"additive": "pedigree", "dominance": "dominance", "interaction": "aa"}
VARIANCES = {"additive": 3.0, "dominance": 2.0, "interaction": 1.5, "residual": 4.0}


def families(seed: int) -> tuple[list[int], list[int]]:
    """Six founders and three generations of full and half sibs, some of them inbred."""
    rng = np.random.default_rng(seed)
    sire, dam = [-1] * 6, [-1] * 6
    for _ in range(3):
        old = len(sire)
        for _ in range(4):
            male, female = 2 * rng.integers(old // 2), 2 * rng.integers(old // 2) + 1
            for _ in range(rng.integers(1, 4)):
                sire.append(int(male))
                dam.append(int(female))
    return sire, dam


def tables(sire: list[int], dam: list[int], seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A pedigree and two records of every other individual."""
    rng = np.random.default_rng(seed)
    n = len(sire)
    pedigree = pd.DataFrame({
        "id": [f"p{k}" for k in range(n)],
        "sire": [f"p{k}" if k >= 0 else "" for k in sire],
        "dam": [f"p{k}" if k >= 0 else "" for k in dam]})
    who = np.repeat(np.arange(0, n, 2), 2)
    return pedigree, pd.DataFrame({
        "id": [f"p{k}" for k in who], "pen": rng.choice(["a", "b"], who.size),
        "y": rng.normal(size=who.size)})


def evaluated(pedigree: pd.DataFrame, records: pd.DataFrame, **solve: Any) -> Evaluation:
    model = {"traits": ["y"], "fixed": ["pen"], "random": [
        {"name": name, "column": "id", "relationship": kind} for name, kind in EFFECTS.items()]}
    return breedeval.evaluate(
        records, model=model, variances=VARIANCES, pedigree=pedigree,
        relationships={"aa": {"kind": "epistasis"}},
        solve={"method": "cholesky", "threads": 1, **solve})


def column(found: Evaluation, effect: str, labels: list[str], name: str) -> Float64:
    table = found.breeding_values
    table = table[table["effect"] == effect].set_index("individual")
    return table.loc[labels, name].to_numpy(np.float64)


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 2**31))
def test_mixed_model_equations_are_generalised_least_squares(seed: int) -> None:
    sire, dam = families(seed)
    a = tabular(sire, dam)
    d = cockerham(sire, dam, a)
    pedigree, records = tables(sire, dam, seed)
    labels = list(pedigree["id"])
    z = indicator(labels, list(records["id"]))
    x = np.column_stack([np.ones(len(records)), (records["pen"] == "b").to_numpy(np.float64)])
    if np.linalg.matrix_rank(x) < 2:
        x = x[:, :1]
    parts = [RandomPart(z, k, np.array([[VARIANCES[name]]]))
             for name, k in zip(EFFECTS, (a, d, a * a), strict=True)]
    dense = DenseModel(records["y"].to_numpy(np.float64), x, parts, VARIANCES["residual"],
                       np.ones(len(records)))
    expected = solve_by_covariance(dense)
    found = evaluated(pedigree, records)
    for at, (name, k) in enumerate(zip(EFFECTS, (a, d, a * a), strict=True)):
        own = slice(at * len(labels), (at + 1) * len(labels))
        pev = expected.error_variance[own]
        np.testing.assert_allclose(
            column(found, name, labels, "breeding_value"), expected.u[own], rtol=0, atol=1e-9)
        np.testing.assert_allclose(
            column(found, name, labels, "se") ** 2, pev, rtol=0, atol=1e-9)
        np.testing.assert_allclose(
            column(found, name, labels, "reliability"),
            1 - pev / (VARIANCES[name] * np.diagonal(k)), rtol=0, atol=1e-9)
    assert found.summary["log_likelihood"] == pytest.approx(log_likelihood(dense), abs=1e-8)
    inbred = (np.diagonal(a) > 1).any()
    assert any("exact only without inbreeding" in line
               for line in found.summary["warnings"]) == inbred


@settings(deadline=None, max_examples=5)
@given(st.integers(0, 2**31))
def test_iteration_and_order_of_the_lines_change_nothing(seed: int) -> None:
    sire, dam = families(seed)
    pedigree, records = tables(sire, dam, seed)
    labels = list(pedigree["id"])
    one = evaluated(pedigree, records)
    other = evaluated(pedigree.sample(frac=1, random_state=seed % 2**31),
                      records.sample(frac=1, random_state=seed % 2**31),
                      method="pcg", tolerance=1e-13)
    for name in EFFECTS:
        np.testing.assert_allclose(
            column(other, name, labels, "breeding_value"),
            column(one, name, labels, "breeding_value"), rtol=0, atol=1e-8)

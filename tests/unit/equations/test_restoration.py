"""Covariates are centred inside the equations; what comes out belongs to the user's own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import breedeval
from breedeval.evaluation.result import Evaluation

N = 300


def animals() -> tuple[pd.DataFrame, pd.DataFrame]:
    random = np.random.default_rng(1)
    names = np.array([f"a{k}" for k in range(N)])
    parents = {role: np.where(np.arange(N) < 60, "", names[random.integers(low, low + 30, N)])
               for role, low in (("sire", 0), ("dam", 30))}
    age = random.integers(-3, 4, N)
    records = pd.DataFrame({"id": names, "age": age,
                            "y": 5 + 0.3 * age - 0.2 * age**2 + random.normal(size=N)})
    return pd.DataFrame({"id": names, **parents}), records


def evaluated(shift: float, degree: int) -> Evaluation:
    pedigree, records = animals()
    return breedeval.evaluate(
        records.assign(x=records["age"] + shift), pedigree=pedigree,
        variances={"animal": 0.5, "residual": 1.0},
        model={"traits": ["y"], "fixed": [{"covariate": "x", "degree": degree}],
               "random": [{"name": "animal", "column": "id", "relationship": "pedigree"}]})


@pytest.mark.parametrize("degree", [1, 2, 3])
@pytest.mark.parametrize("shift", [2021.0, 20240115.0])
def test_where_a_covariate_has_its_zero_changes_no_breeding_value(
    shift: float, degree: int
) -> None:
    near, far = evaluated(0.0, degree), evaluated(shift, degree)
    assert far.summary["fixed_rank"] == degree + 1
    assert far.summary["log_likelihood"] == pytest.approx(near.summary["log_likelihood"], abs=1e-8)
    for column in ("breeding_value", "se"):
        np.testing.assert_allclose(far.breeding_values[column], near.breeding_values[column],
                                   rtol=0, atol=1e-10)
    last = near.solutions["level"] == ("x" if degree == 1 else f"x^{degree}")
    np.testing.assert_allclose(far.solutions.loc[last, ["estimate", "se"]],
                               near.solutions.loc[last, ["estimate", "se"]], rtol=1e-9)


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_solutions_and_errors_are_those_of_generalised_least_squares(degree: int) -> None:
    """b = (X′V⁻¹X)⁻¹X′V⁻¹y with raw powers of a covariate between 2 and 8."""
    pedigree, records = animals()
    found = evaluated(5.0, degree)
    place = {name: k for k, name in enumerate(pedigree["id"])}
    a = np.zeros((N, N))
    for i, row in enumerate(pedigree.itertuples()):
        parents = [place[name] for name in (row.sire, row.dam) if name]
        a[i, :i] = a[:i, i] = sum((a[p, :i] for p in parents), np.zeros(i)) / 2
        a[i, i] = 1 + (a[parents[0], parents[1]] / 2 if len(parents) == 2 else 0)
    x = np.vander(records["age"] + 5.0, degree + 1, increasing=True)
    v = 0.5 * a + np.eye(N)
    information = x.T @ np.linalg.solve(v, x)
    b = np.linalg.solve(information, x.T @ np.linalg.solve(v, records["y"]))
    fixed = found.solutions[found.solutions["effect"] != "animal"]
    np.testing.assert_allclose(fixed["estimate"], b, rtol=1e-8)
    np.testing.assert_allclose(fixed["se"], np.sqrt(np.diag(np.linalg.inv(information))), rtol=1e-8)
    rest = records["y"] - x @ b
    log_likelihood = -0.5 * ((N - degree - 1) * np.log(2 * np.pi) + np.linalg.slogdet(v)[1]
                             + np.linalg.slogdet(information)[1] + rest @ np.linalg.solve(v, rest))
    assert found.summary["log_likelihood"] == pytest.approx(log_likelihood, abs=1e-8)

"""Estimation with a relationship that has eigenvalues below 0, as G by Yang et al. may have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import breedeval


def lines(seed: int = 4) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records and genotypes of inbred lines."""
    rng = np.random.default_rng(seed)
    copies = 2.0 * rng.binomial(1, rng.uniform(0.03, 0.3, 20), (60, 20))
    y = copies @ rng.normal(size=20) + rng.normal(0, 1.0, 60)
    people = [f"i{k}" for k in range(60)]
    return pd.DataFrame({"id": people, "y": y}), pd.DataFrame(
        copies, index=people, columns=[f"m{k}" for k in range(20)])


def estimated(variances: Any) -> breedeval.Evaluation:
    records, genotypes = lines()
    return breedeval.evaluate(
        records, genotypes=genotypes, variances=variances,
        relationships={"genomic": {"kind": "genomic", "method": "yang"}},
        model={"traits": ["y"], "random": [
            {"name": "line", "column": "id", "relationship": "genomic"}]})


def test_a_start_by_moments_where_v_is_indefinite_is_passed_over() -> None:
    found = estimated("reml")
    other = estimated({"method": "reml", "start": {"line": 1.0, "residual": 4.0}})
    assert found.summary["converged"]
    np.testing.assert_allclose(
        found.variances["estimate"], other.variances["estimate"], rtol=1e-4)


@pytest.mark.parametrize("engine", ["covariance", "spectral"])
def test_a_start_where_v_is_indefinite_is_refused(engine: str) -> None:
    with pytest.raises(breedeval.InputError, match="V is not positive definite where estimation"):
        estimated({"method": "reml", "engine": engine,
                   "start": {"line": 500.0, "residual": 1.0}})

"""The likelihood on a band against V itself."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest
import scipy.sparse as sp

from breedeval.equations.henderson import Equations
from breedeval.variance import band
from breedeval.variance.covariance_form import CovarianceLikelihood
from breedeval.variance.spectral import SpectralLikelihood, is_spectral, turn
from tests.oracles.dense_inverse import dense
from tests.unit.equations.made import ANIMAL, CASES, LITTER, Case, definite, equations_of, records

METHODS: tuple[Literal["reml", "ml"], ...] = ("reml", "ml")
MODELS = {
    "one trait": Case(
        {"traits": "y1", "fixed": ["sex", {"covariate": "age", "degree": 2}], "weights": "w",
         "random": [ANIMAL]}, {"animal": 0.7, "residual": 1.4}),
    "three traits": Case(
        {"traits": {"y1": {}, "y2": {"fixed": ["herd"]}, "y3": {}}, "fixed": ["sex"],
         "weights": "w", "random": [ANIMAL]},
        {"animal": definite(3, 1), "residual": definite(3, 3)}),
    "no fixed effects": Case(
        {"traits": "y1", "intercept": False, "random": [LITTER]}, {"litter": 0.7, "residual": 1.4}),
}


def complete(case: Case) -> Equations:
    """The equations of records that have all traits."""
    table = records(1)
    rng = np.random.default_rng(5)
    for trait in ("y1", "y2", "y3"):
        table[trait] = table[trait].fillna(rng.normal(10, 2)).astype(float)
    return equations_of(case, table)


@pytest.mark.parametrize("width", [7, 64])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", MODELS)
def test_likelihood_and_derivatives(
    name: str, method: Literal["reml", "ml"], width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(band, "WIDTH", width)
    equations = complete(MODELS[name])
    assert is_spectral(equations)
    (precision,) = equations.precisions
    kernel: Any = np.linalg.inv(dense(precision.lower()))
    if not precision.of_individuals:
        kernel = sp.csr_array(kernel)
    found, expected = (make(equations.variances) for make in (
        SpectralLikelihood(equations, turn(equations, kernel), method),
        CovarianceLikelihood(equations, (kernel,), method)))
    assert found.log_likelihood == pytest.approx(expected.log_likelihood, abs=1e-9)
    ours, theirs = found.derivatives(), expected.derivatives()
    assert ours.counts == theirs.counts
    for one, other in zip(ours.gradients, theirs.gradients, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-9)
    np.testing.assert_allclose(ours.score, theirs.score, atol=1e-9)
    np.testing.assert_allclose(ours.information, theirs.information, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_models_of_another_form(name: str) -> None:
    """Several effects, missing traits, components, classes of residuals: V is no sum of two."""
    assert not is_spectral(CASES[name].equations())

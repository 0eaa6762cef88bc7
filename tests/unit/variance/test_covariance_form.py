"""The likelihood from V itself against the mixed-model equations, for models of every kind."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
import scipy.sparse as sp

from breedeval.equations.henderson import Equations
from breedeval.variance.covariance_form import CovarianceLikelihood, CovariancePoint
from tests.oracles.dense_design import dense_data
from tests.oracles.dense_inverse import dense
from tests.oracles.dense_reml import DenseObjective, DensePoint
from tests.unit.equations.made import CASES

METHODS: tuple[Literal["reml", "ml"], ...] = ("reml", "ml")
GROUPLESS = [name for name in CASES if CASES[name].parents != "groups"]


@pytest.fixture(scope="module", params=GROUPLESS)
def equations(request: pytest.FixtureRequest) -> Equations:
    return CASES[request.param].equations()


@pytest.fixture(scope="module", params=METHODS)
def likelihood(equations: Equations, request: pytest.FixtureRequest) -> CovarianceLikelihood:
    kernels = tuple(
        sp.csr_array(sp.eye_array(len(precision.levels))) if not precision.of_individuals
        else np.linalg.inv(dense(precision.lower())) for precision in equations.precisions)
    return CovarianceLikelihood(equations, kernels, request.param)


@pytest.fixture(scope="module")
def point(likelihood: CovarianceLikelihood) -> CovariancePoint:
    return likelihood(likelihood.equations.variances)


@pytest.fixture(scope="module")
def oracle(likelihood: CovarianceLikelihood) -> DensePoint:
    data = dense_data(likelihood.equations)
    return DenseObjective(data, likelihood.method)(likelihood.equations.variances)


def test_the_likelihood(point: CovariancePoint, oracle: DensePoint) -> None:
    assert point.log_likelihood == pytest.approx(oracle.log_likelihood, abs=1e-9)


def test_gradients_and_average_information(point: CovariancePoint, oracle: DensePoint) -> None:
    found, expected = point.derivatives(), oracle.derivatives()
    assert found.counts == expected.counts
    for ours, theirs in zip(found.gradients, expected.gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-9)
    np.testing.assert_allclose(found.score, expected.score, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.information, expected.information, rtol=1e-8, atol=1e-9)

"""The sparse likelihood and its derivatives against V itself, for models of every kind."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from breedeval.equations.henderson import Equations
from breedeval.solve.backends import direct_solver
from breedeval.variance.likelihood import Likelihood, Point
from tests.oracles.dense_design import dense_data
from tests.oracles.dense_reml import DenseObjective, DensePoint
from tests.unit.equations.made import CASES

METHODS: tuple[Literal["reml", "ml"], ...] = ("reml", "ml")


def likelihood_of(equations: Equations, method: Literal["reml", "ml"]) -> Likelihood:
    return Likelihood(equations, direct_solver(threads=1), method, direct_solver(threads=1))


@pytest.fixture(scope="module", params=CASES)
def equations(request: pytest.FixtureRequest) -> Equations:
    return CASES[request.param].equations()


@pytest.fixture(scope="module", params=METHODS)
def likelihood(equations: Equations, request: pytest.FixtureRequest) -> Likelihood:
    return likelihood_of(equations, request.param)


@pytest.fixture(scope="module")
def point(likelihood: Likelihood) -> Point:
    return likelihood(likelihood.equations.variances)


@pytest.fixture(scope="module")
def oracle(likelihood: Likelihood) -> DensePoint:
    data = dense_data(likelihood.equations)
    return DenseObjective(data, likelihood.method)(likelihood.equations.variances)


def test_the_likelihood(point: Point, oracle: DensePoint) -> None:
    assert point.log_likelihood == pytest.approx(oracle.log_likelihood, abs=1e-9)


def test_score_and_average_information(point: Point, oracle: DensePoint) -> None:
    found, expected = point.derivatives(), oracle.derivatives()
    np.testing.assert_allclose(found.score, expected.score, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(found.slope_gradient, expected.slope_gradient, atol=1e-10)
    np.testing.assert_allclose(found.information, expected.information, rtol=1e-9, atol=1e-10)
    assert found.counts == expected.counts


def test_gradients_of_matrices(point: Point, oracle: DensePoint) -> None:
    """Σ⁻¹ of some structures has zeros, where no element of C⁻¹ is known: S + T lacks it there.

    Σ(Γ + ½qΣ⁻¹)Σ = ½(S + T) has the right elements on the pattern of Σ⁻¹, and the score does not
    ask for others.
    """
    found, expected = point.derivatives(), oracle.derivatives()
    for ours, theirs, covariance in zip(
            found.gradients, expected.gradients, point.equations.variances.covariances,
            strict=True):
        if covariance.pattern.all():
            np.testing.assert_allclose(ours, theirs, atol=1e-10)


def test_sums_of_squares_on_the_pattern(point: Point, oracle: DensePoint) -> None:
    """2Σ(Γ + ½qΣ⁻¹)Σ of the random effects is S + T wherever Σ⁻¹ has an element."""
    found, expected = point.derivatives(), oracle.derivatives()
    for number, covariance in enumerate(point.equations.covariances):
        sums = [covariance.matrix @ (
            one.gradients[number] + 0.5 * one.counts[number] * covariance.precision
        ) @ covariance.matrix for one in (found, expected)]
        np.testing.assert_allclose(
            sums[0][covariance.pattern], sums[1][covariance.pattern], atol=1e-10)


def test_the_score_is_the_finite_difference_of_the_likelihood(
    likelihood: Likelihood, point: Point
) -> None:
    variances = likelihood.equations.variances
    score = point.derivatives().score
    for k, value in enumerate(variances.values):
        h = 1e-4 * max(abs(value), 0.05)
        step = h * np.eye(variances.count)[k]
        ahead, behind = (likelihood(variances.at(variances.values + way * step)).log_likelihood
                         for way in (1, -1))
        assert score[k] == pytest.approx((ahead - behind) / (2 * h), rel=1e-5, abs=1e-5)


def test_one_factor_serves_both_methods_where_nothing_is_fixed() -> None:
    """Without fixed effects REML is ML."""
    case = CASES["B-splines"]
    equations = type(case)({**case.model, "fixed": []}, case.variances).equations()
    one, other = (likelihood_of(equations, method)(equations.variances) for method in METHODS)
    assert one.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-10)
    np.testing.assert_allclose(one.derivatives().score, other.derivatives().score, atol=1e-11)

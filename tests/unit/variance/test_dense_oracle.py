"""The dense oracle against what is known of it: other formulae, finite differences, the book."""

from __future__ import annotations

import numpy as np
import pytest

from breedeval.covariance.variances import Variances
from tests.oracles.dense_equations import DenseModel, RandomPart, log_likelihood
from tests.oracles.dense_reml import DenseData, DenseObjective
from tests.unit.covariance.made import every_covariance, positive_definite
from tests.unit.variance.made import components, mrode_17_7, simulated, weighted

METHODS = ("reml", "ml")
SEED = 5
"""Of a matrix whose factor model has no specific variance of 0."""


def _cases() -> list[tuple[str, DenseData, Variances]]:
    two = positive_definite(2) / 50
    three = positive_definite(3) / 100
    one = weighted(simulated([1.0, two], 2.0, slopes=[0.3, -0.2]))
    cases = [("slopes and weights", one, Variances(
        components(0.7, two, 1.5).effects, components(1.5).residual, np.array([0.2, -0.1])))]
    several = weighted(simulated([three], [three, 2 * three], records=30, missing=0.3))
    for number, covariance in enumerate(every_covariance(3, seed=SEED)):
        residual = (covariance.stretched(np.full(3, 0.2)), covariance.stretched(np.full(3, 0.3)))
        name = f"{type(covariance).__name__} {number}"
        cases.append((name, several, Variances((covariance.stretched(np.full(3, 0.1)),), residual)))
    return cases


CASES = _cases()
every_case = pytest.mark.parametrize(
    ("data", "variances"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])


def test_likelihood_is_that_of_the_other_oracle() -> None:
    data = weighted(simulated([1.0, np.diag([2.0, 0.5])], 2.0))
    variances = components(0.7, [[1.5, 0.2], [0.2, 0.4]], 1.5)
    parts = [RandomPart(effect.z, effect.k, part.matrix)
             for effect, part in zip(data.effects, variances.effects, strict=True)]
    model = DenseModel(data.y, data.x, parts, 1.5, data.weights)
    found = DenseObjective(data)(variances).log_likelihood
    assert found == pytest.approx(log_likelihood(model), rel=1e-12)


@every_case
@pytest.mark.parametrize("method", METHODS)
def test_score_is_the_finite_difference_of_the_likelihood(
    data: DenseData, variances: Variances, method: str
) -> None:
    objective = DenseObjective(data, method)  # type: ignore[arg-type]
    found = objective(variances).derivatives()
    for k, value in enumerate(variances.values):
        h = 1e-4 * max(abs(value), 0.01)
        step = h * np.eye(variances.count)[k]
        ahead, behind = (objective(variances.at(variances.values + way * step)).log_likelihood
                         for way in (1, -1))
        assert found.score[k] == pytest.approx((ahead - behind) / (2 * h), rel=1e-5, abs=1e-5)


@every_case
@pytest.mark.parametrize("method", METHODS)
def test_score_is_the_trace_of_gradients_and_derivatives(
    data: DenseData, variances: Variances, method: str
) -> None:
    found = DenseObjective(data, method)(variances).derivatives()  # type: ignore[arg-type]
    parts = [np.einsum("aij,ij->a", part.derivatives(), gradient) for part, gradient
             in zip(variances.covariances, found.gradients, strict=True)]
    np.testing.assert_allclose(
        np.concatenate([*parts, found.slope_gradient]), found.score, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_average_information_is_between_observed_and_expected(method: str) -> None:
    """For variances it is their average, where the traces of second order cancel."""
    data = simulated([1.0, 0.5], 2.0)
    variances = components(0.8, 0.6, 1.8)
    objective = DenseObjective(data, method)  # type: ignore[arg-type]
    point = objective(variances)
    changes = list(point.changes())
    trace = point.p if method == "reml" else point.v_inverse
    expected = np.array([[0.5 * np.trace(trace @ a @ trace @ b) for a in changes] for b in changes])
    h = 1e-5
    observed = -np.array([
        (objective(variances.at(variances.values + h * row)).derivatives().score
         - objective(variances.at(variances.values - h * row)).derivatives().score) / (2 * h)
        for row in np.eye(3)])
    np.testing.assert_allclose(
        point.derivatives().information, (expected + observed) / 2, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("expanded", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_expectation_maximisation_never_falls(method: str, expanded: bool) -> None:
    true = positive_definite(2) / 20
    data = simulated([true], true, missing=0.2)
    objective = DenseObjective(data, method)  # type: ignore[arg-type]
    variances = components(np.eye(2), np.eye(2))
    reached = -np.inf
    for _ in range(20):
        point = objective(variances)
        assert point.log_likelihood >= reached
        reached = point.log_likelihood
        found = point.derivatives()
        parts = [part.matrix + 2 / count * part.matrix @ gradient @ part.matrix
                 for part, gradient, count in zip(
                     variances.covariances, found.gradients, found.counts, strict=True)]
        if expanded:
            alpha = point.expansion()[0]
            parts[0] = parts[0] * np.outer(alpha, alpha)
        variances = components(*parts)


def test_mrode_17_7_at_the_start() -> None:
    objective, book = mrode_17_7()
    point = objective(components(0.2, 0.4))
    found = point.derivatives()
    without_constant = point.log_likelihood + 3 / 2 * np.log(2 * np.pi)
    assert without_constant == pytest.approx(book["logL"][0], abs=5e-5)
    step = np.linalg.solve(found.information, found.score)
    assert 0.2 + step[0] == pytest.approx(book["iterates_sigma2a"][1], abs=5e-5)
    assert 0.4 + step[1] == pytest.approx(book["iterates_sigma2e"][1], abs=5e-5)
    animal = 0.2 + 2 / 8 * 0.2**2 * found.score[0]
    assert animal == pytest.approx(book["first_EM_iterate"]["sigma2a"], abs=5e-5)
    # The book's residual update is Henderson's (1984): y′(y − Xb − Zu)/(n − p) = σ²y′Py/(n − p).
    residual = 0.4 * objective.data.y @ point.py / 3
    assert residual == pytest.approx(book["first_EM_iterate"]["sigma2e"], abs=5e-5)


def test_mrode_17_7_after_a_thousand_rounds_of_the_books_em() -> None:
    objective, book = mrode_17_7()
    animal, residual = 0.2, 0.4
    for _ in range(1000):
        point = objective(components(animal, residual))
        score = point.derivatives().score
        animal, residual = (
            animal + 2 / 8 * animal**2 * score[0], residual * objective.data.y @ point.py / 3)
    assert animal == pytest.approx(book["EM_1000"]["sigma2a"], abs=5e-5)
    assert residual == pytest.approx(book["EM_1000"]["sigma2e"], abs=5e-5)

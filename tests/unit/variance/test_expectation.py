"""EM from gradients and counts, the common scale, and parameter expansion."""

from __future__ import annotations

import numpy as np
import pytest

from breedeval.covariance.variances import Variances
from breedeval.variance.expectation import (
    common_scale,
    complete_information,
    expanded,
    rescaled,
    score_rounding,
)
from tests.oracles.dense_reml import DenseObjective
from tests.unit.covariance.made import every_covariance, positive_definite
from tests.unit.variance.made import components, simulated, unstructured


def _two_traits() -> DenseObjective:
    return DenseObjective(simulated(
        [positive_definite(2) / 20, [[1, 0.2], [0.2, 2]]], np.eye(2) * 3, missing=0.2))


def test_one_round_is_the_posterior_mean_of_the_squares() -> None:
    """θ + E⁻¹s is Σ + (2/q) ΣΓΣ for unstructured matrices."""
    objective = _two_traits()
    variances = components(np.eye(2), [[1.0, 0.3], [0.3, 2.0]], [[2.0, 1.0], [1.0, 2.0]])
    found = objective(variances).derivatives()
    e = complete_information(variances, found, [0.0, 0.0, 0.0])
    reached = variances.at(variances.values + np.linalg.solve(e, found.score))
    for before, after, gradient, count in zip(
            variances.covariances, reached.covariances, found.gradients, found.counts,
            strict=True):
        expected = before.matrix + 2 / count * before.matrix @ gradient @ before.matrix
        np.testing.assert_allclose(after.matrix, expected, rtol=1e-10)


def test_a_ridge_measures_from_larger_matrices() -> None:
    objective = _two_traits()
    variances = components(1e-8 * np.eye(2), np.eye(2), np.eye(2))
    found = objective(variances).derivatives()
    e = complete_information(variances, found, [np.ones(2), 0.0, 0.0])
    assert e[0, 0] == pytest.approx(found.counts[0] / 2, rel=1e-6)


@pytest.mark.parametrize("method", ["reml", "ml"])
def test_the_common_scale_is_the_best_of_all_multiples(method: str) -> None:
    data = simulated([positive_definite(3) / 30], np.eye(3), missing=0.2, slopes=[0.3])
    for covariance in every_covariance(3, 5):
        variances = Variances((covariance,), (covariance.stretched(np.full(3, 0.1)),),
                              np.array([0.2]))
        objective = DenseObjective(data, method)  # type: ignore[arg-type]
        factor = common_scale(variances, objective(variances).derivatives())
        best = rescaled(variances, factor)
        np.testing.assert_array_equal(best.slopes, variances.slopes)
        assert common_scale(best, objective(best).derivatives()) == pytest.approx(1, abs=1e-8)
        reached = objective(best).log_likelihood
        for other in (0.99, 1.01):
            assert objective(rescaled(best, other)).log_likelihood < reached


def test_expansion_stretches_what_em_reached() -> None:
    objective = _two_traits()
    variances = components(0.01 * np.eye(2), 0.01 * np.eye(2), 3 * np.eye(2))
    point = objective(variances)
    stretched = expanded(point, variances)
    assert stretched is not None
    for before, after, alpha in zip(
            variances.effects, stretched.effects, point.expansion(), strict=True):
        np.testing.assert_allclose(after.matrix, before.matrix * np.outer(alpha, alpha))
    assert stretched.residual == variances.residual


def test_without_working_parameters_there_is_no_expansion() -> None:
    class Plain:
        log_likelihood = 0.0

        def derivatives(self) -> None:
            raise AssertionError

    assert expanded(Plain(), components(1.0, 1.0)) is None  # type: ignore[arg-type]


def test_senseless_working_parameters_are_not_used() -> None:
    class Odd:
        log_likelihood = 0.0

        def derivatives(self) -> None:
            raise AssertionError

        def expansion(self) -> tuple[np.ndarray, ...]:
            return (np.array([np.nan]),)

    variances = Variances(unstructured(1.0), unstructured(1.0))
    assert expanded(Odd(), variances) is None  # type: ignore[arg-type]


def test_rounding_of_scores_grows_towards_singular_matrices() -> None:
    objective = _two_traits()
    found = objective(components(np.eye(2), np.eye(2), np.eye(2))).derivatives()
    plain = score_rounding(components(4 * np.eye(2), np.eye(2), np.eye(2)), found)
    assert plain[0] == pytest.approx(np.finfo(float).eps * found.counts[0] / 2 / 4)
    near = np.array([[1.0, 1 - 1e-8], [1 - 1e-8, 1.0]])
    grown = score_rounding(components(near, np.eye(2), np.eye(2)), found)
    assert (grown[:3] > 1e12 * plain[0]).all()

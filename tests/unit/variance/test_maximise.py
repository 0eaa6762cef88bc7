"""The maximiser on the dense likelihood: the book, the boundary, bad starts, every structure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breedeval.covariance.compound_symmetry import CompoundSymmetrySettings
from breedeval.covariance.diagonal import DiagonalSettings
from breedeval.covariance.factor_analytic import FactorAnalyticSettings
from breedeval.covariance.scaled import ScaledSettings
from breedeval.covariance.structure import CovarianceKind
from breedeval.covariance.variances import Variances
from breedeval.variance.maximise import Algorithm, Options, maximise
from breedeval.variance.maximum import Maximum
from breedeval.variance.parameters import Constraints
from tests.oracles.dense_reml import DenseData, DenseEffect, DenseObjective, single_trait
from tests.reference.running import assert_printed
from tests.unit.covariance.made import every_kind
from tests.unit.variance.made import components, mrode_17_7, simulated, unconstrained, unstructured

VECTOR = np.array([1.0, 0.5, 2.0])


def _names(variances: Variances) -> list[str]:
    return [f"p{k}" for k in range(variances.count)]


def _scales(variances: Variances) -> tuple[np.ndarray, ...]:
    return tuple(np.diagonal(part.matrix).copy() for part in variances.covariances)


def _climbed(
    objective: DenseObjective, start: Variances, constraints: Constraints | None = None,
    **options: Any,
) -> Maximum:
    """Maximise, and hold what must always hold."""
    found = maximise(objective, start, constraints or unconstrained(_names(start)),
                     Options(**options))
    climbs = [row.log_likelihood for row in found.history]
    assert (np.diff(climbs) >= -1e-12 * abs(climbs[-1])).all()
    assert climbs[-1] == found.log_likelihood
    assert [row.number for row in found.history] == list(range(found.rounds + 1))
    tried = sum(row.tries for row in found.history)
    assert objective.calls.count("derivatives") == found.rounds + 1
    assert objective.calls.count("likelihood") == tried or not found.converged
    covariance = found.covariance
    np.testing.assert_allclose(covariance, covariance.T)
    assert np.linalg.eigvalsh(covariance).min() >= -1e-9 * max(abs(covariance).max(), 1)
    return found


# --- the book ------------------------------------------------------------------------------------


def test_mrode_17_7_iterates_of_average_information() -> None:
    objective, book = mrode_17_7()
    found = _climbed(objective, components(0.2, 0.4), algorithm="ai")
    assert found.converged
    rounds = [*found.history, *[found.history[-1]] * (len(book["logL"]) - len(found.history))]
    for row, animal, residual, log_likelihood in zip(
            rounds, book["iterates_sigma2a"], book["iterates_sigma2e"], book["logL"], strict=True):
        assert_printed(row.values, [animal, residual], 4)
        # the third is printed as −2.1821; the exact −2.18217 rounds to −2.1822
        assert row.log_likelihood + 3 / 2 * np.log(2 * np.pi) == pytest.approx(
            log_likelihood, abs=1e-4)
    assert all(row.kind == "AI" and row.fraction == row.tries == 1 for row in found.history[1:])
    assert_printed(found.variances.values, [book["final"]["sigma2a"], book["final"]["sigma2e"]], 4)
    assert found.statuses == ("estimated", "estimated")


def test_mrode_17_7_inverse_of_the_average_information() -> None:
    objective, book = mrode_17_7()
    found = _climbed(objective, components(0.2, 0.4), algorithm="ai")
    (residual, both), (_, animal) = book["AI_inverse"]
    np.testing.assert_allclose(found.covariance, [[animal, both], [both, residual]], atol=1e-3)
    np.testing.assert_allclose(found.standard_errors, np.sqrt([animal, residual]), atol=1e-3)


@pytest.mark.parametrize("algorithm", ["auto", "em"])
def test_mrode_17_7_by_other_ways(algorithm: Algorithm) -> None:
    objective, book = mrode_17_7()
    found = _climbed(objective, components(0.2, 0.4), algorithm=algorithm, max_rounds=1000)
    assert found.converged
    assert_printed(found.log_likelihood + 3 / 2 * np.log(2 * np.pi), book["logL"][-1], 4)
    np.testing.assert_allclose(
        found.variances.values, [book["final"]["sigma2a"], book["final"]["sigma2e"]], atol=2e-4)


def test_starting_at_the_maximum_ends_at_once() -> None:
    objective, _ = mrode_17_7()
    first = _climbed(objective, components(0.2, 0.4))
    objective.calls.clear()
    again = _climbed(objective, first.variances)
    assert again.rounds == 0
    assert again.converged


# --- on the boundary -----------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["auto", "ai"])
@pytest.mark.parametrize("seed", range(3))
def test_a_variance_of_zero_is_held_and_tested(seed: int, algorithm: Algorithm) -> None:
    objective = DenseObjective(simulated([0.0, 1.0], 2.0, seed=seed, records=80))
    found = _climbed(objective, components(1.0, 1.0, 1.0), algorithm=algorithm)
    assert found.converged
    assert found.rounds <= 10
    if found.statuses[0] == "boundary":
        assert found.variances.values[0] == pytest.approx(1e-8)
        assert np.isnan(found.standard_errors[0])
        (test,) = found.boundary_tests
        assert test.names == ("p0",)
        assert test.z < 0
        assert test.p_value > 0.5
        without = DenseObjective(simulated([0.0, 1.0], 2.0, seed=seed, records=80))
        reached = without(components(1e-12, *found.variances.values[1:])).log_likelihood
        assert found.log_likelihood == pytest.approx(reached, abs=1e-5)
    else:
        assert found.variances.values[0] > 1e-3
        assert not found.boundary_tests


def test_seeds_reach_the_boundary() -> None:
    """So that the test above tests something."""
    kinds = {_climbed(DenseObjective(simulated([0.0, 1.0], 2.0, seed=seed, records=80)),
                      components(1.0, 1.0, 1.0)).statuses[0] for seed in range(3)}
    assert kinds == {"boundary", "estimated"}


@pytest.mark.parametrize("true", [
    [[1.0, 1.0], [1.0, 1.0]],
    np.outer(VECTOR, VECTOR),
    np.outer(VECTOR, VECTOR) + np.outer([1, -1, 0], [1, -1, 0]),
    np.zeros((3, 3)),
    np.diag([1.0, 0.0, 1.0]),
], ids=["2x2", "3x3 rank 1", "3x3 rank 2", "zero", "one is zero"])
@pytest.mark.parametrize("seed", [0, 3])
def test_singular_matrices(true: Any, seed: int) -> None:
    size = len(true)
    objective = DenseObjective(simulated(
        [true], np.eye(size) + 1, seed=seed, records=60, missing=0.2))
    start = components(np.eye(size), np.eye(size))
    found = _climbed(objective, start)
    assert found.converged
    assert found.rounds <= 25
    roots = np.linalg.eigvalsh(found.variances.effects[0].matrix)
    singular = roots[0] < 1e-5
    assert singular == (found.statuses[0] == "boundary") == bool(found.boundary_tests)
    assert not singular or found.boundary_tests[0].p_value > 0.5
    _no_neighbour_is_better(objective, found)


def _no_neighbour_is_better(objective: DenseObjective, found: Maximum) -> None:
    """In any direction that stays inside, the likelihood falls, to first and second order."""
    rng = np.random.default_rng(1)
    derivatives = objective(found.variances).derivatives()
    for number, part in enumerate(found.variances.covariances):
        spread = np.sqrt(np.maximum(np.diagonal(part.matrix), 1e-3))
        for _ in range(20):
            root = rng.normal(size=(part.size, int(rng.integers(1, part.size + 1))))
            inside = (root @ root.T) * np.outer(spread, spread)
            slope = np.sum(derivatives.gradients[number] * (inside - part.matrix))
            assert slope < 0.02


def test_bad_luck_on_the_way_to_the_boundary_is_mended() -> None:
    """Started on the boundary, a variance that is not 0 leaves it."""
    objective = DenseObjective(simulated([1.0], 1.0, records=80))
    start = components(1e-8, 2.0)
    found = _climbed(objective, start, scales=(np.ones(1), np.ones(1)), algorithm="ai")
    other = _climbed(DenseObjective(objective.data), components(1.0, 1.0))
    np.testing.assert_allclose(found.variances.values, other.variances.values, rtol=1e-4)


def test_a_matrix_leaves_a_singular_start() -> None:
    objective = DenseObjective(simulated([np.eye(2)], np.eye(2), records=80))
    start = components(np.ones((2, 2)) + 1e-6 * np.eye(2), np.eye(2))
    found = _climbed(objective, start, algorithm="ai")
    other = _climbed(DenseObjective(objective.data), components(np.eye(2), np.eye(2)))
    assert found.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-7)


# --- starts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("factors", [
    (1e6, 1e6), (1e-6, 1e-6), (1e6, 1.0), (1e-6, 1.0), (1.0, 1e6), (1.0, 1e-6)])
@pytest.mark.parametrize("algorithm", ["auto", "ai"])
def test_bad_starts_reach_the_same_maximum(
    factors: tuple[float, float], algorithm: Algorithm
) -> None:
    data = simulated([[[1, 0.5], [0.5, 1]]], [[2, 1.0], [1, 2]], records=60, missing=0.2)
    good = components(np.eye(2), np.eye(2))
    best = _climbed(DenseObjective(data), good)
    bad = components(factors[0] * np.eye(2), factors[1] * np.eye(2))
    found = _climbed(DenseObjective(data), bad, scales=_scales(good), algorithm=algorithm)
    assert found.converged
    assert found.log_likelihood == pytest.approx(best.log_likelihood, abs=1e-7)
    np.testing.assert_allclose(found.variances.values, best.variances.values, rtol=2e-3)


@settings(max_examples=15)
@given(seed=st.integers(0, 10**6), spread=st.floats(0, 3))
def test_any_start_ends_at_a_maximum(seed: int, spread: float) -> None:
    rng = np.random.default_rng(seed)
    objective = DenseObjective(simulated([1.0, 0.3], 1.0, seed=seed, records=40, levels=8))
    start = components(*10.0 ** (spread * rng.uniform(-1, 1, 3)))
    found = _climbed(objective, start, scales=tuple(np.ones(1) for _ in range(3)))
    assert found.converged
    _no_neighbour_is_better(objective, found)


@pytest.mark.parametrize("true", [np.eye(2), np.ones((2, 2))], ids=["regular", "singular"])
def test_units_of_traits_change_nothing_but_units(true: Any) -> None:
    made = simulated([true], np.eye(2), records=60, seed=3, missing=0.1)
    data = replace(made, x=np.eye(2)[made.trait])
    units = np.array([1e3, 1e-2])
    scaled = replace(data, y=data.y * units[data.trait])
    found = _climbed(DenseObjective(data), components(np.eye(2), np.eye(2)))
    other = _climbed(DenseObjective(scaled), components(np.diag(units**2), np.diag(units**2)))
    assert other.rounds == found.rounds
    assert other.statuses == found.statuses
    for one, two in zip(found.variances.covariances, other.variances.covariances, strict=True):
        np.testing.assert_allclose(two.matrix, one.matrix * np.outer(units, units), rtol=1e-5)


# --- what the data do not tell -------------------------------------------------------------------


def test_confounded_effects_are_named() -> None:
    """An effect with one record a level is the residual once more."""
    plain = simulated([1.0], 2.0, records=50)
    own = DenseEffect(np.eye(50), np.eye(50))
    data = single_trait(plain.y, plain.x, *plain.effects, own)
    start = components(1.0, 1.0, 1.0)
    found = _climbed(DenseObjective(data), start)
    assert found.converged
    assert found.confounded == (("p1", "p2"),)
    assert np.isnan(found.standard_errors[1:]).all()
    alone = _climbed(DenseObjective(plain), components(1.0, 1.0))
    assert found.log_likelihood == pytest.approx(alone.log_likelihood, abs=1e-8)
    assert found.variances.values[0] == pytest.approx(alone.variances.values[0], rel=1e-3)
    assert found.variances.values[1:].sum() == pytest.approx(
        alone.variances.values[1], rel=1e-3)
    assert found.standard_errors[0] == pytest.approx(alone.standard_errors[0], rel=1e-2)


def test_traits_never_recorded_together_have_no_residual_covariance() -> None:
    whole = simulated([np.eye(2)], np.eye(2), records=60)
    kept = whole.trait == whole.unit % 2
    data = DenseData(whole.y[kept], whole.x[kept],
                     [DenseEffect(effect.z[kept], effect.k) for effect in whole.effects],
                     whole.trait[kept], whole.unit[kept], whole.kind[kept] * 0,
                     whole.weights[kept], whole.covariates[kept])
    found = _climbed(DenseObjective(data), components(np.eye(2), np.eye(2)))
    assert found.converged
    assert ("p4",) in found.confounded
    assert found.variances.values[4] == pytest.approx(0, abs=1e-12)
    assert np.isnan(found.standard_errors[4])


def test_the_reason_names_what_still_moves() -> None:
    objective, _ = mrode_17_7()
    start = components(0.2, 0.4)
    found = maximise(objective, start, unconstrained(["animal", "residual"]),
                     Options(algorithm="ai", max_rounds=1))
    assert not found.converged
    assert found.rounds == 1
    assert found.reason.startswith(
        "not converged in 1 rounds: the next one would raise the log-likelihood by about 0.019")
    assert "animal" in found.reason


# --- structures ----------------------------------------------------------------------------------

KINDS = [pytest.param(kind, id=f"{type(kind).__name__} {k}")
         for k, kind in enumerate(every_kind(3))]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", ["reml", "ml"])
def test_every_structure_of_an_effect(kind: CovarianceKind, method: str) -> None:
    data = simulated([_typical(kind)], np.eye(3), records=70, levels=25, missing=0.1)
    start = Variances((kind.make(np.eye(3) + 0.2),), unstructured(np.eye(3)))
    _check_structure(DenseObjective(data, method), start)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_every_structure_of_the_residual(kind: CovarianceKind) -> None:
    data = simulated([np.eye(3)], _typical(kind), records=60, levels=10, missing=0.1)
    start = Variances(unstructured(np.eye(3)), (kind.make(np.eye(3) + 0.2),))
    _check_structure(DenseObjective(data), start)


def _typical(kind: CovarianceKind) -> np.ndarray:
    true = 0.6 * np.outer([1, 1.2, 0.8], [1, 1.2, 0.8]) + np.diag([0.5, 0.7, 0.4])
    return kind.make(true).matrix / (kind.make(true).matrix.max() / 2)


def _check_structure(objective: DenseObjective, start: Variances) -> None:
    found = _climbed(objective, start)
    assert found.converged, found.reason
    assert [type(part) for part in found.variances.covariances] == [
        type(part) for part in start.covariances]
    derivatives = objective(found.variances).derivatives()
    free = np.array([status == "estimated" for status in found.statuses])
    z = derivatives.score[free] * found.standard_errors[free]
    np.testing.assert_allclose(z, 0, atol=2e-3)


def test_classes_slopes_and_weights() -> None:
    data = simulated([1.0], [[[1.0]], [[3.0]]], records=150, slopes=[0.5])
    start = Variances(unstructured(1.0), unstructured(2.0, 2.0), np.zeros(1))
    found = _climbed(DenseObjective(data), start)
    assert found.converged
    away = (found.variances.values - [1.0, 1.0, 3.0, 0.5]) / found.standard_errors
    assert (np.abs(away) < 3).all()


@pytest.mark.parametrize("seed", [0, 1, 15])
def test_two_factors_from_a_start_that_has_one(seed: int) -> None:
    """The likelihood is flat in loadings of 0; they are given some size. Seed 15 needs slopes."""
    rng = np.random.default_rng(seed)
    loadings = rng.normal(size=(5, 2))
    true = loadings @ loadings.T + np.diag(rng.choice([0, 0.3], 5))
    residual = unstructured(np.eye(5)) if seed % 2 else (DiagonalSettings().make(np.eye(5)),)
    data = simulated([true], np.eye(5), seed=seed, records=40, levels=15, missing=0.1)
    kind = FactorAnalyticSettings(order=2)
    flat = kind.make(np.eye(5) + 0.3)
    assert np.abs(flat.loadings[:, 1]).max() < 1e-3
    start = kind.start(np.eye(5) + 0.3)
    np.testing.assert_allclose(start.matrix.diagonal(), flat.matrix.diagonal(), rtol=1e-6)
    found = _climbed(DenseObjective(data), Variances((start,), residual))
    one = FactorAnalyticSettings(order=1).start(np.eye(5) + 0.3)
    fewer = _climbed(DenseObjective(data), Variances((one,), residual))
    assert found.converged
    assert fewer.converged
    assert found.log_likelihood > fewer.log_likelihood + 1e-3


def test_the_correlation_of_nothing_is_left_alone() -> None:
    """What the likelihood says of it is rounding, which no step can follow."""
    data = simulated([np.zeros((2, 2))], np.eye(2), seed=1, records=60)
    kind = CompoundSymmetrySettings()
    ends = [_climbed(DenseObjective(data),
                     Variances((kind.make(matrix),), unstructured(np.eye(2))))
            for matrix in (np.eye(2) + 0.2, np.eye(2) - 0.3 * (1 - np.eye(2)), np.eye(2) + 0.9)]
    for found in ends:
        assert found.converged
        assert found.statuses[:2] == ("boundary", "boundary")
        assert found.zeros[:2] == (True, False)
        assert [test.names for test in found.boundary_tests] == [("p0",)]
        assert found.log_likelihood == pytest.approx(ends[0].log_likelihood, abs=1e-4)


# --- constraints ---------------------------------------------------------------------------------


def _constraints(
    columns: Any, offset: Any, lower: Any = -np.inf, upper: Any = np.inf
) -> Constraints:
    map_ = np.array(columns, np.float64).T
    f = map_.shape[1]
    return Constraints(tuple(f"p{k}" for k in range(len(map_))), map_,
                       np.array(offset, np.float64), np.broadcast_to(lower, f).astype(float),
                       np.broadcast_to(upper, f).astype(float))


def test_a_fixed_parameter_stays() -> None:
    objective = DenseObjective(simulated([1.0, 1.0], 2.0))
    constraints = _constraints([[1, 0, 0], [0, 0, 1]], [0, 0.7, 0])
    found = _climbed(objective, components(1.0, 0.7, 1.0), constraints)
    assert found.variances.values[1] == 0.7
    assert found.statuses == ("estimated", "fixed", "estimated")
    assert found.covariance[1].tolist() == [0, 0, 0]
    score = objective(found.variances).derivatives().score
    np.testing.assert_allclose(score[[0, 2]], 0, atol=1e-3)


def test_all_fixed_is_only_evaluated() -> None:
    objective = DenseObjective(simulated([1.0], 2.0))
    constraints = Constraints(("a", "b"), np.zeros((2, 0)), np.array([1.0, 2.0]),
                              np.zeros(0), np.zeros(0))
    found = _climbed(objective, components(1.0, 2.0), constraints)
    assert (found.rounds, found.converged) == (0, True)
    assert found.statuses == ("fixed", "fixed")


def test_tied_parameters_stay_equal() -> None:
    objective = DenseObjective(simulated([1.0, 1.0], 2.0))
    constraints = _constraints([[1, 1, 0], [0, 0, 1]], [0, 0, 0])
    found = _climbed(objective, components(1.0, 3.0, 1.0), constraints)
    assert found.variances.values[0] == found.variances.values[1]
    assert found.statuses == ("tied", "tied", "estimated")
    score = objective(found.variances).derivatives().score
    assert score[0] + score[1] == pytest.approx(0, abs=1e-3)
    assert found.standard_errors[0] == found.standard_errors[1] > 0


@pytest.mark.parametrize(("bounds", "at"), [((2.5, 9.0), 2.5), ((0.01, 0.05), 0.05)])
def test_a_bound_holds(bounds: tuple[float, float], at: float) -> None:
    objective = DenseObjective(simulated([1.0], 2.0))
    constraints = _constraints(
        [[1, 0], [0, 1]], [0, 0], [bounds[0], -np.inf], [bounds[1], np.inf])
    found = _climbed(objective, components(1.0, 1.0), constraints)
    assert found.converged
    assert found.variances.values[0] == at
    assert found.statuses == ("bound", "estimated")
    (test,) = found.boundary_tests
    assert test.side == ("lower" if at == bounds[0] else "upper")
    assert test.z < 0


def test_a_bound_that_is_not_met_changes_nothing() -> None:
    data = simulated([1.0], 2.0)
    bounded = _constraints([[1, 0], [0, 1]], [0, 0], [0.01, 0.01], [50, 50])
    found = _climbed(DenseObjective(data), components(1.0, 1.0), bounded, em_rounds=0)
    other = _climbed(DenseObjective(data), components(1.0, 1.0), em_rounds=0)
    assert found.log_likelihood == other.log_likelihood
    assert found.statuses == ("estimated", "estimated")


def test_a_covariance_fixed_at_zero_is_a_diagonal() -> None:
    data = simulated([[[1, 0.8], [0.8, 1]]], 2 * np.eye(2), records=80)
    fixed = _constraints(np.eye(6)[[0, 2, 3, 4, 5]], np.zeros(6))
    start = components(np.eye(2), np.eye(2))
    found = _climbed(DenseObjective(data), start, fixed)
    kind = next(k for k in every_kind(2) if type(k).__name__ == "DiagonalSettings")
    diagonal = Variances((kind.make(np.eye(2)),), start.residual)
    other = _climbed(DenseObjective(data), diagonal)
    assert found.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-8)
    assert found.variances.values[1] == 0.0


def test_a_fixed_covariance_can_press_variances_to_the_edge() -> None:
    """σ₂₁ = 0.3 asks for σ₁σ₂ ≥ 0.3, more than the data have."""
    data = simulated([0.01 * np.eye(2)], np.eye(2), records=80)
    fixed = _constraints(np.eye(6)[[0, 2, 3, 4, 5]], [0, 0.3, 0, 0, 0, 0])
    found = _climbed(DenseObjective(data), components([[1.0, 0.3], [0.3, 1]], np.eye(2)), fixed)
    assert found.converged
    matrix = found.variances.effects[0].matrix
    assert np.linalg.det(matrix) == pytest.approx(0, abs=1e-4)
    assert found.statuses[:3] == ("boundary", "fixed", "boundary")


def test_a_known_matrix_is_only_scaled() -> None:
    known = ((1.0, 0.5), (0.5, 1.0))
    kind = ScaledSettings(matrix=known)
    data = simulated([2 * np.array(known)], np.eye(2), records=80)
    start = Variances((kind.make(np.eye(2)),), unstructured(np.eye(2)))
    found = _climbed(DenseObjective(data), start)
    matrix = found.variances.effects[0].matrix
    np.testing.assert_allclose(matrix / matrix[0, 0], known)

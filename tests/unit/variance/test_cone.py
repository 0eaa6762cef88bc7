"""The best step within the room: optimality conditions, and exactness where nothing is met."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breedeval.covariance.variances import Variances
from breedeval.variance.cone import best_step, is_inside, pressed_by
from breedeval.variance.face import face_of
from breedeval.variance.parameters import Constraints
from breedeval.variance.quadratic import rise
from breedeval.variance.room import SINGULAR, Pressed, Room, make_room
from tests.unit.covariance.made import every_kind, positive_definite
from tests.unit.variance.made import components, unconstrained, unstructured


def _scales(variances: Variances) -> tuple[np.ndarray, ...]:
    return tuple(np.diagonal(part.matrix).copy() for part in variances.covariances)


def _room(variances: Variances, constraints: Constraints | None = None) -> Room:
    own = constraints or unconstrained([f"p{k}" for k in range(variances.count)])
    return make_room(variances, own, _scales(variances))


def test_newtons_step_where_it_is_inside() -> None:
    variances = components(np.eye(2), 1.0)
    curvature = positive_definite(4)
    slope = curvature @ np.array([0.1, 0.2, -0.1, 0.3])
    step = best_step(slope, curvature, _room(variances))
    np.testing.assert_array_equal(step, np.linalg.solve(curvature, slope))


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), size=st.integers(2, 4), length=st.floats(0.5, 30))
def test_no_other_step_inside_is_better(seed: int, size: int, length: float) -> None:
    """Along the way to any other matrix inside, the model falls: it is concave."""
    rng = np.random.default_rng(seed)
    variances = components(positive_definite(size, seed), 2.0)
    root = rng.normal(size=(variances.count, variances.count + 2))
    units = np.abs(variances.values) + 0.1
    curvature = root @ root.T / np.outer(units, units)
    slope = length * np.linalg.cholesky(curvature) @ rng.normal(size=variances.count)
    room = _room(variances)
    step = best_step(slope, curvature, room)
    reached = variances.at(variances.values + step)
    assert np.linalg.eigvalsh(reached.effects[0].matrix).min() > 0
    assert (step >= room.low).all()
    best = rise(slope, curvature, step)
    gradient = slope - curvature @ step
    for _ in range(30):
        other = rng.normal(size=(size, int(rng.integers(1, size + 1))))
        other = other * np.sqrt(np.diagonal(variances.effects[0].matrix))[:, None]
        inside = components(other @ other.T * rng.exponential() + room.cones[0].least,
                            rng.exponential() + 1e-3)
        away = inside.values - reached.values
        assert gradient @ away <= 1e-6 * (1 + best)


def test_a_matrix_can_become_singular_in_one_step() -> None:
    variances = components(np.eye(2), 1.0)
    target = np.array([1.0, 2.0, 1.0, 1.0])
    step = best_step(target - variances.values, np.eye(4), _room(variances))
    matrix = variances.at(variances.values + step).effects[0].matrix
    assert face_of(matrix, np.ones(2)).span.shape == (2, 1)
    assert np.linalg.eigvalsh(matrix)[0] == pytest.approx(SINGULAR, rel=1e-3)
    # the nearest matrix of rank 1 in the metric of H: (v, c, v) with v = c, least (v−1)² 2 + (c−2)²
    np.testing.assert_allclose(matrix, 4 / 3 * np.ones((2, 2)), atol=1e-5)


def test_most_of_the_way_first_and_all_of_it_then() -> None:
    variances = Variances((), unstructured(1.0))
    constraints = unconstrained(["residual"])
    slope, curvature = np.array([-5.0]), np.eye(1)
    room = make_room(variances, constraints, (np.ones(1),), reach="most")
    step = best_step(slope, curvature, room)
    assert step[0] == pytest.approx(-0.9)
    pressed = pressed_by(step, room)
    assert pressed == Pressed((0,), ())
    room = make_room(variances, constraints, (np.ones(1),), reach="most", pressed=pressed)
    assert best_step(slope, curvature, room)[0] == pytest.approx(-1, abs=1e-7)
    assert pressed_by(step, room) == Pressed()


def test_a_matrix_too_goes_most_of_the_way_first() -> None:
    variances = components(np.eye(2), 1.0)
    constraints = unconstrained("abcd")
    slope = np.array([0.0, 5.0, 0.0, 0.0])
    room = make_room(variances, constraints, _scales(variances), reach="most")
    step = best_step(slope, np.eye(4), room)
    matrix = variances.at(variances.values + step).effects[0].matrix
    assert np.linalg.eigvalsh(matrix - 0.1 * np.eye(2))[0] == pytest.approx(0, abs=1e-6)
    assert pressed_by(step, room) == Pressed((), (0,))


def test_a_fixed_covariance_leaves_the_variances_room() -> None:
    """Σ₂₁ = 0.5 stays: σ₁₁σ₂₂ ≥ 0.25."""
    variances = components([[1.0, 0.5], [0.5, 1.0]], 1.0)
    map_ = np.eye(4)[:, [0, 2, 3]]
    constraints = Constraints(tuple("abcd"), map_, np.array([0, 0.5, 0, 0]),
                              np.full(3, -np.inf), np.full(3, np.inf))
    room = _room(variances, constraints)
    step = best_step(np.array([-3.0, -3.0, 0.0]), np.eye(3), room)
    assert is_inside(step + np.array([1e-8, 1e-8, 0]), room)
    matrix = variances.at(variances.values + map_ @ step).effects[0].matrix
    np.testing.assert_allclose(matrix, 0.5, atol=1e-5)


def test_no_parameter_goes_further_than_its_stride() -> None:
    kind = next(k for k in every_kind(3) if type(k).__name__ == "FactorAnalyticSettings")
    variances = Variances((kind.make(np.eye(3) + 0.5),), unstructured(1.0))
    constraints = unconstrained("abcdefg")
    room = make_room(variances, constraints, _scales(variances), reach="most")
    step = best_step(np.array([100.0, *np.zeros(6)]), np.eye(7), room)
    assert step[0] == pytest.approx(np.sqrt(variances.effects[0].matrix[0, 0]))
    assert np.isinf(make_room(variances, constraints, _scales(variances)).high[0])

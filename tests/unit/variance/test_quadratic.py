"""One step on a quadratic model: with bounds, and without information in some direction."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import lsq_linear

from breedeval.variance.quadratic import bounded_step, regular, rise
from tests.unit.covariance.made import positive_definite


def test_without_bounds_it_is_newtons_step() -> None:
    curvature, slope = positive_definite(4), np.array([1.0, -2.0, 0.5, 3.0])
    free = np.full(4, np.inf)
    step = bounded_step(slope, curvature, -free, free)
    np.testing.assert_array_equal(step, np.linalg.solve(curvature, slope))
    assert rise(slope, curvature, step) == pytest.approx(slope @ step / 2)


@given(seed=st.integers(0, 10**6), size=st.integers(1, 8))
def test_between_bounds_it_is_the_bounded_least_squares_solution(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(size + 1, size))
    curvature, slope = root.T @ root + 0.01 * np.eye(size), rng.normal(size=size)
    low = np.where(rng.random(size) < 0.3, 0.0, -rng.exponential(size=size))
    high = np.where(rng.random(size) < 0.3, np.inf, rng.exponential(size=size))
    found = bounded_step(slope, curvature, low, high)
    factor = np.linalg.cholesky(curvature)
    other = lsq_linear(factor.T, np.linalg.solve(factor, slope), (low, high), tol=1e-13).x
    assert ((low <= found) & (found <= high)).all()
    assert rise(slope, curvature, found) >= rise(slope, curvature, other) - 1e-9


def test_an_empty_interval_holds() -> None:
    step = bounded_step(np.array([1.0, 1.0]), np.eye(2), np.zeros(2), np.array([0.0, 5.0]))
    np.testing.assert_array_equal(step, [0.0, 1.0])


def test_nothing_is_made_up_where_all_is_known() -> None:
    information = positive_definite(5)
    found = regular(information, information)
    assert found.matrix is information
    assert found.unknown.shape == (5, 0)


@pytest.mark.parametrize("scale", [1.0, 1e-6, 1e6])
def test_an_unknown_direction_is_found_whatever_the_units(scale: float) -> None:
    root = positive_definite(3)
    units = np.array([scale, 1.0, 1.0, 1 / scale])
    alike = np.array([[1.0, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0, 1]]) * units[:, None]
    information = alike @ root @ alike.T
    found = regular(information, information)
    assert found.unknown.shape == (4, 1)
    np.testing.assert_allclose(information @ found.unknown[:, 0] / (
        units * np.diagonal(information).max()**0.5), 0, atol=1e-6)
    known = np.array([1.0, 2.0, 1.0, -1.0]) / units
    slope = information @ known
    step = np.linalg.solve(found.matrix, slope)
    np.testing.assert_allclose(information @ step, slope, rtol=1e-8)


def test_a_parameter_without_any_information_stays() -> None:
    found = regular(np.diag([2.0, 0.0, 1.0]), np.eye(3))
    assert found.unknown.shape == (3, 1)
    step = np.linalg.solve(found.matrix, np.array([2.0, 0.0, 1.0]))
    np.testing.assert_allclose(step, [1.0, 0.0, 1.0], atol=1e-12)

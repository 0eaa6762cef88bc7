"""Selection indices: worked in full, against numerical optima, and what must always hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize

from breedeval.selection.index import (
    Information,
    NoIndexError,
    desired_gains_index,
    economic_index,
    restricted_index,
)

Matrix = np.ndarray


def random_information(seed: int, m: int = 4, k: int = 3) -> Information:
    """P, G and C of one positive definite covariance of information and true values."""
    random = np.random.default_rng(seed)
    root = random.normal(size=(m + k, m + k + 2))
    whole = root @ root.T
    return Information(whole[:m, :m], whole[:m, m:], whole[m:, m:])


def test_two_traits_worked_in_full() -> None:
    # P = [4 1; 1 2], G = [2 0.5; 0.5 1], a = (1, 2): Ga = (3, 2.5), |P| = 7,
    # b = P⁻¹Ga = (2·3 − 2.5, −3 + 4·2.5)/7 = (0.5, 1)
    p, g = np.array([[4.0, 1], [1, 2]]), np.array([[2.0, 0.5], [0.5, 1]])
    information = Information(p, g, g)
    a = np.array([1.0, 2])
    b = economic_index(information, a)
    np.testing.assert_allclose(b, [0.5, 1.0], rtol=1e-14)
    # b′Pb = 0.25·4 + 2·0.5 + 2 = 4; G′b = (1.5, 1.25); a′Ga = 2 + 2 + 4 = 8
    np.testing.assert_allclose(information.deviation(b), 2.0)
    np.testing.assert_allclose(information.response(b), [0.75, 0.625])
    np.testing.assert_allclose(information.accuracy(b, a), np.sqrt(4 / 8))
    # desired gains d = (1, 1): b = G⁻¹d = (0.5, 1.5)/1.75 = (2/7, 6/7)
    np.testing.assert_allclose(
        desired_gains_index(information, np.ones(2), np.arange(2)), [2 / 7, 6 / 7])
    # no change in the first: G b ∝ (0, 1), so that b ∝ G⁻¹(0, 1) = (−0.5, 2)/1.75
    held = restricted_index(information, a, np.array([0]))
    np.testing.assert_allclose(held / held[1], [-0.25, 1.0], rtol=1e-13)


def test_a_restriction_that_leaves_no_freedom_leaves_no_index() -> None:
    information = Information(np.array([[3.7]]), np.array([[1.9, 1.2]]),
                              np.array([[1.9, 1.2], [1.2, 10.2]]))
    a = np.array([1.0, 0.0])
    b = restricted_index(information, a, np.array([1]))
    assert b == 0 == information.accuracy(b, a)
    np.testing.assert_array_equal(information.response(b), 0)


@given(st.integers(0, 10_000))
def test_gains_are_in_the_proportions_wanted(seed: int) -> None:
    information = random_information(seed)
    d = np.random.default_rng(seed).normal(size=3)
    b = desired_gains_index(information, d, np.arange(3))
    np.testing.assert_allclose(information.covariance.T @ b, d, atol=1e-7)


@given(st.integers(0, 10_000))
def test_restricted_criteria_stay_and_the_others_lose_nothing_more(seed: int) -> None:
    information = random_information(seed)
    a = np.random.default_rng(seed + 1).normal(size=3)
    b = restricted_index(information, a, np.array([1]))
    response = information.response(b)
    assert abs(response[1]) < 1e-8
    free = economic_index(information, a)
    assert information.accuracy(free, a) >= information.accuracy(b, a) - 1e-12


@pytest.mark.parametrize("seed", range(4))
def test_the_index_has_the_least_error_that_a_numerical_search_finds(seed: int) -> None:
    information, a = random_information(seed), np.array([1.0, -0.5, 2.0])
    for held, b in ((None, economic_index(information, a)),
                    (1, restricted_index(information, a, np.array([1])))):
        limits = [] if held is None else [
            {"type": "eq", "fun": lambda x: (information.covariance.T @ x)[1]}]
        found = optimize.minimize(
            lambda x: x @ information.variance @ x - 2 * x @ information.covariance @ a,
            np.zeros(4), constraints=limits, method="SLSQP",
            options={"ftol": 1e-15, "maxiter": 1000})  # E(I − H)², less a constant
        np.testing.assert_allclose(b, found.x, rtol=1e-4, atol=1e-4)


@given(st.integers(0, 10_000), st.floats(0.1, 10))
def test_units_do_not_matter(seed: int, factor: float) -> None:
    information = random_information(seed)
    a = np.array([1.0, 2, -1])
    scale = np.array([factor, 1, 1, 1 / factor])
    other = Information(information.variance * np.outer(scale, scale),
                        information.covariance * scale[:, None], information.genetic)
    np.testing.assert_allclose(
        economic_index(other, a) * scale, economic_index(information, a), rtol=1e-6, atol=1e-9)


def test_sources_that_say_the_same_are_refused() -> None:
    p = np.array([[1.0, 2], [2, 4]])
    with pytest.raises(NoIndexError, match="depend on each other"):
        economic_index(Information(p, p, p), np.ones(2))
    with pytest.raises(NoIndexError, match="does not vary"):
        economic_index(Information(np.zeros((1, 1)), np.ones((1, 1)), np.ones((1, 1))), np.ones(1))

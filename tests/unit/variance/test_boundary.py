"""Tests on the boundary against simulation-free truths."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from breedeval.variance.boundary import (
    efficient_score,
    mixture_p_value,
)
from tests.oracles.dense_reml import DenseObjective
from tests.unit.variance.made import components, simulated


def test_one_variance_is_half_and_half() -> None:
    assert mixture_p_value(2.7055434540954115, 1) == pytest.approx(0.05, abs=1e-12)
    assert mixture_p_value(0.0, 1) == 1.0
    assert mixture_p_value(-1e-9, 1) == 1.0


def test_a_matrix_with_one_coefficient_more() -> None:
    """Half χ² with m and half with m + 1 degrees of freedom (Stram & Lee 1994)."""
    expected = 0.5 * chi2.sf(5.0, 1) + 0.5 * chi2.sf(5.0, 2)
    assert mixture_p_value(5.0, 1, 1) == pytest.approx(expected)


def test_two_variances_are_a_quarter_a_half_and_a_quarter() -> None:
    expected = 0.5 * chi2.sf(3.0, 1) + 0.25 * chi2.sf(3.0, 2)
    assert mixture_p_value(3.0, 2) == pytest.approx(expected)


def test_no_variance_is_the_plain_test() -> None:
    assert mixture_p_value(3.84, 0, 1) == pytest.approx(chi2.sf(3.84, 1))


def test_efficient_score_is_the_score_at_a_maximum_of_the_rest() -> None:
    """With the residual at its maximum, only the denominator is reduced."""
    data = simulated([0.5], 2.0, records=80)
    objective = DenseObjective(data)
    residual = 2.0
    for _ in range(20):
        found = objective(components(1e-8, residual)).derivatives()
        residual += found.score[1] / found.information[1, 1]
    found = objective(components(1e-8, residual)).derivatives()
    info = found.information
    expected = found.score[0] / np.sqrt(info[0, 0] - info[0, 1]**2 / info[1, 1])
    z = efficient_score(np.array([1.0, 0.0]), found, np.array([[0.0], [1.0]]))
    assert z == pytest.approx(expected, rel=1e-6)

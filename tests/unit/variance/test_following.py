"""A parameter at a value, and the others of its matrix as near as they can stay."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breedeval.covariance.compound_symmetry import CompoundSymmetrySettings
from breedeval.covariance.variances import Variances
from breedeval.variance.following import with_value
from tests.unit.covariance.made import positive_definite
from tests.unit.variance.made import components, unstructured

THREE = np.array([[4.0, 1.0, -0.5], [1.0, 2.0, 0.3], [-0.5, 0.3, 1.0]])


def test_nothing_else_moves_where_nothing_must() -> None:
    found = with_value(components(THREE, 1.0), [1], 0.5).effects[0].matrix
    expected = THREE.copy()
    expected[0, 1] = expected[1, 0] = 0.5
    np.testing.assert_array_equal(found, expected)


def test_correlations_stay_when_a_variance_is_too_small_for_its_covariances() -> None:
    found = with_value(components(THREE, 1.0), [0], 0.01).effects[0].matrix
    assert found[0, 0] == 0.01
    np.testing.assert_allclose(found[0, 1:], THREE[0, 1:] * 0.05)
    np.testing.assert_array_equal(found[1:, 1:], THREE[1:, 1:])


def test_variances_grow_for_a_covariance() -> None:
    found = with_value(components(THREE, 1.0), [1], -6.0).effects[0].matrix
    assert found[0, 1] == -6.0
    assert found[0, 1] / np.sqrt(found[0, 0] * found[1, 1]) == pytest.approx(-0.99)
    assert found[0, 0] / found[1, 1] == pytest.approx(2.0)
    assert found[2, 2] == 1.0


@settings(max_examples=50)
@given(seed=st.integers(0, 10**6), size=st.integers(2, 4), value=st.floats(-50, 50))
def test_any_covariance_can_be_had(seed: int, size: int, value: float) -> None:
    rng = np.random.default_rng(seed)
    at = int(rng.integers(0, size * (size + 1) // 2))
    row, column = (index[at] for index in np.tril_indices(size))
    if row == column and value <= 1e-6:
        return
    found = with_value(components(positive_definite(size, seed), 1.0), [at], value).effects[0]
    assert found.matrix[row, column] == value
    assert np.linalg.eigvalsh(found.matrix)[0] > 0


def test_what_cannot_be_is_refused() -> None:
    for variances, places, value in (
            (components(THREE, 1.0), [0], -1.0), (components(1.0, 1.0), [0], 0.0),
            (Variances((CompoundSymmetrySettings().make(THREE),), unstructured(1.0)), [1], 1.5)):
        with pytest.raises(np.linalg.LinAlgError):
            with_value(variances, places, value)


def test_tied_parameters_follow_in_their_own_matrices() -> None:
    found = with_value(components(THREE, np.eye(2), 1.0), [1, 7], 3.0)
    assert found.effects[0].matrix[0, 1] == found.effects[1].matrix[0, 1] == 3.0

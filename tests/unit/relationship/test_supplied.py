"""A relationship matrix that the user supplies."""

from __future__ import annotations

import numpy as np
import pytest

from breedeval.errors import InputError
from breedeval.levels import Levels
from breedeval.relationship.supplied import from_matrix

K = np.array([[1.0, 0.5, 0.25], [0.5, 1.125, 0.0], [0.25, 0.0, 1.0]])
LEVELS = Levels.of(["a", "b", "c"])


def test_precision_of_a_matrix() -> None:
    found = from_matrix(LEVELS, K, source="k.csv")
    np.testing.assert_allclose(found.matrix @ K, np.eye(3), atol=1e-14)
    np.testing.assert_array_equal(found.variance, np.diagonal(K))
    assert found.log_determinant == pytest.approx(np.linalg.slogdet(K)[1], abs=1e-14)
    x = np.arange(6.0).reshape(3, 2)
    np.testing.assert_allclose(found.product(x), np.linalg.solve(K, x), atol=1e-13)
    np.testing.assert_allclose(found.lower().toarray(), np.tril(found.matrix))
    np.testing.assert_array_equal(found.diagonal(), np.diagonal(found.matrix))
    assert found.group_contributions(np.arange(3)).shape == (3, 0)


def test_an_inverse_is_taken_as_it_is() -> None:
    """Blending or inverting a second time would be wrong."""
    inverse = np.linalg.inv(K)
    found = from_matrix(LEVELS, inverse, source="k.csv", inverse=True)
    np.testing.assert_allclose(found.matrix, inverse, atol=1e-15)
    np.testing.assert_allclose(found.variance, np.diagonal(K), atol=1e-14)
    assert found.log_determinant == pytest.approx(np.linalg.slogdet(K)[1], abs=1e-13)


def test_a_ridge_stands_on_the_diagonal() -> None:
    found = from_matrix(LEVELS, K, source="k.csv", ridge=0.1)
    np.testing.assert_allclose(found.matrix, np.linalg.inv(K + 0.1 * np.eye(3)), atol=1e-14)
    np.testing.assert_allclose(found.variance, np.diagonal(K) + 0.1)


def test_rounding_in_a_file_is_no_asymmetry() -> None:
    rounded = K.copy()
    rounded[0, 1] += 5e-7
    found = from_matrix(LEVELS, rounded, source="k.csv")
    np.testing.assert_allclose(found.matrix, found.matrix.T, rtol=0, atol=0)


def test_asymmetry_is_refused_with_the_cell() -> None:
    wrong = K.copy()
    wrong[2, 0] = 0.75
    with pytest.raises(InputError) as caught:
        from_matrix(LEVELS, wrong, source="k.csv")
    assert caught.value.problems == (
        "k.csv: the matrix is not symmetric: (a, c) is 0.25 and (c, a) is 0.75. Expected equal "
        "values. Correct the file.",)


@pytest.mark.parametrize(("matrix", "smallest"), [
    (np.array([[1.0, 1.0], [1.0, 1.0]]), None),
    (np.array([[1.0, 2.0], [2.0, 1.0]]), "-1"),
    (np.array([[1.0, 0.0], [0.0, -2.0]]), "-2"),
    (np.array([[1.0, 0.0], [0.0, 1e-14]]), "1e-14"),
])
def test_what_cannot_be_inverted_is_refused(matrix: np.ndarray, smallest: str | None) -> None:
    with pytest.raises(InputError) as caught:
        from_matrix(Levels.of(["a", "b"]), matrix, source="k.csv")
    (message,) = caught.value.problems
    start = "k.csv: the matrix is not positive definite (smallest eigenvalue "
    assert message.startswith(start + (f"{smallest})" if smallest else ""))
    assert message.endswith(
        "Expected a matrix that can be inverted. Remove duplicated individuals, or add "
        "'ridge: 0.01' to the relationship.")

"""Principal components of a relationship matrix, whole and by the largest alone."""

from __future__ import annotations

import numpy as np
import pytest

from breedeval.levels import Levels
from breedeval.relationship import principal
from breedeval.relationship.principal import principal_components


def matrix_of_lines() -> np.ndarray:
    rng = np.random.default_rng(3)
    z = rng.normal(size=(60, 200)) + 2.0 * rng.normal(size=(3, 200))[np.arange(60) % 3]
    return z @ z.T / 200


def test_eigenvectors_of_the_centred_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix, names = matrix_of_lines(), Levels.of([f"i{k}" for k in range(60)])
    whole = principal_components(matrix, names)
    assert whole is not None
    centre = np.eye(60) - 1 / 60
    values, vectors = np.linalg.eigh(centre @ matrix @ centre)
    np.testing.assert_allclose(
        np.abs(whole.scores), np.abs(vectors[:, :-5:-1] * np.sqrt(values[:-5:-1])), atol=1e-10)
    np.testing.assert_allclose(whole.shares, values[:-5:-1] / values.sum(), atol=1e-12)
    assert (whole.scores[np.abs(whole.scores).argmax(axis=0), np.arange(4)] > 0).all()
    monkeypatch.setattr(principal, "WHOLE", 10)
    largest = principal_components(matrix, names)
    assert largest is not None
    np.testing.assert_allclose(largest.scores[:, :2], whole.scores[:, :2], atol=1e-3)


def test_three_lines_are_three_clusters() -> None:
    found = principal_components(matrix_of_lines(), Levels.of([f"i{k}" for k in range(60)]))
    assert found is not None
    line = np.arange(60) % 3
    centres = np.stack([found.scores[line == k, :2].mean(axis=0) for k in range(3)])
    nearest = np.square(found.scores[:, None, :2] - centres).sum(axis=2).argmin(axis=1)
    np.testing.assert_array_equal(nearest, line)


@pytest.mark.parametrize("matrix", [np.eye(2), np.ones((5, 5))])
def test_nothing_to_see(matrix: np.ndarray) -> None:
    names = Levels.of([f"i{k}" for k in range(len(matrix))])
    assert principal_components(matrix, names) is None

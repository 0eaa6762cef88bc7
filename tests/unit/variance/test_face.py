"""Singular matrices and what is around them."""

from __future__ import annotations

import numpy as np
import pytest

from breedeval.covariance.unstructured import from_lower
from breedeval.variance.face import face_of
from breedeval.variance.room import SINGULAR

DIRECTION = np.array([1.0, -2.0, 0.5])


def _of_rank(rank: int, size: int = 4) -> np.ndarray:
    root = np.random.default_rng(rank).normal(size=(size, rank))
    return root @ root.T + SINGULAR * np.eye(size)


def test_a_regular_matrix_has_no_null_space() -> None:
    assert face_of(np.eye(3), np.ones(3)).null.shape == (3, 0)


@pytest.mark.parametrize("rank", [0, 1, 2, 3])
def test_tangents_stay_singular_to_first_order(rank: int) -> None:
    matrix = _of_rank(rank)
    face = face_of(matrix, np.ones(4))
    tangents = face.tangents()
    assert face.null.shape == (4, 4 - rank)
    assert tangents.shape == (10, rank * (9 - rank) // 2)
    assert np.linalg.matrix_rank(tangents) == tangents.shape[1]
    for column in tangents.T:
        change = from_lower(column, 4)
        np.testing.assert_allclose(face.null.T @ change @ face.null, 0, atol=1e-12)
        h = 1e-4
        roots = np.linalg.eigvalsh(matrix + h * change)
        np.testing.assert_allclose(roots[:4 - rank], SINGULAR, atol=1e-5)


def test_a_zero_variance_is_on_a_face_whatever_the_units() -> None:
    matrix = np.diag([4e6, 1e-9, 3e-6])
    face = face_of(matrix, np.array([5e6, 1.0, 2e-6]))
    assert face.null.shape == (3, 1)
    np.testing.assert_allclose(np.abs(face.null[:, 0]), [0, 1, 0], atol=1e-12)


def test_the_strongest_pull_is_in_the_null_space() -> None:
    along = np.outer(DIRECTION, DIRECTION) / (DIRECTION @ DIRECTION)
    face = face_of(np.eye(3) - along, np.ones(3))
    pull = face.strongest_pull(np.diag([3.0, 1.0, 2.0]))
    np.testing.assert_allclose(from_lower(pull, 3), along, atol=1e-12)

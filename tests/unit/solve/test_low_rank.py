"""An approximate inverse from a sketch, against the inverse."""

from __future__ import annotations

import numpy as np
import pytest

from breedeval.solve import conjugate_gradient, low_rank_inverse

SIZE = 60


def matrix(rank: int, seed: int = 1) -> np.ndarray:
    half = np.random.default_rng(seed).normal(size=(SIZE, rank))
    return half @ half.T


def dense(found: object) -> np.ndarray:
    return np.column_stack([found.product(column) for column in np.eye(SIZE)])  # type: ignore[attr-defined]


@pytest.mark.parametrize("rank", [1, 7])
def test_exact_where_the_rank_is_enough(rank: int) -> None:
    k = matrix(rank)
    found = low_rank_inverse(lambda x: k @ x, SIZE, 2.0, rank=rank + 3, seed=1)
    np.testing.assert_allclose(
        dense(found), np.linalg.inv(k + 2 * np.eye(SIZE)), rtol=0, atol=1e-7)
    everything = low_rank_inverse(lambda x: k @ x, SIZE, 2.0, rank=10 * SIZE, seed=1)
    assert everything.vectors.shape == (SIZE, SIZE)
    np.testing.assert_allclose(
        dense(everything), np.linalg.inv(k + 2 * np.eye(SIZE)), rtol=0, atol=1e-7)


def test_symmetric_positive_definite_and_the_same_every_time() -> None:
    k = matrix(40)
    found = low_rank_inverse(lambda x: k @ x, SIZE, 0.5, rank=10, seed=3)
    whole = dense(found)
    np.testing.assert_allclose(whole, whole.T, rtol=0, atol=1e-12)
    assert np.linalg.eigvalsh(whole)[0] > 0
    again = low_rank_inverse(lambda x: k @ x, SIZE, 0.5, rank=10, seed=3)
    np.testing.assert_array_equal(dense(again), whole)


def test_nothing_to_sketch() -> None:
    found = low_rank_inverse(lambda x: 0.0 * x, SIZE, 4.0, rank=5, seed=1)
    np.testing.assert_array_equal(found.product(np.ones(SIZE)), np.full(SIZE, 0.25))


class Shifted:
    """K + I, whose eigenvalues are far apart."""

    size = SIZE

    def __init__(self) -> None:
        vectors, _ = np.linalg.qr(matrix(SIZE))
        self.k = (vectors * 1e4 * 0.5**np.arange(SIZE)) @ vectors.T

    def product(self, x: np.ndarray) -> np.ndarray:
        return self.k @ x + x

    def diagonal(self) -> np.ndarray:
        return np.diagonal(self.k) + 1


def test_conjugate_gradients_are_quicker() -> None:
    operator, rhs = Shifted(), np.random.default_rng(2).normal(size=SIZE)
    sketch = low_rank_inverse(lambda x: operator.k @ x, SIZE, 1.0, rank=20, seed=1)
    plain = conjugate_gradient(operator, rhs)
    found = conjugate_gradient(operator, rhs, preconditioner=sketch.product)
    assert found.iterations < plain.iterations / 2
    np.testing.assert_allclose(found.values, plain.values, rtol=0, atol=1e-8)

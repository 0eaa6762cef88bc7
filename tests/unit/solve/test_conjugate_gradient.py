"""Conjugate gradients: the solution, what is said about it, and when it does not come."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from breedeval.solve import conjugate_gradient
from tests.oracles.animal_system import animal_system
from tests.oracles.dense_inverse import dense


class Matrix:
    """An operator from a matrix, counting its products."""

    def __init__(self, matrix: np.ndarray) -> None:
        self.matrix = matrix
        self.products = 0

    @property
    def size(self) -> int:
        return int(self.matrix.shape[0])

    def product(self, x: np.ndarray) -> np.ndarray:
        self.products += 1
        return np.asarray(self.matrix @ x)

    def diagonal(self) -> np.ndarray:
        return np.diag(self.matrix)


@pytest.fixture
def operator() -> Matrix:
    return Matrix(dense(animal_system(300, herd_size=10)))


@pytest.fixture
def rhs(operator: Matrix) -> np.ndarray:
    return np.random.default_rng(7).normal(size=operator.size)


def test_the_residual_is_true_and_not_squared(operator: Matrix, rhs: np.ndarray) -> None:
    solved = conjugate_gradient(operator, rhs, tolerance=1e-6)
    residual = np.linalg.norm(rhs - operator.matrix @ solved.values) / np.linalg.norm(rhs)
    assert solved.converged
    assert solved.relative_residual == pytest.approx(residual, rel=1e-12)
    assert 1e-9 < residual <= 1e-6
    assert solved.history.size == solved.iterations + 1
    assert solved.history[0] == 1.0


def test_columns_are_solved_each(operator: Matrix, rhs: np.ndarray) -> None:
    both = np.column_stack([rhs, np.zeros_like(rhs), 1e6 * rhs[::-1]])
    solved = conjugate_gradient(operator, both, tolerance=1e-12)
    assert solved.converged
    np.testing.assert_allclose(
        solved.values, np.linalg.solve(operator.matrix, both), rtol=1e-8, atol=1e-9
    )
    np.testing.assert_array_equal(solved.values[:, 1], 0.0)


def test_a_solution_given_needs_no_round(operator: Matrix, rhs: np.ndarray) -> None:
    start = np.linalg.solve(operator.matrix, rhs)
    solved = conjugate_gradient(operator, rhs, start=start)
    assert (solved.converged, solved.iterations, operator.products) == (True, 0, 1)
    np.testing.assert_array_equal(solved.values, start)


def test_too_few_rounds_are_not_convergence(operator: Matrix, rhs: np.ndarray) -> None:
    solved = conjugate_gradient(operator, rhs, max_iterations=3)
    assert (solved.converged, solved.iterations) == (False, 3)
    assert solved.relative_residual > 1e-10


def test_a_tolerance_out_of_reach_ends(operator: Matrix, rhs: np.ndarray) -> None:
    solved = conjugate_gradient(operator, rhs, tolerance=1e-30, max_iterations=5000)
    assert not solved.converged
    assert solved.relative_residual < 1e-12


def test_an_indefinite_matrix_is_not_solved() -> None:
    solved = conjugate_gradient(Matrix(np.diag([1.0, -1.0])), np.array([1.0, 1.0]))
    assert not solved.converged


def test_progress_is_told(operator: Matrix, rhs: np.ndarray) -> None:
    told: list[tuple[int, float]] = []
    solved = conjugate_gradient(operator, rhs, progress=lambda *what: told.append(what))
    assert [count for count, _ in told] == list(range(1, solved.iterations + 1))
    assert told[-1][1] <= 1e-10


def test_a_good_preconditioner_saves_rounds(operator: Matrix, rhs: np.ndarray) -> None:
    inverse = np.linalg.inv(operator.matrix)
    plain = conjugate_gradient(operator, rhs)
    exact = conjugate_gradient(operator, rhs, preconditioner=lambda r: inverse @ r)
    assert exact.iterations <= 2 < plain.iterations


def test_only_products_are_asked_for() -> None:
    n = 30_000
    second = sparse.diags_array([np.full(n, 2.2), np.full(n - 1, -1.0), np.full(n - 1, -1.0)],
                                offsets=[0, 1, -1], format="csr")

    class Stencil:
        size = n

        def product(self, x: np.ndarray) -> np.ndarray:
            return np.asarray(second @ x)

        def diagonal(self) -> np.ndarray:
            return np.full(n, 2.2)

    assert conjugate_gradient(Stencil(), np.ones(n)).converged

"""Every direct solver against the dense inverse, and on systems that cannot be solved."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import sparse

from breedeval.solve import (
    DirectSolver,
    Factor,
    LuSolver,
    SingularSystemError,
    backends,
    direct_solver,
    direct_solvers,
)
from tests.oracles.animal_system import animal_system
from tests.oracles.dense_inverse import dense, dense_inverse

SOLVERS = sorted(direct_solvers())


@pytest.fixture(params=SOLVERS)
def solver(request: pytest.FixtureRequest) -> DirectSolver:
    return direct_solvers(threads=1)[request.param]


@pytest.fixture(scope="module")
def system() -> sparse.csc_array:
    return animal_system(400, herd_size=10)


def columns(lower: sparse.csc_array) -> np.ndarray:
    return np.repeat(np.arange(lower.shape[1]), np.diff(lower.indptr))


def test_solution_and_log_determinant(solver: DirectSolver, system: sparse.csc_array) -> None:
    factor = solver.factorise(system)
    matrix = dense(system)
    rhs = np.random.default_rng(3).normal(size=(matrix.shape[0], 3))
    expected = np.linalg.solve(matrix, rhs)
    assert isinstance(factor, Factor)
    np.testing.assert_allclose(factor.solve(rhs), expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(factor.solve(rhs[:, 1]), expected[:, 1], rtol=0, atol=1e-9)
    assert factor.log_determinant == pytest.approx(np.linalg.slogdet(matrix)[1], rel=1e-12)


def test_selected_inverse_is_the_inverse(solver: DirectSolver, system: sparse.csc_array) -> None:
    factor = solver.factorise(system)
    inverse = dense_inverse(system)
    scale = np.abs(inverse).max()
    np.testing.assert_allclose(
        factor.inverse.diagonal() / scale, np.diag(inverse) / scale, rtol=0, atol=1e-12
    )
    np.testing.assert_allclose(
        factor.inverse.on(system) / scale,
        inverse[system.indices, columns(system)] / scale, rtol=0, atol=1e-12,
    )
    whole = factor.inverse.lower()
    assert whole.nnz >= factor.nnz >= system.nnz
    assert (whole.indices >= columns(whole)).all()
    np.testing.assert_allclose(
        whole.data / scale, inverse[whole.indices, columns(whole)] / scale, rtol=0, atol=1e-12
    )


def test_values_change_and_the_pattern_stays(
    solver: DirectSolver, system: sparse.csc_array
) -> None:
    first = solver.factorise(system)
    before = solver.analyse(system)
    other = system.copy()
    other.data = np.where(system.indices == columns(system), 3.0, 0.5) * system.data
    second = solver.factorise(other)
    assert solver.analyse(other) is before
    for lower, factor in ((system, first), (other, second)):
        expected = np.linalg.slogdet(dense(lower))[1]
        assert factor.log_determinant == pytest.approx(expected, rel=1e-12)


def test_a_dense_and_a_diagonal_system(solver: DirectSolver) -> None:
    root = np.random.default_rng(5).normal(size=(300, 300))
    full = sparse.csc_array(np.tril(root @ root.T + 10 * np.eye(300)))
    flat = sparse.csc_array(sparse.diags_array(np.arange(1.0, 8.0)))
    for lower in (full, flat):
        factor = solver.factorise(lower)
        np.testing.assert_allclose(
            factor.inverse.diagonal(), np.diag(dense_inverse(lower)), rtol=1e-9
        )
        assert factor.nnz == lower.nnz


def test_one_unknown(solver: DirectSolver) -> None:
    factor = solver.factorise(sparse.csc_array([[4.0]]))
    assert factor.solve(np.array([2.0])) == pytest.approx([0.5])
    assert factor.log_determinant == pytest.approx(np.log(4.0))
    assert factor.inverse.diagonal() == pytest.approx([0.25])


def test_long_indices_are_taken(solver: DirectSolver, system: sparse.csc_array) -> None:
    parts = (system.data, system.indices.astype(np.int64), system.indptr.astype(np.int64))
    long = sparse.csc_array(parts, shape=system.shape)
    expected = solver.factorise(system).log_determinant
    assert solver.factorise(long).log_determinant == pytest.approx(expected, rel=1e-14)


def _dependent() -> tuple[sparse.csc_array, set[int]]:
    """Columns 0 and 2 of X add up to column 4."""
    x = np.random.default_rng(2).normal(size=(20, 6))
    x[:, 4] = x[:, 0] + x[:, 2]
    return sparse.csc_array(np.tril(x.T @ x)), {0, 2, 4}


def _indefinite() -> tuple[sparse.csc_array, set[int]]:
    return sparse.csc_array(np.tril([[1.0, 2.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 1.0]])), {0, 1}


def _empty() -> tuple[sparse.csc_array, set[int]]:
    """An unknown without a record: its row is not there."""
    return sparse.csc_array(np.diag([1.0, 0.0, 2.0])), {1}


def _tiny() -> tuple[sparse.csc_array, set[int]]:
    """Positive pivots, but one is rounding error."""
    x = np.array([[1.0, 1.0], [1.0, 1.0 + 1e-8], [1.0, 1.0]])
    return sparse.csc_array(np.tril(x.T @ x)), {0, 1}


@pytest.mark.parametrize("case", [_dependent, _indefinite, _empty, _tiny])
def test_what_cannot_be_solved_is_refused(
    solver: DirectSolver, case: Callable[[], tuple[sparse.csc_array, set[int]]]
) -> None:
    lower, suspects = case()
    with pytest.raises(SingularSystemError, match="not positive definite") as caught:
        solver.factorise(lower)
    assert caught.value.unknown in suspects
    assert not caught.value.relative_pivot > 1e-12


def test_a_badly_scaled_system_is_not_singular(solver: DirectSolver) -> None:
    scale = np.logspace(-9, 9, 40)
    lower = animal_system(40, herd_size=5)
    n = lower.shape[0]
    spread = sparse.diags_array(np.resize(scale, n))
    scaled = sparse.csc_array(spread @ lower @ spread)
    scaled.sort_indices()
    expected = np.linalg.slogdet(dense(lower))[1] + 2 * np.log(np.resize(scale, n)).sum()
    assert solver.factorise(scaled).log_determinant == pytest.approx(expected, rel=1e-9)


def test_the_threads_do_not_change_the_selected_inverse(system: sparse.csc_array) -> None:
    one = direct_solver(threads=1).factorise(system).inverse.diagonal()
    two = direct_solver(threads=2).factorise(system).inverse.diagonal()
    np.testing.assert_array_equal(one, two)


def test_every_backend_tells_whether_it_works() -> None:
    found = backends()
    assert LuSolver.name in {backend.name for backend in found}
    assert all(backend.works and not backend.message for backend in found if backend.installed)
    assert all(backend.blas for backend in found if backend.installed)

"""What must hold for every system and every solver."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

from breedeval.solve import conjugate_gradient, direct_solvers
from tests.oracles.animal_system import animal_system
from tests.oracles.dense_inverse import dense, dense_inverse

SOLVERS = direct_solvers(threads=2)

few = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))

systems = st.one_of(
    st.builds(
        animal_system,
        st.integers(12, 150),
        seed=st.integers(0, 10_000),
        generations=st.integers(1, 8),
        herd_size=st.integers(2, 30),
    ),
    st.builds(
        lambda n, density, seed: _random_system(n, density, seed),
        st.integers(1, 90), st.floats(0.0, 0.3), st.integers(0, 10_000),
    ),
)


def _random_system(n: int, density: float, seed: int) -> sparse.csc_array:
    rng = np.random.default_rng(seed)
    root = np.where(rng.random((n, n)) < density, rng.normal(size=(n, n)), 0.0)
    return sparse.csc_array(np.tril(root @ root.T + 0.5 * np.eye(n)))


def _columns(lower: sparse.csc_array) -> np.ndarray:
    return np.repeat(np.arange(lower.shape[1]), np.diff(lower.indptr))


class _Matrix:
    def __init__(self, lower: sparse.csc_array) -> None:
        self.lower = lower
        self.strict = sparse.tril(lower, -1, format="csc")
        self.size = lower.shape[0]

    def product(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self.lower @ x + self.strict.T @ x)

    def diagonal(self) -> np.ndarray:
        return np.asarray(self.lower.diagonal())


@pytest.mark.parametrize("name", SOLVERS)
@few
@given(lower=systems)
def test_selected_inverse_is_the_dense_inverse_on_the_pattern(
    name: str, lower: sparse.csc_array
) -> None:
    factor = SOLVERS[name].factorise(lower)
    inverse = dense_inverse(lower)
    scale = np.sqrt(np.outer(np.diag(inverse), np.diag(inverse)))
    for found, row, column in (
        (factor.inverse.on(lower), lower.indices, _columns(lower)),
        (factor.inverse.diagonal(), np.arange(len(scale)), np.arange(len(scale))),
    ):
        error = (found - inverse[row, column]) / scale[row, column]
        assert np.abs(error).max() < 1e-10


@pytest.mark.parametrize("name", SOLVERS)
@few
@given(lower=systems, seed=st.integers(0, 99))
def test_direct_is_iterative(name: str, lower: sparse.csc_array, seed: int) -> None:
    rhs = np.random.default_rng(seed).normal(size=lower.shape[0])
    direct = SOLVERS[name].factorise(lower).solve(rhs)
    iterative = conjugate_gradient(_Matrix(lower), rhs, tolerance=1e-13)
    np.testing.assert_allclose(iterative.values, direct, rtol=0, atol=1e-8 * np.abs(direct).max())


@pytest.mark.parametrize("name", SOLVERS)
@few
@given(lower=systems, seed=st.integers(0, 99))
def test_the_order_of_the_unknowns_changes_nothing(
    name: str, lower: sparse.csc_array, seed: int
) -> None:
    order = np.random.default_rng(seed).permutation(lower.shape[0])
    full = dense(lower)
    shuffled = sparse.csc_array(np.tril(full[np.ix_(order, order)]))
    one, other = SOLVERS[name].factorise(lower), SOLVERS[name].factorise(shuffled)
    assert other.log_determinant == pytest.approx(one.log_determinant, rel=1e-10, abs=1e-10)
    np.testing.assert_allclose(
        other.inverse.diagonal(), one.inverse.diagonal()[order], rtol=1e-9
    )


@pytest.mark.parametrize("name", SOLVERS)
@few
@given(lower=systems)
def test_log_determinant_and_trace(name: str, lower: sparse.csc_array) -> None:
    factor = SOLVERS[name].factorise(lower)
    assert factor.log_determinant == pytest.approx(
        np.linalg.slogdet(dense(lower))[1], rel=1e-10, abs=1e-10
    )
    twice = np.where(lower.indices == _columns(lower), 1.0, 2.0)
    trace = float((twice * lower.data * factor.inverse.on(lower)).sum())
    assert trace == pytest.approx(lower.shape[0], rel=1e-9)  # tr(C C⁻¹)


@few
@given(lower=systems)
def test_every_solver_counts_and_solves_alike(lower: sparse.csc_array) -> None:
    factors = [solver.factorise(lower) for solver in SOLVERS.values()]
    rhs = np.ones(lower.shape[0])
    for factor in factors[1:]:
        np.testing.assert_allclose(factor.solve(rhs), factors[0].solve(rhs), rtol=1e-8, atol=1e-10)
        assert factor.nnz >= lower.nnz

"""Henderson's equations as a matrix and as an operator, against the same written out densely."""

from __future__ import annotations

import numpy as np
import pytest

from breedeval import ladder
from breedeval.equations.henderson import Equations
from breedeval.equations.pattern import fill, make_pattern
from tests.oracles.dense_design import DenseSystem, dense_data, dense_system
from tests.oracles.dense_inverse import dense
from tests.reference.running import CONFIGS
from tests.unit.equations.made import CASES

CONFIG_NAMES = ["mrode_4_4_groups", "mrode_8_1_maternal", "mrode_10_2_random_regression",
                "mrode_6_3_different_models", "supplied_relationship"]


@pytest.fixture(scope="module", params=[*CASES, *CONFIG_NAMES])
def equations(request: pytest.FixtureRequest) -> Equations:
    if request.param in CASES:
        return CASES[request.param].equations()
    run = ladder.read(CONFIGS / f"{request.param}.yaml")
    design = ladder.design(run)
    return ladder.equations(run, design, ladder.relationships(run, design))


@pytest.fixture(scope="module")
def oracle(equations: Equations) -> DenseSystem:
    return dense_system(equations)


def test_the_matrix_and_the_right_hand_side(equations: Equations, oracle: DenseSystem) -> None:
    c = dense(equations.lower())
    assert c.shape == (equations.size, equations.size)
    np.testing.assert_allclose(c, oracle.c, rtol=0, atol=1e-12 * np.abs(c).max())
    np.testing.assert_allclose(equations.right_hand_side, oracle.right_hand_side, rtol=0,
                               atol=1e-12 * np.abs(oracle.right_hand_side).max())


def test_the_operator_is_the_matrix(equations: Equations, oracle: DenseSystem) -> None:
    x = np.random.default_rng(1).normal(size=equations.size)
    size = np.abs(oracle.c).max()
    np.testing.assert_allclose(equations.product(x), oracle.c @ x, rtol=0, atol=1e-11 * size)
    np.testing.assert_allclose(
        equations.diagonal(), np.diagonal(oracle.c), rtol=0, atol=1e-12 * size)
    np.testing.assert_allclose(equations.fitted(x), oracle.w @ x, atol=1e-9)
    assert equations.fit(x).quadratic == pytest.approx(oracle.quadratic(x), rel=1e-11)


def test_several_columns_at_once(equations: Equations, oracle: DenseSystem) -> None:
    rng = np.random.default_rng(2)
    x, e = rng.normal(size=(equations.size, 3)), rng.normal(size=(equations.design.size, 3))
    np.testing.assert_allclose(equations.fitted(x), oracle.w @ x, atol=1e-9)
    np.testing.assert_allclose(equations.transposed(e), oracle.w.T @ e, atol=1e-9)
    np.testing.assert_allclose(
        equations.residual.weighted(e), np.linalg.solve(oracle.r, e), atol=1e-11)


def test_the_log_determinants(equations: Equations, oracle: DenseSystem) -> None:
    assert equations.residual.log_determinant == pytest.approx(
        np.linalg.slogdet(oracle.r)[1], abs=1e-10)
    g = [np.kron(effect.k, part.matrix) for effect, part in zip(
        dense_data(equations).effects, equations.covariances, strict=True)]
    assert equations.random_log_determinant == pytest.approx(
        sum(np.linalg.slogdet(part)[1] for part in g), abs=1e-9)


def test_the_matrix_is_sorted_lower_and_positive_definite(equations: Equations) -> None:
    lower = equations.lower()
    assert lower.has_sorted_indices
    columns = np.repeat(np.arange(equations.size), np.diff(lower.indptr))
    assert (lower.indices >= columns).all()
    assert np.linalg.eigvalsh(dense(lower))[0] > 0


def test_other_variances_fill_the_same_pattern(equations: Equations) -> None:
    """The places of all terms are found once; covariances with zeros keep their pattern."""
    pattern = make_pattern(equations, equations.lower())
    values = equations.variances.values * 1.3
    if equations.variances.slopes.size:
        values[equations.variances.slices[-1]] = 0.2
    try:
        other = equations.at(equations.variances.at(values))
    except np.linalg.LinAlgError:  # a correlation above 1
        other = equations.at(equations.variances.moved(0.1 * values))
    filled, whole = fill(other, pattern), other.lower()
    np.testing.assert_array_equal(filled.indices, whole.indices)
    np.testing.assert_allclose(filled.data, whole.data, atol=1e-12 * np.abs(whole.data).max())

"""Henderson's equations as a matrix and as an operator."""

from __future__ import annotations

import numpy as np
import pytest

from breedeval import ladder
from breedeval.equations.henderson import Equations
from tests.oracles.dense_inverse import dense
from tests.reference.running import CONFIGS

NAMES = ["mrode_4_4_groups", "mrode_5_1_repeatability", "mrode_8_1_maternal",
         "mrode_10_2_random_regression", "blupf90_quick_animal", "supplied_relationship"]


@pytest.fixture(scope="module", params=NAMES)
def equations(request: pytest.FixtureRequest) -> Equations:
    run = ladder.read(CONFIGS / f"{request.param}.yaml")
    design = ladder.design(run)
    return ladder.equations(run, design, ladder.relationships(run, design))


def test_the_operator_is_the_matrix(equations: Equations) -> None:
    matrix = dense(equations.lower())
    assert matrix.shape == (equations.size, equations.size)
    x = np.random.default_rng(1).normal(size=equations.size)
    np.testing.assert_allclose(equations.product(x), matrix @ x, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(equations.diagonal(), np.diagonal(matrix), rtol=1e-13)


def test_the_matrix_is_sorted_lower_and_positive_definite(equations: Equations) -> None:
    lower = equations.lower()
    assert lower.has_sorted_indices
    columns = np.repeat(np.arange(equations.size), np.diff(lower.indptr))
    assert (lower.indices >= columns).all()
    assert np.linalg.eigvalsh(dense(lower))[0] > 0


def test_the_right_hand_side_is_that_of_the_records(equations: Equations) -> None:
    expected = np.zeros(equations.size)
    weighted = equations.design.y * equations.design.weights / equations.residual
    for places, values, y in zip(equations.columns, equations.values, weighted, strict=True):
        for place, value in zip(places, values, strict=True):
            if place >= 0:
                expected[place] += value * y
    np.testing.assert_allclose(equations.right_hand_side, expected, rtol=1e-12, atol=1e-12)

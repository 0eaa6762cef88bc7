"""Haseman & Elston's regression against itself, pair by pair, and on a known population."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from breedeval.variance.incidence import make_incidence
from breedeval.variance.moments import as_start, has_moments, haseman_elston
from tests.oracles.dense_inverse import dense
from tests.unit.equations.made import CASES


def test_regression_of_products_on_relationships() -> None:
    """Least squares of rᵢrⱼ on the elements of P₀MP₀, over all pairs."""
    equations = CASES["one trait"].equations()
    kernels = [np.linalg.inv(dense(precision.lower())) if precision.of_individuals
               else sp.csr_array(sp.eye_array(len(precision.levels)))
               for precision in equations.precisions]
    found = haseman_elston(equations, kernels)
    incidence, root = make_incidence(equations), np.sqrt(equations.design.weights)
    x = root[:, None] * incidence.x
    p = np.eye(root.size) - x @ np.linalg.pinv(x)
    r = p @ (root * equations.design.y)
    matrices = [np.diag(root) @ cells[0] @ kernel @ cells[0].T @ np.diag(root)
                for cells, kernel in zip(incidence.cells, kernels, strict=True)]
    columns = np.column_stack([(p @ matrix @ p).ravel() for matrix in (
        *matrices, np.eye(root.size))])
    expected = np.linalg.lstsq(columns, np.outer(r, r).ravel(), rcond=None)[0]
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_models_that_it_is_for(name: str) -> None:
    equations = CASES[name].equations()
    single = equations.variances.count == len(equations.precisions) + 1
    assert has_moments(equations) == (single and len(equations.design.traits) == 1)


def test_no_start_is_at_or_below_zero() -> None:
    np.testing.assert_allclose(as_start(np.array([-1.0, 3.0, 7.0])), [0.5, 3.0, 7.0])

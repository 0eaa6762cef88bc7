"""Zeros that are stored in a system belong to its pattern: a covariate of 0 leaves them behind."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from breedeval.solve import direct_solvers
from tests.oracles.animal_system import animal_system
from tests.oracles.dense_inverse import dense_inverse


@pytest.mark.parametrize("name", sorted(direct_solvers()))
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_selected_inverse_after_an_analysis(name: str, seed: int) -> None:
    solver = direct_solvers(threads=1)[name]
    system = _with_zeros(animal_system(60, herd_size=5, seed=seed), seed)
    solver.analyse(system)
    inverse = dense_inverse(system)
    found = solver.factorise(system).inverse.diagonal()
    np.testing.assert_allclose(found, np.diagonal(inverse), rtol=1e-10)


def _with_zeros(lower: sparse.csc_array, seed: int) -> sparse.csc_array:
    """The same values, with stored zeros in a few rows and columns."""
    rng = np.random.default_rng(seed)
    n = lower.shape[0]
    entries = lower.tocoo()
    one, other = rng.integers(0, n, (2, n))
    row = np.concatenate([entries.row, np.maximum(one, other)])
    column = np.concatenate([entries.col, np.minimum(one, other)])
    data = np.concatenate([entries.data, np.zeros(n)])
    padded = sparse.csc_array(sparse.coo_array((data, (row, column)), shape=lower.shape))
    padded.sort_indices()
    assert (padded.data == 0).any()
    return padded

"""The lower triangle of a dense precision, as the equations take it."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from breedeval.levels import Levels
from breedeval.relationship.dense import Dense, Inverse


@pytest.mark.parametrize("size", [0, 1, 2, 17])
@pytest.mark.parametrize("zeros", [0.0, 0.6])
def test_lower_triangle_without_zeros(size: int, zeros: float) -> None:
    rng = np.random.default_rng(size)
    matrix = rng.normal(size=(size, size)) * (rng.random((size, size)) >= zeros)
    matrix = matrix + matrix.T + size * np.eye(size)
    dense = Dense(Levels.of([f"{i}" for i in range(size)]), np.eye(size),
                  known=Inverse(matrix, 0.0))
    lower, expected = dense.lower(), sp.csc_array(np.tril(matrix))
    np.testing.assert_array_equal(lower.toarray(), np.tril(matrix))
    assert lower.nnz == expected.nnz
    assert lower.indices.dtype == np.int32
    assert (np.diff(lower.indptr) >= 0).all()
    assert lower.has_sorted_indices

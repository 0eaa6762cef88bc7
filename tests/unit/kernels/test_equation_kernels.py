"""The kernels that assemble equations and find dependent columns, compiled and as Python."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from breedeval.kernels import assemble
from breedeval.kernels.rank import dependent_columns

ROOT = Path(__file__).resolve().parents[3]
Int32, Float64 = NDArray[np.int32], NDArray[np.float64]


def rows_of(columns: Int32, values: Float64, size: int) -> Float64:
    """W as a dense matrix; places may occur twice in a row."""
    w = np.zeros((columns.shape[0], size))
    for r, p in np.ndindex(*columns.shape):
        if columns[r, p] >= 0:
            w[r, columns[r, p]] += values[r, p]
    return w


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(0, 12), st.integers(0, 4), st.integers(1, 7))
def test_assembly_equals_the_dense_product(seed: int, n: int, t: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    columns = rng.integers(-1, size, (n, t)).astype(np.int32)
    values = rng.normal(size=(n, t))
    weights = rng.uniform(0.5, 2.0, n)
    m = int(rng.integers(0, 10))
    one, other = rng.integers(0, size, (2, m)).astype(np.int32)
    rows, cols, terms = np.maximum(one, other), np.minimum(one, other), rng.normal(size=m)
    indptr, indices, data = assemble.assemble_lower(
        columns, values, weights, rows, cols, terms, size)
    w = rows_of(columns, values, size)
    expected = np.tril(w.T @ (weights[:, None] * w))
    np.add.at(expected, (rows, cols), terms)
    found = np.zeros((size, size))
    for j in range(size):
        own = indices[indptr[j]:indptr[j + 1]]
        assert (np.diff(own) > 0).all()
        assert (own >= j).all()
        found[own, j] = data[indptr[j]:indptr[j + 1]]
    np.testing.assert_allclose(found, expected, atol=1e-12)
    x, b = rng.normal(size=n), rng.normal(size=size)
    np.testing.assert_allclose(
        assemble.transposed_product(columns, values, x, size), w.T @ x, atol=1e-12)
    np.testing.assert_allclose(assemble.product(columns, values, b), w @ b, atol=1e-12)


def test_null_vectors_of_dependent_columns() -> None:
    x = np.array([[1.0, 0, 1, 2], [1, 0, 1, 2], [0, 1, 1, 3], [0, 1, 1, 3]])
    x = x / np.linalg.norm(x, axis=0)
    gram = np.triu(x.T @ x)
    indptr = np.array([0, 1, 3, 6, 10], np.int64)
    indices = np.array([0, 0, 1, 0, 1, 2, 0, 1, 2, 3], np.int32)
    data = np.concatenate([gram[: k + 1, k] for k in range(4)])
    found, start, places, values = dependent_columns(indptr, indices, data, 1e-11)
    assert list(found) == [2, 3]
    for k, column in enumerate(found):
        own = slice(start[k], start[k + 1])
        assert (places[own] < column).all()
        np.testing.assert_allclose(x[:, places[own]] @ values[own], x[:, column], atol=1e-14)


def test_the_same_without_compilation() -> None:
    """Where numba is switched off, the same functions run as Python."""
    tests = ["test_assembly_equals_the_dense_product", "test_null_vectors_of_dependent_columns"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
         *(f"{Path(__file__)}::{name}" for name in tests)], cwd=ROOT, capture_output=True,
        text=True, env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, check=False)
    assert done.returncode == 0, done.stdout

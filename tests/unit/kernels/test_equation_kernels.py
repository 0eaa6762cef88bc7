"""The kernels that assemble equations and find dependent columns, compiled and as Python."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from breedeval.kernels import assemble, residual, terms, variates
from breedeval.kernels.rank import dependent_columns, permuted_upper

ROOT = Path(__file__).resolve().parents[3]
Int32, Int64, Float64 = NDArray[np.int32], NDArray[np.int64], NDArray[np.float64]


@dataclass(frozen=True)
class Records:
    """Records of some of the traits, W with up to ``t`` non-zeros a row, and blocks of R⁻¹."""

    columns: Int32
    values: Float64
    start: Int32
    trait: Int32
    group: Int32
    blocks: Float64
    coupled: NDArray[np.bool_]
    size: int

    @property
    def w(self) -> Float64:
        """W as a dense matrix; places may occur twice in a row."""
        w = np.zeros((self.trait.size, self.size))
        for r, p in np.ndindex(*self.columns.shape):
            if self.columns[r, p] >= 0:
                w[r, self.columns[r, p]] += self.values[r, p]
        return w

    @property
    def r_inverse(self) -> Float64:
        """R⁻¹: a block of each record's traits along the diagonal."""
        r = np.zeros((self.trait.size,) * 2)
        for record, block in enumerate(self.group):
            own = slice(self.start[record], self.start[record + 1])
            r[own, own] = self.blocks[block][np.ix_(self.trait[own], self.trait[own])]
        return r

    @property
    def arguments(self) -> tuple[Any, ...]:
        """As the kernels take them."""
        return (self.columns, self.values, self.start, self.trait, self.group, self.blocks,
                self.coupled)


def random_records(rng: np.random.Generator, t: int, size: int) -> Records:
    """Up to eight records of up to three traits, in two groups, some pairs of traits uncoupled."""
    traits, n = int(rng.integers(1, 4)), int(rng.integers(0, 9))
    has = rng.random((n, traits)) < 0.7
    unit, trait = np.nonzero(has)
    coupled = rng.random((traits, traits)) < 0.6
    coupled = coupled | coupled.T | np.eye(traits, dtype=bool)
    blocks = rng.normal(size=(2, traits, traits))
    blocks = np.where(coupled, blocks + blocks.transpose(0, 2, 1), 0.0)
    start = np.concatenate([[0], np.cumsum(has.sum(axis=1))])
    return Records(
        rng.integers(-1, size, (unit.size, t)).astype(np.int32), rng.normal(size=(unit.size, t)),
        start.astype(np.int32), trait.astype(np.int32), rng.integers(0, 2, n).astype(np.int32),
        np.ascontiguousarray(blocks), coupled, size)


def of_own_equations(records: Records) -> Records:
    """The same with equations that belong to one trait each, as those of a model do."""
    traits, trait = len(records.coupled), records.trait[:, None]
    own = records.columns // traits * traits + trait
    columns = np.where((records.columns < 0) | (own >= records.size), -1, own)
    return replace(records, columns=np.ascontiguousarray(columns, dtype=np.int32))


def every_place(size: int) -> tuple[Int64, Int32]:
    """The pattern of a full lower triangle."""
    indptr = np.concatenate([[0], np.cumsum(np.arange(size, 0, -1))]).astype(np.int64)
    indices = np.concatenate([np.arange(j, size) for j in range(size)]).astype(np.int32)
    return indptr, indices


RECORDS = given(st.integers(0, 2**32 - 1), st.integers(0, 4), st.integers(1, 7))


@settings(deadline=None, max_examples=60)
@RECORDS
def test_assembly_equals_the_dense_product(seed: int, t: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    records = random_records(rng, t, size)
    m = int(rng.integers(0, 10))
    one, other = rng.integers(0, size, (2, m)).astype(np.int32)
    rows, cols, terms = np.maximum(one, other), np.minimum(one, other), rng.normal(size=m)
    indptr, indices, data = assemble.assemble_lower(*records.arguments, rows, cols, terms, size)
    expected = np.tril(records.w.T @ records.r_inverse @ records.w)
    np.add.at(expected, (rows, cols), terms)
    found = np.zeros((size, size))
    for j in range(size):
        own = indices[indptr[j]:indptr[j + 1]]
        assert (np.diff(own) > 0).all()
        assert (own >= j).all()
        found[own, j] = data[indptr[j]:indptr[j + 1]]
    np.testing.assert_allclose(found, expected, atol=1e-12)


@settings(deadline=None, max_examples=30)
@RECORDS
def test_products_equal_the_dense_ones(seed: int, t: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    records = random_records(rng, t, size)
    w, n = records.w, records.trait.size
    x, b = rng.normal(size=n), rng.normal(size=size)
    np.testing.assert_allclose(assemble.transposed_product(
        records.columns, records.values, x, size), w.T @ x, atol=1e-12)
    np.testing.assert_allclose(
        assemble.product(records.columns, records.values, b), w @ b, atol=1e-12)
    np.testing.assert_allclose(
        assemble.product_diagonal(records.columns, records.values, x, size),
        np.diagonal(w.T @ (x[:, None] * w)), atol=1e-12)
    wide = rng.normal(size=(n, 2))
    np.testing.assert_allclose(assemble.transposed_products(
        records.columns, records.values, wide, size), w.T @ wide, atol=1e-12)
    several = rng.normal(size=(size, 3))
    np.testing.assert_allclose(
        assemble.products(records.columns, records.values, several), w @ several, atol=1e-12)
    scale = rng.uniform(0.5, 2.0, n)
    np.testing.assert_allclose(
        residual.block_product(
            records.start, records.trait, records.group, records.blocks, scale, wide),
        scale[:, None] * (records.r_inverse @ (scale[:, None] * wide)), atol=1e-12)


@settings(deadline=None, max_examples=40)
@RECORDS
def test_passes_over_a_pattern_equal_the_dense_sums(seed: int, t: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    records = random_records(rng, t, size)
    w, r_inverse = records.w, records.r_inverse
    indptr, indices = every_place(size)
    lower = (indices, np.repeat(np.arange(size), np.diff(indptr)))
    places = residual.find_pairs(
        records.columns, records.start, records.trait, records.coupled, indptr, indices)
    data = np.zeros(indices.size)
    residual.add_records(*records.arguments, places, data)
    np.testing.assert_allclose(data, (w.T @ r_inverse @ w)[lower], atol=1e-12)

    inverse = rng.normal(size=(size, size))
    inverse = inverse + inverse.T
    fitted = w @ inverse @ w.T
    total, trace = residual.fitted_covariance(
        *records.arguments, places, inverse[lower].copy())
    expected = np.zeros(records.blocks.shape)
    for record, block in enumerate(records.group):
        mine = slice(records.start[record], records.start[record + 1])
        cells = np.ix_(records.trait[mine], records.trait[mine])
        expected[block][cells] += np.where(records.coupled[cells], fitted[mine, mine], 0.0)
        assert np.isclose(trace[record], np.sum(r_inverse[mine, mine] * fitted[mine, mine]))
    np.testing.assert_allclose(total, expected, atol=1e-11)

    cell, x = rng.integers(-1, 3, size).astype(np.int32), rng.normal(size=size)
    second = (inverse + np.outer(x, x)) * (w.T @ r_inverse @ w)
    found = residual.expected_products(
        *records.arguments, places, inverse[lower].copy(), cell, 3, x)
    sums = [[second[np.ix_(cell == k, cell == m)].sum() for m in range(3)] for k in range(3)]
    np.testing.assert_allclose(found, sums, atol=1e-11)


@settings(deadline=None, max_examples=40)
@RECORDS
def test_terms_added_up_by_place_equal_the_products(seed: int, t: int, size: int) -> None:
    """C, and Σ WᵣC⁻¹Wᵣ′ of each group, from one term a place."""
    rng = np.random.default_rng(seed)
    records = of_own_equations(random_records(rng, t, size))
    traits, blocks = len(records.coupled), records.blocks
    indptr, indices = every_place(size)
    lower = (indices, np.repeat(np.arange(size), np.diff(indptr)))
    products = residual.find_pairs(
        records.columns, records.start, records.trait, records.coupled, indptr, indices)
    places, codes, weights = terms.gather_products(
        records.columns, records.values, records.start, records.trait, records.group,
        records.coupled, products, np.argsort(records.group, kind="stable"), indices.size)
    own = np.diagonal(blocks, axis1=1, axis2=2)
    table = np.concatenate([blocks.reshape(2, -1), own], axis=1)
    data = np.zeros(indices.size)
    terms.add_terms(places, codes, weights, table.ravel(), data)
    np.testing.assert_allclose(
        data, (records.w.T @ records.r_inverse @ records.w)[lower], atol=1e-12)

    inverse = rng.normal(size=(size, size))
    inverse = inverse + inverse.T
    total, _ = residual.fitted_covariance(*records.arguments, products, inverse[lower].copy())
    sums = terms.sum_terms(
        places.astype(np.int64), codes, weights, inverse[lower].copy(),
        table.size).reshape(2, -1)
    found = sums[:, :traits**2].reshape(total.shape)
    found = found + np.tril(found, -1).transpose(0, 2, 1)
    found[:, np.arange(traits), np.arange(traits)] += 2.0 * sums[:, traits**2:]
    np.testing.assert_allclose(found, total, atol=1e-11)


def test_places_of_pairs_of_equations() -> None:
    indptr, indices = every_place(5)
    one, other = np.array([4, 0, 2, 1], np.int32), np.array([1, 0, 3, 4], np.int32)
    found = terms.find_places(indptr, indices, one, other)
    column = np.repeat(np.arange(5), np.diff(indptr))
    np.testing.assert_array_equal(indices[found], np.maximum(one, other))
    np.testing.assert_array_equal(column[found], np.minimum(one, other))


@settings(deadline=None, max_examples=30)
@RECORDS
def test_variates_equal_the_dense_ones(seed: int, t: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    records = random_records(rng, t, size)
    n, traits = records.trait.size, len(records.coupled)
    part = int(rng.integers(0, t + 1))
    b, x = rng.normal(size=(size, 2)), rng.normal(size=(n, 3))
    found = np.zeros((n, 5))
    variates.add_products(records.columns, records.values, part, t, b, 1, found)
    later = np.where(np.arange(t) < part, 0.0, records.values)
    rest = Records(records.columns, later, *records.arguments[2:], size)
    np.testing.assert_allclose(found[:, 1:3], rest.w @ b, atol=1e-12)
    assert not found[:, [0, 3, 4]].any()

    sides = np.ones((size, 3))
    variates.add_transposed(records.columns, records.values, x, sides)
    np.testing.assert_allclose(sides, 1.0 + records.w.T @ x, atol=1e-12)

    scale, weighted = rng.uniform(0.5, 2.0, n), rng.normal(size=n)
    derivatives = rng.normal(size=(traits, traits, 3))
    derivatives = derivatives + derivatives.transpose(1, 0, 2)
    first = np.array([0, 2, 3])
    found = np.zeros((n, 4))
    variates.residual_variates(records.start, records.trait, records.group, weighted, scale,
                               derivatives, first, 1, found)
    expected = np.zeros((n, 4))
    for record, group in enumerate(records.group):
        mine = slice(records.start[record], records.start[record + 1])
        for k in range(first[group], first[group + 1]):
            changed = derivatives[:, :, k][np.ix_(records.trait[mine], records.trait[mine])]
            expected[mine, 1 + k] = changed @ (weighted[mine] / scale[mine]) / scale[mine]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_an_upper_triangle_in_another_order() -> None:
    root = np.random.default_rng(3).normal(size=(6, 6))
    matrix = root @ root.T
    indptr, indices = every_place(6)
    lower = matrix[indices, np.repeat(np.arange(6), np.diff(indptr))]
    scale, order = np.arange(1.0, 7.0), np.array([4, 0, 5, 2, 1, 3])
    start, rows, values = permuted_upper(indptr, indices, lower, scale, order)
    found = np.zeros((6, 6))
    found[rows, np.repeat(np.arange(6), np.diff(start))] = values
    expected = (scale[:, None] * matrix * scale)[np.ix_(order, order)]
    np.testing.assert_allclose(found, np.triu(expected), atol=1e-12)


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
    tests = ["test_assembly_equals_the_dense_product", "test_products_equal_the_dense_ones",
             "test_passes_over_a_pattern_equal_the_dense_sums",
             "test_terms_added_up_by_place_equal_the_products", "test_places_of_pairs_of_equations",
             "test_variates_equal_the_dense_ones", "test_an_upper_triangle_in_another_order",
             "test_null_vectors_of_dependent_columns"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
         *(f"{Path(__file__)}::{name}" for name in tests)], cwd=ROOT, capture_output=True,
        text=True, env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, check=False)
    assert done.returncode == 0, done.stdout

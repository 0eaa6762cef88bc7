"""A, its inverse, products and blocks on small pedigrees, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from breedeval.pedigree.inbreeding import inbreeding
from breedeval.pedigree.precision import log_determinant, precision_lower, precision_product
from breedeval.pedigree.relationship import (
    group_contributions,
    relationship_block,
    relationship_matrix,
    relationship_product,
)
from tests.oracles.tabular import tabular

SIRE = np.array([-1, -1, 0, 0, 2, 4, 5, 5], np.int32)
DAM = np.array([-1, -1, 1, 1, 3, 4, -1, 3], np.int32)
D = inbreeding(SIRE, DAM).mendelian
A = tabular(SIRE, DAM)


def test_dense_matrix() -> None:
    np.testing.assert_allclose(relationship_matrix(SIRE, DAM, D), A, atol=1e-15)


def test_precision_is_the_inverse_in_canonical_columns() -> None:
    lower = precision_lower(SIRE, DAM, D)
    dense = lower.toarray()
    np.testing.assert_allclose(dense + np.tril(dense, -1).T, np.linalg.inv(A), atol=1e-12)
    assert lower.indices.dtype == lower.indptr.dtype == np.int32
    for column in range(len(SIRE)):
        rows = lower.indices[lower.indptr[column]:lower.indptr[column + 1]]
        assert rows[0] == column
        assert (np.diff(rows) > 0).all()


def test_products() -> None:
    x = np.random.default_rng(1).normal(size=(8, 3))
    np.testing.assert_allclose(relationship_product(SIRE, DAM, D, x), A @ x, atol=1e-13)
    np.testing.assert_allclose(precision_product(SIRE, DAM, D, A @ x), x, atol=1e-12)
    assert relationship_product(SIRE, DAM, D, x[:, 0]).shape == (8,)
    assert precision_product(SIRE, DAM, D, x[:, 0]).shape == (8,)


def test_block_in_the_order_asked_for_with_repeats() -> None:
    rows = [6, 1, 4, 6, 0, 7, 2, 3, 5, 5]
    np.testing.assert_allclose(
        relationship_block(SIRE, DAM, D, rows), A[np.ix_(rows, rows)], atol=1e-15
    )


def test_block_of_nobody() -> None:
    assert relationship_block(SIRE, DAM, D, []).shape == (0, 0)


def test_log_determinant() -> None:
    assert log_determinant(D) == pytest.approx(np.linalg.slogdet(A)[1], abs=1e-12)


def test_metafounders() -> None:
    gamma = np.array([[0.6, 0.2], [0.2, 0.8]])
    sire, dam = [-1, -1, 0, 1, 0, 2, 5], [-1, -1, 0, 1, 1, 3, 4]
    d = inbreeding(sire, dam, gamma=gamma).mendelian
    a = tabular(sire, dam, gamma=gamma)
    x = np.arange(14.0).reshape(7, 2)
    lower = precision_lower(sire, dam, d, gamma=gamma).toarray()
    np.testing.assert_allclose(lower + np.tril(lower, -1).T, np.linalg.inv(a), atol=1e-12)
    np.testing.assert_allclose(relationship_matrix(sire, dam, d, gamma=gamma), a, atol=1e-15)
    np.testing.assert_allclose(relationship_product(sire, dam, d, x, gamma=gamma), a @ x)
    np.testing.assert_allclose(precision_product(sire, dam, d, a @ x, gamma=gamma), x, atol=1e-11)
    np.testing.assert_allclose(
        relationship_block(sire, dam, d, [4, 6, 1], gamma=gamma), a[np.ix_([4, 6, 1], [4, 6, 1])]
    )
    assert log_determinant(d, gamma=gamma) == pytest.approx(np.linalg.slogdet(a)[1])


def test_groups_are_the_last_rows() -> None:
    sire, dam = [-1, -1, 0], [-1, 0, 1]
    groups = {"sire_group": [0, 1, -1], "dam_group": [0, -1, -1]}
    d = inbreeding(sire, dam).mendelian
    q = group_contributions(sire, dam, n_groups=2, **groups)
    inverse = np.linalg.inv(tabular(sire, dam))
    expected = np.block([[inverse, -inverse @ q], [-q.T @ inverse, q.T @ inverse @ q]])
    lower = precision_lower(sire, dam, d, n_groups=2, **groups).toarray()
    np.testing.assert_allclose(lower + np.tril(lower, -1).T, expected, atol=1e-14)
    x = np.eye(5)
    np.testing.assert_allclose(precision_product(sire, dam, d, x, **groups), expected, atol=1e-14)
    np.testing.assert_array_equal(
        group_contributions(sire, dam, n_groups=2, rows=[2, 1], **groups), q[[2, 1]]
    )


def test_an_individual_without_mendelian_variance_has_no_inverse() -> None:
    sire, dam = [-1, -1, 0], [-1, -1, 1]
    d = inbreeding(sire, dam, selfings=[np.inf, np.inf, 0]).mendelian
    assert d[2] == 0.0
    with pytest.raises(ValueError, match="individual 2 has a Mendelian variance of 0"):
        precision_lower(sire, dam, d)
    with pytest.raises(ValueError, match="individual 2"):
        log_determinant(d)


def test_gamma_that_has_no_inverse_is_refused() -> None:
    with pytest.raises(ValueError, match="not positive definite"):
        precision_lower([-1, -1], [-1, -1], [1.0, 1.0], gamma=np.ones((2, 2)))


def test_rows_and_lengths_are_checked() -> None:
    with pytest.raises(ValueError, match=r"rows must lie in 0\.\.7"):
        relationship_block(SIRE, DAM, D, [8])
    with pytest.raises(ValueError, match="x has 3 rows, the pedigree 8"):
        relationship_product(SIRE, DAM, D, np.ones(3))
    with pytest.raises(ValueError, match="x has 3 rows"):
        precision_product(SIRE, DAM, D, np.ones(3))

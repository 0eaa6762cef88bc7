"""Matrices turned to bands, against numpy."""

from __future__ import annotations

import numpy as np
import pytest

from breedeval.variance.band import BlockBand, reduce_to_band


def dense(band: BlockBand) -> np.ndarray:
    """B."""
    return band.product(np.eye(sum(len(block) for block in band.diagonal)))


def symmetric(size: int, rank: int) -> np.ndarray:
    z = np.random.default_rng(size).normal(size=(size, rank))
    return z @ z.T / rank


@pytest.mark.parametrize("rank", [3, 40])
@pytest.mark.parametrize("size", [1, 3, 4, 5, 8, 9, 11, 30, 75])
def test_it_is_a_band_of_the_same_eigenvalues(size: int, rank: int) -> None:
    matrix, f = symmetric(size, rank), np.random.default_rng(1).normal(size=(size, 2))
    kept = matrix.copy()
    found = reduce_to_band(matrix, f, 4, threads=2)
    np.testing.assert_array_equal(matrix, kept)
    b = dense(found.band)
    np.testing.assert_allclose(b, b.T, atol=1e-12)
    assert not np.triu(b, 8).any()
    np.testing.assert_allclose(np.linalg.eigvalsh(b), np.linalg.eigvalsh(matrix), atol=1e-12)
    turned = found.turned
    np.testing.assert_allclose(turned.T @ turned, f.T @ f, atol=1e-12)
    np.testing.assert_allclose(turned.T @ b @ turned, f.T @ matrix @ f, atol=1e-11)


@pytest.mark.parametrize("d", [0.0, 0.3, 7.0])
@pytest.mark.parametrize("size", [1, 4, 5, 30])
def test_determinants_solutions_and_traces(size: int, d: float) -> None:
    matrix, f = symmetric(size, 40), np.random.default_rng(1).normal(size=(size, 2))
    found = reduce_to_band(matrix, f, 4)
    b = dense(found.band)
    v = d * b + np.eye(size)
    factor = found.band.factorise(d)
    assert factor.log_determinant == pytest.approx(np.linalg.slogdet(v)[1], abs=1e-12)
    np.testing.assert_allclose(factor.solve(f), np.linalg.solve(v, f), atol=1e-12)
    inverse = np.linalg.inv(v)
    assert factor.traces() == pytest.approx((np.trace(inverse), np.trace(b @ inverse)), abs=1e-11)


def test_the_same_on_one_thread_and_on_two() -> None:
    matrix, f = symmetric(250, 40), np.ones((250, 1))
    one, two = (reduce_to_band(matrix, f, 4, threads=threads) for threads in (1, 2))
    np.testing.assert_array_equal(dense(one.band), dense(two.band))
    np.testing.assert_array_equal(one.turned, two.turned)


def test_what_is_not_positive_definite() -> None:
    band = reduce_to_band(np.diag([1.0, -0.5, 0.2]), np.zeros((3, 0)), 2).band
    assert np.isfinite(band.factorise(1.9).log_determinant)
    with pytest.raises(np.linalg.LinAlgError):
        band.factorise(2.1)

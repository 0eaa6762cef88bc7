"""Inverting a covariance one connected set of levels after the other."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from breedeval.errors import LimitError
from breedeval.relationship import blocks
from breedeval.relationship.blocks import NotPositiveDefinite, invert_by_blocks

INTERLEAVED = np.array([
    [1.0, 0.0, 0.5, 0.0, 0.0],
    [0.0, 2.0, 0.0, 0.0, 0.3],
    [0.5, 0.0, 1.5, 0.0, 0.0],
    [0.0, 0.0, 0.0, 0.25, 0.0],
    [0.0, 0.3, 0.0, 0.0, 1.0]])


def test_blocks_whose_levels_are_interleaved() -> None:
    found = invert_by_blocks(sp.csc_array(INTERLEAVED), "relationships")
    np.testing.assert_allclose(
        found.lower.toarray(), np.tril(np.linalg.inv(INTERLEAVED)), rtol=0, atol=1e-15)
    assert found.log_determinant == pytest.approx(np.linalg.slogdet(INTERLEAVED)[1], abs=1e-14)
    assert found.lower.nnz == 7
    for column in range(5):
        rows = found.lower.indices[found.lower.indptr[column]:found.lower.indptr[column + 1]]
        assert rows[0] == column
        assert (np.diff(rows) > 0).all()


def test_nothing_to_invert() -> None:
    found = invert_by_blocks(sp.csc_array((0, 0)), "relationships")
    assert found.lower.shape == (0, 0)
    assert found.log_determinant == 0.0


@pytest.mark.parametrize(("cell", "value", "rows", "smallest"), [
    ((0, 2), 1.5, [0, 2], 1.25 - np.sqrt(0.0625 + 2.25)),
    ((3, 3), 0.0, [3], 0.0),
    ((3, 3), -0.5, [3], -0.5),
])
def test_a_block_without_an_inverse_is_told(
    cell: tuple[int, int], value: float, rows: list[int], smallest: float
) -> None:
    wrong = INTERLEAVED.copy()
    wrong[cell] = wrong[cell[::-1]] = value
    with pytest.raises(NotPositiveDefinite) as caught:
        invert_by_blocks(sp.csc_array(wrong), "relationships")
    np.testing.assert_array_equal(caught.value.rows, rows)
    assert caught.value.smallest == pytest.approx(smallest, abs=1e-14)


def test_the_eigenvalue_of_a_large_block_is_not_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "EIGENVALUES_UP_TO", 1)
    with pytest.raises(NotPositiveDefinite) as caught:
        invert_by_blocks(sp.csc_array(np.ones((2, 2))), "relationships")
    assert caught.value.smallest is None


def test_a_block_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "LARGEST_BLOCK", 1)
    with pytest.raises(LimitError) as caught:
        invert_by_blocks(sp.csc_array(INTERLEAVED), "dominance relationships")
    assert str(caught.value) == (
        "pedigree: dominance relationships tie 2 levels together in one block, which is inverted "
        "densely; the most is 1. Keep fewer individuals ('pedigree: prune: true' keeps those with "
        "records and their ancestors), or leave the effect out of the model.")

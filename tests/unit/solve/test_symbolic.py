"""Elimination tree, counts and blocks against elimination by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from breedeval.kernels import etree
from breedeval.solve.symbolic import PANEL, build_structure, count_columns
from tests.oracles.animal_system import animal_system
from tests.oracles.dense_inverse import dense_factor_pattern


def arrow(n: int) -> sparse.csc_array:
    """All unknowns joined to the first."""
    matrix = np.eye(n)
    matrix[:, 0] = 1.0
    return sparse.csc_array(matrix)


def random_lower(n: int, density: float, seed: int) -> sparse.csc_array:
    rng = np.random.default_rng(seed)
    matrix = np.tril(rng.random((n, n)) < density) | np.eye(n, dtype=bool)
    return sparse.csc_array(matrix.astype(float))


def test_an_arrow_fills_only_in_the_wrong_order() -> None:
    wrong = count_columns(arrow(5), np.arange(5))
    right = count_columns(arrow(5), np.array([1, 2, 3, 4, 0]))
    assert wrong.count.tolist() == [5, 4, 3, 2, 1]
    assert wrong.parent.tolist() == [1, 2, 3, 4, -1]
    assert right.count.tolist() == [2, 2, 2, 2, 1]
    assert right.parent.tolist() == [4, 4, 4, 4, -1]
    assert (wrong.factor_nonzeros, right.factor_nonzeros) == (15, 9)
    assert (wrong.flops, right.flops) == (55.0, 17.0)


@pytest.mark.parametrize("seed", range(12))
def test_counts_and_rows_are_those_of_elimination(seed: int) -> None:
    n = 10 + 6 * seed
    lower = random_lower(n, 0.5 / (1 + seed), seed)
    order = np.random.default_rng(seed).permutation(n)
    counts = count_columns(lower, order)
    pattern = dense_factor_pattern(lower, counts.order)
    np.testing.assert_array_equal(counts.count, pattern.sum(axis=0))
    below = np.tril(pattern, -1)
    parent = np.where(below.any(axis=0), below.argmax(axis=0), -1)
    np.testing.assert_array_equal(counts.parent, parent)
    assert sorted(counts.order) == list(range(n))
    assert counts.factor_nonzeros == dense_factor_pattern(lower, order).sum()


@pytest.mark.parametrize("seed", range(6))
def test_blocks_cover_the_factor(seed: int) -> None:
    n = 60
    lower = random_lower(n, 0.03, seed)
    structure = build_structure(count_columns(lower, np.arange(n)))
    pattern = dense_factor_pattern(lower, structure.order)
    covered = np.zeros_like(pattern)
    for s in range(structure.height.size):
        rows = structure.rows[structure.row_start[s] :][: structure.height[s]]
        columns = np.arange(structure.first[s], structure.first[s + 1])
        assert (np.diff(rows) > 0).all()
        np.testing.assert_array_equal(rows[: columns.size], columns)
        np.testing.assert_array_equal(structure.home[columns], s)
        covered[np.ix_(rows, columns)] = True
    assert (covered | ~pattern).all()
    assert structure.stored == (structure.height * structure.width).sum()


def test_wide_supernodes_are_cut() -> None:
    n = 2 * PANEL + 10
    structure = build_structure(count_columns(sparse.csc_array(np.tril(np.ones((n, n)))),
                                              np.arange(n)))
    assert structure.width.max() <= PANEL
    assert structure.width.max() - structure.width.min() <= 1
    assert structure.rows.size == n  # the panels share one row list
    assert structure.factor_nonzeros == n * (n + 1) // 2


def test_few_zeros_are_stored() -> None:
    lower = animal_system(3000)
    structure = build_structure(count_columns(lower, np.arange(lower.shape[0])[::-1]))
    assert structure.stored < 4 * structure.factor_nonzeros


def test_postorder_keeps_subtrees_together() -> None:
    parent = np.array([3, 4, 3, 5, 5, -1, -1], dtype=np.int32)
    assert etree.postorder(parent).tolist() == [0, 2, 3, 1, 4, 5, 6]


def test_subtree_sums() -> None:
    parent = np.array([2, 2, 4, 4, -1, -1], dtype=np.int32)
    sums = etree.subtree_sums(parent, np.arange(1.0, 7.0))
    assert sums.tolist() == [1.0, 2.0, 6.0, 4.0, 15.0, 6.0]

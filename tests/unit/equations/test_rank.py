"""The rank of the fixed part: what depends on what, and which column is set to zero."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from breedeval.equations.rank import Rank, fixed_rank
from tests.oracles.dense_rank import dropped_columns

Float64 = NDArray[np.float64]


def rank_of(x: Float64, preference: list[int] | None = None) -> Rank:
    order = np.arange(x.shape[1]) if preference is None else np.array(preference)
    return fixed_rank(sp.csc_array(x), order)


def classes(codes: list[int]) -> Float64:
    return np.eye(max(codes) + 1)[codes]


def test_nothing_depends_in_a_regression() -> None:
    found = rank_of(np.column_stack([np.ones(4), [1.0, 2.0, 3.0, 5.0]]))
    assert found.dropped.size == 0
    assert found.dependencies.shape == (0, 2)


@pytest.mark.parametrize("shape", [(0, 0), (5, 0)])
def test_an_empty_design_has_no_dependencies(shape: tuple[int, int]) -> None:
    assert rank_of(np.zeros(shape)).dropped.size == 0


def test_columns_without_a_record_are_dropped_and_equal_nothing() -> None:
    found = rank_of(np.column_stack([np.ones(3), np.zeros(3)]))
    assert list(found.dropped) == [1]
    assert found.dependencies.nnz == 0


def test_the_preferred_column_of_a_class_effect_is_dropped() -> None:
    x = np.column_stack([classes([0, 1, 2, 0, 1, 2]), np.ones(6)])
    found = rank_of(x)
    assert list(found.dropped) == [0]
    np.testing.assert_allclose(found.dependencies.toarray(), [[0, -1, -1, 1]], atol=1e-12)
    assert list(rank_of(x, [3, 0, 1, 2]).dropped) == [3]


def test_nested_effects_lose_one_column_a_region() -> None:
    region, herd = classes([0, 0, 0, 1, 1, 1]), classes([0, 1, 1, 2, 3, 3])
    x = np.hstack([herd, region, np.ones((6, 1))])
    found = rank_of(x)
    assert list(found.dropped) == [0, 2, 4]  # a herd of each region, and the first region
    _assert_explained(x, found)


def test_crossed_effects_lose_one_column_each() -> None:
    x = np.hstack([classes([0, 1, 0, 1]), classes([0, 0, 1, 1]), np.ones((4, 1))])
    assert list(rank_of(x).dropped) == [0, 2]


def test_disconnected_sets_lose_one_column_more() -> None:
    x = np.hstack([classes([0, 1, 2, 3]), classes([0, 0, 1, 1]), np.ones((4, 1))])
    found = rank_of(x)
    assert len(found.dropped) == 3
    _assert_explained(x, found)


def test_a_covariate_may_be_a_combination_of_classes() -> None:
    """Age measured once a pen says nothing beyond the pen."""
    pen = classes([0, 0, 1, 1, 2, 2])
    age = np.array([[4.0, 4.0, 7.0, 7.0, 5.5, 5.5]]).T
    found = rank_of(np.hstack([age, pen]))
    assert list(found.dropped) == [0]
    np.testing.assert_allclose(found.dependencies.toarray(), [[0, 4, 7, 5.5]], atol=1e-9)
    kept = rank_of(np.hstack([pen, age]))  # now a pen is preferred for zero
    assert list(kept.dropped) == [0]
    np.testing.assert_allclose(
        kept.dependencies.toarray(), [[0, -7 / 4, -5.5 / 4, 1 / 4]], atol=1e-9)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_scale_of_a_column_does_not_matter(scale: float) -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(20, 3))
    x = np.column_stack([x, x @ [1.0, 2.0, 0.0]])
    x[:, 1] *= scale
    found = rank_of(x)
    assert list(found.dropped) == [0]
    _assert_explained(x, found)


def test_nearly_dependent_columns_stay() -> None:
    """R² of 1 − 1e-9 is information, if little."""
    rng = np.random.default_rng(4)
    one = rng.normal(size=200)
    x = np.column_stack([one, one + 3e-5 * rng.normal(size=200)])
    assert rank_of(x).dropped.size == 0


@st.composite
def designs(draw: st.DrawFn) -> tuple[Float64, list[int]]:
    """Class effects, nested, crossed and interacting, covariates, empty columns."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(1, 25))
    blocks = [np.ones((n, 1))] if draw(st.booleans()) else []
    first = rng.integers(0, draw(st.integers(1, 5)), n)
    blocks += [np.eye(5)[first]]
    if draw(st.booleans()):
        blocks += [np.eye(3)[first // 2]]  # nested
    other = rng.integers(0, 3, n)
    if draw(st.booleans()):
        blocks += [np.eye(3)[other]]
    if draw(st.booleans()):
        blocks += [np.eye(15)[first * 3 + other]]  # their interaction
    if draw(st.booleans()):
        blocks += [rng.integers(0, 4, (n, 1)).astype(np.float64)]
    x = np.hstack(blocks)
    return x, [int(k) for k in rng.permutation(x.shape[1])]


@settings(deadline=None, max_examples=150)
@given(designs())
def test_dropped_columns_are_those_of_gram_schmidt(design: tuple[Float64, list[int]]) -> None:
    x, preference = design
    found = rank_of(x, preference)
    assert set(found.dropped.tolist()) == dropped_columns(x, preference)
    assert x.shape[1] - found.dropped.size == np.linalg.matrix_rank(x)
    _assert_explained(x, found)


def _assert_explained(x: Float64, found: Rank) -> None:
    """Every dropped column is the combination it is said to be, of columns that stay."""
    combination = found.dependencies.toarray()
    assert not combination[:, found.dropped].any()
    np.testing.assert_allclose(
        x @ combination.T, x[:, found.dropped], atol=1e-8 * max(1.0, float(np.abs(x).max())))

"""D against Cockerham's formula cell by cell, and against genes followed through the pedigree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from breedeval.errors import LimitError
from breedeval.pedigree import dominance
from breedeval.pedigree.dominance import (
    dominance_matrix,
    family_relationships,
    full_sib_families,
    membership,
    sparse_relationships,
    symmetric,
)
from breedeval.pedigree.inbreeding import inbreeding
from breedeval.pedigree.relationship import relationship_columns
from tests.oracles.dominance import cockerham, identity_of_genotypes
from tests.oracles.tabular import tabular
from tests.unit.pedigree.made import random_parents

DOUBLE_COUSINS = ([-1, -1, -1, -1, 0, 0, 2, 2, 4, 5, 4, 5],
                  [-1, -1, -1, -1, 1, 1, 3, 3, 6, 7, 6, 6])
"""Two pairs of full sibs mated crosswise: double first cousins, full and three-quarter sibs."""
UNKNOWN_PARENTS = ([-1, -1, 0, 0, 0, 2, 3], [-1, -1, 1, 1, -1, -1, 4])


def d_of(sire: list[int], dam: list[int]) -> NDArray[np.float64]:
    found = inbreeding(sire, dam)
    return dominance_matrix(sire, dam, found.mendelian, found.coefficients).toarray()


def test_identities_worked_out_by_hand() -> None:
    """Full sibs ¼, double first cousins 1/16, three-quarter sibs ⅛, everybody else nothing."""
    d = d_of(*DOUBLE_COUSINS)
    assert d[4, 5] == d[8, 10] == 0.25
    assert d[8, 9] == 0.0625
    assert d[8, 11] == 0.125
    assert d[0, 4] == d[4, 6] == d[4, 8] == 0.0
    np.testing.assert_array_equal(np.diagonal(d), 1.0)


def test_without_inbreeding_it_is_the_probability_of_the_same_genotype() -> None:
    np.testing.assert_allclose(
        d_of(*DOUBLE_COUSINS), identity_of_genotypes(*DOUBLE_COUSINS), rtol=0, atol=1e-15)


def test_of_an_unknown_parent_nothing_is_shared() -> None:
    sire, dam = UNKNOWN_PARENTS
    assert inbreeding(sire, dam).coefficients[6] > 0
    d = d_of(sire, dam)
    np.testing.assert_allclose(d, cockerham(sire, dam, tabular(sire, dam)), rtol=0, atol=1e-15)
    alone = [0, 1, 4, 5]
    np.testing.assert_array_equal(d[alone][:, alone], np.eye(4))


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 60), st.integers(0, 2**31))
def test_any_pedigree_selfing_and_inbreeding_included(n: int, seed: int) -> None:
    sire, dam = random_parents(n, seed)
    np.testing.assert_allclose(
        d_of(list(sire), list(dam)), cockerham(sire, dam, tabular(sire, dam)), rtol=0, atol=1e-13)


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 50), st.integers(0, 2**31))
def test_family_means_are_positive_definite_whatever_the_inbreeding(n: int, seed: int) -> None:
    sire, dam = random_parents(n, seed)
    families = full_sib_families(sire, dam)
    lower = family_relationships(sire, dam, inbreeding(sire, dam).mendelian, families)
    assert lower.has_sorted_indices
    whole = symmetric(lower).toarray()
    if whole.size:
        assert np.linalg.eigvalsh(whole)[0] > 0
    a = tabular(sire, dam)
    s, d = families.first, families.second
    np.testing.assert_allclose(np.diagonal(whole), 0.25 * (a[s, s] * a[d, d] + a[s, d] ** 2))


def test_families_are_pairs_of_parents_in_either_order() -> None:
    families = full_sib_families([-1, -1, 0, 1, 0, 2, -1], [-1, -1, 1, 0, -1, 2, 3])
    np.testing.assert_array_equal(families.of, [-1, -1, 0, 0, -1, 1, -1])
    np.testing.assert_array_equal(families.first, [0, 2])
    np.testing.assert_array_equal(families.second, [1, 2])
    np.testing.assert_array_equal(families.size, [2, 1])
    np.testing.assert_array_equal(
        membership(families).toarray(), [[0, 0], [0, 0], [1, 0], [1, 0], [0, 0], [0, 1], [0, 0]])


def test_nobody_and_founders_only() -> None:
    assert d_of([], []).shape == (0, 0)
    np.testing.assert_array_equal(d_of([-1] * 3, [-1] * 3), np.eye(3))


def test_additive_relationships_without_their_zeros(monkeypatch: pytest.MonkeyPatch) -> None:
    sire, dam = random_parents(40, 3)
    a, mendelian = tabular(sire, dam), inbreeding(sire, dam).mendelian
    rows = np.array([7, 39, 0, 21], np.int32)
    monkeypatch.setattr(dominance, "COLUMNS", 3)
    found = sparse_relationships(sire, dam, mendelian, rows)
    np.testing.assert_allclose(found.toarray(), a[np.ix_(rows, rows)], rtol=0, atol=1e-14)
    assert (found.data != 0).all()
    np.testing.assert_allclose(
        relationship_columns(sire, dam, mendelian, [3, 30], rows), a[np.ix_([3, 30], rows)],
        rtol=0, atol=1e-14)


@pytest.mark.parametrize(("most", "what"), [
    (10, "additive relationships among 20 individuals"),
    (50, "dominance relationships among 100 families"),
    (300, "dominance relationships among 320 individuals"),
])
def test_what_is_too_large_is_refused(
    most: int, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten sires by ten dams, three full sibs each: 20, 100 and 920 non-zeros."""
    cross = np.arange(100).repeat(3)
    founders = np.full(20, -1)
    sire = np.concatenate([founders, cross // 10])
    dam = np.concatenate([founders, 10 + cross % 10])
    found = inbreeding(sire, dam)
    assert dominance_matrix(sire, dam, found.mendelian, found.coefficients).nnz == 920
    monkeypatch.setattr(dominance, "MOST_NONZEROS", most)
    with pytest.raises(LimitError, match=what):
        dominance_matrix(sire, dam, found.mendelian, found.coefficients)

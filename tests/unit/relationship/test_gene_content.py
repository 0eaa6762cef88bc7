"""Gene content by dense least squares: frequencies of the base, and Γ."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from breedeval.errors import InputError
from breedeval.levels import Levels
from breedeval.relationship.gene_content import (
    base_contents,
    base_frequencies,
    estimate_gamma,
)
from breedeval.relationship.numerator import from_pedigree
from tests.oracles.tabular import group_fractions, tabular
from tests.unit.genotypes.made import dropped, genotypes_of
from tests.unit.pedigree.made import pedigree_of, random_parents

ROWS = np.array([28, 3, 7, 21, 15, 8, 22], np.int32)


def test_against_dense_generalised_least_squares() -> None:
    people = pedigree_of(*random_parents(30, 11))
    copies = dropped(people.sire, people.dam, 60, 3)[ROWS].astype(float)
    v = tabular(list(people.sire), list(people.dam))[np.ix_(ROWS, ROWS)] + 0.01 * np.eye(7)
    ones = np.ones((7, 1))
    expected = np.linalg.solve(ones.T @ np.linalg.solve(v, ones),
                               ones.T @ np.linalg.solve(v, copies))[0]
    made, numerator = genotypes_of(copies), from_pedigree(people)
    found = base_contents(made, numerator, ROWS, ones)[:, 0]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    p = copies.mean(axis=0) / 2
    limited = np.where((p > 0) & (p < 1), np.clip(expected / 2, 1 / 28, 27 / 28), p)
    np.testing.assert_allclose(
        base_frequencies(made, numerator, ROWS), limited, rtol=0, atol=1e-5)


def test_gamma_of_two_populations() -> None:
    """Founders of two groups with frequencies of their own: Γ is eight times their moments."""
    rng = np.random.default_rng(3)
    n, m = 200, 20_000
    p = np.clip(np.stack([rng.beta(0.8, 0.8, m), rng.beta(2, 2, m)]), 0.01, 0.99)
    of = np.arange(n) % 2
    copies = rng.binomial(2, p[of])
    group = of.astype(np.int32)
    none = np.full(n, -1, np.int32)
    people = replace(pedigree_of(none, none), groups=Levels.of(["a", "b"]), sire_group=group,
                     dam_group=group.copy())
    rows = np.arange(n, dtype=np.int32)
    gamma = estimate_gamma(genotypes_of(copies), from_pedigree(people), rows)
    expected = 8 * (p - 0.5) @ (p - 0.5).T / m
    np.testing.assert_allclose(gamma, expected, rtol=0, atol=0.02)
    q = group_fractions(list(none), list(none), list(group), list(group), 2)
    assert (q.sum(axis=0) == n / 2).all()


def test_a_group_without_genotyped_descendants_is_named() -> None:
    none = np.full(4, -1, np.int32)
    group = np.array([0, 0, 0, 1], np.int32)
    people = replace(pedigree_of(none, none), groups=Levels.of(["old", "new"]), sire_group=group,
                     dam_group=group.copy())
    made = genotypes_of([[0, 1], [1, 2], [2, 1]], ["i0", "i1", "i2"])
    with pytest.raises(InputError, match="no genotyped animal descends from new"):
        estimate_gamma(made, from_pedigree(people), np.arange(3, dtype=np.int32))

"""Pairs of individuals and Hardy–Weinberg tests, compiled and not, against the oracle."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest

from breedeval.genotypes.packed import pack
from breedeval.kernels import hardy_weinberg, identity, opposing
from tests.oracles import genotype_quality as oracle
from tests.unit.genotypes.made import random_copies


def both(kernel: Callable) -> list[Callable]:
    return [kernel, getattr(kernel, "py_func", kernel)]


SIZES = [(1, 3), (31, 5), (32, 6), (33, 7), (97, 9)]


@pytest.mark.parametrize(("markers", "individuals"), SIZES)
@pytest.mark.parametrize("compiled", [True, False])
def test_opposing_homozygotes(markers: int, individuals: int, compiled: bool) -> None:
    copies = random_copies(markers, individuals, markers)
    data = pack(copies).data
    words_of, by_pair, by_marker = (both(kernel)[not compiled] for kernel in (
        opposing.words_by_individual, opposing.opposing_by_pair, opposing.opposing_by_marker))
    pairs = np.array(list(combinations(range(individuals), 2)), np.int64)
    first, second = np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])
    words = words_of(data, individuals)
    assert words.shape == (individuals, -(-markers // 32))
    expected = [oracle.opposing(copies, i, j) for i, j in pairs.tolist()]
    assert by_pair(words, first, second).tolist() == [list(pair) for pair in expected]
    found = by_marker(data, first, second)
    assert found.sum(axis=0).tolist() == np.sum(expected, axis=0).tolist()
    for m in range(markers):
        one = [oracle.opposing(copies[m:m + 1], i, j) for i, j in pairs.tolist()]
        assert found[m].tolist() == np.sum(one, axis=0).tolist()


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("threshold", [0.5, 0.9, 1.0])
def test_pairs_that_are_the_same(threshold: float, compiled: bool) -> None:
    copies = random_copies(150, 20, 3)
    copies[:, 7] = copies[:, 2]
    copies[:, 11] = copies[:, 2]
    copies[:12, 11] = (copies[:12, 2] + 1) % 3
    copies[20:30, 7] = -1
    words = opposing.words_by_individual(pack(copies).data, 20)
    found = both(identity.same_pairs)[not compiled](words, 150, threshold)
    expected = [(i, j) for i, j in combinations(range(20), 2)
                if oracle.identity(copies, i, j) >= threshold]
    assert [tuple(row[:2]) for row in found.tolist()] == expected
    for i, j, different, called in found.tolist():
        assert 1 - different / called == pytest.approx(oracle.identity(copies, i, j))


def test_many_pairs_that_are_the_same() -> None:
    words = opposing.words_by_individual(pack(np.ones((40, 30), np.int8)).data, 30)
    assert identity.same_pairs(words, 40, 1.0).shape == (435, 4)


@pytest.mark.parametrize("compiled", [True, False])
def test_exact_test_of_hardy_weinberg(compiled: bool) -> None:
    counts = [(a, h, b) for a in range(7) for h in range(9) for b in range(7)]
    counts += [(57, 14, 50), (0, 3, 400), (200, 30, 2)]
    first, het, second = (np.array(column, np.int64) for column in zip(*counts, strict=True))
    found = both(hardy_weinberg.exact_test)[not compiled](first, het, second)
    expected = [oracle.hardy_weinberg(*one) for one in counts]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-300)


def test_exact_test_of_many_individuals_is_a_number() -> None:
    found = hardy_weinberg.exact_test(*(np.array([k], np.int64) for k in (50_000, 0, 50_000)))
    assert found[0] == pytest.approx(0.0, abs=1e-300)

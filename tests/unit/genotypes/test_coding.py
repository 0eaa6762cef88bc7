"""Genomic matrices against their definitions, an element at a time."""

from __future__ import annotations

import numpy as np
import pytest

from breedeval.errors import InputError
from breedeval.genotypes import relationship
from breedeval.genotypes.calls import Coding
from breedeval.genotypes.coding import (
    genomic_coding,
    squared_lengths,
)
from breedeval.genotypes.products import cross_products
from breedeval.genotypes.relationship import (
    class_matrix,
    dominance_matrix,
    genomic_matrix,
)
from tests.oracles import single_step as oracle
from tests.unit.genotypes.made import genotypes_of


@pytest.fixture
def copies() -> np.ndarray:
    rng = np.random.default_rng(4)
    found = rng.binomial(2, rng.uniform(0.1, 0.9, 40), (9, 40)).astype(float)
    found[:, 3] = 0  # does not vary
    found[0, 38:] = 0  # else heterozygotes alone
    return found


@pytest.mark.parametrize("packed", [True, False])
def test_methods(copies: np.ndarray, packed: bool) -> None:
    made = genotypes_of(copies, packed=packed)
    np.testing.assert_allclose(
        genomic_matrix(made), oracle.vanraden1(copies), rtol=0, atol=1e-12)
    np.testing.assert_allclose(
        genomic_matrix(made, "yang"), oracle.yang(copies), rtol=0, atol=2e-6)
    np.testing.assert_allclose(dominance_matrix(made), oracle.dominance(copies), atol=1e-12)
    kept = copies[:, copies.std(axis=0) > 0]
    z = (kept - kept.mean(axis=0)) / kept.std(axis=0, ddof=1)
    np.testing.assert_allclose(
        genomic_matrix(made, "standardised"), z @ z.T / z.shape[1], atol=1e-12)
    centred = kept - kept.mean(axis=0)
    np.testing.assert_allclose(genomic_matrix(made, "centred"),
                               centred @ centred.T / kept.var(axis=0, ddof=1).sum(), atol=1e-12)
    p = kept.mean(axis=0) / 2
    w = centred / np.sqrt(2 * p * (1 - p))
    np.testing.assert_allclose(genomic_matrix(made, "vanraden2"), w @ w.T / p.size, atol=1e-12)


def test_single_precision_beyond_small(
    copies: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = genotypes_of(copies)
    exact = genomic_matrix(made, "vanraden2")
    monkeypatch.setattr(relationship, "SMALL", 0.0)
    np.testing.assert_allclose(genomic_matrix(made, "vanraden2"), exact, rtol=0, atol=2e-6)


def test_frequencies_of_ones_own(copies: np.ndarray) -> None:
    half = np.full(copies.shape[1], 0.5)
    found = genomic_matrix(genotypes_of(copies), frequency=half)
    np.testing.assert_allclose(
        found, (copies - 1) @ (copies - 1).T / (copies.shape[1] / 2), atol=1e-12)


def test_equal_weights_change_nothing_and_zero_leaves_a_marker_out(copies: np.ndarray) -> None:
    made, m = genotypes_of(copies), copies.shape[1]
    plain = genomic_matrix(made)
    np.testing.assert_allclose(genomic_matrix(made, weights=np.full(m, 7.0)), plain, atol=1e-12)
    weights = np.ones(m)
    weights[5] = 0.0
    p = copies.mean(axis=0) / 2
    varies = (p > 0) & (p < 1)
    less = np.delete(copies, 5, axis=1)
    found = genomic_matrix(made, weights=weights)
    scale = (2 * p * (1 - p)).sum() / (2 * p * (1 - p))[np.arange(m) != 5].sum()
    mean = weights[varies].mean()
    np.testing.assert_allclose(found * mean * scale, oracle.vanraden1(less), atol=1e-12)


def test_a_marker_of_heterozygotes_alone_has_no_standard_deviation() -> None:
    copies = np.array([[1, 0], [1, 2], [1, 1]])
    coding = genomic_coding(genotypes_of(copies).calls.counts(), "standardised")
    assert coding.coding.scale[0] == 0
    assert coding.divisor == 1


def test_missing_calls_count_nothing(copies: np.ndarray) -> None:
    copies[2, 7] = np.nan
    filled = copies.copy()
    filled[2, 7] = np.nanmean(copies[:, 7])
    found = genomic_matrix(genotypes_of(copies))
    p = np.nanmean(copies, axis=0) / 2
    z = filled - 2 * p
    np.testing.assert_allclose(found, z @ z.T / (2 * p * (1 - p)).sum(), atol=1e-12)


@pytest.mark.parametrize("method", ["vanraden1", "vanraden2", "yang", "centred", "standardised"])
def test_allele_coding_and_order_change_nothing(copies: np.ndarray, method: str) -> None:
    plain = genomic_matrix(genotypes_of(copies), method)
    swapped = copies.copy()
    swapped[:, ::3] = 2 - swapped[:, ::3]
    rng = np.random.default_rng(0)
    markers, people = rng.permutation(copies.shape[1]), rng.permutation(len(copies))
    other = genomic_matrix(genotypes_of(swapped[np.ix_(people, markers)]), method)
    np.testing.assert_allclose(other, plain[np.ix_(people, people)], rtol=0, atol=2e-6)


def test_dominance_and_classes_do_not_care_which_allele_is_counted(copies: np.ndarray) -> None:
    for matrix in (dominance_matrix, class_matrix):
        np.testing.assert_allclose(
            matrix(genotypes_of(2 - copies)), matrix(genotypes_of(copies)), atol=1e-12)


def test_ploidy() -> None:
    rng = np.random.default_rng(2)
    copies = rng.binomial(4, rng.uniform(0.2, 0.8, 30), (7, 30)).astype(float)
    made = genotypes_of(copies, ploidy=4)
    np.testing.assert_allclose(genomic_matrix(made), oracle.vanraden1(copies, 4), atol=1e-12)
    assert class_matrix(made).shape == (7, 7)
    for refused in (lambda: genomic_matrix(made, "yang"), lambda: dominance_matrix(made)):
        with pytest.raises(InputError, match="with ploidy 4"):
            refused()


def test_dosages_with_decimals_have_no_class() -> None:
    made = genotypes_of([[0.2, 1], [1, 2], [2, 0]], packed=False)
    with pytest.raises(InputError, match="dosages with decimals"):
        dominance_matrix(made)


def test_nothing_varies() -> None:
    with pytest.raises(InputError, match="none of the 2 markers varies"):
        genomic_matrix(genotypes_of([[0, 2], [0, 2]]))


def test_squared_lengths(copies: np.ndarray) -> None:
    made = genotypes_of(copies)
    scaled = genomic_coding(made.calls.counts(), "vanraden2")
    whole = cross_products(made.calls, scaled.coding)
    np.testing.assert_allclose(
        squared_lengths(made.calls, scaled.coding), np.diagonal(whole), atol=1e-4)
    nothing = Coding(np.zeros(40), np.zeros(40))
    assert not squared_lengths(made.calls, nothing).any()

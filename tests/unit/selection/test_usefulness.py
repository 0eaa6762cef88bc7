"""Variances of progeny against gametes that are enumerated or drawn one by one."""

from __future__ import annotations

import numpy as np
import pytest

from breedeval.genotypes.packed import Packed, pack
from breedeval.selection.linkage import LinkageMap
from breedeval.selection.usefulness import Trio, gamete_variances, line_variances
from tests.oracles import gametes as oracle

CHROMOSOME = [0, 0, 0, 1, 1]
MORGANS = [0.0, 0.1, 0.55, 0.2, 0.21]
EFFECTS = np.array([1.0, -0.6, 0.8, 0.5, 0.9])


def calls(copies: object) -> Packed:
    """Of copies (m, n)."""
    return pack(np.asarray(copies, np.int8))


def places() -> LinkageMap:
    return LinkageMap(np.array(CHROMOSOME), np.array(MORGANS))


@pytest.mark.parametrize(("progeny", "slow"), [
    ("doubled_haploid", oracle.doubled_haploid_variance),
    ("f2", oracle.second_generation_variance),
    ("recombinant_inbred", oracle.inbred_variance)])
def test_lines_against_every_gamete(progeny, slow):
    rng = np.random.default_rng(3)
    m = 5 if progeny != "recombinant_inbred" else 3
    haplotypes = rng.integers(0, 2, (4, m)).astype(float)
    haplotypes[0], haplotypes[1] = 1, [1, 0, 0, 1, 0][:m]
    found = line_variances(calls(2 * haplotypes.T), EFFECTS[:m], LinkageMap(
        np.array(CHROMOSOME[:m]), np.array(MORGANS[:m])), progeny)
    r = oracle.recombination(CHROMOSOME[:m], MORGANS[:m])
    for i in range(4):
        for j in range(4):
            both = haplotypes[[i, j]]
            assert found[i, j] == pytest.approx(slow(both, EFFECTS[:m], r), abs=1e-12)


def test_recombinant_inbred_lines_of_haldane_and_waddington():
    """R = 2r/(1 + 2r): 1931, Genetics 16:357."""
    r = 0.1
    where = LinkageMap(np.zeros(2, np.int64), np.array([0.0, -0.5 * np.log(1 - 2 * r)]))
    found = line_variances(calls([[2, 0], [2, 0]]), np.ones(2), where, "recombinant_inbred")
    assert found[0, 1] == pytest.approx(2 + 2 * (1 - 2 * (2 * r / (1 + 2 * r))), abs=1e-14)


def test_lines_against_gametes_drawn_at_random():
    rng = np.random.default_rng(5)
    parents = np.array([[1, 1, 0, 1, 0], [0, 1, 1, 0, 1]], float)
    drawn = oracle.drawn_gametes(parents, CHROMOSOME, MORGANS, 20_000, rng)
    found = line_variances(calls(2 * parents.T), EFFECTS, places(), "doubled_haploid")[0, 1]
    assert found == pytest.approx((2 * drawn @ EFFECTS).var(), rel=0.03)


def test_gametes_of_a_parent_whose_own_parents_are_homozygous():
    sire, dam = np.array([1, 1, 0, 1, 0.0]), np.array([0, 1, 1, 0, 1.0])
    own = np.array([sire, dam])
    trio = Trio(calls(np.array([own.sum(axis=0), 2 * sire, 2 * dam]).T),
                np.array([0]), np.array([1]), np.array([2]))
    found = gamete_variances(trio, EFFECTS, places())
    r = oracle.recombination(CHROMOSOME, MORGANS)
    assert found.variance[0] == pytest.approx(oracle.gamete_variance(own, EFFECTS, r), abs=1e-12)
    assert found.resolved[0] == 1.0


def test_one_genotyped_parent_is_enough():
    sire, dam = np.array([1, 1, 0, 1, 0]), np.array([0, 1, 1, 0, 1])
    copies = np.array([sire + dam, 2 * sire, 2 * dam]).T
    here, there = np.array([0]), np.array([-1])
    both = gamete_variances(Trio(calls(copies), here, here + 1, here + 2), EFFECTS, places())
    one = gamete_variances(Trio(calls(copies), here, there, here + 2), EFFECTS, places())
    assert one.variance == pytest.approx(both.variance, abs=1e-14)


def test_what_is_not_known_counts_as_unlinked():
    nobody = np.array([-1])
    found = gamete_variances(
        Trio(calls(np.ones((5, 1))), np.array([0]), nobody, nobody), EFFECTS, places())
    assert found.variance[0] == pytest.approx(0.25 * (EFFECTS**2).sum())
    assert found.resolved[0] == 0.0


def test_a_part_is_known():
    """Locus 0 and 2 from a homozygous sire; 1 from nobody, who is heterozygous as well."""
    copies = np.array([[1, 1, 1], [2, 1, 0]]).T
    where = LinkageMap(np.zeros(3, np.int64), np.array([0.0, 0.1, 0.3]))
    b = np.array([1.0, 2.0, 3.0])
    found = gamete_variances(
        Trio(calls(copies), np.array([0]), np.array([1]), np.array([-1])), b, where)
    expected = 0.25 * (1 + 4 + 9 - 2 * 3 * np.exp(-0.6))
    assert found.variance[0] == pytest.approx(expected, abs=1e-14)
    assert found.resolved[0] == pytest.approx(10 / 14)


def test_a_conflict_between_parents_tells_nothing():
    copies = np.array([[1, 2, 2]])
    where = LinkageMap(np.zeros(1, np.int64), np.zeros(1))
    found = gamete_variances(
        Trio(calls(copies), np.array([0]), np.array([1]), np.array([2])), np.ones(1), where)
    assert found.resolved[0] == 0.0


def test_markers_without_a_place_are_unlinked():
    nowhere = LinkageMap(np.full(2, -1), np.zeros(2))
    found = line_variances(calls([[2, 0], [2, 0]]), np.array([1.0, 2.0]), nowhere,
                           "doubled_haploid")
    assert found[0, 1] == pytest.approx(5.0)


def test_order_of_markers_and_counted_allele_change_nothing():
    rng = np.random.default_rng(9)
    copies = 2 * rng.integers(0, 2, (5, 6))
    first = line_variances(calls(copies), EFFECTS, places(), "doubled_haploid")
    order = rng.permutation(5)
    flipped = copies.copy()
    flipped[2] = 2 - flipped[2]
    effects = EFFECTS.copy()
    effects[2] *= -1
    second = line_variances(calls(flipped[order]), effects[order], LinkageMap(
        np.array(CHROMOSOME)[order], np.array(MORGANS)[order]), "doubled_haploid")
    np.testing.assert_allclose(second, first, atol=1e-13)

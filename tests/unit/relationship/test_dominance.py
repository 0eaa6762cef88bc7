"""D⁻¹ with full-sib families as levels: its inverse has D among the individuals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from breedeval.errors import Findings, InputError
from breedeval.relationship.blocks import PedigreeBlocks
from breedeval.relationship.dominance import DominanceSettings, from_pedigree
from breedeval.relationship.kind import Sources
from tests.oracles.dominance import cockerham
from tests.oracles.tabular import tabular
from tests.unit.pedigree.made import pedigree_of

Float64 = NDArray[np.float64]
INBRED = ([-1, -1, 0, 0, 2, 2, 2, 0, 4, 4], [-1, -1, 1, 1, 3, 3, 3, 3, 7, 7])
SELFED = ([-1, 0, 0], [-1, 0, 0])


def precision_of(found: PedigreeBlocks) -> Float64:
    lower = found.lower().toarray()
    return np.asarray(lower + np.tril(lower, -1).T)


def two_generations(seed: int, sires: int = 3, dams: int = 4) -> tuple[list[int], list[int]]:
    """Founders, full and half sibs, and their matings, related ones among them."""
    rng = np.random.default_rng(seed)
    founders = sires + dams
    sire, dam = [-1] * founders, [-1] * founders
    for generation in range(2):
        old = founders if generation == 0 else len(sire)
        for _ in range(8):
            choice = rng.integers(0, old, 2) if generation else (
                rng.integers(0, sires), sires + rng.integers(0, dams))
            if choice[0] == choice[1]:
                choice = (-1, choice[1])
            for _ in range(rng.integers(1, 4)):
                sire.append(int(choice[0]))
                dam.append(int(choice[1]))
    return sire, dam


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**31))
def test_the_inverse_of_the_precision_has_d(seed: int) -> None:
    sire, dam = two_generations(seed)
    found = from_pedigree(pedigree_of(sire, dam))
    n = len(sire)
    precision = precision_of(found)
    whole = np.linalg.inv(precision)
    d = cockerham(sire, dam, tabular(sire, dam))
    np.testing.assert_allclose(whole[:n, :n], d, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(found.variance, np.diagonal(d))
    assert found.log_determinant == pytest.approx(np.linalg.slogdet(whole)[1], abs=1e-9)
    x = np.random.default_rng(seed).normal(size=(n + len(found.groups), 2))
    np.testing.assert_allclose(found.product(x), precision @ x, rtol=0, atol=1e-11)
    np.testing.assert_allclose(found.product(x[:, 0]), precision @ x[:, 0], rtol=0, atol=1e-11)
    np.testing.assert_array_equal(found.diagonal(), np.diagonal(precision))


def test_families_of_two_or_more_are_levels() -> None:
    sire, dam = INBRED
    found = from_pedigree(pedigree_of(sire, dam))
    assert found.groups.to_list() == ["i0 × i1", "i2 × i3", "i4 × i7"]
    assert found.group_contributions(np.arange(4)).shape == (4, 0)
    assert found.of_individuals
    # a full sib is tied to its family alone
    assert np.count_nonzero(precision_of(found)[4]) == 2
    family = np.linalg.inv(precision_of(found))[10:, 10:]
    assert family[0, 0] == pytest.approx(0.25, abs=1e-15)


def test_inbreeding_is_that_of_the_pedigree() -> None:
    sire, dam = INBRED
    found = from_pedigree(pedigree_of(sire, dam))
    np.testing.assert_array_equal(found.inbreeding, np.diagonal(tabular(sire, dam)) - 1)
    np.testing.assert_array_equal(found.variance, 1 - found.inbreeding)


def test_a_ridge_stands_on_the_diagonal() -> None:
    sire, dam = INBRED
    found = from_pedigree(pedigree_of(sire, dam), ridge=0.1)
    d = cockerham(sire, dam, tabular(sire, dam)) + 0.1 * np.eye(10)
    np.testing.assert_allclose(np.linalg.inv(precision_of(found))[:10, :10], d, rtol=0, atol=1e-13)
    np.testing.assert_allclose(found.variance, np.diagonal(d), rtol=0, atol=1e-15)


def test_selfed_full_sibs_have_no_inverse() -> None:
    """D = ½ in and between them: the message says who, and the ridge it names is enough."""
    with pytest.raises(InputError) as caught:
        from_pedigree(pedigree_of(*SELFED))
    (message,) = caught.value.problems
    assert message.startswith(
        "pedigree: the dominance relationships of 2 related individuals are not positive definite "
        "(smallest eigenvalue 0); the most inbred are 'i1' (F = 0.5), 'i2' (F = 0.5). Expected "
        "little inbreeding")
    assert message.endswith("Add 'ridge: 0.01' to the relationship, or leave the effect out.")
    found = from_pedigree(pedigree_of(*SELFED), ridge=0.01)
    d = cockerham(*SELFED, tabular(*SELFED)) + 0.01 * np.eye(3)
    np.testing.assert_allclose(np.linalg.inv(precision_of(found))[:3, :3], d, rtol=0, atol=1e-12)


def test_single_progeny_of_inbred_parents_are_judged_together() -> None:
    """Selfed five times, each generation one plant: no family, and no inverse either."""
    chain = list(range(-1, 5))
    with pytest.raises(InputError, match=r"of 5 related individuals .*'i5' \(F = 0.969\)"):
        from_pedigree(pedigree_of(chain, chain))
    d = cockerham(chain, chain, tabular(chain, chain))
    with pytest.raises(InputError, match=f"smallest eigenvalue {np.linalg.eigvalsh(d)[0]:.3g}"):
        from_pedigree(pedigree_of(chain, chain))


def test_selfed_lines_are_refused_by_name() -> None:
    lines = replace(pedigree_of([-1, -1, 0], [-1, -1, 1]),
                    selfings=np.array([0, 0, 6], np.int16))
    with pytest.raises(InputError) as caught:
        from_pedigree(lines)
    assert caught.value.problems == (
        "pedigree: 'i2' is a selfed line (6 generations), one of 1. Expected individuals whose "
        "parents are in the pedigree: dominance relationships of selfed lines cannot be told from "
        "it. Leave the dominance effect out, or supply a matrix ('kind: supplied').",)


def test_relabelling_and_reordering_change_nothing() -> None:
    sire, dam = two_generations(5)
    n = len(sire)
    one = from_pedigree(pedigree_of(sire, dam))
    order = np.concatenate([np.arange(7)[::-1], np.arange(7, n)])
    place = np.argsort(order)
    moved = [np.array([place[p] if p >= 0 else -1 for p in np.array(parent)[order]])
             for parent in (sire, dam)]
    other = from_pedigree(pedigree_of(moved[1], moved[0]))  # sires as dams, too
    assert other.log_determinant == pytest.approx(one.log_determinant, abs=1e-12)
    np.testing.assert_allclose(
        np.linalg.inv(precision_of(other))[:n, :n],
        np.linalg.inv(precision_of(one))[:n, :n][np.ix_(order, order)], rtol=0, atol=1e-12)


def test_nobody_has_a_family() -> None:
    found = from_pedigree(pedigree_of([-1, 0], [-1, -1]))
    np.testing.assert_array_equal(found.lower().toarray(), np.eye(2))
    assert len(found.groups) == 0
    assert found.log_determinant == 0.0


def test_inbreeding_brings_a_warning() -> None:
    findings, kind = Findings(), DominanceSettings()
    for parents in (INBRED, ([-1, -1, 0], [-1, -1, 1])):
        pedigree = pedigree_of(*parents)
        built = kind.build("dominance", Sources(pedigree), pedigree.individuals, threads=1)
        kind.remark("dominance", built, findings)
    assert findings.warnings == (
        "pedigree: 6 of 10 individuals are inbred (F up to 0.312), and the relationship "
        "'dominance' is exact only without inbreeding. It is taken as an approximation, good for "
        "small F. To remove the effect of inbreeding on the mean, add the inbreeding coefficient "
        "to the records and to 'fixed' as a covariate.",)

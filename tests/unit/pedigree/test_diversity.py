"""Contributions, completeness and effective sizes against slow counting and known cases."""

from __future__ import annotations

import numpy as np
import pytest

from breedeval.kernels.ancestry import equivalent_generations, marginal_contributions
from breedeval.pedigree import diversity
from breedeval.pedigree.diversity import Reference
from breedeval.pedigree.inbreeding import inbreeding
from tests.oracles import ancestry as oracle
from tests.unit.pedigree.made import pedigree_of, random_parents

SEEDS = range(6)


def reference(*rows: int) -> Reference:
    return Reference(np.array(rows, np.int64), "")


@pytest.mark.parametrize("seed", SEEDS)
def test_equivalent_generations_and_completeness(seed: int) -> None:
    sire, dam = random_parents(14, seed)
    np.testing.assert_allclose(equivalent_generations(sire, dam),
                               oracle.equivalent_generations(sire, dam), rtol=1e-14)
    pedigree = pedigree_of(sire, dam)
    found = diversity.completeness(pedigree, 6)
    np.testing.assert_allclose(found, oracle.completeness(sire, dam, 6), rtol=1e-14)


def test_completeness_adds_up_to_equivalent_generations() -> None:
    sire, dam = random_parents(40, 1)
    pedigree = pedigree_of(sire, dam)
    depth = int(pedigree.generation.max())
    np.testing.assert_allclose(diversity.completeness(pedigree, depth).sum(),
                               equivalent_generations(sire, dam).mean(), rtol=1e-13)


@pytest.mark.parametrize("seed", SEEDS)
def test_founders_hold_all_genes(seed: int) -> None:
    sire, dam = random_parents(14, seed)
    rows = [13, 12, 9, 5]
    share = oracle.contributions(sire, dam, rows)
    unknown = 0.5 * ((sire < 0).astype(float) + (dam < 0))
    found = diversity.founder_contributions(pedigree_of(sire, dam), reference(*rows))
    assert found.shares.sum() == pytest.approx(1.0, abs=1e-14)
    assert (np.diff(found.shares) <= 0).all()
    np.testing.assert_allclose(found.shares, (share * unknown)[found.rows], rtol=1e-14)
    assert found.effective == pytest.approx(1 / ((share * unknown) ** 2).sum())


@pytest.mark.parametrize("seed", SEEDS)
def test_ancestors_explain_what_is_left(seed: int) -> None:
    sire, dam = random_parents(14, seed)
    rows = [13, 12, 11, 10]
    expected, parts = oracle.marginal_contributions(sire, dam, rows)
    start = np.zeros(14)
    start[rows] = 0.25
    found, shares = marginal_contributions(sire, dam, start, 14, 2.0)
    assert found.tolist() == expected
    np.testing.assert_array_equal(shares, parts)


def test_a_bottleneck_is_seen_by_ancestors_only() -> None:
    # four founders, one couple of their progeny, six progeny of the couple
    sire = [-1, -1, -1, -1, 0, 2, *[4] * 6]
    dam = [-1, -1, -1, -1, 1, 3, *[5] * 6]
    pedigree = pedigree_of(sire, dam)
    youngest = diversity.reference_population(pedigree)
    assert youngest.rows.tolist() == [6, 7, 8, 9, 10, 11]
    assert youngest.words == "without progeny, both parents known"
    assert diversity.founder_contributions(pedigree, youngest).effective == pytest.approx(4)
    assert diversity.ancestor_contributions(pedigree, youngest).effective == pytest.approx(2)


def test_ancestors_never_outnumber_founders() -> None:
    sire, dam = random_parents(200, 3)
    pedigree = pedigree_of(sire, dam)
    youngest = diversity.reference_population(pedigree)
    assert (diversity.ancestor_contributions(pedigree, youngest).effective
            <= diversity.founder_contributions(pedigree, youngest).effective + 1e-9)


def test_the_youngest_are_those_of_the_latest_years() -> None:
    births = [np.nan, *np.repeat(np.arange(2001.0, 2011), 10), 2011.5]
    pedigree = pedigree_of([-1] * 102, [-1] * 102, births)
    youngest = diversity.reference_population(pedigree)
    assert youngest.rows.tolist() == list(range(91, 102))
    assert youngest.words == "born from 2010 to 2011"


def full_sib_line(generations: int) -> tuple[list[int], list[int]]:
    """Brother × sister, generation after generation."""
    sire, dam = [-1, -1], [-1, -1]
    for k in range(generations):
        sire += [2 * k, 2 * k]
        dam += [2 * k + 1, 2 * k + 1]
    return sire, dam


def test_effective_size_of_full_sib_mating() -> None:
    sire, dam = full_sib_line(40)
    pedigree = pedigree_of(sire, dam, np.repeat(np.arange(41.0), 2))
    f = inbreeding(sire, dam).coefficients
    last = reference(80, 81)
    found = diversity.effective_size_by_individuals(pedigree, f, last)
    depth, level = 40, f[80]
    assert found.size == pytest.approx(0.5 / (1 - (1 - level) ** (1 / (depth - 1))))
    assert found.se == pytest.approx(0.0, abs=1e-9)
    # the rate of inbreeding tends to (3 − √5)/4 = 0.19098 a generation
    assert diversity.generation_interval(pedigree) == 1.0
    assert diversity.effective_size_by_years(pedigree, f).size == pytest.approx(
        0.5 / 0.19098, rel=0.02)


def test_effective_size_without_inbreeding_cannot_be_told() -> None:
    pedigree = pedigree_of([-1, -1, 0, 0], [-1, -1, 1, 1], [2000, 2000, 2003, 2004])
    f = np.zeros(4)
    assert np.isnan(diversity.effective_size_by_individuals(pedigree, f, reference(2, 3)).size)
    assert np.isnan(diversity.effective_size_by_years(pedigree, f).size)
    assert diversity.generation_interval(pedigree) == 3.5

"""Optimal contributions against three other ways to find them, and by their conditions."""

from __future__ import annotations

import numpy as np
import pytest

from breedeval.model.form import MisfitError
from breedeval.selection import conic, sifting
from breedeval.selection.coancestry import LowRank, mean_coancestry
from breedeval.selection.contributions import (
    LimitTooLowError,
    least_coancestry,
    limit_of_rate,
    optimal_contributions,
    present_coancestry,
)
from breedeval.selection.optimality import certify
from breedeval.selection.program import Point, program_of
from breedeval.selection.shares import shares_of
from tests.oracles.contributions import by_slsqp, meuwissen
from tests.unit.selection.made import dense, herd, shares

SEEDS = range(2)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("above", [1.05, 1.3])
def test_against_slsqp(seed: int, above: float) -> None:
    merit, k, sex = herd(seed)
    for allowed in (shares(sex), shares(sex, upper=0.05), shares(sex, lower=0.002, upper=0.06)):
        limit = above * least_coancestry(merit, k, allowed).coancestry
        found = optimal_contributions(merit, k, allowed, limit)
        c = by_slsqp(merit, dense(k).matrix, sex, allowed.totals, allowed.lower, allowed.upper,
                     limit)
        assert found.gain == pytest.approx(merit @ c, abs=2e-6)
        np.testing.assert_allclose(found.contributions, c, atol=2e-4)
        assert found.certificate.holds(1e-8)


@pytest.mark.parametrize("seed", SEEDS)
def test_against_meuwissens_algorithm(seed: int) -> None:
    merit, k, sex = herd(seed)
    limit = 1.4 * least_coancestry(merit, k, shares(sex)).coancestry
    c = meuwissen(merit, 2 * dense(k).matrix, sex + 1, limit)
    found = optimal_contributions(merit, k, shares(sex), limit)
    assert c @ k.times(c) == pytest.approx(limit)
    assert found.gain >= merit @ c - 1e-9  # it eliminates for good, and may miss the optimum
    assert found.gain == pytest.approx(merit @ c, rel=2e-3)


def test_the_least_coancestry_against_slsqp() -> None:
    merit, k, sex = herd(3)
    found = least_coancestry(merit, k, shares(sex, upper=0.03))
    limit = found.coancestry * (1 - 1e-6)
    with pytest.raises(LimitTooLowError) as told:
        optimal_contributions(merit, k, shares(sex, upper=0.03), limit)
    assert told.value.least.coancestry == pytest.approx(found.coancestry)
    assert found.certificate.holds(1e-8)
    c = by_slsqp(-k.times(found.contributions), dense(k).matrix, sex, np.array([0.5, 0.5]),
                 np.zeros(60), np.full(60, 0.03), 1.0)
    gradient = k.times(found.contributions)
    assert gradient @ c >= gradient @ found.contributions - 1e-9


def test_conditions_of_meuwissen() -> None:
    """One level of m − 2λKc for all who are used, lower for all who are not; the limit is met."""
    merit, k, sex = herd(1)
    limit = 1.2 * least_coancestry(merit, k, shares(sex)).coancestry
    found = optimal_contributions(merit, k, shares(sex), limit)
    value = merit - 2 * found.multiplier * k.times(found.contributions)
    for of_sex in (0, 1):
        used = (sex == of_sex) & (found.contributions > 0)
        idle = (sex == of_sex) & (found.contributions == 0)
        assert np.ptp(value[used]) < 1e-9
        assert value[idle].max() < value[used].max()
    assert mean_coancestry(k, found.contributions) == pytest.approx(limit, rel=1e-10)


def test_the_gap_bounds_what_is_missed() -> None:
    """Any contributions and multiplier: nothing allowed exceeds the gain and the gap."""
    merit, k, sex = herd(2)
    limit = 1.2 * least_coancestry(merit, k, shares(sex)).coancestry
    best = optimal_contributions(merit, k, shares(sex), limit)
    program = program_of(merit, k, shares(sex), limit)
    rng = np.random.default_rng(0)
    for _ in range(20):
        c = least_coancestry(rng.normal(size=60), k, shares(sex)).contributions
        c = c + rng.uniform(0, 0.5) * (best.contributions - c)
        told = certify(program, Point(c, best.multiplier * rng.uniform(0.2, 3)))
        assert merit @ c + told.gap >= best.gain - 1e-12
        assert told.gap > 0


def test_no_limit_takes_the_best() -> None:
    merit, k, sex = herd(0)
    found = optimal_contributions(merit, k, shares(sex, upper=0.2), 0.9)
    order = np.argsort(-merit)
    expected = np.zeros(60)
    for of_sex in (0, 1):
        best = order[sex[order] == of_sex][:3]
        expected[best] = [0.2, 0.2, 0.1]
    np.testing.assert_allclose(found.contributions, expected)
    assert found.multiplier == 0
    assert found.certificate.gap == pytest.approx(0, abs=1e-12)


def test_shuffling_and_scaling() -> None:
    merit, k, sex = herd(1)
    limit = 1.2 * least_coancestry(merit, k, shares(sex)).coancestry
    whole = optimal_contributions(merit, k, shares(sex), limit)
    order = np.random.default_rng(4).permutation(60)
    shuffled = optimal_contributions(merit[order], k.among(order), shares(sex[order]), limit)
    np.testing.assert_allclose(shuffled.contributions, whole.contributions[order], atol=1e-9)
    scaled = optimal_contributions(100 * merit + 7, k, shares(sex), limit)
    np.testing.assert_allclose(scaled.contributions, whole.contributions, atol=1e-9)
    assert scaled.multiplier == pytest.approx(100 * whole.multiplier)
    assert scaled.gain == pytest.approx(100 * whole.gain + 7)


def test_the_sparse_cone_and_small_working_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    merit, k, sex = herd(1)
    limit = 1.2 * least_coancestry(merit, k, shares(sex)).coancestry
    usual = optimal_contributions(merit, k, shares(sex), limit)
    monkeypatch.setattr(conic, "DENSE_UP_TO", 3)
    monkeypatch.setattr(sifting, "SET", 4)
    other = optimal_contributions(merit, k, shares(sex), limit)
    np.testing.assert_allclose(other.contributions, usual.contributions, atol=1e-9)
    monkeypatch.setattr(sifting.faces, "refine", lambda *_: None)
    conic_only = optimal_contributions(merit, k, shares(sex), limit)
    np.testing.assert_allclose(conic_only.contributions, usual.contributions, atol=1e-5)
    assert conic_only.certificate.relative_gap < 1e-7


def test_low_rank_and_plants() -> None:
    rng = np.random.default_rng(7)
    factor, own, merit = rng.normal(size=(50, 5)) / 3, np.full(50, 0.1), rng.normal(size=50)
    k = LowRank(factor, own)
    allowed = shares_of({"all": np.ones(50, bool)}, np.zeros(50), np.full(50, 0.3))
    found = optimal_contributions(merit, k, allowed, 0.05)
    c = by_slsqp(merit, dense(k).matrix, np.zeros(50, int), np.ones(1), np.zeros(50),
                 np.full(50, 0.3), 0.05)
    np.testing.assert_allclose(found.contributions, c, atol=1e-4)
    assert found.contributions.sum() == pytest.approx(1)


def test_identical_candidates_share_a_singular_matrix() -> None:
    rng = np.random.default_rng(7)
    factor = np.repeat(rng.normal(size=(10, 3)), 4, axis=0)
    merit = np.repeat(rng.normal(size=10), 4)
    allowed = shares_of({"all": np.ones(40, bool)}, np.zeros(40), np.ones(40))
    least = least_coancestry(merit, LowRank(factor, np.zeros(40)), allowed)
    found = optimal_contributions(merit, LowRank(factor, np.zeros(40)), allowed,
                                  least.coancestry + 0.05)
    assert found.certificate.holds(1e-7)


def test_present_coancestry_is_between_different_individuals() -> None:
    merit, k, sex = herd(0)
    whole = dense(k).matrix
    even = np.full(60, 1 / 60)
    off = (even[:, None] * even * (1 - np.eye(60)) * whole).sum() / (1 - 60 / 3600)
    allowed = shares(sex)
    assert present_coancestry(k, allowed) == pytest.approx(off)
    assert limit_of_rate(k, allowed, 0.01) == pytest.approx(off + 0.01 * (1 - off))
    assert merit.size == 60


@pytest.mark.parametrize(("lower", "upper", "words"), [
    (0.0, 0.01, "30 male candidates may contribute 0.3 in all by their upper bounds. Expected 0.5 "
                "or more. Raise 'max_per_candidate' (to 0.0167 or more"),
    (0.02, 0.5, "30 male candidates must contribute 0.6 in all by their lower bounds. Expected 0.5 "
                "or less. Lower some of them."),
    (0.2, 0.1, "'a' is to contribute 0.2 or more and 0.1 or less. Expected 0 ≤ minimum ≤ maximum."),
])
def test_bounds_that_nothing_meets(lower: float, upper: float, words: str) -> None:
    allowed = shares(np.arange(60) % 2, lower=lower, upper=upper)
    with pytest.raises(MisfitError) as told:
        allowed.check(["a"] * 60)
    assert words in told.value.problems[0]

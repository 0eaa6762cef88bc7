"""Allocation of matings against every plan that there is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from breedeval.selection import allocation
from breedeval.selection.allocation import Allocation, Conflict, Programme, allocate
from tests.oracles.matings import best_plan


def two_sided(rng, *, herds=False):
    """Three females and three males, two matings at most of a pair, some pairs forbidden."""
    cost = np.where(rng.random((3, 3)) < 0.25, np.inf, rng.normal(size=(3, 3)))
    low = np.concatenate([rng.integers(0, 3, 3), rng.integers(0, 2, 3), [0]]).astype(float)
    high = low + np.concatenate([rng.integers(0, 2, 3), rng.integers(0, 3, 3), [6]])
    herd = None
    if herds:
        herd = 6 + np.array([0, 1, 1])[:, None] * 3 + np.arange(3)
        low = np.concatenate([low[:6], np.zeros(6), low[6:]])
        high = np.concatenate([high[:6], np.ones(6), high[6:]])
    return Programme(cost, np.arange(3), 3 + np.arange(3), low, high, herd, 2.0)


def one_sided(rng):
    """Five lines that may be crossed with one another, once, and some number of crosses."""
    cost = np.where(rng.random((5, 5)) < 0.1, np.inf, rng.normal(size=(5, 5)))
    cost[np.tril_indices(5)] = np.inf
    high = rng.integers(1, 4, 5).astype(float)
    total = float(rng.integers(1, 6))
    return Programme(cost, np.arange(5), np.arange(5), np.append(np.zeros(5), total),
                     np.append(high, total), None, 1.0)


def by_trying(programme):
    pairs = np.nonzero(np.isfinite(programme.cost))
    under = programme.incidence(pairs).toarray()
    return best_plan(programme.cost[pairs], under, programme.low, programme.high,
                     int(programme.per_pair))


def check(programme, expected):
    found = allocate(programme)
    if expected is None:
        assert isinstance(found, Conflict)
        return found
    assert isinstance(found, Allocation)
    assert found.value == pytest.approx(expected, abs=1e-9)
    assert found.bound == pytest.approx(expected, abs=1e-6)
    uses = programme.incidence((found.first, found.second)) @ found.matings
    assert (uses >= programme.low).all()
    assert (uses <= programme.high).all()
    assert found.matings.dtype == np.int64
    assert (found.matings > 0).all()
    return found


@pytest.mark.parametrize("seed", range(25))
def test_two_sides_against_every_plan(seed):
    programme = two_sided(np.random.default_rng(seed))
    check(programme, by_trying(programme))


@pytest.mark.parametrize("seed", range(25))
def test_males_in_herds_against_every_plan(seed):
    programme = two_sided(np.random.default_rng(seed), herds=True)
    check(programme, by_trying(programme))


@pytest.mark.parametrize("seed", range(25))
def test_lines_against_every_plan(seed):
    programme = one_sided(np.random.default_rng(seed))
    check(programme, by_trying(programme))


def test_a_triangle_is_not_whole_by_itself():
    """Three lines once each: one and a half crosses in the linear programme, one in whole."""
    cost = np.full((3, 3), np.inf)
    cost[np.triu_indices(3, 1)] = -1.0
    lines = np.arange(3)
    found = allocate(Programme(cost, lines, lines, np.array([0, 0, 0, 1.0]),
                               np.array([1, 1, 1, 2.0]), None, 1.0))
    assert found.value == -1.0
    assert found.bound == -1.0


def test_fractions_alone_meet_the_limits():
    cost = np.full((3, 3), np.inf)
    cost[np.triu_indices(3, 1)] = 1.0
    lines = np.arange(3)
    found = allocate(Programme(cost, lines, lines, np.array([1, 1, 1, 0.0]),
                               np.array([1, 1, 1, np.inf]), None, 1.0))
    assert isinstance(found, Conflict)
    assert not found.asked.any()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("herds", [False, True])
def test_few_pairs_at_a_time_find_the_same(seed, herds, monkeypatch):
    rng = np.random.default_rng(seed)
    females, males = 60, 12
    cost = np.where(rng.random((females, males)) < 0.2, np.inf, rng.normal(size=(females, males)))
    low = np.concatenate([np.ones(females), np.full(males, 2), [0]])
    high = np.concatenate([np.ones(females), np.full(males, 7), [np.inf]])
    herd = None
    if herds:
        where = rng.integers(0, 6, females)
        herd = females + males + where[:, None] * males + np.arange(males)
        low = np.concatenate([low[:-1], np.zeros(6 * males), [0]])
        high = np.concatenate([high[:-1], np.full(6 * males, 2), [np.inf]])
    programme = Programme(cost, np.arange(females), females + np.arange(males), low, high, herd)
    whole = allocate(programme)
    monkeypatch.setattr(allocation, "FEW", 50)
    monkeypatch.setattr(allocation, "NEAREST", 2)
    part = check(programme, whole.value)
    assert part.matings.sum() == females


def test_few_pairs_of_lines_find_the_same(monkeypatch):
    rng = np.random.default_rng(3)
    cost = rng.normal(size=(30, 30))
    cost[np.tril_indices(30)] = np.inf
    lines = np.arange(30)
    programme = Programme(cost, lines, lines, np.append(np.zeros(30), 21),
                          np.append(np.full(30, 3.0), 21), None, 1.0)
    whole = allocate(programme)
    monkeypatch.setattr(allocation, "FEW", 50)
    monkeypatch.setattr(allocation, "NEAREST", 2)
    check(programme, whole.value)


@pytest.mark.parametrize("seed", range(8))
def test_a_conflict_proves_itself(seed):
    """Σ y l > Σ z u, and no pair is in more weight of y than of z."""
    rng = np.random.default_rng(seed)
    programme = two_sided(rng)
    programme = replace(programme, low=programme.low + np.array([2, 2, 2, 0, 0, 0, 0]),
                        high=programme.high + np.array([2, 2, 2, 0, 0, 0, 0]))
    found = allocate(programme)
    if isinstance(found, Allocation):
        assert by_trying(replace(programme, per_pair=4.0)) is not None
        return
    capped = programme.per_pair * np.maximum(
        programme.over_pairs(found.asked - found.allowed), 0)[np.isfinite(programme.cost)].sum()
    allowed = found.allowed > 0
    assert found.asked @ programme.low > (
        found.allowed[allowed] @ programme.high[allowed] + capped)


def test_order_of_parents_changes_nothing():
    rng = np.random.default_rng(11)
    programme = two_sided(rng, herds=True)
    programme = replace(programme, low=0 * programme.low, cost=np.abs(programme.cost) * -1)
    programme.cost[np.isinf(programme.cost)] = np.inf
    rows, columns = rng.permutation(3), rng.permutation(3)
    other = replace(programme, cost=programme.cost[np.ix_(rows, columns)],
                    rows=programme.rows[rows], columns=programme.columns[columns],
                    herd=programme.herd[np.ix_(rows, columns)])
    first, second = allocate(programme), allocate(other)
    assert first.value == pytest.approx(second.value, abs=1e-12)

"""The frontier of gain against coancestry, and numbers of parents."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from breedeval.selection.contributions import least_coancestry, optimal_contributions
from breedeval.selection.frontier import frontier, frontier_table
from breedeval.selection.parents import choose_parents
from tests.unit.selection.made import dense, herd, shares


def test_a_frontier_rises_and_bends() -> None:
    merit, k, sex = herd(1)
    allowed = shares(sex, upper=0.2)
    optima = list(frontier(merit, k, allowed, 15))
    x, y = (np.array([getattr(one, name) for one in optima]) for name in ("coancestry", "gain"))
    assert len(optima) == 15
    assert (np.diff(x) > 0).all()
    assert (np.diff(y) > 0).all()
    assert (np.diff(np.diff(y) / np.diff(x)) < 0).all()
    assert x[0] == pytest.approx(least_coancestry(merit, k, allowed).coancestry)
    assert all(one.certificate.holds(1e-8) for one in optima)
    middle = optima[7]
    alone = optimal_contributions(merit, k, allowed, middle.limit)
    np.testing.assert_allclose(alone.contributions, middle.contributions, atol=1e-9)
    slopes = np.diff(y) / np.diff(x)  # the price is the slope of the frontier
    assert slopes[6] > middle.multiplier > slopes[7]


def test_the_table() -> None:
    merit, k, sex = herd(1)
    optima = list(frontier(merit, k, shares(sex), 5))
    chosen = optimal_contributions(merit, k, shares(sex), optima[2].coancestry * 1.01)
    table = frontier_table(optima, merit, k, shares(sex), chosen)
    assert len(table) == 6
    assert table["coancestry"].is_monotonic_increasing
    assert table["chosen"].sum() == 1
    assert (table["parents"] == table["parents_male"] + table["parents_female"]).all()
    assert table["gap"].max() < 1e-8
    assert table["price"].iloc[-1] == 0


def test_nothing_to_choose_between() -> None:
    merit, k, sex = herd(1)
    fixed = shares(sex, lower=1 / 60, upper=1 / 60)
    optima = list(frontier(merit, k, fixed, 15))
    assert len(optima) == 2
    np.testing.assert_allclose(optima[0].contributions, 1 / 60)


@pytest.mark.parametrize(("males", "females"), [(6, 9), (4, 7)])
def test_at_most_so_many(males: int, females: int) -> None:
    """The fewer: so few that only those who are least related keep the limit."""
    merit, k, sex = herd(2)
    allowed = shares(sex)
    limit = 1.3 * least_coancestry(merit, k, allowed).coancestry
    free = optimal_contributions(merit, k, allowed, limit)
    found = choose_parents(merit, k, allowed, limit, most={0: males, 1: females})
    used = found.optimum.contributions > 0
    assert used[sex == 0].sum() <= males
    assert used[sex == 1].sum() <= females
    assert found.optimum.coancestry <= limit * (1 + 1e-9)
    assert free.gain >= found.optimum.gain
    assert found.bound >= free.gain
    if males == 6:
        assert free.gain - found.optimum.gain < 0.5 * merit.std()


def test_alike_against_all_choices() -> None:
    merit, whole, _ = herd(3, size=24)
    rows = np.arange(16)
    merit, k, sex = merit[rows], whole.among(rows), rows % 2
    limit = 1.15 * least_coancestry(merit, k, shares(sex)).coancestry
    found = choose_parents(merit, k, shares(sex), limit, most={1: 3}, alike=frozenset({1}))
    females = found.optimum.contributions[sex == 1]
    assert sorted(females)[-3:] == pytest.approx([1 / 6] * 3)
    assert (np.sort(females)[:-3] == 0).all()
    best = -np.inf
    for three in itertools.combinations(np.flatnonzero(sex == 1), 3):
        lower, upper = np.zeros(16), np.where(sex == 0, 1.0, 0.0)
        lower[list(three)] = upper[list(three)] = 1 / 6
        try:
            one = optimal_contributions(merit, dense(k), shares(sex, lower=lower, upper=upper),
                                        limit)
        except ValueError:
            continue
        best = max(best, one.gain)
    assert found.optimum.gain <= best + 1e-9
    assert found.optimum.gain >= best - 0.05 * merit.std()


def test_all_of_a_sex_alike() -> None:
    merit, k, sex = herd(3)
    limit = 1.3 * least_coancestry(merit, k, shares(sex)).coancestry
    found = choose_parents(merit, k, shares(sex), limit, most={}, alike=frozenset({1}))
    np.testing.assert_allclose(found.optimum.contributions[sex == 1], 1 / 60)

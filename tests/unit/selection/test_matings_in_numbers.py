"""Whole numbers of matings: bounds and limit kept, near the optimum, best among few."""

from __future__ import annotations

import numpy as np
import pytest

from breedeval.selection.contributions import least_coancestry, optimal_contributions
from breedeval.selection.matings_in_numbers import NoNumbersError, in_numbers
from tests.oracles.contributions import in_numbers as exhaustive
from tests.unit.selection.made import dense, herd, shares


@pytest.mark.parametrize("seed", range(6))
def test_against_all_numbers_of_a_few(seed: int) -> None:
    merit, whole, _ = herd(seed, size=20)
    order = np.argsort(-merit)
    rows = np.sort(np.concatenate([order[order % 2 == s][:4] for s in (0, 1)]))
    merit, k, sex = merit[rows], whole.among(rows), rows % 2
    allowed = shares(sex)
    limit = 1.25 * least_coancestry(merit, k, allowed).coancestry
    optimum = optimal_contributions(merit, k, allowed, limit)
    found = in_numbers(optimum, merit, k, allowed, 8)
    best, _ = exhaustive(merit, dense(k).matrix, sex, [4, 4], [4] * 8, limit)
    assert found.coancestry <= limit
    assert found.gain <= best + 1e-12
    assert best - found.gain <= 0.15 * (optimum.gain - merit.mean())
    assert found.gap == pytest.approx(optimum.gain - found.gain)


@pytest.mark.parametrize("matings", [20, 200])
def test_many_matings_lose_little(matings: int) -> None:
    merit, k, sex = herd(1)
    allowed = shares(sex, upper=0.1)
    limit = 1.2 * least_coancestry(merit, k, allowed).coancestry
    optimum = optimal_contributions(merit, k, allowed, limit)
    found = in_numbers(optimum, merit, k, allowed, 2 * matings)
    assert found.uses.sum() == 2 * matings
    assert found.uses[sex == 0].sum() == matings
    assert found.uses.max() <= 0.1 * 2 * matings
    assert found.coancestry <= limit * (1 + 1e-9)
    assert 0 <= found.gap < 2.0 / matings * merit.std()


def test_numbers_that_cannot_be() -> None:
    merit, k, sex = herd(1)
    allowed = shares(sex, upper=0.05)
    least = least_coancestry(merit, k, allowed)
    optimum = optimal_contributions(merit, k, allowed, 1.0001 * least.coancestry)
    with pytest.raises(NoNumbersError, match="16 whole uses have a mean coancestry of"):
        in_numbers(optimum, merit, k, shares(sex), 16)
    with pytest.raises(NoNumbersError, match="male candidates can be used 0 to 0 times"):
        in_numbers(optimum, merit, k, allowed, 8)

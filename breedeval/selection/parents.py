"""A number of parents, or the same use of all of a sex: what bounds alone cannot say.

Both begin from the optimum without the condition (the relaxation), which nothing that keeps it can
exceed.

* At most so many parents of a sex: those who contribute least are left out, half of those that are
  too many at a time, and the optimum is found anew. Where those who are left cannot keep the limit,
  it begins again from the least coancestry.
* N of a sex alike: contributions are 0 or t/N. The relaxation bounds them by t/N, the N largest are
  taken, and exchanged (:class:`~breedeval.selection.matings_in_numbers.Search`) as long as merit
  rises within the limit; then the optimum of the other sex is found anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from breedeval.selection.coancestry import Coancestry, matrix_of
from breedeval.selection.contributions import (
    LimitTooLowError,
    Optimum,
    least_coancestry,
    optimal_contributions,
)
from breedeval.selection.matings_in_numbers import POOL, Search
from breedeval.selection.shares import Shares

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Chosen:
    """Contributions of so many parents.

    Parameters
    ----------
    optimum : Optimum
        The best among those who were chosen.
    shares : Shares
        The bounds that are left: none but the chosen contribute.
    bound : float
        Merit that no choice can exceed: that of the relaxation and its duality gap.
    """

    optimum: Optimum
    shares: Shares
    bound: float


def choose_parents(
    merit: Vector, coancestry: Coancestry, shares: Shares, limit: float, *,
    most: Mapping[int, int], alike: frozenset[int] = frozenset(),
) -> Chosen:
    """The best contributions of a number of parents.

    Parameters
    ----------
    merit : ndarray of float64, shape (n,)
    coancestry : Coancestry
    shares : Shares
    limit : float
    most : mapping of int to int
        Groups and how many of them may contribute; how many do, of those that are alike.
    alike : set of int
        Groups whose parents all contribute the same; all candidates where ``most`` has no number.

    Raises
    ------
    LimitTooLowError
    """
    shares = _bounded(shares, most, alike)
    optimum = optimal_contributions(merit, coancestry, shares, limit)
    bound = optimum.gain + max(optimum.certificate.gap, 0.0)
    for group in sorted(alike & set(most)):
        if most[group] < shares.members(group).size:
            shares = _fixed(optimum, merit, coancestry, shares, limit, group, most[group])
            optimum = optimal_contributions(merit, coancestry, shares, limit)
    left = {group: count for group, count in most.items() if group not in alike}

    def best(within: Shares) -> Optimum:
        return optimal_contributions(merit, coancestry, within, limit)

    try:
        optimum, shares = _eliminated(optimum, shares, left, best)
    except LimitTooLowError:  # the few who are left must first of all keep the limit
        least = least_coancestry(merit, coancestry, shares)
        _, shares = _eliminated(
            least, shares, left, lambda within: least_coancestry(merit, coancestry, within))
        optimum = best(shares)
    return Chosen(optimum, shares, bound)


def _eliminated(
    optimum: Optimum, shares: Shares, most: Mapping[int, int], best: Callable[[Shares], Optimum]
) -> tuple[Optimum, Shares]:
    """The optimum of few enough parents, and who they are."""
    while (fewer := _fewer(optimum, shares, most)) is not None:
        shares = fewer
        optimum = best(shares)
    return optimum, shares


def _bounded(shares: Shares, most: Mapping[int, int], alike: frozenset[int]) -> Shares:
    lower, upper = shares.lower.copy(), shares.upper.copy()
    for group in alike:
        rows = shares.members(group)
        count = min(most.get(group, rows.size), rows.size)
        upper[rows] = shares.totals[group] / count
        lower[rows] = upper[rows] if count == rows.size else 0.0
    return replace(shares, lower=lower, upper=upper)


def _fixed(
    optimum: Optimum, merit: Vector, coancestry: Coancestry, shares: Shares, limit: float,
    group: int, count: int,
) -> Shares:
    """Who of a group is used, all alike, given the others."""
    places = count / float(shares.totals[group])
    value = merit - 2 * optimum.multiplier * coancestry.times(optimum.contributions)
    rows = shares.members(group)
    order = rows[np.lexsort((-value[rows], -optimum.contributions[rows]))]
    uses = optimum.contributions * places
    uses[rows] = 0.0
    uses[order[:count]] = 1.0
    pool = np.union1d(order[:count + POOL], np.flatnonzero(uses))
    own = shares.group[pool] == group
    search = Search(merit[pool], matrix_of(coancestry.among(pool)), shares.group[pool], places,
                    np.where(own, 0.0, uses[pool]), np.where(own, 1.0, uses[pool]), uses[pool])
    search.keep(limit)
    search.improve(limit)
    lower, upper = shares.lower.copy(), shares.upper.copy()
    lower[rows] = upper[rows] = 0.0
    used = pool[own & (search.uses > 0.5)]
    lower[used] = upper[used] = 1 / places
    return replace(shares, lower=lower, upper=upper)


def _fewer(optimum: Optimum, shares: Shares, most: Mapping[int, int]) -> Shares | None:
    """With some of those left out who contribute least; None where there are few enough."""
    upper, any_left = shares.upper.copy(), False
    for group, count in most.items():
        rows = shares.members(group)
        used = rows[optimum.contributions[rows] > 0]
        if used.size <= count:
            continue
        any_left = True
        kept = count + (used.size - count) // 2
        order = used[np.lexsort((-optimum.contributions[used], -shares.lower[used]))]
        upper[rows] = 0.0
        upper[order[:kept]] = shares.upper[order[:kept]]
    return replace(shares, upper=upper) if any_left else None

"""Contributions as whole numbers of uses, which keep the limit on coancestry.

There are P places: 2N for N matings, each of which uses a male and a female, or two of one group
as with plants; c = n/P. The optimum is rounded to the nearest numbers that fill the places of each
sex (largest remainders first), and then one place is given from one candidate to another of the
same sex, as long as that

* brings coancestry down to the limit, for the least merit lost for a unit of it, and then
* raises merit within the limit, the largest gain first.

Giving a place from i to j changes c′Kc by 2(r_j − r_i)/P + (k_ii + k_jj − 2k_ij)/P², r = Kc. What
is found cannot be improved by any one such exchange; the distance to the optimum in fractions,
which no whole numbers can exceed, is given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.selection.coancestry import Coancestry, matrix_of
from breedeval.selection.contributions import Optimum
from breedeval.selection.shares import Shares

Vector = NDArray[np.float64]
Counts = NDArray[np.int64]

POOL = 400
"""Candidates of each sex that places may go to: those used, and the next by their gradient."""
STEPS = 20_000
"""Exchanges."""


class NoNumbersError(ValueError):
    """No whole numbers were found: ``found`` and ``remedy`` say why, and what to do."""

    def __init__(self, found: str, expected: str, remedy: str) -> None:
        self.found, self.expected, self.remedy = found, expected, remedy
        super().__init__(found)


@dataclass(frozen=True, eq=False)
class InNumbers:
    """Whole numbers of uses.

    Parameters
    ----------
    uses : ndarray of int64, shape (n,)
        Places of each candidate.
    contributions : ndarray of float64, shape (n,)
        uses/P.
    gain : float
    coancestry : float
    gap : float
        Merit of the optimum in fractions less that of these numbers.
    """

    uses: Counts
    contributions: Vector
    gain: float
    coancestry: float
    gap: float


def in_numbers(
    optimum: Optimum, merit: Vector, coancestry: Coancestry, shares: Shares, places: int
) -> InNumbers:
    """Whole numbers near the optimum.

    Parameters
    ----------
    optimum : Optimum
    merit : ndarray of float64, shape (n,)
    coancestry : Coancestry
    shares : Shares
        Bounds are kept: numbers are at least ⌈Pl⌉ and at most ⌊Pu⌋.
    places : int
        P.

    Raises
    ------
    NoNumbersError
        When the places cannot be filled within the bounds, or the limit cannot be kept.

    Notes
    -----
    Cost: p² an exchange, for p candidates in the pool.
    """
    low = np.ceil(places * shares.lower - 1e-9).astype(np.int64)
    high = np.floor(places * shares.upper + 1e-9).astype(np.int64)
    low, high = np.minimum(low, high), np.maximum(low, high)  # fixed between whole numbers
    uses = np.zeros(shares.size, np.int64)
    for group, total in enumerate(shares.totals):
        rows = shares.members(group)
        slots = round(float(total) * places)
        uses[rows] = _apportioned(
            places * optimum.contributions[rows], slots, low[rows], high[rows],
            shares.names[group])
    limit = optimum.limit
    pool = _pool(optimum, merit, coancestry, shares, uses)
    search = Search(merit[pool], matrix_of(coancestry.among(pool)), shares.group[pool], places,
                    low[pool].astype(float), high[pool].astype(float), uses[pool].astype(float))
    search.keep(limit)
    search.improve(limit)
    uses[pool] = np.rint(search.uses).astype(np.int64)
    contributions = uses / places
    reached = float(contributions @ coancestry.times(contributions))
    if reached > limit * (1 + 1e-9):
        raise NoNumbersError(
            f"{places:,} whole uses have a mean coancestry of {reached:.4g} at the least found",
            f"Expected {limit:.4g} or less, as fractions allow",
            f"Raise 'matings', or the limit to {np.ceil(reached * 1e4) / 1e4:g}")
    gain = float(merit @ contributions)
    return InNumbers(uses, contributions, gain, reached, optimum.gain - gain)


def _apportioned(wanted: Vector, slots: int, low: Counts, high: Counts, name: str) -> Counts:
    """Whole numbers that sum to the places: rounded down, then the largest remainders."""
    if low.sum() > slots or high.sum() < slots:
        raise NoNumbersError(
            f"{name} candidates can be used {low.sum():,} to {high.sum():,} times by their bounds",
            f"Expected {slots:,} times to be among them",
            "Change 'matings' or 'max_per_candidate': a bound of less than one use forbids it")
    found = np.clip(np.floor(wanted + 1e-9).astype(np.int64), low, high)
    while found.sum() != slots:
        up = found.sum() < slots
        remainder = np.where(found < high, wanted - found, -np.inf) if up else (
            np.where(found > low, found - wanted, -np.inf))
        count = abs(int(slots - found.sum()))
        chosen = np.argsort(-remainder, kind="stable")[:count]
        chosen = chosen[np.isfinite(remainder[chosen])]
        found[chosen] += 1 if up else -1
    return found


def _pool(
    optimum: Optimum, merit: Vector, coancestry: Coancestry, shares: Shares, uses: Counts
) -> Counts:
    multiplier = optimum.multiplier if np.isfinite(optimum.multiplier) else 1.0
    value = merit - 2 * multiplier * coancestry.times(optimum.contributions)
    chosen = (uses > 0) | (optimum.contributions > 0)
    for group in range(shares.totals.size):
        rows = shares.members(group)
        chosen[rows[np.argsort(-value[rows], kind="stable")[:POOL]]] = True
    return np.flatnonzero(chosen)


class Search:
    """Numbers of uses, and what an exchange would do to them.

    Parameters
    ----------
    merit, group : ndarray, shape (n,)
    matrix : ndarray of float64, shape (n, n)
        K.
    places : float
        P.
    low, high, uses : ndarray of float64, shape (n,)
        Bounds of the uses and where to begin; those at both bounds take no part.
    """

    def __init__(
        self, merit: Vector, matrix: Vector, group: Counts, places: float, low: Vector,
        high: Vector, uses: Vector,
    ) -> None:
        self.merit, self.matrix, self.places = merit / places, matrix / places**2, places
        self.low, self.high, self.uses = low, high, uses.copy()
        self.apart = group[:, None] != group
        own = np.diagonal(self.matrix)
        self.curved = own[:, None] + own - 2 * self.matrix
        self.related = self.matrix @ self.uses

    @property
    def reached(self) -> float:
        """c′Kc."""
        return float(self.uses @ self.related)

    def keep(self, limit: float) -> None:
        """Exchange until coancestry is within the limit, or cannot fall."""
        for _ in range(STEPS):
            excess = self.reached - limit
            if excess <= 0:
                return
            givers, takers, gain, change = self._exchanges()
            falls = change < -1e-15
            if not falls.any():
                return
            enough = falls & (change <= -excess)
            if enough.any():  # one more is all it takes: the one that costs least
                score = np.where(enough, gain, -np.inf)
            else:
                score = np.where(falls, np.minimum(gain, 0.0) / np.where(falls, -change, 1.0),
                                 -np.inf)
                score = np.where(falls & (gain >= 0), -change, score)
            self._exchange(givers, takers, score)

    def improve(self, limit: float) -> None:
        """Exchange as long as merit rises within the limit."""
        least = 1e-12 * max(float(np.abs(self.merit).max(initial=0.0)), 1e-300)
        for _ in range(STEPS):
            givers, takers, gain, change = self._exchanges()
            allowed = (gain > least) & (self.reached + change <= limit)
            if not allowed.any():
                return
            self._exchange(givers, takers, np.where(allowed, gain, -np.inf))

    def _exchanges(self) -> tuple[Counts, Counts, Vector, Vector]:
        """Gain and change of coancestry of every exchange, givers × takers."""
        givers = np.flatnonzero(self.uses > self.low)
        takers = np.flatnonzero(self.uses < self.high)
        gain = self.merit[takers] - self.merit[givers][:, None]
        change = (2 * (self.related[takers] - self.related[givers][:, None])
                  + self.curved[np.ix_(givers, takers)])
        forbidden = self.apart[np.ix_(givers, takers)]
        gain[forbidden], change[forbidden] = -np.inf, np.inf
        return givers, takers, gain, change

    def _exchange(self, givers: Counts, takers: Counts, score: Vector) -> None:
        one, other = np.unravel_index(int(score.argmax()), score.shape)
        i, j = givers[one], takers[other]
        self.uses[i] -= 1
        self.uses[j] += 1
        self.related += self.matrix[j] - self.matrix[i]

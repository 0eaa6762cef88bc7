"""Whether contributions are the best there are, by conditions that need nothing of how they came.

For c in X with c′Kc ≤ k, any λ ≥ 0 and v = m − 2λKc, the gradient of m′c − λ(c′Kc − k),

    m′x ≤ m′c + max_{x ∈ X} v′(x − c) + λ(k − c′Kc)   for every x in X with x′Kx ≤ k,

as c′Kc is convex. The difference is the duality gap: nothing allowed is better than c by more than
it. It is zero exactly where the conditions of Karush, Kuhn and Tucker hold, which are Meuwissen's
(1997): v is the same for all of a sex that are used between their bounds, lower for those at their
lower bound, higher for those at their upper bound, and λ = 0 where the limit does not bind.
Of the least coancestry the same holds with m = 0, λ = 1 and no limit.

References
----------
Meuwissen (1997), J. Anim. Sci. 75:934; Boyd & Vandenberghe (2004), Convex Optimization, 5.5.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from breedeval.selection.program import Point, Program
from breedeval.selection.shares import Shares

Vector = NDArray[np.float64]

AT_BOUND = 1e-9
"""Nearer to a bound than this part of the total of a sex is at it."""


@dataclass(frozen=True)
class Certificate:
    """How far contributions are from the optimum.

    Parameters
    ----------
    gap : float
        The duality gap, in units of the objective.
    stationarity : float
        Largest difference of v from that of its sex among those between their bounds.
    complementarity : float
        λ(k − c′Kc).
    infeasibility : float
        By how much totals or bounds are missed.
    excess : float
        (c′Kc − k)/k, where that is positive.
    scale : float
        Standard deviation of merit; mean coancestry with oneself, where coancestry is minimised.
    """

    gap: float
    stationarity: float
    complementarity: float
    infeasibility: float
    excess: float
    scale: float

    @property
    def relative_gap(self) -> float:
        """In units of the scale."""
        return self.gap / self.scale

    def in_units_of(self, unit: float) -> Certificate:
        """The same where the objective was divided by a unit."""
        return replace(self, gap=self.gap * unit, stationarity=self.stationarity * unit,
                       complementarity=self.complementarity * unit, scale=self.scale * unit)

    def holds(self, tolerance: float) -> bool:
        """Whether it is the optimum to this tolerance, and allowed."""
        return (abs(self.relative_gap) <= tolerance and self.excess <= tolerance
                and self.infeasibility <= tolerance)


def certify(program: Program, point: Point) -> Certificate:
    """The certificate of contributions. One product with K."""
    contributions, shares = point.contributions, program.shares
    related = program.related(contributions)
    reached = float(contributions @ (related + program.beside)) + program.alone
    if program.merit is None:
        value, slack, excess = -2 * related, 0.0, 0.0
        scale = float(program.coancestry.diagonal().mean())
    else:
        value = program.merit - 2 * point.multiplier * related
        slack = point.multiplier * (program.limit - reached) if point.multiplier else 0.0
        excess = max(reached / program.limit - 1, 0.0)
        scale = spread(program.merit)
    gap = float(value @ (shares.best(value) - contributions)) + slack
    if program.merit is None:
        gap = min(gap, reached)  # no mean coancestry is negative
    return Certificate(gap, _stationarity(shares, contributions, value), slack,
                       shares.miss(contributions), excess, scale)


def spread(merit: Vector) -> float:
    """Standard deviation; 1 where all are the same."""
    found = float(merit.std()) if merit.size else 0.0
    return found if found > 1e-12 * float(np.abs(merit).max(initial=0.0)) else 1.0


def _stationarity(shares: Shares, contributions: Vector, value: Vector) -> float:
    worst = 0.0
    for group, total in enumerate(shares.totals):
        rows = shares.members(group)
        near = AT_BOUND * max(float(total), 1e-12)
        between = (contributions[rows] - shares.lower[rows] > near) & (
            shares.upper[rows] - contributions[rows] > near)
        found = value[rows[between]]
        if found.size:
            worst = max(worst, float(np.ptp(found)))
    return worst

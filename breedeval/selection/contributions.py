"""Optimal contributions: the highest genetic level under a limit on mean coancestry.

    maximise m′c  subject to  c′Kc ≤ k,  Σ c = ½ within each sex,  l ≤ c ≤ u

(Σ c = 1 where there are no sexes) for the merit m and the coancestry K = ½A (or ½G, ½H) of the
candidates. c′Kc is the expected inbreeding of progeny of parents drawn by c, and the mean
coancestry of the next generation. What is found comes with its duality gap
(:mod:`breedeval.selection.optimality`), which rests on nothing but the contributions themselves.

References
----------
Meuwissen (1997), J. Anim. Sci. 75:934; Grundy, Villanueva & Woolliams (1998), Genet. Res. 72:159;
Pong-Wong & Woolliams (2007), Genet. Sel. Evol. 39:3 (the same as a conic program).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.selection.coancestry import Coancestry
from breedeval.selection.optimality import Certificate, certify, spread
from breedeval.selection.program import Point, program_of
from breedeval.selection.shares import Shares
from breedeval.selection.sifting import Found, first_rows, sift

Vector = NDArray[np.float64]

INSIDE = 1e-3
"""The search begins with coancestry below the limit by this part of it, or of what is in reach."""


class LimitTooLowError(ValueError):
    """No contributions keep the limit.

    Attributes
    ----------
    limit : float
    least : Optimum
        The contributions of the least mean coancestry.
    """

    def __init__(self, limit: float, least: Optimum) -> None:
        self.limit, self.least = limit, least
        super().__init__(f"the least mean coancestry is {least.coancestry:.6g}, not {limit:.6g}")


@dataclass(frozen=True, eq=False)
class Optimum:
    """The best contributions.

    Parameters
    ----------
    contributions : ndarray of float64, shape (n,)
        c; exactly at a bound where it is at one.
    gain : float
        m′c.
    coancestry : float
        c′Kc.
    limit : float
        k; infinite for the least coancestry.
    multiplier : float
        λ: merit that a unit more of coancestry would bring; 0 where the limit does not bind,
        infinite for the least coancestry.
    certificate : Certificate
    """

    contributions: Vector
    gain: float
    coancestry: float
    limit: float
    multiplier: float
    certificate: Certificate

    @property
    def parents(self) -> int:
        """Candidates who contribute."""
        return int((self.contributions > 0).sum())


def optimal_contributions(
    merit: Vector, coancestry: Coancestry, shares: Shares, limit: float, *,
    near: Optimum | None = None,
) -> Optimum:
    """The contributions of the highest merit whose mean coancestry is within a limit.

    Parameters
    ----------
    merit : ndarray of float64, shape (n,)
        m.
    coancestry : Coancestry
        K.
    shares : Shares
        Sexes and bounds.
    limit : float
        k.
    near : Optimum, optional
        Of a limit that is a little lower: the search begins there.

    Raises
    ------
    LimitTooLowError
        When nothing allowed has so little coancestry.

    Notes
    -----
    Cost: some ten products with K, and problems of some hundred candidates.
    """
    scale = spread(merit)
    scaled = (merit - merit.mean()) / scale
    greedy = shares.best(scaled)
    program = program_of(scaled, coancestry, shares, limit)
    if program.reached(greedy) <= limit:
        point = Point(greedy, 0.0)
        return _optimum(Found(point, certify(program, point), 0), merit, coancestry, limit, scale)
    start = _inside(coancestry, shares, limit, scaled) if near is None else near.contributions
    rows = np.union1d(first_rows(shares, scaled), np.flatnonzero(start > shares.lower))
    found = sift(program, rows, start, warm=near is not None)
    return _optimum(found, merit, coancestry, limit, scale)


def least_coancestry(
    merit: Vector, coancestry: Coancestry, shares: Shares, start: Vector | None = None
) -> Optimum:
    """The contributions of the least mean coancestry; merit breaks no ties."""
    program = program_of(None, coancestry, shares, np.inf)
    rows = first_rows(shares, merit if start is None else start)
    found = sift(program, rows, shares.lower)
    return _optimum(found, merit, coancestry, np.inf, 1.0)


def present_coancestry(coancestry: Coancestry, shares: Shares) -> float:
    """Mean coancestry C of the candidates, each of a sex alike, between different individuals.

    C = (ē′Kē − Σ ēᵢ²Kᵢᵢ)/(1 − Σ ēᵢ²): what c′Kc of their parents was expected to be.
    """
    even = shares.even()
    own = even**2
    total = float(even @ coancestry.times(even))
    left = 1.0 - float(own.sum())
    return (total - float(own @ coancestry.diagonal())) / left if left > 1e-12 else total


def limit_of_rate(coancestry: Coancestry, shares: Shares, rate: float) -> float:
    """k of a rate of inbreeding: k = C + ΔF(1 − C), C the present mean coancestry."""
    present = present_coancestry(coancestry, shares)
    return present + rate * (1.0 - present)


def _inside(coancestry: Coancestry, shares: Shares, limit: float, merit: Vector) -> Vector:
    """Contributions with less coancestry than the limit.

    Raises
    ------
    LimitTooLowError
    """
    program = program_of(None, coancestry, shares, limit)
    found = sift(program, first_rows(shares, merit), shares.lower, enough=limit * (1 - INSIDE))
    reached = program.reached(found.point.contributions)
    if reached > limit:
        raise LimitTooLowError(limit, _optimum(found, merit, coancestry, np.inf, 1.0))
    return found.point.contributions


def _optimum(
    found: Found, merit: Vector, coancestry: Coancestry, limit: float, scale: float
) -> Optimum:
    c, multiplier = found.point.contributions, found.point.multiplier
    return Optimum(c, float(merit @ c), float(c @ coancestry.times(c)), limit, multiplier * scale,
                   found.certificate.in_units_of(scale))

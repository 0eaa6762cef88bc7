"""The optimum over many candidates through few of them: those who are used, and who might be.

A small problem is solved among a working set, the others staying at the bounds they are at. One
product with K gives the gradient v of everybody; whoever would be better off a bound joins, and who
is at a bound and far from leaving it goes, until the duality gap over all candidates is closed. No
round is worse than the one before, and K is never formed but among the working set.

References
----------
Bixby et al. (1992), Oper. Res. 40:885 (sifting).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.selection import conic, faces
from breedeval.selection.coancestry import FromPedigree, LowRank
from breedeval.selection.optimality import Certificate, certify
from breedeval.selection.program import Point, Program
from breedeval.selection.shares import Shares
from breedeval.threads import one_blas_thread

Vector = NDArray[np.float64]
Rows = NDArray[np.int64]

TOLERANCE = 1e-8
"""Of the duality gap, in standard deviations of merit."""
COARSE = 1e-5
"""The same of the least coancestry among many by a matrix or products alone, in self-coancestry."""
LARGEST = 4000
"""Working set that is still solved where K has no sparse or low-rank form."""
ROUNDS = 60
SET = 150
"""Candidates of each sex in the first working set, for each of two reasons; or who join, at most,
times the number of the round."""
NEAR = 1e-9
"""Of the total of a sex: nearer to a bound is at it."""


@dataclass(frozen=True, eq=False)
class Found:
    """The best contributions found, and how good they are.

    Parameters
    ----------
    point : Point
    certificate : Certificate
    rounds : int
        Working sets that were solved.
    """

    point: Point
    certificate: Certificate
    rounds: int


def first_rows(shares: Shares, value: Vector) -> Rows:
    """A working set to begin with: the best of each sex, and others evenly spread by their value.

    So many that they can make up the totals.
    """
    chosen = np.zeros(shares.size, np.bool_)
    for group, total in enumerate(shares.totals):
        rows = shares.members(group)
        rows = rows[np.argsort(-value[rows], kind="stable")]
        enough = int(np.searchsorted(np.cumsum(shares.upper[rows]), 2 * total)) + 1
        chosen[rows[:max(SET, enough)]] = True
        chosen[rows[np.linspace(0, rows.size - 1, min(SET, rows.size)).astype(np.int64)]] = True
    return np.flatnonzero(chosen | (shares.lower > 0))


def sift(
    program: Program, rows: Rows, start: Vector, *, enough: float = -np.inf, warm: bool = False
) -> Found:
    """The optimum over all candidates.

    Parameters
    ----------
    program : Program
    rows : ndarray of int64
        The first working set.
    start : ndarray of float64, shape (n,)
        Contributions to begin with: those outside the working set are at a bound.
    enough : float
        Where coancestry is minimised: stop when it is this low.
    warm : bool
        Whether the start is near the optimum.
    """
    with one_blas_thread():  # the result is the same for any number of threads
        return _sifted(program, rows, start, enough, warm=warm)


def _sifted(
    program: Program, rows: Rows, start: Vector, enough: float, *, warm: bool
) -> Found:
    current, found = start, None
    structured = isinstance(program.coancestry, (FromPedigree, LowRank))
    tolerance = COARSE if (program.merit is None and not structured
                           and program.size > LARGEST) else TOLERANCE
    for count in range(1, ROUNDS + 1):
        if found is not None and rows.size > LARGEST and not structured:
            break
        point = _among(program, rows, current, warm=warm or count > 1)
        if point is None:
            break
        certificate = certify(program, point)
        if found is None or certificate.gap < found.certificate.gap:
            found = Found(point, certificate, count)
        if certificate.holds(tolerance) or (
                program.merit is None and program.reached(point.contributions) <= enough):
            return Found(point, certificate, count)
        wider = _next_rows(program, point, rows, SET * (1 + count // 3))
        if wider is None:
            break
        rows, current = wider, point.contributions
    if found is None:
        raise RuntimeError("no contributions were found, though some are allowed")
    return found


def _among(program: Program, rows: Rows, current: Vector, *, warm: bool) -> Point | None:
    """The optimum of a working set, placed among all candidates."""
    small = program if rows.size == program.size else program.among(rows, current)
    point = faces.refine(small, current[rows]) if warm else None
    if point is None:
        point = conic.solve(small)
        if point is not None:
            point = faces.refine(small, point.contributions) or point
    if point is None:
        return None
    whole = current.copy()
    whole[rows] = point.contributions
    return Point(whole, point.multiplier)


def _next_rows(program: Program, point: Point, rows: Rows, most: int) -> Rows | None:
    """Those between bounds, the nearest of the others, and who would gain by leaving a bound.

    None where nobody outside the working set would.
    """
    shares, value = program.shares, program.value(point)
    inside = np.zeros(program.size, np.bool_)
    inside[rows] = True
    chosen = np.zeros(program.size, np.bool_)
    anybody = False
    for group, total in enumerate(shares.totals):
        own = shares.members(group)
        given, near = point.contributions[own], NEAR * float(total)
        low, high = given - shares.lower[own] <= near, shares.upper[own] - given <= near
        between = ~low & ~high
        level = value[own[between]].mean() if between.any() else _threshold(
            value[own], low, high)
        ahead = np.where(low & high, -np.inf, np.where(low, 1.0, -1.0) * (value[own] - level))
        ahead[between] = np.inf
        order = np.argsort(-ahead, kind="stable")
        outside = order[~inside[own[order]] & (ahead[order] > 0)]
        anybody |= outside.size > 0
        chosen[own[outside[:most]]] = True
        chosen[own[order[:int(between.sum()) + most]]] = True
    return np.flatnonzero(chosen) if anybody else None


def _threshold(value: Vector, low: NDArray[np.bool_], high: NDArray[np.bool_]) -> float:
    """Where everybody of a sex is at a bound: between the worst above and the best below."""
    above = value[high & ~low]
    below = value[low & ~high]
    if above.size and below.size:
        return float(above.min() + below.max()) / 2
    return float(above.min() if above.size else below.max(initial=0.0))

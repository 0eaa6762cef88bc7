"""The optimum by formula once it is known who is used between bounds: Meuwissen's Lagrangian.

With F the candidates between their bounds, b = K_FB c_B from those at bounds, Q the sexes of F and
s what is left to them, and P = K⁻¹ − K⁻¹Q(Q′K⁻¹Q)⁻¹Q′K⁻¹ (of K_FF), contributions are

    c_F = v + τd,   d = Pm,   v = K⁻¹Q(Q′K⁻¹Q)⁻¹(s + Q′K⁻¹b) − K⁻¹b,   τ = 1/2λ,

and c′Kc = v′Kv + τ²d′Kd as d′Kv = 0, which gives τ for a limit. τ = 0 gives the least coancestry.
Those who leave their bounds are held there, and those whom the gradient wants off a bound are let
off, until nobody is. Meuwissen's own algorithm eliminates negative contributions for good; letting
candidates back in makes what is found an optimum.

References
----------
Meuwissen (1997), J. Anim. Sci. 75:934; Júdice & Pires (1994), Computers Ops Res. 21:587.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.selection.inverses import solver_of
from breedeval.selection.program import Point, Program
from breedeval.selection.shares import Shares

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]

ROUNDS = 60
"""Changes of who is at a bound."""
TOGETHER = 20
"""Rounds in which all change who want to; then one at a time, which cannot run in circles."""
NEAR = 1e-7
"""Of the total of a sex: nearer to a bound is at it, at the start."""
CLOSE = 1e-10
"""Of the same, and of the spread of the gradient: what is not a violation."""


@dataclass(frozen=True, eq=False)
class _Face:
    """What holds on a face: v, and its level in every sex, NaN where nobody is between bounds."""

    point: Point
    value: Vector
    level: Vector


def refine(program: Program, start: Vector) -> Point | None:
    """The optimum near contributions that are nearly it; None where that does not work out."""
    shares = program.shares
    near = NEAR * float(shares.totals.max(initial=0.0))
    free = (start - shares.lower > near) & (shares.upper - start > near)
    held = np.where(shares.upper - start <= near, shares.upper, shares.lower)
    for count in range(ROUNDS):
        if not free.any():
            return None
        face = _solve(program, np.flatnonzero(free), np.where(free, 0.0, held))
        if face is None:
            return None
        leave, enter = _changes(face, shares, free, held)
        if not leave.any() and not enter.any():
            return face.point
        if count >= TOGETHER:
            leave, enter = _worst(leave, enter, face, shares)
        below = face.point.contributions < shares.lower
        held = np.where(leave, np.where(below, shares.lower, shares.upper), held)
        free = (free & ~leave) | enter
    return None


def _solve(program: Program, rows: NDArray[np.int64], held: Vector) -> _Face | None:
    shares = program.shares
    left = shares.totals - shares.sums(held)
    groups = np.unique(shares.group[rows])
    idle = np.setdiff1d(np.arange(left.size), groups)
    if np.abs(left[idle]).max(initial=0.0) > NEAR:
        return None  # nobody is left to make up the total
    solve = solver_of(program, rows)
    if solve is None:
        return None
    design = (shares.group[rows][:, None] == groups).astype(np.float64)
    gain = np.zeros(rows.size) if program.merit is None else program.merit[rows]
    solved = solve(np.column_stack([design, gain, program.related(held)[rows]]))
    by_sex, by_gain, by_held = solved[:, :groups.size], solved[:, -2], solved[:, -1]
    inner = np.linalg.inv(design.T @ by_sex)
    base = held.copy()
    base[rows] = by_sex @ (inner @ (left[groups] + design.T @ by_held)) - by_held
    point: Point | None = Point(base, np.inf)
    if program.merit is not None:
        step = np.zeros(base.size)
        step[rows] = by_gain - by_sex @ (inner @ (design.T @ by_gain))
        point = _to_the_limit(program, base, step)
    if point is None:
        return None
    value = program.value(point)
    level = np.full(left.size, np.nan)
    for group in groups:
        level[group] = value[rows[shares.group[rows] == group]].mean()
    return _Face(point, value, level)


def _to_the_limit(program: Program, base: Vector, step: Vector) -> Point | None:
    """v + τd with the mean coancestry k."""
    room = program.limit - program.reached(base)
    length = float(step @ (program.related(step) - program.beside))
    if room <= 0 or length <= 0:
        return None
    tau = float(np.sqrt(room / length))
    return Point(base + tau * step, 1 / (2 * tau))


def _changes(face: _Face, shares: Shares, free: Mask, held: Vector) -> tuple[Mask, Mask]:
    """Who leaves the face for a bound, and who enters it."""
    close = CLOSE * shares.totals.max()
    given = face.point.contributions
    leave = free & ((given < shares.lower - close) | (given > shares.upper + close))
    level = face.level[shares.group]
    ahead = np.where(np.isnan(level), 0.0, face.value - level)
    threshold = CLOSE * max(float(np.ptp(face.value)), 1e-300)
    room = shares.upper - shares.lower > close
    at_lower = held <= shares.lower
    enter = ~free & room & np.where(at_lower, ahead > threshold, ahead < -threshold)
    return leave, enter


def _worst(leave: Mask, enter: Mask, face: _Face, shares: Shares) -> tuple[Mask, Mask]:
    """The one change that is wanted most: out before in."""
    given = face.point.contributions
    only = np.zeros(leave.size, np.bool_)
    if leave.any():
        beyond = np.maximum(shares.lower - given, given - shares.upper)
        only[np.argmax(np.where(leave, beyond, -np.inf))] = True
        return only, np.zeros_like(only)
    ahead = np.abs(face.value - np.nan_to_num(face.level)[shares.group])
    only[np.argmax(np.where(enter, ahead, -np.inf))] = True
    return np.zeros_like(only), only

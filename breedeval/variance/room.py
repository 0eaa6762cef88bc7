"""How far the free parameters may go: bounds on single ones, and matrices that stay definite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from breedeval.covariance.structure import Covariance, Matrix, Vector
from breedeval.covariance.unstructured import Unstructured
from breedeval.covariance.variances import Variances
from breedeval.variance.parameters import Constraints

FLOOR = 1e-8
"""A single variance that stands for none, as a share of its scale; what is left to a bound."""

SINGULAR = 1e-6
"""The same for a direction of a matrix. The gradient there loses ε/SINGULAR² of its digits."""

LEFT = 0.1
"""Share of the distance to a bound that a round leaves, until the next one goes the same way."""

NEAR = 1e-3
"""Distance to a bound, as a share of the scale, from which it may be reached at once."""

ON_BOUND = 1e-10
"""Distance to a bound, as a share of the scale, that is none."""

TOUCHING = 1.001
"""Multiple of the floor that still lies on it."""

Reach = Literal["all", "most"]


@dataclass(frozen=True, eq=False)
class Cone:
    """Σ₀ + Σₖ dₖGₖ − F must stay positive definite.

    Parameters
    ----------
    number : int
        Which covariance.
    matrix : ndarray of float64, shape (c, c)
        Σ₀, where the step starts.
    least : ndarray of float64, shape (c, c)
        F.
    directions : ndarray of float64, shape (f, c, c)
        G: how Σ changes with each free parameter.
    """

    number: int
    matrix: Matrix
    least: Matrix
    directions: NDArray[np.float64]

    def slack(self, step: Vector) -> Matrix:
        """What the step leaves above F."""
        return self.matrix + np.tensordot(step, self.directions, 1) - self.least


@dataclass(frozen=True, eq=False)
class Room:
    """low ≤ d ≤ high for the free parameters, and a cone for every unstructured matrix.

    Parameters
    ----------
    low, high : ndarray of float64, shape (f,)
        −inf ≤ low ≤ 0 ≤ high ≤ inf.
    unit : ndarray of float64, shape (f,)
        What is large for each parameter.
    cones : tuple of Cone
    short_low, short_high : ndarray of bool, shape (f,)
        Whether the bound itself is further away than this round may go.
    short_cones : tuple of bool
    """

    low: Vector
    high: Vector
    unit: Vector
    cones: tuple[Cone, ...]
    short_low: NDArray[np.bool_]
    short_high: NDArray[np.bool_]
    short_cones: tuple[bool, ...]

    @property
    def held(self) -> NDArray[np.bool_]:
        """Which free parameters are at a bound."""
        return (self.low >= 0) | (self.high <= 0)

    @property
    def fast(self) -> NDArray[np.bool_]:
        """Which may go neither way."""
        return (self.low >= 0) & (self.high <= 0)


@dataclass(frozen=True)
class Pressed:
    """What went as far towards the boundary as a round may.

    Parameters
    ----------
    parameters : tuple of int
        Free parameters.
    matrices : tuple of int
        Covariances.
    """

    parameters: tuple[int, ...] = ()
    matrices: tuple[int, ...] = ()


def is_matrix(part: Covariance) -> bool:
    """Whether bounds on single parameters cannot say where Σ stops being definite."""
    return isinstance(part, Unstructured) and part.size > 1


def make_room(
    variances: Variances, constraints: Constraints, scales: tuple[Vector, ...], *,
    reach: Reach = "all", pressed: Pressed | None = None,
) -> Room:
    """What is left around given variances.

    Parameters
    ----------
    variances : Variances
    constraints : Constraints
    scales : tuple of ndarray, one of shape (c,) for each covariance
        Typical variances of the coefficients.
    reach : {'all', 'most'}
        To the boundary, or most of the way for what was not pressed before.
    pressed : Pressed
    """
    pressed = pressed or Pressed()
    lower, upper, unit = _limits(variances, scales)
    floor = _floors(variances, unit)
    strides = variances.strides
    rooms, units = [], []
    for k, column in enumerate(constraints.map.T):
        at = np.flatnonzero(column)
        ends = (lower[at].max(), upper[at].min())
        limits = (constraints.lower[k], constraints.upper[k])
        at_once = reach == "all" or k in pressed.parameters
        stride = np.inf if reach == "all" else strides[at].min()
        units.append(unit[at].min())
        rooms.append(_room(
            variances.values[at[0]], ends, limits, (units[-1], floor[at].max()), stride,
            at_once=at_once))
    room = np.array(rooms).reshape(-1, 4)
    room[_of_nothing(variances, scales) @ constraints.map == constraints.map.sum(axis=0)] = 0.0
    cones, short = [], []
    for number, (part, own, scale) in enumerate(zip(
            variances.covariances, variances.slices, scales, strict=False)):
        if not is_matrix(part) or not constraints.map[own].any():
            continue
        at_once = reach == "all" or number in pressed.matrices
        least = _least(part.matrix, np.sqrt(scale), at_once)
        directions = np.tensordot(constraints.map[own].T, part.derivatives(), 1)
        cones.append(Cone(number, part.matrix, least, directions))
        short.append(not np.array_equal(least, _least(part.matrix, np.sqrt(scale), True)))
    return Room(-room[:, 0], room[:, 1], np.array(units), tuple(cones), room[:, 2] > 0,
                room[:, 3] > 0, tuple(short))


def lifted(
    variances: Variances, constraints: Constraints, scales: tuple[Vector, ...]
) -> Variances:
    """Nothing below the floors, where nothing is asked of a covariance that forbids it."""
    lower, upper, unit = _limits(variances, scales)
    floor = _floors(variances, unit)
    parts = []
    for part, own, scale in zip(
            variances.covariances, variances.slices, scales, strict=False):
        least, most = lower[own] + floor[own], upper[own] - floor[own]
        if not all(constraints.untouched[own]):
            parts.append(part)
        elif not is_matrix(part):
            outside = ((part.values < least) | (part.values > most)).any()
            parts.append(part.at(np.clip(part.values, least, most)) if outside else part)
        else:
            parts.append(_lifted(part, np.sqrt(scale)))
    return variances.replaced(parts)


def _lifted(part: Covariance, scale: Vector) -> Covariance:
    roots, vectors = np.linalg.eigh(part.matrix / np.outer(scale, scale))
    if roots[0] >= SINGULAR:
        return part
    root = scale[:, None] * vectors * np.sqrt(np.maximum(roots, SINGULAR))
    matrix = root @ root.T
    return Unstructured((matrix + matrix.T) / 2)


def _limits(variances: Variances, scales: tuple[Vector, ...]) -> tuple[Vector, Vector, Vector]:
    """Bounds of each parameter by itself, and what is large for it."""
    lower, upper = variances.lower_bounds.copy(), variances.upper_bounds.copy()
    unit = np.ones(variances.count)
    for part, own, scale in zip(variances.covariances, variances.slices, scales, strict=False):
        if is_matrix(part):
            lower[own], upper[own] = -np.inf, np.inf
        effect = np.diagonal(part.derivatives(), axis1=1, axis2=2)
        shares = np.full(effect.shape, np.inf)
        np.divide(scale, effect, out=shares, where=effect > 0)
        is_variance = np.isfinite(lower[own]) & np.isinf(upper[own])
        strides = np.where(np.isfinite(part.strides), part.strides, 1.0)
        unit[own] = np.where(is_variance, shares.min(axis=1), strides)
    return lower, upper, unit


def _of_nothing(variances: Variances, scales: tuple[Vector, ...]) -> NDArray[np.float64]:
    """1 for correlations of a matrix whose variances are all 0: they mean nothing, and stay.

    What the likelihood says of them is rounding.
    """
    found = np.zeros(variances.count)
    for part, own, scale in zip(variances.covariances, variances.slices, scales, strict=False):
        if (np.diagonal(part.matrix) <= TOUCHING * SINGULAR * scale).all():
            found[own] = np.isfinite(part.lower_bounds) & np.isfinite(part.upper_bounds)
    return found


def _floors(variances: Variances, unit: Vector) -> Vector:
    """Distance from each parameter's own bounds that is none.

    Where single parameters at their bounds make the whole matrix singular, as correlations and
    specific variances do, as far as a matrix stays from it.
    """
    floors = FLOOR * unit
    for part, own in zip(variances.covariances, variances.slices, strict=False):
        if part.size > 1 and part.pattern.sum() > part.size:
            floors[own] = SINGULAR * unit[own]
    return floors


def _room(
    value: float, structural: tuple[float, float], limits: tuple[float, float],
    measure: tuple[float, float], stride: float, *, at_once: bool,
) -> tuple[float, float, bool, bool]:
    """How far down and up one parameter may go, all ≥ 0, and whether that is short of the bound.

    ``measure`` is what is large for it, and the distance from its own bounds that is none.
    """
    unit, floor = measure
    found, short = [], []
    for end, limit, sign in zip(structural, limits, (-1.0, 1.0), strict=True):
        gap = sign * (end - value)
        whole = min(gap - floor, sign * (limit - value))
        whole = whole if whole > ON_BOUND * unit else 0.0
        most = whole if at_once or gap <= NEAR * unit else min(whole, (1 - LEFT) * gap)
        found.append(min(most, stride))
        short.append(most < whole)
    return found[0], found[1], short[0], short[1]


def _least(matrix: Matrix, scale: Vector, at_once: bool) -> Matrix:
    """F: the floor, or a share of what each direction has."""
    roots, vectors = np.linalg.eigh(matrix / np.outer(scale, scale))
    floors = np.full(roots.size, SINGULAR)
    if not at_once and roots[0] > NEAR:
        floors = LEFT * roots
    root = scale[:, None] * vectors * np.sqrt(np.maximum(np.minimum(floors, roots), 0.0))
    return np.asarray(root @ root.T)

"""The best step on a quadratic model within the room: active sets, and interior points for cones.

With bounds only, an active-set method finds the step. Where that would leave a matrix indefinite,
maximise g′d − ½d′Hd subject to Sⱼ = Mⱼ + Σₖ dₖGⱼₖ ⪰ 0, a convex problem, by a primal–dual method
with the direction of Helmberg, Kojima and Monteiro (Todd 2001, section 5): with multipliers Zⱼ ⪰ 0,

    g − Hd + Σⱼ (tr GⱼₖZⱼ)ₖ = 0,    SⱼZⱼ = μI,    μ → 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from breedeval.covariance.structure import Matrix, Vector
from breedeval.variance.quadratic import bounded_step
from breedeval.variance.room import FLOOR, Pressed, Room

ROUNDS = 100
"""Most rounds of the primal–dual method; some 20 are needed."""

EXACT = 1e-10
"""μ at which it stops, and the square root of residuals, with g, H and S scaled to about 1."""

INSIDE = 0.95
"""Share of the way to the boundary of S or Z that a round goes."""

CENTRING = 0.1
"""Factor by which a round wants to lower μ."""

NOTHING = 1e-3
"""Share of what a direction could lose to the boundary that is nothing left."""


def best_step(slope: Vector, curvature: Matrix, room: Room) -> Vector:
    """The d that maximises slope′d − ½d′Hd within the room.

    Parameters
    ----------
    slope : ndarray of float64, shape (f,)
    curvature : ndarray of float64, shape (f, f)
        H, positive definite.
    room : Room
    """
    step = bounded_step(slope, curvature, room.low, room.high)
    if is_inside(step, room):
        return step
    spread = np.sqrt(np.diagonal(curvature))
    blocks = _blocks(room, spread)
    scaled = _interior(slope / spread, curvature / np.outer(spread, spread), blocks)
    return _snapped(scaled / spread, room)


def is_inside(step: Vector, room: Room) -> bool:
    """Whether the room holds a step."""
    return bool((step >= room.low).all() and (step <= room.high).all()) and all(
        np.linalg.eigvalsh(cone.slack(step))[0] >= 0 for cone in room.cones)


def pressed_by(step: Vector, room: Room) -> Pressed:
    """What a step takes as far as this round may go, and short of the boundary."""
    at = (room.short_low & (step <= room.low)) | (room.short_high & (step >= room.high))
    matrices = tuple(
        cone.number for cone, short in zip(room.cones, room.short_cones, strict=True)
        if short and scipy.linalg.eigvalsh(
            cone.slack(step), cone.slack(np.zeros(step.size)))[0] < NOTHING)
    return Pressed(tuple(int(k) for k in np.flatnonzero(at)), matrices)


@dataclass(frozen=True, eq=False)
class _Block:
    """S(d) = M + Σ dₖGₖ; bounds on single parameters are blocks of size 1."""

    start: Matrix
    along: NDArray[np.float64]

    def at(self, step: Vector) -> Matrix:
        return self.start + np.tensordot(step, self.along, 1)

    def pulled(self, matrix: Matrix) -> Vector:
        """tr(GₖZ)."""
        return np.asarray(np.tensordot(self.along, matrix, 2))


def _blocks(room: Room, spread: Vector) -> list[_Block]:
    """Constraints in scaled parameters, each with elements of about 1."""
    found = []
    for cone in room.cones:
        size = np.sqrt(np.diagonal(cone.matrix))
        outer = np.outer(size, size)
        found.append(_Block((cone.matrix - cone.least) / outer,
                            cone.directions / outer / spread[:, None, None]))
    for sign, gaps in ((1.0, -room.low), (-1.0, room.high)):
        for k in np.flatnonzero(np.isfinite(gaps)):
            along = np.zeros((spread.size, 1, 1))
            along[k] = sign / room.unit[k] / spread[k]
            found.append(_Block(np.full((1, 1), gaps[k] / room.unit[k]), along))
    return found


def _interior(slope: Vector, curvature: Matrix, blocks: list[_Block]) -> Vector:
    """Follow the central path; S and Z start well inside, whatever d = 0 gives."""
    step = np.zeros(slope.size)
    weight = max(1.0, float(np.abs(slope).max()))
    s = [_lifted(block.start) for block in blocks]
    z = [weight * np.eye(len(block.start)) for block in blocks]
    size = sum(len(block.start) for block in blocks)
    for _ in range(ROUNDS):
        gap = sum(float(np.sum(a * b)) for a, b in zip(s, z, strict=True)) / size
        short = [block.at(step) - own for block, own in zip(blocks, s, strict=True)]
        rest = slope - curvature @ step + sum(
            block.pulled(own) for block, own in zip(blocks, z, strict=True))
        off = max(float(np.abs(rest).max()), *(float(np.abs(part).max()) for part in short))
        if gap < EXACT * weight and off < np.sqrt(EXACT) * weight:
            break
        inverse = [np.linalg.inv(own) for own in s]
        matrix, right = curvature, rest
        for block, own, back, gone in zip(blocks, z, inverse, short, strict=True):
            turned = back @ block.along @ own
            matrix = matrix + np.tensordot(turned, block.along, ([2, 1], [1, 2]))
            right = right + block.pulled(CENTRING * gap * back - own - _even(back @ gone @ own))
        towards = np.linalg.solve((matrix + matrix.T) / 2, right)
        d_s = [np.tensordot(towards, block.along, 1) + gone
               for block, gone in zip(blocks, short, strict=True)]
        d_z = [CENTRING * gap * back - own - _even(back @ change @ own)
               for own, back, change in zip(z, inverse, d_s, strict=True)]
        try:
            length = min([1.0, *(INSIDE * _reach(own, change) for own, change in
                                 zip([*s, *z], [*d_s, *d_z], strict=True))])
        except np.linalg.LinAlgError:
            break  # rounding took the last digits of Z: as exact as can be
        step = step + length * towards
        s = [own + length * change for own, change in zip(s, d_s, strict=True)]
        z = [own + length * change for own, change in zip(z, d_z, strict=True)]
    return step


def _lifted(matrix: Matrix) -> Matrix:
    """With eigenvalues of at least 0.1."""
    roots, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.maximum(roots, 0.1)) @ vectors.T)


def _even(matrix: Matrix) -> Matrix:
    return (matrix + matrix.T) / 2


def _reach(matrix: Matrix, change: Matrix) -> float:
    """How many times the change can be added before the matrix is singular."""
    if len(matrix) == 1:
        least = float(change[0, 0] / matrix[0, 0])
    else:
        root = np.linalg.cholesky(matrix)
        half = scipy.linalg.solve_triangular(root, change, lower=True)
        inner = scipy.linalg.solve_triangular(root, half.T, lower=True)
        least = float(np.linalg.eigvalsh(_even(inner))[0])
    return -1.0 / least if least < 0 else np.inf


def _snapped(step: Vector, room: Room) -> Vector:
    """On a bound where it is as good as there."""
    near = FLOOR / 2 * room.unit
    low, high = step - room.low < near, room.high - step < near
    return np.where(low, room.low, np.where(high, room.high, step))

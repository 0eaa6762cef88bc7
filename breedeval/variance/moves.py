"""The steps that a round may try, best first.

The average-information step solves (I + λE) d = s within the room: λ = 0 is Gilmour, Thompson &
Cullis (1995); λ > 0 leans towards EM, whose information E is that of complete data (Jensen,
Mäntysaari, Madsen & Thompson 1997), and so can always be made to raise the likelihood.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from breedeval.covariance.structure import Matrix, Vector
from breedeval.covariance.variances import Variances
from breedeval.variance.cone import best_step, is_inside, pressed_by
from breedeval.variance.expectation import (
    common_scale,
    complete_information,
    expanded,
    rescaled,
    score_rounding,
)
from breedeval.variance.objective import Derivatives, Point
from breedeval.variance.parameters import Constraints
from breedeval.variance.progress import Kind, State
from breedeval.variance.quadratic import Curvature, regular, rise
from breedeval.variance.room import Pressed, Reach, Room, lifted, make_room

DAMPINGS = (0.0, 0.1, 1.0, 10.0)
"""λ to try, from the last one that worked."""

GOOD, BAD = 0.25, 0.05
"""Shares of the promised gain above which λ falls, and below which it rises."""

RIDGE = 0.05
"""Share of typical variances that is added where lengths of steps are measured."""

USUAL = 0.1
"""Share of the bound on what rounding makes of a score that it may well make."""

HALVINGS = 6
"""Shorter and shorter EM steps that are tried when nothing else rises."""

FAR = 2.0
"""Factor by which all variances must be wrong together to be scaled first."""


@dataclass(frozen=True, eq=False)
class Rules:
    """What does not change from round to round.

    Parameters
    ----------
    constraints : Constraints
    scales : tuple of ndarray, one of shape (c,) for each covariance
        Typical variances of the coefficients.
    """

    constraints: Constraints
    scales: tuple[Vector, ...]

    def room(self, state: State, reach: Reach) -> Room:
        """How far the free parameters may go."""
        return make_room(
            state.variances, self.constraints, self.scales, reach=reach, pressed=state.pressed)

    def lifted(self, variances: Variances) -> Variances:
        """With nothing below the floors."""
        return lifted(variances, self.constraints, self.scales)


@dataclass(frozen=True, eq=False)
class Model:
    """The quadratic model of the likelihood at a point, in its free parameters.

    Parameters
    ----------
    room, near : Room
        To the boundary, and as far as this round may go.
    derivatives : Derivatives
    slope : ndarray of float64, shape (f,)
        A′s.
    curvature : Curvature
        A′IA.
    complete : ndarray of float64, shape (f, f)
        A′EA, E with a ridge: a measure of the length of steps.
    step : ndarray of float64, shape (f,)
        The whole Newton step within the room.
    """

    room: Room
    near: Room
    derivatives: Derivatives
    slope: Vector
    curvature: Curvature
    complete: Matrix
    step: Vector

    @property
    def decrement(self) -> float:
        """What the Newton step promises to add to the log-likelihood."""
        return rise(self.slope, self.curvature.matrix, self.step)

    def length(self, step: Vector) -> float:
        """Of a step, in standard deviations of complete data."""
        return float(np.sqrt(max(float(step @ self.complete @ step), 0.0)))


@dataclass(frozen=True, eq=False)
class Move:
    """A candidate for the next round.

    Parameters
    ----------
    kind : str
    variances : Variances
    fraction : float
        Length relative to the whole Newton step.
    promise : float
        What it promises to add to the log-likelihood.
    damping : float
        λ it was made with.
    pressed : Pressed
    """

    kind: Kind
    variances: Variances
    fraction: float
    promise: float
    damping: float
    pressed: Pressed


def make_model(rules: Rules, state: State, point: Point) -> Model:
    """Differentiate once, and model the likelihood."""
    derivatives = point.derivatives()
    along = rules.constraints.map
    slope = along.T @ derivatives.score
    ridges = [RIDGE * scale for scale in rules.scales]
    complete = along.T @ complete_information(state.variances, derivatives, ridges) @ along
    curvature = regular(along.T @ derivatives.information @ along, complete)
    room = rules.room(state, "all")
    return Model(room, rules.room(state, "most"), derivatives, slope, curvature, complete,
                 best_step(slope, curvature.matrix, room))


def told_by_score(rules: Rules, state: State, model: Model) -> float:
    """What the Newton step promises when slopes that may be rounding are taken for 0."""
    rounding = np.abs(rules.constraints.map).T @ score_rounding(
        state.variances, model.derivatives)
    slope = np.where(np.abs(model.slope) > USUAL * rounding, model.slope, 0.0)
    curvature = model.curvature.matrix
    return rise(slope, curvature, best_step(slope, curvature, model.room))


def information_moves(rules: Rules, state: State, model: Model) -> Iterator[Move]:
    """Average-information steps, damped more and more."""
    room = model.near
    first = next((k for k, damping in enumerate(DAMPINGS) if damping >= state.damping), -1)
    for damping in DAMPINGS[first:]:
        if damping == 0 and is_inside(model.step, room):
            step = model.step
        else:
            step = best_step(
                model.slope, model.curvature.matrix + damping * model.complete, room)
        yield from _move("AI", rules, state, model, step, damping, pressed_by(step, room))


def expectation_moves(
    rules: Rules, state: State, model: Model, point: Point
) -> Iterator[Move]:
    """Parameter-expanded EM where the point offers it, EM, and shorter steps of it."""
    along = rules.constraints.map
    complete = along.T @ complete_information(
        state.variances, model.derivatives, [0.0 for _ in rules.scales]) @ along
    step = best_step(model.slope, regular(complete, complete).matrix, model.room)
    for halving in range(HALVINGS):
        for move in _move("EM", rules, state, model, 0.5**halving * step, 0.0, Pressed()):
            if halving == 0 and all(rules.constraints.untouched):
                stretched = expanded(point, move.variances)
                if stretched is not None:
                    yield replace(move, kind="PX-EM", variances=rules.lifted(stretched))
            yield move


def slope_moves(rules: Rules, state: State, model: Model) -> Iterator[Move]:
    """Each parameter by its own slope, s/E, and shorter steps of it.

    The last resort: where loadings and a specific variance can replace each other, steps of all
    other kinds are long in a direction in which the likelihood is no parabola.
    """
    along = rules.constraints.map
    complete = along.T @ complete_information(
        state.variances, model.derivatives, [0.0 for _ in rules.scales]) @ along
    own = np.diag(np.diagonal(regular(complete, complete).matrix))
    step = best_step(model.slope, own, model.room)
    for halving in range(HALVINGS):
        yield from _move("slope", rules, state, model, 0.5**halving * step, 0.0, Pressed())


def scale_moves(rules: Rules, state: State, model: Model) -> Iterator[Move]:
    """All variances times one factor, where they are far from it and free to move."""
    factor = common_scale(state.variances, model.derivatives)
    if all(rules.constraints.untouched) and not 1 / FAR < factor < FAR:
        reached = rules.lifted(rescaled(state.variances, factor))
        yield Move("scale", reached, 1.0, 0.0, 0.0, Pressed())


def next_damping(move: Move, gain: float) -> float:
    """λ for the next round, by how much of the promised gain was had (Marquardt 1963)."""
    if move.kind != "AI":
        return 0.0
    if gain > GOOD * move.promise:
        return move.damping / 10 if move.damping > DAMPINGS[1] else 0.0
    return max(move.damping, DAMPINGS[1]) if gain < BAD * move.promise else move.damping


def _move(
    kind: Kind, rules: Rules, state: State, model: Model, step: Vector, damping: float,
    pressed: Pressed,
) -> Iterator[Move]:
    """The move of a step; none where rounding leaves a matrix indefinite."""
    values = state.variances.values + rules.constraints.map @ step
    try:
        reached = state.variances.at(values)
    except np.linalg.LinAlgError:
        return
    whole = model.length(model.step)
    yield Move(kind, reached, model.length(step) / whole if whole else 1.0,
               rise(model.slope, model.curvature.matrix, step), damping, pressed)

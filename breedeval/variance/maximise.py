"""Maximise a likelihood of variances: average-information REML with a safeguard.

A round differentiates once, takes the step of :mod:`breedeval.variance.moves` that is best by the
quadratic model, evaluates the likelihood there, and goes on to the next best only where it fell.
So an accepted round costs one evaluation and one set of derivatives, and the likelihood never
falls. The step is the best one within the parameter space: a variance that runs to 0, or a matrix
that becomes singular, is held there, and leaves it when the model says that the likelihood rises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Literal

import numpy as np

from breedeval.covariance.structure import Vector
from breedeval.covariance.variances import Variances
from breedeval.variance.cone import is_inside
from breedeval.variance.maximum import Maximum, make_maximum
from breedeval.variance.moves import (
    Model,
    Move,
    Rules,
    expectation_moves,
    information_moves,
    make_model,
    next_damping,
    scale_moves,
    slope_moves,
    told_by_score,
)
from breedeval.variance.objective import REFUSED, Objective, Point
from breedeval.variance.parameters import Constraints
from breedeval.variance.progress import Round, State, first_state, largest_change

Algorithm = Literal["auto", "ai", "em"]

SETTLED = 0.01
"""Largest relative change of a last round after which the maximum may be said to be reached."""

UNSEEN = 1e-5
"""Rise of the log-likelihood that a last step may promise in vain: scores near singular matrices
are no better. Of 200 such ends, with correlations near ±1 and two factors, none promised 4e-6."""

RESOLUTION = 64 * float(np.finfo(float).eps)
"""Difference of two log-likelihoods, relative to their size, that rounding can make."""


@dataclass(frozen=True, eq=False)
class Options:
    """How to go about it.

    Parameters
    ----------
    algorithm : {'auto', 'ai', 'em'}
        auto: a common scale if need be, and (parameter-expanded) EM for the first rounds in which
        the average-information step would go to the boundary; ai: average information from the
        start; em: EM only.
    max_rounds : int
    tolerance : float
        Rise of the log-likelihood that the next round would bring, at which it stops.
    em_rounds : int
        Most rounds of EM in ``auto``.
    scales : tuple of ndarray, one of shape (c,) for each covariance, or None
        Typical variances of the coefficients, a small share of which stands for none; those of
        the start when None.
    """

    algorithm: Algorithm = "auto"
    max_rounds: int = 200
    tolerance: float = 1e-9
    em_rounds: int = 1
    scales: tuple[Vector, ...] | None = None


@dataclass(frozen=True, eq=False)
class _Task:
    objective: Objective
    options: Options
    rules: Rules

    def tolerance(self, log_likelihood: float) -> float:
        """The one asked for, or what rounding of the likelihood allows."""
        return max(self.options.tolerance, RESOLUTION * max(abs(log_likelihood), 1.0))


def maximise(
    objective: Objective, start: Variances, constraints: Constraints,
    options: Options | None = None, *, on_round: Callable[[State], None] | None = None,
    resume: State | None = None,
) -> Maximum:
    """The variances at which the likelihood is highest.

    Parameters
    ----------
    objective : callable of Variances that gives a Point
    start : Variances
    constraints : Constraints
        As :func:`~breedeval.variance.parameters.constrain` gives them.
    options : Options
    on_round : callable of State
        Called at the start and after every round; the state can be kept to go on from.
    resume : State
        Where to go on from, instead of the start; the rounds that follow are the same to the last
        bit as if it had never stopped.
    """
    options = options or Options()
    scales = options.scales or tuple(np.diagonal(part.matrix).copy() for part in start.covariances)
    task = _Task(objective, options, Rules(constraints, scales))
    if resume is None:
        first = task.rules.lifted(constraints.start(start))
        point = objective(first)
        state = first_state(first, point.log_likelihood)
        if on_round:
            on_round(state)
    else:
        state, point = resume, objective(resume.variances)
    while True:
        model = make_model(task.rules, state, point)
        ending = _ending(task, state, model)
        if ending is None:
            advanced = _advance(task, state, point, model)
            if advanced is not None:
                state, point = advanced
                if on_round:
                    on_round(state)
                continue
            ending = _stuck(task, state, model)
        return make_maximum(
            task.rules, state, model, converged=ending.converged, reason=ending.reason)


def _advance(
    task: _Task, state: State, point: Point, model: Model
) -> tuple[State, Point] | None:
    """The first move that raises the likelihood; None when none does."""
    least = state.log_likelihood
    if model.decrement < 10 * task.tolerance(state.log_likelihood):
        least -= RESOLUTION * max(abs(state.log_likelihood), 1.0)
    for tries, move in enumerate(_moves(task, state, point, model), start=1):
        try:
            reached = task.objective(move.variances)
        except REFUSED:
            continue
        if reached.log_likelihood > least:
            return _after(state, model, move, reached, tries), reached
    return None


def _moves(task: _Task, state: State, point: Point, model: Model) -> Iterator[Move]:
    """What this round may try, in order."""
    algorithm = task.options.algorithm
    ascents = expectation_moves(task.rules, state, model, point)
    if algorithm == "em":
        return ascents
    steps = chain(information_moves(task.rules, state, model), ascents,
                  slope_moves(task.rules, state, model))
    if algorithm == "ai":
        return steps
    first = scale_moves(task.rules, state, model) if state.round == 0 else iter(())
    done = sum(row.kind in ("EM", "PX-EM") for row in state.history)
    leads_out = not is_inside(model.step, model.near)
    return chain(first, ascents if leads_out and done < task.options.em_rounds else (), steps)


def _after(state: State, model: Model, move: Move, point: Point, tries: int) -> State:
    """The state after an accepted move."""
    gain = point.log_likelihood - state.log_likelihood
    row = Round(
        state.round + 1, move.kind, point.log_likelihood,
        largest_change(state.variances, move.variances), move.fraction, model.decrement, tries,
        tuple(move.variances.values.tolist()))
    return State(move.variances, point.log_likelihood, next_damping(move, gain), move.pressed,
                 (*state.history, row))


@dataclass(frozen=True)
class _Ending:
    converged: bool
    reason: str


def _ending(task: _Task, state: State, model: Model) -> _Ending | None:
    """Whether to stop here."""
    tolerance = task.tolerance(state.log_likelihood)
    settled = state.round == 0 or state.history[-1].change < SETTLED
    if model.decrement < tolerance and settled:
        return _Ending(True, "the next round would raise the log-likelihood by less than "
                             f"{tolerance:.2g}")
    if state.round >= task.options.max_rounds:
        return _Ending(False, f"not converged in {state.round} rounds: the next one would raise "
                              f"the log-likelihood by about {model.decrement:.2g}, most of it by "
                              f"{_moving(task, model)}")
    return None


def _stuck(task: _Task, state: State, model: Model) -> _Ending:
    """No move raised the likelihood."""
    least = max(np.sqrt(task.tolerance(state.log_likelihood)), UNSEEN)
    if model.decrement < least:
        return _Ending(True, "no step raises the log-likelihood any more; the next one would by "
                             f"less than {model.decrement:.2g}")
    if told_by_score(task.rules, state, model) < least:
        return _Ending(True, "no step raises the log-likelihood any more; what the next one "
                             "promises is rounding near a singular matrix")
    return _Ending(False, "no step raises the log-likelihood, although the next one should by "
                          f"about {model.decrement:.2g}, most of it by {_moving(task, model)}")


def _moving(task: _Task, model: Model) -> str:
    """The parameters that a further round would change for most of its gain."""
    constraints = task.rules.constraints
    share = np.abs(model.slope * model.step)
    largest = [k for k in np.argsort(-share, kind="stable")[:3] if share[k] > 0.1 * share.max()]
    return ", ".join(constraints.names[int(constraints.map[:, k].argmax())] for k in largest)

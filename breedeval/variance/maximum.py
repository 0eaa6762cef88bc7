"""What a maximisation ends with: estimates, their covariance, and how each was come by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy.linalg

from breedeval.covariance.structure import Matrix, Vector
from breedeval.covariance.variances import Variances
from breedeval.variance.boundary import BoundaryTest, boundary_test
from breedeval.variance.face import Face, face_of
from breedeval.variance.moves import Model, Rules
from breedeval.variance.progress import Round, State
from breedeval.variance.quadratic import LEAST_INFORMATION, LEAST_SHARE, regular
from breedeval.variance.room import ON_BOUND, SINGULAR

Status = Literal["estimated", "fixed", "tied", "boundary", "bound"]

INVOLVED = 0.1
"""Share of the largest movement from which a parameter belongs to a direction."""


@dataclass(frozen=True, eq=False)
class Maximum:
    """Where the likelihood is highest.

    Parameters
    ----------
    names : tuple of str, length p
    variances : Variances
        What is on the boundary has the least share of its scale that stands for none.
    log_likelihood : float
    converged : bool
    reason : str
        Why it stopped, in words.
    rounds : int
    history : tuple of Round
    information : ndarray of float64, shape (p, p)
        Average information.
    covariance : ndarray of float64, shape (p, p)
        Of the estimates: the inverse average information over what is free; 0 for what is not.
    statuses : tuple of str, length p
        estimated, fixed, tied (estimated together), boundary (of the parameter space, or in a
        singular matrix), bound (one that the user gave).
    zeros : tuple of bool, length p
        Which variances are held at the least share of their scale, which stands for 0.
    unknown : ndarray of float64, shape (p, k)
        Directions of θ of which the data say nothing.
    confounded : tuple of tuple of str
        Names of parameters that the data cannot separate, a set for each direction.
    boundary_tests : tuple of BoundaryTest
    """

    names: tuple[str, ...]
    variances: Variances
    log_likelihood: float
    converged: bool
    reason: str
    rounds: int
    history: tuple[Round, ...]
    information: Matrix
    covariance: Matrix
    statuses: tuple[Status, ...]
    zeros: tuple[bool, ...]
    unknown: Matrix
    confounded: tuple[tuple[str, ...], ...]
    boundary_tests: tuple[BoundaryTest, ...]

    @property
    def standard_errors(self) -> Vector:
        """√diag of the covariance, shape (p,); NaN where a parameter has none."""
        without = {name for names in self.confounded for name in names}
        variances = np.diagonal(self.covariance)
        has = (variances > 0) & np.array([
            name not in without and status != "boundary"
            for name, status in zip(self.names, self.statuses, strict=True)], bool)
        return np.where(has, np.sqrt(np.maximum(variances, 0.0)), np.nan)


def make_maximum(
    rules: Rules, state: State, model: Model, *, converged: bool, reason: str
) -> Maximum:
    """Gather the result.

    Parameters
    ----------
    rules : Rules
    state : State
    model : Model
        At the end.
    converged : bool
    reason : str
    """
    names, free = rules.constraints.names, _free(rules, state, model)
    covariance = free @ _inverse(free.T @ model.derivatives.information @ free) @ free.T
    unknown = _unknown(rules, model)
    involved = rules.constraints.map @ (
        np.sqrt(np.diagonal(model.complete))[:, None] * np.abs(unknown))
    return Maximum(
        names, state.variances, state.log_likelihood, converged, reason, state.round,
        state.history, np.asarray(model.derivatives.information),
        (covariance + covariance.T) / 2, _statuses(rules, state, model),
        _zeros(rules, state, model), rules.constraints.map @ unknown,
        tuple(_involved(names, column) for column in involved.T),
        tuple(_tests(rules, state, model, free)))


def _unknown(rules: Rules, model: Model) -> Matrix:
    """Directions of which the data say nothing, of free parameters that are not held, (f, k)."""
    free = np.flatnonzero(~model.room.held)
    along = rules.constraints.map[:, free]
    cells = np.ix_(free, free)
    found = regular(along.T @ model.derivatives.information @ along, model.complete[cells]).unknown
    result = np.zeros((len(model.complete), found.shape[1]))
    result[free] = found
    return result


def _singular(rules: Rules, state: State, model: Model) -> dict[int, Face]:
    """Covariances that are singular, and the faces they lie on."""
    faces = {cone.number: face_of(state.variances.covariances[cone.number].matrix,
                                  rules.scales[cone.number]) for cone in model.room.cones}
    return {number: face for number, face in faces.items() if face.null.size}


def _free(rules: Rules, state: State, model: Model) -> Matrix:
    """How θ changes with what is not held, shape (p, f).

    Where a matrix is singular and nothing else is asked of it, only as it can without gaining a
    direction. Parameters of which the data say nothing are held: their covariances with others
    would be rounding.
    """
    constraints, slices = rules.constraints, state.variances.slices
    information = constraints.map.T @ model.derivatives.information @ constraints.map
    told = np.diagonal(information) > LEAST_SHARE * np.diagonal(model.complete)
    columns = list(np.flatnonzero(~model.room.held & told))
    extra = []
    for number, face in _singular(rules, state, model).items():
        own = slices[number]
        if not all(constraints.untouched[own]):
            continue
        tangents = face.tangents()
        along = np.zeros((len(constraints.names), tangents.shape[1]))
        along[own] = tangents
        extra.append(along)
        columns = [k for k in columns if not constraints.map[own, k].any()]
    return np.hstack([constraints.map[:, columns], *extra])


def _inverse(information: Matrix) -> Matrix:
    """Its inverse; of directions without information, nothing."""
    if not information.size:
        return information
    spread = np.sqrt(np.maximum(np.diagonal(information), np.finfo(float).tiny))
    scaled = information / np.outer(spread, spread)
    return np.asarray(
        scipy.linalg.pinvh(scaled, rtol=LEAST_INFORMATION) / np.outer(spread, spread))


def _statuses(rules: Rules, state: State, model: Model) -> tuple[Status, ...]:
    """How each parameter was come by."""
    constraints, values = rules.constraints, state.variances.values
    found: list[Status] = ["fixed"] * len(constraints.names)
    for k, column in enumerate(constraints.map.T):
        status: Status = "tied" if column.sum() > 1 else "estimated"
        if model.room.held[k]:
            value, near = values[int(column.argmax())], ON_BOUND * model.room.unit[k]
            limits = np.array([constraints.lower[k], constraints.upper[k]])
            status = "bound" if (np.abs(value - limits) <= near).any() else "boundary"
        for at in np.flatnonzero(column):
            found[at] = status
    for number in _singular(rules, state, model):
        own = state.variances.slices[number]
        found[own] = [status if status in ("fixed", "bound") else "boundary"
                      for status in found[own]]
    return tuple(found)


def _zeros(rules: Rules, state: State, model: Model) -> tuple[bool, ...]:
    """Variances at the least that stands for 0: on their lower bound, or in a singular matrix."""
    variances, constraints = state.variances, rules.constraints
    found = np.zeros(variances.count, bool)
    for k in np.flatnonzero(model.room.low >= 0):
        if constraints.lower[k] < variances.values[int(constraints.map[:, k].argmax())]:
            found |= (constraints.map[:, k] > 0) & (variances.lower_bounds == 0)
    for number in _singular(rules, state, model):
        part = variances.covariances[number]
        least = 2 * SINGULAR * rules.scales[number]
        rows, columns = np.tril_indices(part.size)
        found[variances.slices[number]] = (rows == columns) & (
            part.matrix[rows, columns] <= least[rows])
    return tuple(found.tolist())


def _tests(
    rules: Rules, state: State, model: Model, free: Matrix
) -> Iterator[BoundaryTest]:
    """Of everything on the boundary."""
    constraints, derivatives = rules.constraints, model.derivatives
    for k in np.flatnonzero(model.room.held & ~model.room.fast):
        along = constraints.map[:, k]
        names = tuple(constraints.names[at] for at in np.flatnonzero(along))
        lower = model.room.low[k] >= 0
        yield boundary_test(names, "lower" if lower else "upper", along if lower else -along,
                            derivatives, free)
    for number, face in _singular(rules, state, model).items():
        own = state.variances.slices[number]
        along = np.zeros(len(constraints.names))
        along[own] = face.strongest_pull(derivatives.gradients[number])
        yield boundary_test(constraints.names[own], "singular", along, derivatives, free)


def _involved(names: tuple[str, ...], size: Vector) -> tuple[str, ...]:
    """Parameters that a direction moves, given by how much in units of their own."""
    return tuple(name for name, share in zip(names, size, strict=True)
                 if share > INVOLVED * size.max(initial=0.0))

"""Solutions of the equations with what belongs to them: PEV, likelihood, how they were found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.equations.preconditioner import make_preconditioner
from breedeval.errors import InputError, Problem
from breedeval.evaluation.systems import System
from breedeval.relationship.precision import Precision
from breedeval.relationship.single_step import SingleStep
from breedeval.relationship.single_step_core import SingleStepCore
from breedeval.solve import (
    DirectSolver,
    Factor,
    SingularSystemError,
    conjugate_gradient,
    direct_solver,
    direct_solvers,
)
from breedeval.solve.forecast import Forecast

Vector = NDArray[np.float64]
Progress = Callable[[int, float], None]


@dataclass(frozen=True, eq=False)
class Solutions:
    """Solutions of one model, by position in the layout.

    Parameters
    ----------
    equations : Equations
    estimates : ndarray of float64, shape (layout.size,)
        b and u; 0 for columns set to zero.
    error_variance : ndarray of float64, shape (layout.size,), or None
        diag(C⁻¹): squared standard errors of b, prediction error variances of u; NaN for columns
        set to zero; None when not asked for or not to be had.
    log_likelihood : float or None
        REML log-likelihood with its full constant; None from an iterative solver.
    engine : str
    iterations : int
    relative_residual : float
        ‖b − Cx‖ / ‖b‖, not squared.
    converged : bool
    reason : str
        Why this engine.
    forecast : Forecast or None
        What a factorisation was forecast to need.
    unknowns : ndarray of float64, shape (equations.size,)
        The solution in the numbering of the equations, of covariates as they are centred there.
    residuals : DataFrame or None
        When asked for.
    system : System or None
        What they were solved with, when it was to be kept.
    """

    equations: Equations
    estimates: Vector
    error_variance: Vector | None
    log_likelihood: float | None
    engine: str
    iterations: int
    relative_residual: float
    converged: bool
    reason: str = ""
    forecast: Forecast | None = None
    unknowns: Vector = field(default_factory=lambda: np.zeros(0))
    residuals: pd.DataFrame | None = None
    system: System | None = None

    def random(self, effect: int, values: Vector) -> Vector:
        """Values of a random effect as levels × cells."""
        layout = self.equations.layout
        return values[layout.random_slice(effect)].reshape(-1, layout.random_widths[effect])


def factorise(equations: Equations, lower: sp.csc_array, solver: DirectSolver) -> Factor:
    """Factor of the coefficient matrix whose lower triangle is given.

    Raises
    ------
    InputError
        When the equations are singular in spite of full fixed rank; the unknown is named.
    """
    try:
        return solver.factorise(lower)
    except SingularSystemError as error:
        raise InputError(singular_message(equations, error)) from error


def solve_direct(
    system: System, *, error_variances: Literal["exact", "none"] = "exact"
) -> Solutions:
    """Solutions of a system, with their prediction error variances and the log-likelihood."""
    equations, variance = system.equations, None
    if error_variances == "exact":
        variance = _spread(equations, system.error_variances(), np.nan)
        back = equations.restoration
        if back.positions.size:
            variance[back.positions] = np.sum(back.rows.T * system.solve(back.rows.T), axis=0)
    return Solutions(
        equations, _estimates(equations, system.unknowns), variance, system.log_likelihood,
        system.engine, 1, system.relative_residual(), converged=True, unknowns=system.unknowns)


def solve_iterative(
    equations: Equations, *, tolerance: float, max_iterations: int,
    progress: Progress | None = None, start: Vector | None = None,
) -> Solutions:
    """Solve by preconditioned conjugate gradients; the coefficient matrix is never formed.

    ``start`` is where to begin, in the numbering of the equations; at zero when None.
    """
    found = conjugate_gradient(
        equations, equations.right_hand_side, tolerance=tolerance, max_iterations=max_iterations,
        preconditioner=make_preconditioner(equations), progress=progress, start=start)
    return Solutions(
        equations, _estimates(equations, found.values), None, None, "conjugate gradients",
        found.iterations, found.relative_residual, found.converged, unknowns=found.values)


def make_solver(method: Literal["cholesky", "cholmod", "lu"], threads: int) -> DirectSolver:
    """The direct solver of that name; ``cholesky`` is the best one installed.

    Raises
    ------
    InputError
        When it is not installed.
    """
    if method == "cholesky":
        return direct_solver(threads=threads)
    solvers = direct_solvers(threads=threads)
    if method not in solvers:
        raise InputError(Problem(
            "solve: method", f"'{method}' is not installed",
            f"Installed are {', '.join(solvers)}", "Install scikit-sparse, or use 'auto'"))
    return solvers[method]


def singular_message(equations: Equations, error: SingularSystemError) -> str:
    """Say which unknown the equations do not determine."""
    position = int(np.flatnonzero(equations.number == error.unknown)[0])
    layout = equations.layout
    for effect, term in enumerate(equations.design.random):
        part = layout.random_slice(effect)
        if part.start <= position < part.stop:
            level, cell = divmod(position - part.start, layout.random_widths[effect])
            label = term.levels[level] if level < len(term.levels) else "a group"
            return (f"the equations are singular at '{term.cells()[cell][0]}' of "
                    f"'{label}' in effect '{term.name}' (relative pivot "
                    f"{error.relative_pivot:.1e}). {_remedy(equations.precisions[effect])}")
    return (f"the equations are singular at fixed column {position} (relative pivot "
            f"{error.relative_pivot:.1e}). Rescale covariates to comparable size.")


def _remedy(precision: Precision) -> str:
    if isinstance(precision, SingleStep | SingleStepCore) and precision.group_form == "pedigree":
        return ("With 'groups: pedigree' what markers say can contradict the groups: use 'full' or "
                "'altered'.")
    return ("Look for identical individuals in its relationship, or variances many orders of "
            "magnitude apart.")


def _estimates(equations: Equations, x: Vector) -> Vector:
    """Solutions by position, of the user's own covariates; 0 for columns set to zero."""
    estimates = _spread(equations, x, 0.0)
    back = equations.restoration
    estimates[back.positions] = back.rows @ x
    return estimates


def _spread(equations: Equations, x: Vector, missing: float) -> Vector:
    """Values by position of the layout, ``missing`` where a column was set to zero."""
    spread = np.full(equations.layout.size, missing)
    spread[equations.number >= 0] = x
    return spread

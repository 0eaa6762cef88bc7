"""Which form of the model estimates its variances and solves it, decided from a forecast.

equations    Henderson's equations, sparse: every model.
covariance   V itself: every relationship known as a matrix (dense, or identity).
spectral     one such relationship, records with all traits, one residual: after one
             reduction of its matrix to a band a round costs next to nothing.

All give the same estimates (:mod:`breedeval.variance`), and the same solutions, error variances,
tests and residuals (:mod:`breedeval.evaluation.systems`). Those with V never ask for K⁻¹.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from breedeval.equations.henderson import Equations
from breedeval.errors import InputError, Problem
from breedeval.evaluation.planning import (
    Plan,
    SolveOptions,
    direct_options,
    free_memory,
    plan_solution,
    resident_memory,
    size_text,
)
from breedeval.evaluation.solving import factorise, make_solver
from breedeval.evaluation.systems import FactoredSystem, System
from breedeval.relationship.precision import Explicit
from breedeval.solve.forecast import FACTOR_COSTS, INVERSE_COSTS
from breedeval.threads import blas_threads_for, one_blas_thread
from breedeval.variance.covariance_form import CovarianceLikelihood
from breedeval.variance.incidence import Kernel
from breedeval.variance.likelihood import Likelihood
from breedeval.variance.objective import Objective
from breedeval.variance.observed import ObservedSystem
from breedeval.variance.spectral import SpectralLikelihood, Turned, is_spectral, turn

Engine = Literal["auto", "equations", "covariance", "spectral"]
Method = Literal["reml", "ml"]

ROUNDS = 8
"""Rounds of average information that a forecast reckons with."""

FURTHER = 3
"""Factorisations of the equations beside: for tests, solutions, and residuals."""

BAND_COST = 2.0
"""Operations of a reduction to a band, in n³ and as those of a large matrix product."""

ROUND_COST = 2.5
"""The same for what a round on V takes for two cells of effects, beside 2 for V itself."""

INVERSE_COST = 1.0
"""The same for the diagonal of V⁻¹, and for what is explained of as many levels."""


@dataclass(frozen=True, eq=False)
class Chosen:
    """A likelihood to maximise, why it is this form of it, and the system that goes with it.

    Parameters
    ----------
    engine : str
    reason : str
    make : callable
        Gives the likelihood; for ``spectral`` this is most of the work.
    system : callable
        Gives the system of the equations at other variances.
    blas : callable
        Gives the context in which its dense products run.
    kernels : callable
        Gives K of every effect, where it is a form that asks for them.
    plan : Plan or None
        Of the factorisation of the equations.
    """

    engine: str
    reason: str
    make: Callable[[], Objective]
    system: Callable[[Equations], System]
    blas: Callable[[], AbstractContextManager[Any]]
    kernels: Callable[[], tuple[Kernel, ...]] | None = None
    plan: Plan | None = None


def choose_likelihood(
    equations: Equations, solve: SolveOptions, *, engine: Engine, method: Method
) -> Chosen:
    """The engine asked for, or the one forecast to be the quickest.

    Parameters
    ----------
    equations : Equations
    solve : SolveOptions
        A solver that is asked for needs the equations, whatever the likelihood.
    engine, method : str

    Raises
    ------
    InputError
        When the engine asked for does not fit the model.
    LimitError
        When a factorisation of the equations does not fit the memory, and is needed.
    """
    explicit = is_explicit(equations)
    plan = None if explicit and solve.method == "auto" else plan_solution(
        equations, direct_options(solve))
    if engine == "equations" or (engine == "auto" and not explicit):
        return _by_equations(equations, solve, method, plan)
    if not explicit or (engine == "spectral" and not is_spectral(equations)):
        raise InputError(_misfit(equations, engine))
    forms: dict[str, Callable[..., Chosen]] = {"covariance": _by_covariance,
                                               "spectral": _by_spectrum}
    if engine != "auto":
        return forms[engine](equations, solve, method, "asked for in the run file")
    work = _forecast(equations, ROUNDS)
    best = min(work, key=lambda name: work[name])
    if best == "equations" or _room(equations) > (solve.memory_limit or free_memory()):
        return _by_equations(equations, solve, method, plan)
    return forms[best](equations, solve, method, (
        f"forecast {work[best]:.1e} operations for {ROUNDS} rounds, against "
        f"{work['equations']:.1e} with the mixed-model equations; "
        f"{size_text(_room(equations))} beside the relationships"))


def observed_if_quicker(equations: Equations, options: SolveOptions) -> Chosen | None:
    """V for solutions at given variances, where it is forecast to be quicker than the equations."""
    if options.method != "auto" or not is_explicit(equations):
        return None
    work = _forecast(equations, 0)
    if work["covariance"] > work["equations"] or _room(equations) > (
            options.memory_limit or free_memory()):
        return None
    return _by_covariance(equations, options, "reml", (
        f"forecast {work['covariance']:.1e} operations, against {work['equations']:.1e} with the "
        "mixed-model equations"))


def _by_equations(
    equations: Equations, solve: SolveOptions, method: Method, plan: Plan | None
) -> Chosen:
    options = direct_options(solve)
    found = plan or plan_solution(equations, options)
    assert found.solver is not None
    solver = found.solver

    def likelihood() -> Objective:
        other = make_solver(_name(options.method), solve.threads) if method == "ml" else None
        return Likelihood(equations, solver, method, other, found.lower)

    def system(at: Equations) -> System:
        return FactoredSystem(at, factorise(at, at.lower(), solver))

    return Chosen("equations", found.reason, likelihood, system, one_blas_thread,
                  (lambda: _kernels(equations)) if is_explicit(equations) else None, found)


def _by_covariance(
    equations: Equations, solve: SolveOptions, method: Method, reason: str
) -> Chosen:
    _ask_for_room(equations, solve)

    def observed(at: Equations) -> ObservedSystem:
        return CovarianceLikelihood(at, _kernels(at))(at.variances).observed()

    return Chosen(
        "covariance", reason, lambda: CovarianceLikelihood(equations, _kernels(equations), method),
        observed, lambda: blas_threads_for(float(equations.design.size)**3, solve.threads),
        lambda: _kernels(equations))


def _by_spectrum(
    equations: Equations, solve: SolveOptions, method: Method, reason: str
) -> Chosen:
    _ask_for_room(equations, solve)

    @cache
    def turned() -> Turned:
        return turn(equations, _kernels(equations)[0], threads=solve.threads)

    def observed(at: Equations) -> ObservedSystem:
        with blas_threads_for(float(at.design.records)**3, solve.threads):
            return SpectralLikelihood(at, turned())(at.variances).observed()

    return Chosen(
        "spectral", reason, lambda: SpectralLikelihood(equations, turned(), method), observed,
        one_blas_thread, lambda: _kernels(equations))


def _name(method: str) -> Literal["cholesky", "cholmod", "lu"]:
    return "cholmod" if method == "cholmod" else "lu" if method == "lu" else "cholesky"


def is_explicit(equations: Equations) -> bool:
    """Whether K of every effect can be had, and one is dense."""
    found = [precision for precision in equations.precisions if isinstance(precision, Explicit)]
    return len(found) == len(equations.precisions) and any(one.is_dense for one in found)


def _kernels(equations: Equations) -> tuple[Kernel, ...]:
    """K of every effect; effects with one relationship share it."""
    return tuple(precision.relationship for precision in equations.precisions
                 if isinstance(precision, Explicit))


def _room(equations: Equations) -> int:
    """Bytes that matrices beside the relationships take at once."""
    return 32 * equations.design.size**2


def _ask_for_room(equations: Equations, solve: SolveOptions) -> None:
    """Wait until there is memory for the matrices, where other runs share it."""
    if solve.admit is not None:
        solve.admit(resident_memory() + _room(equations))


def _forecast(equations: Equations, rounds: int) -> dict[str, float]:
    """Operations of every engine that fits the model, for so many rounds and the solutions.

    In those of large matrix products: the choice does not depend on the machine.
    """
    n, widths = equations.design.size, equations.layout.random_widths
    parts = [(precision, width) for precision, width in zip(
        equations.precisions, widths, strict=True) if getattr(precision, "is_dense", False)]
    dense = float(sum(len(precision.levels) * width for precision, width in parts))
    levels = sum(len(precision.levels) * width for precision, width in zip(
        equations.precisions, widths, strict=True))
    once = sum(float(len(one.levels))**3 for one in {id(p): p for p, _ in parts}.values())
    each = (FACTOR_COSTS[0] / 3 + INVERSE_COSTS[0] * 4 / 3) * dense**3
    v = float(n)**3
    found = {
        "equations": once + (rounds + FURTHER) * each,
        "covariance": rounds * (2 + ROUND_COST * sum(widths) / 2) * v + v
        + INVERSE_COST * (v + float(n)**2 * levels)}
    if is_spectral(equations) and rounds:
        found["spectral"] = (BAND_COST + INVERSE_COST * len(equations.design.traits)) * float(
            equations.design.records)**3
    return found


def _misfit(equations: Equations, engine: str) -> Problem:
    if not is_explicit(equations):
        names = [term.name for term, precision in zip(
            equations.design.random, equations.precisions, strict=True)
            if not isinstance(precision, Explicit)]
        which = f"the relationship of {', '.join(names)} is" if names else "all relationships are"
        return Problem(
            "variances: engine", f"'{engine}' needs relationships known as matrices, and {which} "
            "sparse", "Expected genomic or supplied relationships, with independent levels beside "
            "them", "Use 'engine: auto'")
    return Problem(
        "variances: engine", "'spectral' needs one random effect on all traits, records with all "
        "traits, and one residual", "", "Use 'engine: auto'")

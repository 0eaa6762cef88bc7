"""Which form of the likelihood estimates the variances, decided from a forecast.

equations    Henderson's equations, sparse: every model.
covariance   V itself: every relationship known as a matrix (dense, or identity).
spectral     one such relationship, records with all traits, one residual: after one
             eigendecomposition a round costs next to nothing.

All give the same estimates (:mod:`breedeval.variance`).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal

from breedeval.equations.henderson import Equations
from breedeval.errors import InputError, Problem
from breedeval.evaluation.planning import Plan, seconds_text, size_text
from breedeval.relationship.precision import Explicit
from breedeval.solve.forecast import NOMINAL, SMALL, product_rate
from breedeval.threads import blas_threads, one_blas_thread
from breedeval.variance.covariance_form import CovarianceLikelihood, Kernel
from breedeval.variance.likelihood import Likelihood
from breedeval.variance.objective import Objective
from breedeval.variance.spectral import SpectralLikelihood, is_spectral

Engine = Literal["auto", "equations", "covariance", "spectral"]
Method = Literal["reml", "ml"]

ROUNDS = 8
"""Rounds of average information that a forecast reckons with."""

EIGEN_COST = 8.0
"""Seconds of an eigendecomposition with vectors, in n³ over the rate of matrix products; measured
for two thousand."""

ROUND_COST = 2.5
"""The same for what a round on V takes for two cells of effects, beside 2 for V itself."""


@dataclass(frozen=True, eq=False)
class Chosen:
    """A likelihood to maximise, and why it is this form of it.

    Parameters
    ----------
    engine : str
    reason : str
    make : callable
        Gives the likelihood; for ``spectral`` this is most of the work.
    kernels : callable
        Gives K of every effect, where it is a form that asks for them.
    blas : callable
        Gives the context in which its dense products run.
    """

    engine: str
    reason: str
    make: Callable[[], Objective]
    blas: Callable[[], AbstractContextManager[Any]]
    kernels: Callable[[], tuple[Kernel, ...]] | None = None


def choose_likelihood(
    equations: Equations, plan: Plan, sparse: Callable[[], Likelihood], *, engine: Engine,
    method: Method, threads: int, memory: int,
) -> Chosen:
    """The engine asked for, or the one forecast to be the quickest.

    Parameters
    ----------
    equations : Equations
    plan : Plan
        Of their factorisation.
    sparse : callable
        Gives the likelihood by the equations.
    engine, method : str
    threads : int
    memory : int
        Bytes that matrices beside the relationships may take.

    Raises
    ------
    InputError
        When the engine asked for does not fit the model.
    """
    explicit = _explicit(equations)
    usual = Chosen("equations", plan.reason, sparse, one_blas_thread,
                   (lambda: _kernels(equations)) if explicit else None)
    if engine == "equations" or (engine == "auto" and not explicit):
        return usual
    if not explicit or (engine == "spectral" and not is_spectral(equations)):
        raise InputError(_misfit(equations, engine))

    def dense() -> Objective:
        return CovarianceLikelihood(equations, _kernels(equations), method)

    def spectral() -> Objective:
        return SpectralLikelihood(equations, _kernels(equations)[0], method)

    forms = {"covariance": dense, "spectral": spectral}
    if engine != "auto":
        return Chosen(engine, "asked for in the run file", forms[engine],
                      lambda: blas_threads(threads), lambda: _kernels(equations))
    seconds = _forecast(equations, plan, threads)
    best = min(seconds, key=lambda name: seconds[name])
    size = 24 * equations.design.size**2
    if best == "equations" or size > memory:
        return usual
    reason = (f"forecast {seconds_text(seconds[best])} for {ROUNDS} rounds, against "
              f"{seconds_text(seconds['equations'])} with the mixed-model equations; "
              f"{size_text(size)} beside the relationships")
    return Chosen(best, reason, forms[best], lambda: blas_threads(threads),
                  lambda: _kernels(equations))


def _explicit(equations: Equations) -> bool:
    """Whether K of every effect can be had, and one is dense."""
    found = [precision for precision in equations.precisions if isinstance(precision, Explicit)]
    return len(found) == len(equations.precisions) and any(one.is_dense for one in found)


def _kernels(equations: Equations) -> tuple[Kernel, ...]:
    """K of every effect; effects with one relationship share it."""
    return tuple(precision.relationship for precision in equations.precisions
                 if isinstance(precision, Explicit))


def _forecast(equations: Equations, plan: Plan, threads: int) -> dict[str, float]:
    """Seconds of every engine that fits the model."""
    n, cells = equations.design.size, sum(equations.layout.random_widths)
    work = float(n) ** 3
    rate = product_rate(threads) if work > SMALL else NOMINAL
    found = {"covariance": ROUNDS * (2 + ROUND_COST * cells / 2) * work / rate}
    if plan.forecast is not None:
        found["equations"] = ROUNDS * plan.forecast.total_seconds
    if is_spectral(equations):
        found["spectral"] = EIGEN_COST * equations.design.records**3 / rate
    return found


def _misfit(equations: Equations, engine: str) -> Problem:
    if not _explicit(equations):
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

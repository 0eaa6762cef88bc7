"""Which engine solves the equations, decided from a forecast made before anything heavy."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy.sparse as sp

from breedeval.equations.henderson import Equations
from breedeval.errors import LimitError
from breedeval.evaluation.solving import make_solver
from breedeval.solve import DirectSolver, Forecast, forecast

TYPICAL_ROUNDS = 300
"""Rounds that conjugate gradients take on animal models to 1e-10; 200 to 600 were seen."""


@dataclass(frozen=True, slots=True)
class SolveOptions:
    """The ``solve:`` part of a run file.

    Parameters
    ----------
    method : str
    tolerance : float
        Relative residual at which an iterative solver stops.
    max_iterations : int
    reliability : str
        ``exact`` asks for prediction error variances.
    threads : int
    memory_limit : int or None
        Bytes; None for nine tenths of what the machine has free.
    """

    method: Literal["auto", "cholesky", "lu", "pcg"] = "auto"
    tolerance: float = 1e-10
    max_iterations: int = 5000
    reliability: Literal["exact", "none"] = "exact"
    threads: int = 1
    memory_limit: int | None = None


@dataclass(frozen=True, eq=False)
class Plan:
    """The engine, why it was chosen, and what it is forecast to need.

    Parameters
    ----------
    solver : DirectSolver or None
        None for conjugate gradients.
    lower : csc_array or None
        Lower triangle of the coefficient matrix, when the solver is direct.
    engine : str
    reason : str
    forecast : Forecast or None
        None for conjugate gradients.
    """

    solver: DirectSolver | None
    lower: sp.csc_array | None
    engine: str
    reason: str
    forecast: Forecast | None


def plan_solution(equations: Equations, options: SolveOptions) -> Plan:
    """Choose the engine.

    A direct solver is taken when its forecast fits the memory; conjugate gradients when no
    reliabilities are wanted and they are forecast to be quicker, or are all that fits.

    Raises
    ------
    LimitError
        When what was asked for does not fit; the message says what to change.
    """
    if options.method == "pcg":
        return Plan(None, None, "conjugate gradients", "asked for in the run file", None)
    lower = equations.lower()
    solver = make_solver("lu" if options.method == "lu" else "cholesky", options.threads)
    needs = forecast(lower, solver, selected_inverse=options.reliability == "exact")
    limit = options.memory_limit or int(0.9 * free_memory())
    fits = needs.memory_bytes <= limit
    if options.method != "auto":
        if not fits:
            raise LimitError(_refusal(equations, needs, limit, options))
        return Plan(solver, lower, solver.name, "asked for in the run file", needs)
    if not fits:
        if options.reliability == "exact":
            raise LimitError(_refusal(equations, needs, limit, options))
        return Plan(None, None, "conjugate gradients", (
            f"a factorisation is forecast to need {needs.memory_bytes / 1e9:.1f} GB, above the "
            f"limit of {limit / 1e9:.1f} GB"), None)
    if options.reliability == "none" and needs.seconds > 2:
        rounds = iterative_seconds(equations)
        if rounds < needs.seconds:
            return Plan(None, None, "conjugate gradients", (
                f"forecast {rounds:.0f} s against {needs.seconds:.0f} s for a factorisation, and "
                "no reliabilities asked for"), None)
    return Plan(solver, lower, solver.name, (
        f"forecast {needs.factor_nonzeros:,} non-zeros in the factor, "
        f"{needs.memory_bytes / 1e9:.2g} GB and {needs.seconds:.2g} s"), needs)


def iterative_seconds(equations: Equations) -> float:
    """Forecast for conjugate gradients: the time of one product, a typical number of times."""
    x = np.ones(equations.size)
    equations.product(x)
    started = time.perf_counter()
    equations.product(x)
    return TYPICAL_ROUNDS * 1.3 * (time.perf_counter() - started)


def free_memory() -> int:
    """Bytes of memory that the machine has free."""
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def largest_contributors(equations: Equations, lower: sp.csc_array) -> list[tuple[str, int, int]]:
    """Name, equations and non-zeros of every term, those with the most non-zeros first."""
    per_column = np.diff(lower.indptr) + np.bincount(lower.indices, minlength=lower.shape[0]) - 1
    layout, design = equations.layout, equations.design
    parts = [(term.name, slice(offset, offset + term.size))
             for term, offset in zip(design.fixed, layout.fixed_offsets, strict=True)]
    parts += [(term.name, layout.random_slice(effect))
              for effect, term in enumerate(design.random)]
    found = []
    for name, part in parts:
        number = equations.number[part]
        number = number[number >= 0]
        found.append((name, int(number.size), int(per_column[number].sum())))
    return sorted(found, key=lambda row: -row[2])


def _refusal(
    equations: Equations, needs: Forecast, limit: int, options: SolveOptions
) -> str:
    lower = equations.lower()
    largest = ", ".join(f"'{name}' ({size:,} equations)"
                        for name, size, _ in largest_contributors(equations, lower)[:3])
    remedies = [f"raise 'solve: memory_limit' to {needs.memory_bytes / 1e9:.0f} GB or more"]
    if options.reliability == "exact":
        remedies.append("set 'solve: reliability: none' (conjugate gradients then need little)")
    else:
        remedies.append("set 'solve: method: pcg'")
    remedies.append("prune the pedigree ('pedigree: prune: true')")
    return (f"solve: forecast {needs.memory_bytes / 1e9:.1f} GB of memory "
            f"({needs.factor_nonzeros:,} non-zeros in the factor), the limit is "
            f"{limit / 1e9:.1f} GB. The largest parts are {largest}. "
            f"{'; or '.join(remedies)}.")

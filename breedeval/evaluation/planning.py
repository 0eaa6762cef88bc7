"""Which engine solves the equations, decided from a forecast made before anything heavy."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import scipy.sparse as sp

from breedeval.equations.henderson import Equations
from breedeval.errors import InputError, LimitError, Problem
from breedeval.evaluation.solving import make_solver
from breedeval.relationship.precision import ByProducts, Formable
from breedeval.solve import DirectSolver
from breedeval.solve.forecast import Forecast, forecast

TYPICAL_ROUNDS = 300
"""Rounds that conjugate gradients take on animal models to 1e-10; 200 to 600 were seen."""
VECTORS = 8
"""Vectors of all unknowns that conjugate gradients hold, those of a product included."""
QUICK = 2.0
"""Seconds under which a factorisation is taken without comparing."""


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
    admit : callable or None
        Told the forecast in bytes before anything heavy is done; returns when there is room for it
        beside others, and raises where there will never be.
    """

    method: Literal["auto", "cholesky", "cholmod", "lu", "pcg"] = "auto"
    tolerance: float = 1e-10
    max_iterations: int = 5000
    reliability: Literal["exact", "none"] = "exact"
    threads: int = 1
    memory_limit: int | None = None
    admit: Callable[[int], None] | None = None


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
    memory : int
        Bytes that the process is forecast to hold in all.
    """

    solver: DirectSolver | None
    lower: sp.csc_array | None
    engine: str
    reason: str
    forecast: Forecast | None
    memory: int = 0


def direct_options(solve: SolveOptions) -> SolveOptions:
    """The same options for a likelihood, which needs a factorisation and a selected inverse."""
    method = "cholesky" if solve.method == "auto" else solve.method
    return replace(solve, method=method, reliability="exact")


def plan_solution(equations: Equations, options: SolveOptions) -> Plan:
    """Choose the engine.

    A direct solver is taken when its forecast fits the memory; conjugate gradients when no
    reliabilities are wanted and they are forecast to be quicker, or are all that fits.

    Raises
    ------
    LimitError
        When what was asked for does not fit; the message says what to change.
    """
    plan = _chosen_plan(equations, options)
    if options.admit is not None:
        options.admit(plan.memory)
    return plan


def _chosen_plan(equations: Equations, options: SolveOptions) -> Plan:
    limit = options.memory_limit or resident_memory() + int(0.9 * free_memory())
    if options.method == "pcg":
        return _iterative_plan(equations, "asked for in the run file", limit)
    if any(isinstance(precision, ByProducts) for precision in equations.precisions):
        if options.method != "auto":
            raise InputError(Problem(
                "solve: method", f"'{options.method}' needs the equations formed, and those with "
                "marker effects are known by products only", "Expected conjugate gradients, and "
                "variances that are given", "Write 'method: pcg', or use 'kind: single_step'"))
        return _iterative_plan(equations, "marker effects are known by products only", limit)
    words = _too_large_to_form(equations, limit)
    if words:
        if options.method == "auto" and options.reliability == "none":
            return _iterative_plan(equations, words, limit)
        raise LimitError(
            f"solve: {words}. Write 'solve: {{method: pcg, reliability: none}}', which needs no "
            "more than their products, or raise 'solve: memory_limit'.")
    lower = equations.lower()
    method = "cholesky" if options.method == "auto" else options.method
    solver = make_solver(method, options.threads)
    needs = forecast(lower, solver=solver, threads=options.threads)
    seconds = needs.total_seconds if options.reliability == "exact" else needs.factorise_seconds
    memory = resident_memory() + needs.memory_bytes
    fits = memory <= limit
    if options.method != "auto":
        if not fits:
            raise LimitError(_refusal(equations, lower, needs, memory, limit, options))
        return Plan(solver, lower, solver.name, "asked for in the run file", needs, memory)
    if not fits:
        if options.reliability == "exact":
            raise LimitError(_refusal(equations, lower, needs, memory, limit, options))
        return _iterative_plan(equations, (
            f"a factorisation is forecast to need {size_text(memory)}, above the limit of "
            f"{size_text(limit)}"), limit)
    if options.reliability == "none" and seconds > QUICK:
        rounds = iterative_seconds(equations)
        if rounds < seconds:
            return _iterative_plan(equations, (
                f"forecast {seconds_text(rounds)} against {seconds_text(seconds)} for a "
                "factorisation, and no reliabilities asked for"), limit)
    return Plan(solver, lower, solver.name, (
        f"its factor fits: forecast {needs.factor_nonzeros:,} non-zeros, "
        f"{size_text(memory)} in all, {seconds_text(seconds)}"), needs, memory)


def _too_large_to_form(equations: Equations, limit: int) -> str:
    """Empty where relationships that are known by products can be formed."""
    parts = [precision.forming_bytes for precision in equations.precisions
             if isinstance(precision, Formable)]
    needs = resident_memory() + int(sum(parts))
    return "" if not parts or needs <= limit else (
        f"forming the relationships is forecast to need {size_text(needs)}, above the limit of "
        f"{size_text(limit)}")


def _iterative_plan(equations: Equations, reason: str, limit: int) -> Plan:
    memory = resident_memory() + VECTORS * 8 * equations.size
    if memory > limit:
        raise LimitError(
            f"solve: forecast {size_text(memory)} of memory for conjugate gradients, the limit is "
            f"{size_text(limit)}. Raise 'solve: memory_limit' above {size_text(memory)}; or prune "
            "the pedigree ('pedigree: prune: true').")
    return Plan(None, None, "conjugate gradients", f"{reason}; {size_text(memory)} in all", None,
                memory)


def size_text(size: float) -> str:
    """Bytes for a person: ``4 KB``, ``3 MB``, ``8.9 GB``."""
    if size >= 1e9:
        return f"{size / 1e9:.1f} GB"
    return f"{size / 1e6:.0f} MB" if size >= 1e6 else f"{size / 1e3:.0f} KB"


def seconds_text(seconds: float) -> str:
    """Seconds for a person: ``0.03 s``, ``12 s``, ``5 min``."""
    if seconds < 10:
        return f"{seconds:.2g} s"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def iterative_seconds(equations: Equations) -> float:
    """Forecast for conjugate gradients: the time of one product, a typical number of times."""
    x = np.ones(equations.size)
    equations.product(x)
    started = time.perf_counter()
    equations.product(x)
    return TYPICAL_ROUNDS * 1.3 * (time.perf_counter() - started)


def free_memory() -> int:
    """Bytes that the machine can still give, caches included (Linux; else what is free)."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        fields = dict(line.split(":", 1) for line in lines)
        return int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def resident_memory() -> int:
    """Most bytes that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def largest_contributors(equations: Equations, lower: sp.csc_array) -> list[tuple[str, int, int]]:
    """Name, equations and non-zeros of every term, those with the most non-zeros first.

    A non-zero of the lower triangle counts for the term of its row.
    """
    per_column = np.bincount(lower.indices, minlength=lower.shape[0])
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
    equations: Equations, lower: sp.csc_array, needs: Forecast, memory: int, limit: int,
    options: SolveOptions,
) -> str:
    largest = ", ".join(f"'{name}' ({size:,} equations)"
                        for name, size, _ in largest_contributors(equations, lower)[:3])
    remedies = [f"Raise 'solve: memory_limit' above {size_text(memory)}"]
    if options.reliability == "exact":
        remedies.append("set 'solve: reliability: none' (conjugate gradients then need little)")
    else:
        remedies.append("set 'solve: method: pcg'")
    remedies.append("prune the pedigree ('pedigree: prune: true')")
    return (f"solve: forecast {size_text(memory)} of memory ({needs.factor_nonzeros:,} non-zeros "
            f"in the factor), the limit is {size_text(limit)}. The largest parts are {largest}. "
            f"{'; or '.join(remedies)}.")

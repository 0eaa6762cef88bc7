"""From equations to an evaluation: choose an engine, solve, and make the tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.errors import Findings, Problem
from breedeval.evaluation.parameters import genetic_parameters_table
from breedeval.evaluation.planning import SolveOptions, plan_solution
from breedeval.evaluation.preparing import Inputs, Step, say_nothing
from breedeval.evaluation.result import Evaluation
from breedeval.evaluation.solving import (
    Progress,
    Solutions,
    factorise,
    solve_direct,
    solve_iterative,
)
from breedeval.evaluation.tables import (
    breeding_values_table,
    dependencies,
    individuals_table,
    solutions_table,
    variances_table,
)
from breedeval.kernels.ancestry import equivalent_generations
from breedeval.pedigree.pedigree import Pedigree


def solve_equations(
    equations: Equations, options: SolveOptions, *, step: Step = say_nothing,
    progress: Progress | None = None,
) -> Solutions:
    """Solve by the engine that the options or the forecast choose.

    Raises
    ------
    LimitError
        When the forecast passes the memory limit.
    InputError
        When the equations are singular.
    """
    plan = plan_solution(equations, options)
    seconds = plan.forecast.factorise_seconds if plan.forecast else 0.0
    step(f"Solving {equations.size:,} equations by {plan.engine}: {plan.reason}", seconds)
    if plan.solver is None or plan.lower is None:
        found = solve_iterative(
            equations, tolerance=options.tolerance, max_iterations=options.max_iterations,
            progress=progress)
        return replace(found, reason=plan.reason)
    factor = factorise(equations, plan.lower, plan.solver)
    if options.reliability == "exact":
        step("Prediction error variances", plan.forecast.inverse_seconds if plan.forecast else 0.0)
    found = solve_direct(equations, factor, error_variances=options.reliability)
    return replace(found, reason=plan.reason, forecast=plan.forecast)


def make_evaluation(
    title: str, settings: Mapping[str, Any], inputs: Inputs, solutions: Solutions,
    findings: Findings,
) -> Evaluation:
    """Gather the tables and the summary of a run."""
    equations = solutions.equations
    values = breeding_values_table(solutions)
    if values.empty:
        findings.warn("no breeding values", Problem(
            "model", "no effect has a relationship among individuals, so there are no breeding "
            "values", "", "Give an effect 'relationship: pedigree' and name the pedigree"))
    _report_reliability(solutions, values["reliability"].to_numpy(np.float64), findings)
    individuals = _individuals(equations)
    summary: dict[str, Any] = {
        "status": "done" if solutions.converged else "not converged",
        "converged": solutions.converged, "log_likelihood": solutions.log_likelihood,
        "log_likelihood_without_constant": _without_constant(solutions),
        "aic": None, "bic": None, "iterations": solutions.iterations,
        "records": equations.design.records, "observations": equations.design.size,
        "individuals": len(individuals),
        "equations": equations.size, "engine": solutions.engine,
        "engine_reason": solutions.reason, "seconds": None, "peak_memory_mb": None,
        "relative_residual": solutions.relative_residual, "fixed_rank": equations.fixed_size,
        "forecast": None if solutions.forecast is None else asdict(solutions.forecast),
        "rank": dependencies(equations), "trait_summary": _trait_summary(equations),
        "pedigree": _pedigree_facts(equations), "rows": inputs.records.size,
        "warnings": list(findings.warnings)}
    return Evaluation(title, settings, values, solutions_table(solutions),
                      variances_table(equations), genetic_parameters_table(equations),
                      individuals, summary)


def _pedigree(equations: Equations) -> tuple[Pedigree, NDArray[np.float64]] | None:
    """The pedigree of the model and its inbreeding coefficients."""
    for precision in equations.precisions:
        if precision.pedigree is not None and precision.inbreeding is not None:
            return precision.pedigree, precision.inbreeding
    return None


def _individuals(equations: Equations) -> pd.DataFrame:
    found = _pedigree(equations)
    if found is None:
        return pd.DataFrame({"individual": pd.Series([], dtype="str")})
    return individuals_table(*found)


def _pedigree_facts(equations: Equations) -> dict[str, Any] | None:
    found = _pedigree(equations)
    if found is None:
        return None
    pedigree, f = found
    complete = equivalent_generations(pedigree.sire, pedigree.dam)
    return {
        "individuals": len(pedigree), "groups": pedigree.groups.to_list(),
        "founders": int(((pedigree.sire < 0) & (pedigree.dam < 0)).sum()),
        "added_founders": int((~pedigree.listed).sum()),
        "max_generation": int(pedigree.generation.max(initial=0)),
        "mean_inbreeding": float(f.mean()), "max_inbreeding": float(f.max(initial=0.0)),
        "inbred": int((f > 1e-12).sum()), "equivalent_generations": float(complete.mean())}


def _trait_summary(equations: Equations) -> dict[str, dict[str, float]]:
    design = equations.design
    found = {}
    for trait, name in enumerate(design.traits):
        y = design.y[design.of_trait(trait)]
        found[name] = {
            "n": int(y.size), "mean": float(y.mean()),
            "sd": float(y.std(ddof=1)) if y.size > 1 else float("nan"),
            "min": float(y.min()), "max": float(y.max())}
    return found


def _without_constant(solutions: Solutions) -> float | None:
    """The log-likelihood without (n − p) log 2π, as ASReml prints it."""
    if solutions.log_likelihood is None:
        return None
    freedom = solutions.equations.design.size - solutions.equations.fixed_size
    return solutions.log_likelihood + 0.5 * freedom * float(np.log(2 * np.pi))


def _report_reliability(
    solutions: Solutions, reliability: NDArray[np.float64], findings: Findings
) -> None:
    if solutions.error_variance is None:
        return
    negative = int((reliability < -1e-9).sum())
    if negative:
        findings.warn("negative reliability", Problem(
            "results", f"{negative} breeding values have a prediction error variance above the "
            "genetic variance (reliability below 0)",
            "Expected where group effects are poorly estimated; their accuracy is given as 0"))

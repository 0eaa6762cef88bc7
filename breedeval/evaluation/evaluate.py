"""From equations to an evaluation: choose an engine, solve, and make the tables."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.errors import Findings, Problem
from breedeval.evaluation.curves import curves_table
from breedeval.evaluation.diagnostics import residual_diagnostics
from breedeval.evaluation.engines import observed_if_quicker
from breedeval.evaluation.estimation import Estimate, not_separated
from breedeval.evaluation.estimation_tables import estimation_summary, estimation_tables
from breedeval.evaluation.genotype_tables import genotype_facts, genotype_quality_table
from breedeval.evaluation.parameters import genetic_parameters_table
from breedeval.evaluation.phenotype import report_shares
from breedeval.evaluation.planning import SolveOptions, plan_solution
from breedeval.evaluation.preparing import Inputs, Step, say_nothing
from breedeval.evaluation.relationship_facts import (
    principal_components_table,
    relationship_facts,
)
from breedeval.evaluation.residuals import residuals_table
from breedeval.evaluation.result import Evaluation
from breedeval.evaluation.solving import (
    Progress,
    Solutions,
    factorise,
    solve_direct,
    solve_iterative,
)
from breedeval.evaluation.systems import FactoredSystem, System
from breedeval.evaluation.tables import (
    breeding_values_table,
    dependencies,
    individuals_table,
    solutions_table,
    variances_table,
)
from breedeval.kernels.ancestry import equivalent_generations
from breedeval.model.design import Design
from breedeval.pedigree.pedigree import Pedigree
from breedeval.relationship.genomic import remark_on_singular
from breedeval.solve.forecast import Forecast
from breedeval.threads import blas_threads_for

Vector = NDArray[np.float64]


def solve_equations(
    equations: Equations, options: SolveOptions, *, step: Step = say_nothing,
    progress: Progress | None = None, residuals: bool = False, system: System | None = None,
    keep_system: bool = False, start: Callable[[], Vector] | None = None,
) -> Solutions:
    """Solve by the engine that the options or the forecast choose.

    With ``residuals``, a table of them is among the solutions; with ``keep_system``, what they
    were solved with, if it can solve more. A ``system`` at the same variances is used where no
    solver is asked for. ``start`` gives the unknowns from which an iterative solver begins; a
    direct one does not ask for it.

    Raises
    ------
    LimitError
        When the forecast passes the memory limit.
    InputError
        When the equations are singular.
    """
    if system is not None and options.method == "auto":
        with blas_threads_for(float(equations.design.size)**3, options.threads):
            return _solved(system, options, "V is known from the estimation", None, step,
                           residuals=residuals, keep_system=keep_system)
    chosen = observed_if_quicker(equations, options)
    if chosen is not None:
        step(f"Solving {equations.size:,} equations by V: {chosen.reason}")
        with chosen.blas():
            return _solved(chosen.system(equations), options, chosen.reason, None, step,
                           residuals=residuals, keep_system=keep_system)
    plan = plan_solution(equations, options)
    seconds = plan.forecast.factorise_seconds if plan.forecast else 0.0
    step(f"Solving {equations.size:,} equations by {plan.engine}: {plan.reason}", seconds)
    if plan.solver is None or plan.lower is None:
        found = solve_iterative(
            equations, tolerance=options.tolerance, max_iterations=options.max_iterations,
            progress=progress, start=None if start is None else start())
        return replace(found, reason=plan.reason,
                       residuals=residuals_table(found) if residuals else None)
    factor = factorise(equations, plan.lower, plan.solver)
    return _solved(FactoredSystem(equations, factor, plan.lower, options.threads), options,
                   plan.reason, plan.forecast, step, residuals=residuals, keep_system=keep_system)


def _solved(
    system: System, options: SolveOptions, reason: str, forecast: Forecast | None, step: Step, *,
    residuals: bool, keep_system: bool,
) -> Solutions:
    """Solutions of a system, with what is asked for beside them."""
    exact = options.reliability == "exact"
    if exact:
        step("Prediction error variances", forecast.inverse_seconds if forecast else 0.0)
    found = solve_direct(system, error_variances=options.reliability)
    table = None
    if residuals:
        step("Residuals")
        table = residuals_table(found, system if exact else None)
    return replace(found, reason=reason, forecast=forecast, residuals=table,
                   system=system if keep_system else None)


def make_evaluation(
    title: str, settings: Mapping[str, Any], inputs: Inputs, solutions: Solutions,
    findings: Findings, estimate: Estimate | None = None,
) -> Evaluation:
    """Gather the tables and the summary of a run.

    ``estimate`` is how the variances of the solutions were had, where they were not given.
    """
    equations = solutions.equations
    values = breeding_values_table(solutions)
    if estimate is not None:
        _report_estimate(estimate, findings)
    if values.empty and inputs.pedigree is not None:
        findings.warn("no breeding values", Problem(
            "model", "no effect has a relationship among individuals, so there are no breeding "
            "values", "", "Give an effect 'relationship: pedigree' and name the pedigree"))
    report_shares(equations, findings)
    for term, precision in zip(equations.design.random, equations.precisions, strict=True):
        remark_on_singular(term.relationship, precision, findings)
    _report_reliability(solutions, values["reliability"].to_numpy(np.float64), findings)
    individuals = _individuals(equations)
    converged = solutions.converged and (estimate is None or estimate.maximum.converged)
    undetermined = estimate is not None and bool(estimate.undetermined)
    summary: dict[str, Any] = {
        "status": ("not converged" if not converged else
                   "not determined" if undetermined else "done"), "converged": converged,
        **_likelihood(solutions, estimate),
        "iterations": solutions.iterations if estimate is None else estimate.maximum.rounds,
        "records": equations.design.records, "observations": equations.design.size,
        "observations_sha256": _fingerprint(equations.design),
        "individuals": len(individuals),
        "equations": equations.size, "engine": solutions.engine,
        "engine_reason": solutions.reason, "seconds": None, "peak_memory_mb": None,
        "relative_residual": solutions.relative_residual, "fixed_rank": equations.fixed_size,
        "forecast": None if solutions.forecast is None else asdict(solutions.forecast),
        "rank": dependencies(equations), "trait_summary": _trait_summary(equations),
        "pedigree": _pedigree_facts(equations), "relationships": relationship_facts(equations),
        "rows": inputs.records.size,
        "warnings": list(findings.warnings),
        "genotypes": None if inputs.cleaned is None else genotype_facts(inputs.cleaned),
        "diagnostics": None if solutions.residuals is None else residual_diagnostics(
            solutions.residuals, equations.design),
        "estimation": None if estimate is None else estimation_summary(estimate)}
    sampling = None if estimate is None else estimate.sampling
    tables: dict[str, Any] = {} if estimate is None else estimation_tables(estimate)
    if inputs.cleaned is not None:
        tables["genotype_quality"] = genotype_quality_table(inputs.cleaned)
    tables["principal_components"] = principal_components_table(equations)
    if solutions.residuals is not None:
        tables["residuals"] = solutions.residuals
    return Evaluation(
        title, settings, values, solutions_table(solutions),
        variances_table(equations, sampling), genetic_parameters_table(equations, sampling),
        individuals, summary, curves=curves_table(equations, sampling), **tables)


def _report_estimate(estimate: Estimate, findings: Findings) -> None:
    """Warn of what the estimates do not say: confounded parameters and singular matrices."""
    for names in estimate.maximum.confounded:
        words = not_separated(names)
        findings.warn(f"confounded:{names}", Problem(
            "variances", f"{words[0].lower()}{words[1:]}",
            "Only some sums of them are determined; they have no standard errors"
            if len(names) > 1 else "Its value is that of the start; it has no standard error",
            "Leave an effect out, fix one of them, or use records that tell them apart"
            if len(names) > 1 else "Leave it out, fix it, or use records that tell of it"))
    for profile in estimate.profiles:
        for end, words in ((profile.lower, "below"), (profile.upper, "above")):
            if np.isnan(end):
                reached = profile.values[0 if words == "below" else -1]
                findings.warn(f"profile:{profile.parameter}:{words}", Problem(
                    "variances: profile", f"the likelihood of '{profile.parameter}' cannot be "
                    f"followed {words} {reached:.4g}, where it has not fallen far enough for an "
                    "end of the interval", "The interval is open on this side"))
    for test in estimate.maximum.boundary_tests:
        if test.side == "singular":
            findings.warn(f"singular:{test.names}", Problem(
                "variances", f"the matrix of {', '.join(test.names)} is singular: a correlation of "
                "±1, or a combination without variance, fits best",
                "Its elements have no standard errors, and those of ratios and curves that they "
                "are part of are too small", "A simpler covariance, or a profile, tells more"))


def _likelihood(solutions: Solutions, estimate: Estimate | None) -> dict[str, Any]:
    """Log-likelihood and information criteria; those of given variances count no parameters.

    AIC = −2 log L + 2(p + k) and BIC = −2 log L + (p + k) log n, with p fixed effects (rank) and
    k free variance parameters, of the restricted likelihood as of the full one.
    """
    equations = solutions.equations
    n, p = equations.design.size, equations.fixed_size
    if estimate is None:
        value, kind, k = solutions.log_likelihood, "reml", None
    else:
        value, kind = estimate.maximum.log_likelihood, estimate.options.method
        k = estimate.free_parameters
    freedom = n - p if kind == "reml" else n
    return {
        "likelihood": kind, "log_likelihood": value,
        "log_likelihood_without_constant": None if value is None else (
            value + 0.5 * freedom * float(np.log(2 * np.pi))),
        "variance_parameters": k,
        "aic": None if k is None or value is None else -2 * value + 2 * (p + k),
        "bic": None if k is None or value is None else -2 * value + (p + k) * float(np.log(n))}


def _fingerprint(design: Design) -> str:
    """SHA-256 of what was observed: traits, values, and the rows of the table they are from."""
    digest = hashlib.sha256(json.dumps(design.traits).encode())
    for column in (design.trait, design.rows[design.unit], design.y):
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()


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


def _report_reliability(
    solutions: Solutions, reliability: NDArray[np.float64], findings: Findings
) -> None:
    if solutions.error_variance is None:
        return
    impossible = int((solutions.error_variance < 0).sum())
    if impossible:
        findings.warn("negative error variances", Problem(
            "results", f"{impossible} prediction error variances are negative, as a relationship "
            "is not positive definite; they have no standard error",
            "Expected a matrix of covariances",
            "Add 'ridge: 0.01' or 'blend: 0.05' to the genomic relationship, or use another "
            "method"))
    negative = int((reliability < -1e-9).sum())
    if negative:
        findings.warn("negative reliability", Problem(
            "results", f"{negative} breeding values have a prediction error variance above the "
            "genetic variance (reliability below 0)",
            "Expected where group effects are poorly estimated; their accuracy is given as 0"))

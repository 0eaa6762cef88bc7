"""Read everything a run names, report on it, forecast its cost; solve nothing."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import scipy.sparse as sp
from rich.console import Console
from rich.table import Table

from breedeval.config.load import load
from breedeval.config.settings import Estimation, RunSettings
from breedeval.equations.connectedness import disconnected_sets
from breedeval.equations.henderson import Equations
from breedeval.errors import BreedevalError, Findings
from breedeval.evaluation.engines import Chosen, choose_likelihood, observed_if_quicker
from breedeval.evaluation.planning import (
    SolveOptions,
    largest_contributors,
    plan_solution,
    seconds_text,
    size_text,
)
from breedeval.evaluation.preparing import Inputs
from breedeval.evaluation.tables import dependencies
from breedeval.evaluation.variation import check_variation
from breedeval.evaluation.wishes import wishes_of
from breedeval.model.design import Design
from breedeval.solve.forecast import Forecast
from breedeval.workflow import ladder
from breedeval.workflow.decisions import plan_decisions
from breedeval.workflow.dividing import divide
from breedeval.workflow.journal import Journal
from breedeval.workflow.run import set_up, solve_options, warn_of_gaps
from breedeval.workflow.screen import make_screen
from breedeval.workflow.validated import validated_effects
from breedeval.workflow.validation import OWN

USUAL_ROUNDS = (5, 12)
"""Rounds that an estimation takes from its own start to its last digits; 4 to 12 were seen."""

MANY_CELLS = 6
"""Coefficients of an effect above which only the first are listed."""


def check_file(path: Path, *, overrides: Sequence[str] = ()) -> int:
    """Check one run file; returns the exit code."""
    screen = make_screen()
    try:
        loaded = load(path, overrides)
        run = ladder.read_loaded(loaded, Journal())
        equations, free = set_up(run, Journal()), 0
        with ladder.placed(run):
            plan_decisions(run, equations)
        _levels(screen, path, run.inputs, equations)
        options, asked = solve_options(loaded.settings), loaded.settings.variances
        if isinstance(asked, Estimation):
            with ladder.placed(run):
                check_variation(equations)
                free = len(wishes_of(equations, ladder.estimation_options(run.settings))
                           .constraints.lower)
            warn_of_gaps(equations, run.findings)
        _warnings(screen, run.findings)
        planned = _validation(loaded.settings, run.inputs, equations)
        chosen = _chosen(equations, asked, options)
        plan = chosen.plan if chosen is not None else plan_solution(equations, options)
        reason = plan.reason if plan is not None and (options.method != "auto" or not isinstance(
            asked, Estimation)) else "estimation of variances needs a factorisation"
    except BreedevalError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    if plan is None:
        assert chosen is not None
        screen.print(f"Engine: V in its {chosen.engine} form ({chosen.reason})", markup=False,
                     soft_wrap=True)
    else:
        screen.print(f"Engine: {plan.engine} ({reason})", markup=False, soft_wrap=True)
    if plan is not None and plan.forecast is not None and plan.lower is not None:
        _forecast(screen, equations, plan.forecast, plan.lower)
        if isinstance(asked, Estimation):
            _rounds(screen, free, plan.forecast)
    if planned:
        screen.print(planned, markup=False, soft_wrap=True)
    return 0


def _chosen(equations: Equations, asked: object, options: SolveOptions) -> Chosen | None:
    """How variances would be estimated; or V for the solutions, where it is quicker."""
    if isinstance(asked, Estimation):
        return choose_likelihood(equations, options, engine=asked.engine, method=asked.method)
    return observed_if_quicker(equations, options)


def _validation(settings: RunSettings, inputs: Inputs, equations: Equations) -> str:
    """What a validation will do, in a sentence; its folds are made, and so seen to be possible."""
    asked = settings.validation
    if asked is None:
        return ""
    effects = validated_effects(equations, asked.effects, None, OWN)
    division = divide(asked, inputs, equations.design, effects[0])
    folds, models = len(division.folds), max(len(asked.models), 1)
    return (f"Validation of {models} {'model' if models == 1 else 'models'} on {folds} folds of "
            f"{len(division.individuals):,} individuals: {folds * models} further evaluations, and "
            f"{len(asked.models)} from all records")


def _levels(screen: Console, path: Path, inputs: Inputs, equations: Equations) -> None:
    design = equations.design
    screen.print(f"{path}: {design.records:,} of {inputs.records.size:,} rows are used for "
                 + ", ".join(f"'{trait}'" for trait in design.traits), markup=False)
    screen.print(_effects(equations))
    screen.print(f"{equations.size:,} equations; rank of the fixed part {equations.fixed_size:,}")
    for line in dependencies(equations)[:5]:
        screen.print(f"  set to zero: {line}", markup=False)
    several = sum(len(term.levels) > 1 for term in design.fixed if term.is_class) > 1
    if several and not disconnected_sets(design):  # where they are not, a warning says so
        screen.print("All levels of the class effects are connected")


def _effects(equations: Equations) -> Table:
    """Every effect with its levels, and the cells of its covariance matrix."""
    design = equations.design
    several = len(design.traits) > 1
    table = Table(title=None, box=None, header_style="bold")
    for heading in ("effect", "trait", "kind", "levels", "coefficients", "relationship"):
        if several or heading != "trait":
            table.add_column(heading, justify="right" if heading in ("levels", "coefficients")
                             else "left")

    def add(name: str, traits: Sequence[int], *cells: str) -> None:
        words = [", ".join(design.traits[trait] for trait in traits)] if several else []
        table.add_row(name, *words, *cells)

    for term in design.fixed:
        add(term.name, [term.trait], "fixed", f"{len(term.levels):,}", str(len(term.functions)),
            "")
    for random, precision in zip(design.random, equations.precisions, strict=True):
        further = "groups" if precision.additive else "families"
        groups = f" + {len(precision.groups)} {further}" if len(precision.groups) else ""
        labels = random.coefficients() if random.width == 1 else design.cell_labels(random)
        add(random.name, random.traits, "random", f"{len(random.levels):,}{groups}",
            _listed(labels), random.relationship)
    _add_residual(table, design)
    return table


def _add_residual(table: Table, design: Design) -> None:
    """The residual, where it is more than one variance for all records."""
    residual, traits = design.residual, len(design.traits)
    if traits == 1 and len(residual.levels) == 1 and not residual.names:
        return
    words = [f"log-linear in {', '.join(residual.names)}"] if residual.names else []
    table.add_row("residual", *([", ".join(design.traits)] if traits > 1 else []), "residual",
                  f"{len(residual.levels):,}" if len(residual.levels) > 1 else "",
                  _listed([*(design.traits if traits > 1 else ()), *words]), "")


def _listed(labels: Sequence[str]) -> str:
    shown = ", ".join(labels[:MANY_CELLS])
    return shown if len(labels) <= MANY_CELLS else f"{shown}, … ({len(labels)})"


def _warnings(screen: Console, findings: Findings) -> None:
    for warning in findings.warnings:
        screen.print(f"Warning: {warning}", markup=False, soft_wrap=True)


def _forecast(
    screen: Console, equations: Equations, forecast: Forecast, lower: sp.csc_array
) -> None:
    table = Table(box=None, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_row("equations", f"{forecast.equations:,}")
    table.add_row("non-zeros of C (lower triangle)", f"{forecast.nonzeros:,}")
    table.add_row("non-zeros of L", f"{forecast.factor_nonzeros:,}")
    table.add_row("operations of the factorisation", f"{forecast.flops:.3g}")
    table.add_row("memory of the solver", size_text(forecast.memory_bytes))
    table.add_row("factorisation", seconds_text(forecast.factorise_seconds))
    table.add_row("selected inverse", seconds_text(forecast.inverse_seconds))
    screen.print("Forecast")
    screen.print(table)
    largest = ", ".join(f"{name} ({size:,} equations, {nonzeros:,} non-zeros)"
                        for name, size, nonzeros in largest_contributors(equations, lower)[:3])
    screen.print(f"Largest parts of C: {largest}", markup=False, soft_wrap=True)


def _rounds(screen: Console, free: int, forecast: Forecast) -> None:
    """What estimating so many parameters costs, from the cost of one factorisation."""
    one = forecast.factorise_seconds + forecast.inverse_seconds
    few, many = USUAL_ROUNDS
    screen.print(
        f"Estimation of {free} variance parameters: a round is one factorisation, one selected "
        f"inverse and little besides, about {seconds_text(one)}; {few} to {many} rounds are usual, "
        f"{seconds_text(few * one)} to {seconds_text(many * one)}", soft_wrap=True)

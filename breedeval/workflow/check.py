"""Read everything a run names, report on it, forecast its cost; solve nothing."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import scipy.sparse as sp
from rich.console import Console
from rich.table import Table

from breedeval.config.load import load
from breedeval.equations.connectedness import disconnected_sets
from breedeval.equations.henderson import Equations
from breedeval.errors import BreedevalError, Findings
from breedeval.evaluation.planning import (
    largest_contributors,
    plan_solution,
    seconds_text,
    size_text,
)
from breedeval.evaluation.preparing import Inputs
from breedeval.evaluation.tables import dependencies
from breedeval.solve.forecast import Forecast
from breedeval.workflow import ladder
from breedeval.workflow.journal import Journal
from breedeval.workflow.run import set_up, solve_options
from breedeval.workflow.screen import make_screen


def check_file(path: Path, *, overrides: Sequence[str] = ()) -> int:
    """Check one run file; returns the exit code."""
    screen = make_screen()
    try:
        loaded = load(path, overrides)
        run = ladder.read_loaded(loaded, Journal())
        equations = set_up(run, Journal())
        _levels(screen, path, run.inputs, equations)
        _warnings(screen, run.findings)
        plan = plan_solution(equations, solve_options(loaded.settings))
    except BreedevalError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    screen.print(f"Engine: {plan.engine} ({plan.reason})", markup=False, soft_wrap=True)
    if plan.forecast is not None and plan.lower is not None:
        _forecast(screen, equations, plan.forecast, plan.lower)
    return 0


def _levels(screen: Console, path: Path, inputs: Inputs, equations: Equations) -> None:
    design = equations.design
    screen.print(f"{path}: {design.records:,} of {inputs.records.size:,} rows are used for "
                 + ", ".join(f"'{trait}'" for trait in design.traits), markup=False)
    table = Table(title=None, box=None, header_style="bold")
    for heading in ("effect", "kind", "levels", "coefficients", "relationship"):
        table.add_column(heading, justify="right" if heading in ("levels", "coefficients")
                         else "left")
    for term in design.fixed:
        table.add_row(term.name, "fixed", f"{len(term.levels):,}", str(len(term.functions)), "")
    for random, precision in zip(design.random, equations.precisions, strict=True):
        further = "groups" if precision.additive else "families"
        groups = f" + {len(precision.groups)} {further}" if len(precision.groups) else ""
        table.add_row(random.name, "random", f"{len(random.levels):,}{groups}",
                      ", ".join(random.coefficients()), random.relationship)
    screen.print(table)
    screen.print(f"{equations.size:,} equations; rank of the fixed part {equations.fixed_size:,}")
    for line in dependencies(equations)[:5]:
        screen.print(f"  set to zero: {line}", markup=False)
    several = sum(len(term.levels) > 1 for term in design.fixed if term.is_class) > 1
    if several and not disconnected_sets(design):  # where they are not, a warning says so
        screen.print("All levels of the class effects are connected")


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

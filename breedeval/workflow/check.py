"""Read everything a run names, report on it, forecast its cost; solve nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from breedeval.config.load import load
from breedeval.equations.henderson import Equations
from breedeval.errors import BreedevalError, Findings
from breedeval.evaluation.planning import largest_contributors, plan_solution
from breedeval.evaluation.preparing import Inputs
from breedeval.evaluation.tables import dependencies
from breedeval.workflow.journal import Journal
from breedeval.workflow.run import prepare_run, solve_options


def check_file(path: Path, *, overrides: Sequence[str] = ()) -> int:
    """Check one run file; returns the exit code."""
    screen, errors = Console(highlight=False), Console(stderr=True, highlight=False)
    findings = Findings()
    try:
        loaded = load(path, overrides)
        inputs, equations = prepare_run(loaded.settings, findings, Journal())
        _levels(screen, path, inputs, equations)
        _warnings(screen, findings)
        plan = plan_solution(equations, solve_options(loaded.settings))
    except BreedevalError as error:
        errors.print(str(error), markup=False, soft_wrap=True)
        return error.exit_code
    screen.print(f"Engine: {plan.engine} ({plan.reason})", markup=False)
    if plan.forecast is not None and plan.lower is not None:
        _forecast(screen, equations, plan.forecast, plan.lower)
    return 0


def _levels(screen: Console, path: Path, inputs: Inputs, equations: Equations) -> None:
    design = equations.design
    screen.print(f"{path}: {design.size:,} of {inputs.records.size:,} rows are used for "
                 f"'{design.trait}'", markup=False)
    table = Table(title=None, box=None, header_style="bold")
    for heading in ("effect", "kind", "levels", "coefficients", "relationship"):
        table.add_column(heading, justify="right" if heading in ("levels", "coefficients")
                         else "left")
    for term in design.fixed:
        table.add_row(term.name, "fixed", f"{len(term.levels):,}", str(len(term.functions)), "")
    for random, precision in zip(design.random, equations.precisions, strict=True):
        groups = f" + {len(precision.groups)} groups" if len(precision.groups) else ""
        table.add_row(random.name, "random", f"{len(random.levels):,}{groups}",
                      ", ".join(random.coefficients()), random.relationship)
    screen.print(table)
    screen.print(f"{equations.size:,} equations; rank of the fixed part {equations.fixed_size:,}")
    for line in dependencies(equations)[:5]:
        screen.print(f"  set to zero: {line}", markup=False)


def _warnings(screen: Console, findings: Findings) -> None:
    for warning in findings.warnings:
        screen.print(f"Warning: {warning}", markup=False, soft_wrap=True)


def _forecast(screen: Console, equations: Equations, forecast: object, lower: object) -> None:
    raise NotImplementedError

"""Tables for onward use: parts of breeding values, deregressed proofs, yield deviations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from breedeval.config.settings import RunSettings
from breedeval.errors import Findings, Problem
from breedeval.evaluation.deregression import deregressed_proofs_table, without_proofs
from breedeval.evaluation.partition import has_parts, partition_table
from breedeval.evaluation.preparing import Step
from breedeval.evaluation.result import Evaluation
from breedeval.evaluation.solving import Solutions
from breedeval.evaluation.yield_deviations import yield_deviations_table

MANY = 200_000
"""Breeding values above which their parts are computed and written only when asked for."""


def with_tables(
    evaluation: Evaluation, solutions: Solutions, settings: RunSettings, findings: Findings,
    step: Step,
) -> Evaluation:
    """The same with the tables that the run file asks for, or that are small."""
    tables: dict[str, Any] = {}
    wanted, output = settings.output.partition, settings.output
    usual = len(evaluation.breeding_values) <= MANY and has_parts(solutions.equations)
    if usual if wanted is None else wanted:
        tables["partition"] = partition_table(solutions)
    if "yield_deviations" in output.tables:
        step("Yield deviations")
        tables["yield_deviations"] = yield_deviations_table(solutions)
    if "deregressed_proofs" in output.tables:
        step("Deregressed proofs")
        parameters = evaluation.genetic_parameters
        tables["deregressed_proofs"] = deregressed_proofs_table(
            solutions, parameters, output.unexplained)
        _say_what_lacks(solutions, parameters, findings)
    return replace(
        evaluation, **tables,
        summary={**evaluation.summary, "warnings": list(findings.warnings)})


def _say_what_lacks(solutions: Solutions, parameters: pd.DataFrame, findings: Findings) -> None:
    if solutions.error_variance is None:
        findings.warn("no proofs", Problem(
            "output: tables", "there are no deregressed proofs, as the solver gives no "
            "reliabilities", "Expected a direct solver", "See 'solve: method'"))
        return
    lacking = without_proofs(solutions.equations, parameters)
    if lacking:
        findings.warn("no proofs", Problem(
            "output: tables", f"there are no deregressed proofs of {', '.join(lacking[:5])}, which "
            "has no single heritability", "Expected a trait whose variances do not change along a "
            "covariate"))

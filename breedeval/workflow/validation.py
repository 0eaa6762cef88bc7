"""Validation of a run: hide phenotypes, evaluate the rest, and compare predictions with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from breedeval.config.settings import ValidationSettings
from breedeval.errors import Findings, InputError, Problem
from breedeval.evaluation.planning import SolveOptions
from breedeval.evaluation.preparing import Step
from breedeval.evaluation.solving import Solutions
from breedeval.validation.table import validation_table
from breedeval.workflow import ladder
from breedeval.workflow.dividing import Division, divide
from breedeval.workflow.validated import validated_effects
from breedeval.workflow.validation_folds import Candidate, Folds, Task, all_folds, fit

OWN = "model"
"""What the run's own model is called where no models are named."""


@dataclass(frozen=True, eq=False)
class Validation:
    """Tables and summary of a validation.

    Parameters
    ----------
    table : DataFrame
        As :func:`~breedeval.validation.table.validation_table` gives it.
    predictions : DataFrame
        model, trait, repeat, fold, individual, record, observed, corrected, predicted, whole.
    summary : mapping
    """

    table: pd.DataFrame
    predictions: pd.DataFrame
    summary: Mapping[str, Any]


def validate(
    run: ladder.Run, solutions: Solutions, options: SolveOptions, step: Step
) -> Validation:
    """Validate the models that a run file names on the same folds.

    Parameters
    ----------
    run : Run
    solutions : Solutions
        Of the run's own model from all records.
    options : SolveOptions
    step : callable
        Told what begins.

    Raises
    ------
    InputError
        When folds cannot be made as asked, or a fold leaves nothing to learn from.
    """
    asked = run.settings.validation
    assert asked is not None
    own = _own(run, solutions, asked)
    division = divide(asked, run.inputs, own.design, own.effects[0])
    candidates = _candidates(run, own, asked, options, step)
    found = all_folds(Task(run, own, tuple(candidates), division, options), step)
    _report_folds(found, run.findings)
    table = validation_table(found.tested, individuals=len(division.individuals),
                             bootstrap=asked.bootstrap, seed=asked.seed)
    return Validation(table, pd.concat(found.frames, ignore_index=True),
                      _summary(asked, division, candidates, table, found))


def _own(run: ladder.Run, solutions: Solutions, asked: ValidationSettings) -> Candidate:
    effects = validated_effects(solutions.equations, asked.effects, None, OWN)
    model = solutions.equations.design.model
    settings = run.settings.model_copy(update={"model": model, "validation": None})
    return Candidate(OWN, settings, solutions, effects)


def _candidates(
    run: ladder.Run, own: Candidate, asked: ValidationSettings, options: SolveOptions, step: Step
) -> list[Candidate]:
    """The models to compare, each with its evaluation from all records."""
    found = []
    for name, one in asked.models.items():
        model = run.settings.model.model_copy(update={"random": one.random})
        settings = own.settings.model_copy(update={"model": model, **(
            {} if one.variances is None else {"variances": one.variances})})
        if model.random == run.settings.model.random and one.variances is None:
            found.append(replace(own, name=name))
            continue
        step(f"Validation: model '{name}' from all records")
        solutions, converged = fit(settings, run.inputs, options)
        if not converged:
            run.findings.warn("validation", Problem(
                "validation", f"the variances of model '{name}' did not converge",
                "Its statistics are at the last round"))
        effects = validated_effects(solutions.equations, asked.effects, own.equations, name)
        pinned = settings.model_copy(update={"model": solutions.equations.design.model})
        found.append(Candidate(name, pinned, solutions, effects))
    return found or [own]


def _report_folds(found: Folds, findings: Findings) -> None:
    """Warn of folds that got stuck or were left out.

    Raises
    ------
    InputError
        When there is none left.
    """
    if not found.tested:
        name, why = next(iter(found.failed.items()), ("1", "has no record that a model uses"))
        raise InputError(Problem(
            "validation", f"no fold can be evaluated without its phenotypes; fold {name} {why}",
            "", "Use fewer or other folds"))
    for name, why in found.failed.items():
        findings.warn("validation fold", Problem(
            "validation", f"fold {name} is left out, as it cannot be evaluated {why}"))
    for name, folds in found.stuck.items():
        findings.warn("validation", Problem(
            "validation", f"the variances of model '{name}' did not converge in "
            f"{len(folds)} folds ({', '.join(folds[:5])})",
            "Their predictions are at the last round", "Use 'variances: whole' of the validation"))


def _summary(
    asked: ValidationSettings, division: Division, candidates: Sequence[Candidate],
    table: pd.DataFrame, found: Folds,
) -> dict[str, Any]:
    """Statistics over all folds by model and trait, and how they were had."""
    overall = table[(table["fold"] == "") & (table["repeat"] == "")]
    models: dict[str, Any] = {}
    for one in candidates:
        own = overall[(overall["model"] == one.name) & (overall["compared_with"] == "")]
        models[one.name] = {
            "effects": [one.design.random[effect].name for effect in one.effects],
            "folds_not_converged": list(found.stuck.get(one.name, ())),
            "traits": {str(trait): {
                str(row["statistic"]): {key: row[key] for key in ("estimate", "lower", "upper")}
                for row in rows.to_dict("records")}
                for trait, rows in own.groupby("trait", sort=False)}}
    return {"folds": len(division.folds), "folds_left_out": list(found.failed),
            "repeats": asked.repeats, "seed": asked.seed, "variances": asked.variances,
            "bootstrap": asked.bootstrap, "individuals": len(division.individuals),
            "models": models}

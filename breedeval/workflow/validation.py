"""Validation of a run: hide phenotypes, evaluate the rest, and compare predictions with them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from breedeval.config.settings import Estimation, RunSettings, ValidationSettings
from breedeval.equations.henderson import Equations, make_equations
from breedeval.errors import Findings, InputError, Problem
from breedeval.evaluation.estimation import estimate
from breedeval.evaluation.evaluate import solve_equations
from breedeval.evaluation.planning import SolveOptions
from breedeval.evaluation.preparing import Inputs, Step, make_design, make_precisions
from breedeval.evaluation.solving import Solutions
from breedeval.levels import null_where
from breedeval.model.design import Design
from breedeval.validation.folds import Fold
from breedeval.validation.table import FoldPredictions, validation_table
from breedeval.workflow import ladder
from breedeval.workflow.dividing import Division, divide
from breedeval.workflow.validated import (
    Kinship,
    corrected,
    predictions,
    validated_effects,
)

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


@dataclass(frozen=True, eq=False)
class _Candidate:
    """A model with its evaluation from all records.

    Parameters
    ----------
    name : str
    settings : RunSettings
        Of a run of this model alone.
    solutions : Solutions
    effects : tuple of int
        Effects whose sum is the prediction.
    """

    name: str
    settings: RunSettings
    solutions: Solutions
    effects: tuple[int, ...]

    @property
    def equations(self) -> Equations:
        return self.solutions.equations

    @property
    def design(self) -> Design:
        return self.equations.design


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
    found = _all_folds(run, own, candidates, division, options, step)
    _report_folds(found, run.findings)
    table = validation_table(found.tested, individuals=len(division.individuals),
                             bootstrap=asked.bootstrap, seed=asked.seed)
    return Validation(table, pd.concat(found.frames, ignore_index=True),
                      _summary(asked, division, candidates, table, found))


def _own(run: ladder.Run, solutions: Solutions, asked: ValidationSettings) -> _Candidate:
    effects = validated_effects(solutions.equations, asked.effects, None, OWN)
    model = solutions.equations.design.model
    settings = run.settings.model_copy(update={"model": model, "validation": None})
    return _Candidate(OWN, settings, solutions, effects)


def _candidates(
    run: ladder.Run, own: _Candidate, asked: ValidationSettings, options: SolveOptions, step: Step
) -> list[_Candidate]:
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
        solutions, converged = _fit(settings, run.inputs, options)
        if not converged:
            run.findings.warn("validation", Problem(
                "validation", f"the variances of model '{name}' did not converge",
                "Its statistics are at the last round"))
        effects = validated_effects(solutions.equations, asked.effects, own.equations, name)
        pinned = settings.model_copy(update={"model": solutions.equations.design.model})
        found.append(_Candidate(name, pinned, solutions, effects))
    return found or [own]


@dataclass(eq=False)
class _Folds:
    """What came of the folds.

    Parameters
    ----------
    tested, frames : list
        Of the folds that every model could be evaluated in: for statistics, and as tables.
    stuck : dict of str to list of str
        Folds of each model whose variances did not converge.
    failed : dict of str to str
        Why a fold was left out.
    """

    tested: list[FoldPredictions] = field(default_factory=list)
    frames: list[pd.DataFrame] = field(default_factory=list)
    stuck: dict[str, list[str]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def _all_folds(
    run: ladder.Run, own: _Candidate, candidates: Sequence[_Candidate], division: Division,
    options: SolveOptions, step: Step,
) -> _Folds:
    """Every fold by every model; one that a model cannot be evaluated in counts for none."""
    found, kinship = _Folds(), Kinship()
    total, begun = len(division.folds) * len(candidates), time.perf_counter()
    for number, fold in enumerate(division.folds):
        name = f"{fold.label} of repeat {fold.repeat}" if division.repeats > 1 else fold.label
        of_fold: list[tuple[list[FoldPredictions], list[pd.DataFrame]]] = []
        for place, one in enumerate(candidates):
            done = number * len(candidates) + place
            left = (time.perf_counter() - begun) / done * (total - done) if done else 0.0
            step(f"Validation {done + 1} of {total}: fold {name}, {one.name}"
                 + (f"; about {left:.0f} s left" if left >= 1 else ""))
            try:
                part, converged = _fold_solutions(run, one, fold, division, options)
            except InputError as error:
                found.failed[name] = f"by model '{one.name}': {error.problems[0]}"
                break
            if not converged:
                found.stuck.setdefault(one.name, []).append(name)
            of_fold.append(_compare(one, own, part, fold, division, kinship))
        else:
            for tested, frames in of_fold:
                found.tested += tested
                found.frames += frames
    return found


def _report_folds(found: _Folds, findings: Findings) -> None:
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


def _fold_solutions(
    run: ladder.Run, one: _Candidate, fold: Fold, division: Division, options: SolveOptions
) -> tuple[Solutions, bool]:
    records = run.inputs.records
    absent = pa.array(fold.hidden)
    columns = {**records.columns, **{
        trait: null_where(records.columns[trait], absent) for trait in division.traits}}
    inputs = replace(run.inputs, records=replace(records, columns=columns))
    asked = run.settings.validation
    assert asked is not None
    return _fit(one.settings, inputs, options, one.equations,
                estimated=asked.variances == "training")


def _fit(
    settings: RunSettings, inputs: Inputs, options: SolveOptions,
    whole: Equations | None = None, *, estimated: bool = True,
) -> tuple[Solutions, bool]:
    """Solutions of a model, and whether its variances converged.

    ``whole`` are the equations from all records: their relationships are used again, and their
    variances are where the estimation starts, or what is used where none is wanted.
    """
    findings = Findings()
    design = make_design(inputs, settings.model, settings.relationships, findings)
    known = {} if whole is None else {
        (term.relationship, term.levels): precision for term, precision in zip(
            whole.design.random, whole.precisions, strict=True)}
    precisions = make_precisions(design, inputs, settings.relationships, threads=options.threads,
                                 findings=findings, known=known)
    variances = None
    if whole is not None and whole.design.residual.levels == design.residual.levels:
        variances = whole.variances
    equations = make_equations(
        design, precisions, variances or ladder.variances_of(settings)(design))
    converged = True
    if isinstance(settings.variances, Estimation) and (estimated or variances is None):
        asked = replace(ladder.estimation_options(settings), tests="none", profile=())
        found = estimate(equations, asked, options)
        equations, converged = found.equations, found.maximum.converged
    solutions = solve_equations(equations, replace(options, reliability="none"))
    return solutions, converged and solutions.converged


def _compare(
    one: _Candidate, own: _Candidate, part: Solutions, fold: Fold, division: Division,
    kinship: Kinship,
) -> tuple[list[FoldPredictions], list[pd.DataFrame]]:
    """Predictions of a fold by a model beside what was hidden, trait by trait."""
    design = one.design
    values = {"predicted": predictions(one.equations, one.effects, part),
              "whole": predictions(one.equations, one.effects, one.solutions),
              "corrected": corrected(one.solutions)}
    rows = design.rows[design.unit]
    tested, frames = [], []
    for trait in division.traits:
        at = _tested_observations(design, trait, fold.tested)
        if not at.size:
            continue
        individual = division.codes[rows[at]]
        alone = np.unique(individual).size < 2
        counted = division.tested(fold.repeat) if alone else fold.tested
        own_variance, reference = (
            kinship.genetic_variance(each.equations, each.effects, _tested_observations(
                each.design, trait, counted)) for each in (one, own))
        tested.append(FoldPredictions(
            one.name, trait, fold.repeat, fold.label, individual,
            **{name: value[at] for name, value in values.items()},
            genetic_variance=own_variance, reference_variance=reference))
        frames.append(pd.DataFrame({
            "model": one.name, "trait": trait, "repeat": fold.repeat, "fold": fold.label,
            "individual": division.individuals.to_series().to_numpy()[individual],
            "record": rows[at] + 1, "observed": design.y[at],
            **{name: values[name][at] for name in ("corrected", "predicted", "whole")}}))
    return tested, frames


def _tested_observations(
    design: Design, trait: str, tested: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Observations of a trait in the rows that are tested."""
    of_trait = design.trait == design.traits.index(trait)
    return np.flatnonzero(of_trait & tested[design.rows[design.unit]])


def _summary(
    asked: ValidationSettings, division: Division, candidates: Sequence[_Candidate],
    table: pd.DataFrame, found: _Folds,
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

"""Folds of a validation, each by every model; side by side in processes of their own.

The processes are forks: they see what was read and built before, relationships above all, and take
memory for no more than what they change. Folds are collected in their order, whoever was first.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from breedeval.config.settings import Estimation, RunSettings
from breedeval.equations.henderson import Equations, make_equations
from breedeval.errors import Findings, InputError, LimitError
from breedeval.evaluation.estimation import estimate
from breedeval.evaluation.evaluate import solve_equations
from breedeval.evaluation.planning import SolveOptions, free_memory, resident_memory
from breedeval.evaluation.preparing import Inputs, Step, make_design, make_precisions
from breedeval.evaluation.solving import Solutions
from breedeval.levels import null_where
from breedeval.model.design import Design
from breedeval.threads import blas_threads
from breedeval.validation.folds import Fold
from breedeval.validation.table import FoldPredictions
from breedeval.workflow import ladder
from breedeval.workflow.dividing import Division
from breedeval.workflow.validated import Kinship, corrected, predictions


@dataclass(frozen=True, eq=False)
class Candidate:
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


@dataclass(eq=False)
class Folds:
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


@dataclass(frozen=True, eq=False)
class Task:
    """What the folds are evaluated with.

    Parameters
    ----------
    run : Run
    own : Candidate
        The run's own model.
    candidates : tuple of Candidate
    division : Division
    options : SolveOptions
    """

    run: ladder.Run
    own: Candidate
    candidates: tuple[Candidate, ...]
    division: Division
    options: SolveOptions

    def name(self, fold: Fold) -> str:
        """For a person."""
        return f"{fold.label} of repeat {fold.repeat}" if self.division.repeats > 1 else fold.label


@dataclass(frozen=True, eq=False)
class _Tried:
    """A fold by every model, or why it has to be left out."""

    tested: list[FoldPredictions]
    frames: list[pd.DataFrame]
    stuck: list[str]
    failed: str = ""


def all_folds(task: Task, step: Step) -> Folds:
    """Every fold by every model; one that a model cannot be evaluated in counts for none.

    Raises
    ------
    LimitError
        When a process was stopped from outside.
    """
    found, folds = Folds(), task.division.folds
    count, begun = processes(task), time.perf_counter()
    models = ", ".join(one.name for one in task.candidates)
    beside = f", {count} at a time" if count > 1 else ""
    step(f"Validation: {len(folds)} folds by {models}{beside}")
    with _each_fold(task, count) as results:
        for number, (fold, tried) in enumerate(zip(folds, results, strict=True), start=1):
            name, left = task.name(fold), len(folds) - number
            seconds = (time.perf_counter() - begun) / number * left
            step(f"Validation {number} of {len(folds)}: fold {name}"
                 + (f"; about {seconds:.0f} s left" if seconds >= 1 else ""))
            if tried.failed:
                found.failed[name] = tried.failed
                continue
            found.tested += tried.tested
            found.frames += tried.frames
            for model in tried.stuck:
                found.stuck.setdefault(model, []).append(name)
    return found


def processes(task: Task) -> int:
    """How many folds at a time: one a thread, as far as each may need what this process did."""
    if task.options.method == "cholmod":  # its threads do not survive a fork
        return 1
    most = resident_memory()
    limit = task.options.memory_limit or most + int(0.9 * free_memory())
    return max(1, min(task.options.threads, len(task.division.folds), limit // most))


@contextmanager
def _each_fold(task: Task, count: int) -> Iterator[Iterator[_Tried]]:
    """The folds' results in their order, as they come."""
    folds = task.division.folds
    if count == 1:
        kinship = Kinship()
        yield (_try(task, fold, kinship) for fold in folds)
        return
    options = replace(
        task.options, threads=max(1, task.options.threads // count),
        memory_limit=(task.options.memory_limit or resident_memory() + free_memory()) // count)
    pool = ProcessPoolExecutor(
        count, get_context("fork"), _begin, (replace(task, options=options),))
    try:
        yield pool.map(_try_numbered, range(len(folds)))
    except BrokenProcessPool as error:
        raise LimitError(
            "validation: a process that evaluated a fold was stopped, for want of memory as a "
            "rule. Write 'solve: {threads: 1}' for one fold at a time.") from error
    finally:
        pool.shutdown(cancel_futures=True)


class _Forked:
    """What a forked process evaluates folds with."""

    task: Task
    kinship: Kinship
    held: Any


def _begin(task: Task) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # an interrupt ends it without a word
    _Forked.task, _Forked.kinship = task, Kinship()
    _Forked.held = blas_threads(task.options.threads)


def _try_numbered(number: int) -> _Tried:
    task = _Forked.task
    return _try(task, task.division.folds[number], _Forked.kinship)


def _try(task: Task, fold: Fold, kinship: Kinship) -> _Tried:
    """A fold by every model."""
    found = _Tried([], [], [])
    for one in task.candidates:
        try:
            part, converged = _fold_solutions(one, fold, task)
        except InputError as error:
            return replace(found, failed=f"by model '{one.name}': {error.problems[0]}")
        if not converged:
            found.stuck.append(one.name)
        tested, frames = _compare(one, task, part, fold, kinship)
        found.tested.extend(tested)
        found.frames.extend(frames)
    return found


def _fold_solutions(one: Candidate, fold: Fold, task: Task) -> tuple[Solutions, bool]:
    """Of a model without the phenotypes of a fold."""
    run, division, records = task.run, task.division, task.run.inputs.records
    absent = pa.array(fold.hidden)
    columns = {**records.columns, **{
        trait: null_where(records.columns[trait], absent) for trait in division.traits}}
    inputs = replace(run.inputs, records=replace(records, columns=columns))
    asked = run.settings.validation
    assert asked is not None
    return fit(one.settings, inputs, task.options, one.equations,
                estimated=asked.variances == "training")


def fit(
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
    one: Candidate, task: Task, part: Solutions, fold: Fold, kinship: Kinship,
) -> tuple[list[FoldPredictions], list[pd.DataFrame]]:
    """Predictions of a fold by a model beside what was hidden, trait by trait."""
    own, division, design = task.own, task.division, one.design
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

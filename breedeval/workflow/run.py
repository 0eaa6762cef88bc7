"""Run files: read → design → relationships → equations → factor → solutions → results."""

from __future__ import annotations

import resource
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from breedeval.config.canonical import understood
from breedeval.config.load import LoadedRun, load
from breedeval.config.overrides import Override
from breedeval.config.settings import Estimation, RunSettings
from breedeval.equations.henderson import Equations
from breedeval.errors import BreedevalError, Findings, InputError, Problem
from breedeval.evaluation.estimation import Estimate, estimate
from breedeval.evaluation.evaluate import solve_equations
from breedeval.evaluation.planning import SolveOptions
from breedeval.evaluation.preparing import prepare
from breedeval.evaluation.relationship_facts import stored_relationships
from breedeval.evaluation.result import Evaluation
from breedeval.io.matrices import SquareMatrix, write_matrix
from breedeval.io.results import check_target, write_results
from breedeval.provenance import describe_origin
from breedeval.relationship.dense import settle
from breedeval.variance.diagnosis import find_gaps
from breedeval.variance.progress import Round, State
from breedeval.workflow import ladder
from breedeval.workflow.beginning import Beginning
from breedeval.workflow.decisions import plan_decisions
from breedeval.workflow.extras import UndecidedError, find_extras
from breedeval.workflow.journal import Journal
from breedeval.workflow.onward import with_tables
from breedeval.workflow.reading import input_files
from breedeval.workflow.rounds import Rounds, rounds_of
from breedeval.workflow.share import Share, share_of

MANY = 200_000
"""Observations above which residuals are computed and written only when asked for."""
NOT_CONVERGED = 3
BUG = 70


@dataclass(frozen=True)
class Outcome:
    """How one run file ended, for the caller's exit code and last line."""

    run_file: Path
    exit_code: int
    message: str
    directory: Path | None = None


def set_up(run: ladder.Run, journal: Journal, share: Share | None = None) -> Equations:
    """Equations of a run that was read, with everything worth saying in the journal."""
    settings = run.settings
    with ladder.placed(run):
        return prepare(run.inputs, settings.model, settings.relationships,
                       ladder.variances_of(settings), threads=threads(settings, share),
                       findings=run.findings, step=journal.step)


def threads(settings: RunSettings, share: Share | None = None) -> int:
    """Threads to use; all cores of the share unless the run file says otherwise."""
    return settings.solve.threads or (share or share_of(1)).cores


def solve_options(settings: RunSettings, share: Share | None = None) -> SolveOptions:
    """The ``solve:`` part as options of the engine."""
    solve = settings.solve
    share = share or share_of(1)
    return SolveOptions(solve.method, solve.tolerance, solve.max_iterations, solve.reliability,
                        threads(settings, share), solve.memory_limit or share.memory, share.admit)


def evaluate_run(
    run: ladder.Run, journal: Journal, share: Share | None = None, rounds: Rounds | None = None
) -> Evaluation:
    """Evaluate a run that was read; no results are written, but relationships to be saved.

    ``rounds`` keeps the state of an estimation, and gives that of one that was stopped.

    Raises
    ------
    UndecidedError
        With the evaluation, where decisions that are asked for cannot be made.
    """
    equations = set_up(run, journal, share)
    settings, found = run.settings, None
    with ladder.placed(run):
        plans = plan_decisions(run, equations)
    save_relationships(settings, equations, journal)
    if settings.marker_effects is not None or settings.output.partition:
        settle(equations.precisions)
    if isinstance(settings.variances, Estimation):
        found = _estimate(run, equations, journal, share, rounds)
        equations = found.equations
    wanted = settings.output.residuals
    begun = Beginning(settings, equations, journal)
    solutions = solve_equations(
        equations, solve_options(settings, share), step=journal.step,
        residuals=equations.design.size <= MANY if wanted is None else wanted,
        keep_system=plans.any,
        system=None if found is None else found.system,
        progress=lambda done, residual: journal.round(
            done, residual, target=settings.solve.tolerance),
        start=begun.unknowns if settings.solve.start is not None else None)
    journal.step(f"Solved, relative residual {solutions.relative_residual:.1e}")
    extras = find_extras(plans, run, solutions, solve_options(settings, share), journal)
    solutions = replace(solutions, system=None)
    evaluation = extras.added_to(ladder.evaluation(run, solutions, found))
    evaluation = with_tables(evaluation, solutions, settings, run.findings, journal.step)
    for warning in run.findings.warnings:
        journal.step(f"Warning: {warning}")
    summary = {**evaluation.summary, "start": begun.told, "seconds": journal.seconds,
               "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    evaluation = replace(evaluation, summary=summary)
    if extras.undecided:
        raise UndecidedError(evaluation, *extras.undecided)
    return evaluation


def save_relationships(settings: RunSettings, equations: Equations, journal: Journal) -> None:
    """Keep the relationships that the run file asks to save."""
    for name, matrix in stored_relationships(equations).items():
        path = settings.relationship(name).save_file
        assert path is not None
        journal.step(f"Saving the relationship '{name}' to {path}")
        write_matrix(path, SquareMatrix(matrix.levels, matrix.values, matrix.history))


def _estimate(
    run: ladder.Run, equations: Equations, journal: Journal, share: Share | None,
    rounds: Rounds | None,
) -> Estimate:
    """Estimate the variances, round by round in the journal."""
    warn_of_gaps(equations, run.findings)
    resume = _last_round(equations, rounds)
    if resume is not None:
        journal.step(f"Going on from round {resume.round} of a run that was stopped, after")
        for row in resume.history:
            journal.step(_words_of(row))

    def on_round(state: State) -> None:
        journal.step(_words_of(state.history[-1]))
        if rounds is not None:
            rounds.write(state.to_dict())

    with ladder.placed(run):
        return estimate(equations, ladder.estimation_options(run.settings),
                        solve_options(run.settings, share), step=journal.step, on_round=on_round,
                        resume=resume)


def _words_of(row: Round) -> str:
    """A round, for the log."""
    return (f"Round {row.number} ({row.kind}): log-likelihood {row.log_likelihood:.6f}, largest "
            f"change {row.change:.1e}")


def warn_of_gaps(equations: Equations, findings: Findings) -> None:
    """Warn of variances that records of this design cannot tell apart."""
    for gap in find_gaps(equations):
        if gap.hopeless:
            findings.warn(f"gap:{gap.found}", Problem("variances", gap.found, "", gap.remedy))


def _last_round(equations: Equations, rounds: Rounds | None) -> State | None:
    """Where an estimation was stopped; None when it was not, or when the file is damaged."""
    kept = None if rounds is None else rounds.read()
    if kept is None:
        return None
    try:
        return State.from_dict(kept, equations.variances)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return None


def run_file(
    path: Path, *, overrides: Sequence[str | Override] = (), force: bool = False,
    journal: Journal | None = None, share: Share | None = None,
    remarks: Mapping[str, Any] | None = None,
) -> Outcome:
    """Run one run file and write its results folder.

    ``share`` is what it may use of the machine where the run file sets no limits; all of it when
    None. ``remarks`` are kept with its provenance. Raises nothing: whatever goes wrong is in the
    outcome.
    """
    journal = journal or Journal()
    directory = None
    try:
        loaded = load(path, overrides)
        directory = loaded.settings.output.directory
        assert directory is not None  # load fills it in
        check_target(directory, force=force)
        rounds = None
        run = ladder.read_loaded(loaded, journal, share.inputs if share else None)
        if isinstance(loaded.settings.variances, Estimation):
            rounds = rounds_of(loaded.settings, directory)
        undecided = ""
        try:
            evaluation = evaluate_run(run, journal, share, rounds)
        except UndecidedError as error:
            evaluation, undecided = error.evaluation, str(error)
        origin = describe_origin(
            input_files(loaded.settings, loaded.path), command=sys.argv,
            threads=threads(loaded.settings, share), overrides=list(map(str, overrides)))
        _write(evaluation, loaded, directory, {**origin, **(remarks or {})}, journal)
        if rounds is not None and evaluation.summary["converged"]:
            rounds.remove()
    except BreedevalError as error:
        return Outcome(path, error.exit_code, str(error))
    except MemoryError:
        return Outcome(path, 4, f"{path}: the machine has not enough memory for this run. Set "
                       "'solve: memory_limit', 'reliability: none', or prune the pedigree.")
    except Exception:
        return Outcome(path, BUG, _bug(path, directory, journal))
    if evaluation.summary["status"] != "done":
        return Outcome(path, NOT_CONVERGED, f"{path}: {_not_converged(evaluation)}", directory)
    if undecided:
        return Outcome(path, InputError.exit_code, f"{undecided}\nThe breeding values are written "
                       "all the same, without what could not be decided.", directory)
    return Outcome(path, 0, "", directory)


def _not_converged(evaluation: Evaluation) -> str:
    """What did not converge, and what to do."""
    summary = evaluation.summary
    told = summary.get("estimation")
    if told is not None and not told["converged"]:
        return " ".join([f"variances: {told['reason']}; results are marked so.",
                         *told["advice"]])
    if told is not None and summary["converged"]:
        return " ".join(["variances: the data do not determine all of them; results are marked so.",
                         *told["advice"]])
    return (f"not converged after {summary['iterations']} rounds (relative residual "
            f"{summary['relative_residual']:.1e}); results are marked so. Raise 'solve: "
            "max_iterations', or use 'method: cholesky'.")


def _write(
    evaluation: Evaluation, loaded: LoadedRun, directory: Path, origin: Mapping[str, Any],
    journal: Journal,
) -> None:
    # slow to load, and not needed to check a run
    from breedeval.report import render, render_pages

    journal.step("Writing the results")
    report = render(evaluation, origin, journal.text().splitlines())
    config = understood(RunSettings.model_validate(evaluation.settings), directory)
    write_results(
        evaluation, directory, provenance=origin, config=config, report=report,
        log=journal.text(), table_format=loaded.settings.output.format,
        pages=render_pages(evaluation, origin) if loaded.settings.output.pages else ())
    journal.step(f"Results are in {directory}")


def _bug(path: Path, directory: Path | None, journal: Journal) -> str:
    """Keep the traceback beside where the results would have been."""
    journal.step(traceback.format_exc())
    beside = directory or path.with_suffix("")
    log = beside.with_name(f"{beside.name}.run.log")
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(journal.text(), encoding="utf-8")
    except OSError:
        return f"{path}: an error of breedeval itself.\n{journal.text()}"
    return (f"{path}: an error of breedeval itself, not of your input. The traceback is in {log}; "
            "please report it with that file.")

"""The way from files to breeding values as a ladder of plain values.

read → design → relationships → equations → factor → solutions → evaluation: each rung is a
function of what the rungs below returned, and one may stop at any of them.

>>> from breedeval import ladder
>>> run = ladder.read("gryphon.yaml")
>>> design = ladder.design(run)
>>> relationships = ladder.relationships(run, design)
>>> equations = ladder.equations(run, design, relationships)
>>> factor = ladder.factor(equations)
>>> solutions = ladder.solutions(equations, factor)
>>> ladder.evaluation(run, solutions).breeding_values
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from breedeval.config.canonical import plain_settings
from breedeval.config.load import LoadedRun, load, load_values
from breedeval.config.settings import Estimation, RunSettings
from breedeval.covariance.variances import Variances
from breedeval.equations.henderson import Equations, make_equations
from breedeval.errors import Findings
from breedeval.evaluation.estimation import Estimate, EstimationOptions, estimate
from breedeval.evaluation.evaluate import make_evaluation
from breedeval.evaluation.planning import SolveOptions
from breedeval.evaluation.preparing import (
    Inputs,
    make_design,
    make_precisions,
    report_rank,
)
from breedeval.evaluation.result import Evaluation
from breedeval.evaluation.solving import Solutions, factorise, make_solver, solve_direct
from breedeval.evaluation.systems import FactoredSystem
from breedeval.evaluation.variances import given_variances, start_variances
from breedeval.model.design import Design
from breedeval.model.form import KeyPath, MisfitError, in_words
from breedeval.relationship.precision import Precision
from breedeval.solve import Factor
from breedeval.workflow.journal import Journal
from breedeval.workflow.reading import pruned, read_inputs
from breedeval.workflow.shared_inputs import SharedInputs


@dataclass(frozen=True, eq=False)
class Run:
    """A run file with everything it names read.

    Parameters
    ----------
    settings : RunSettings
    inputs : Inputs
        Records, pedigree and matrices.
    findings : Findings
        Warnings so far; later rungs add theirs.
    where : callable
        What to call the place of a key: file and line, where there is a run file.
    """

    settings: RunSettings
    inputs: Inputs
    findings: Findings = field(default_factory=Findings)
    where: Callable[[KeyPath], str] = in_words


def read(
    config: str | Path | Mapping[str, Any], *, overrides: Sequence[str] = ()
) -> Run:
    """Read a run file (or the same as a mapping) and the files it names.

    Raises
    ------
    InputError
        Everything that is wrong with them, at once.
    """
    loaded = load_values(config) if isinstance(config, Mapping) else load(config, overrides)
    return read_loaded(loaded, Journal())


def read_loaded(
    loaded: LoadedRun, journal: Journal, shared: SharedInputs | None = None
) -> Run:
    """Read the files that checked settings name; prune the pedigree where they ask for it.

    What other runs have read before is taken from ``shared``.
    """
    settings, findings = loaded.settings, Findings()
    inputs = pruned(settings, read_inputs(settings, findings, journal, shared), findings, journal)
    return Run(settings, inputs, findings, loaded.where)


@contextmanager
def placed(run: Run) -> Iterator[None]:
    """Give what the data show to be wrong in the run file its file and line."""
    try:
        yield
    except MisfitError as error:
        raise MisfitError(*error.misfits, where=run.where) from None


def design(run: Run) -> Design:
    """y, X, Z and weights."""
    return make_design(run.inputs, run.settings.model, run.settings.relationships, run.findings)


def relationships(run: Run, design: Design, *, threads: int = 1) -> tuple[Precision, ...]:
    """K⁻¹ of every random effect."""
    return make_precisions(design, run.inputs, run.settings.relationships, threads=threads,
                           findings=run.findings)


def variances_of(settings: RunSettings) -> Callable[[Design], Variances]:
    """How the variances of a design are had: as given, or where their estimation starts."""
    found = settings.variances
    if isinstance(found, Estimation):
        start, fix = found.start, found.fix
        return lambda design: start_variances(design, start, fix)
    return lambda design: given_variances(design, found)


def equations(run: Run, design: Design, relationships: tuple[Precision, ...]) -> Equations:
    """Henderson's equations; ``lower()`` gives the coefficient matrix.

    Fixed columns that depend on others, and levels that cannot be compared, go to the warnings.
    """
    with placed(run):
        variances = variances_of(run.settings)(design)
    found = make_equations(design, relationships, variances)
    report_rank(found, run.inputs.records.source, run.findings)
    return found


def factor(
    equations: Equations, *, method: Literal["cholesky", "cholmod", "lu"] = "cholesky",
    threads: int = 1,
) -> Factor:
    """Factor of the coefficient matrix.

    Parameters
    ----------
    equations : Equations
    method : str
        As ``solve: method`` of a run file.
    threads : int

    Raises
    ------
    InputError
        When the equations are singular; the unknown is named. When the method is not installed.
    """
    return factorise(equations, equations.lower(), make_solver(method, threads))


def solutions(equations: Equations, factor: Factor) -> Solutions:
    """Solutions with prediction error variances and log-likelihood."""
    return solve_direct(FactoredSystem(equations, factor))


def estimation_options(settings: RunSettings) -> EstimationOptions:
    """The ``variances:`` part of a run that estimates them, as options."""
    asked = settings.variances
    assert isinstance(asked, Estimation)
    return EstimationOptions(
        asked.method, asked.fix, asked.tie, asked.bound, asked.engine, bool(asked.start),
        asked.algorithm, asked.max_rounds, asked.tolerance, asked.profile, asked.tests)


def estimates(run: Run, equations: Equations, *, threads: int = 1) -> Estimate:
    """Variances of a run file that asks for them; ``equations`` of it are at the estimates."""
    with placed(run):
        return estimate(equations, estimation_options(run.settings), SolveOptions(threads=threads))


def evaluation(
    run: Run, solutions: Solutions, estimate: Estimate | None = None
) -> Evaluation:
    """The tables of the output folder as DataFrames."""
    model = solutions.equations.design.model
    understood = plain_settings(run.settings.model_copy(update={"model": model}), None)
    return make_evaluation(
        run.settings.title, understood, run.inputs, solutions, run.findings, estimate)

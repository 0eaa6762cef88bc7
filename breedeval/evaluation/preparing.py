"""From checked inputs to equations: design → relationships → equations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from breedeval.covariance.unstructured import Unstructured
from breedeval.equations.connectedness import disconnected_sets
from breedeval.equations.henderson import Equations, make_equations
from breedeval.errors import Findings, InputError, Problem
from breedeval.evaluation.tables import dependencies
from breedeval.levels import Levels
from breedeval.model.build import Known, build_design
from breedeval.model.design import Design, RandomTerm
from breedeval.model.spec import Model
from breedeval.pedigree.pedigree import Pedigree
from breedeval.pedigree.prune import prune
from breedeval.records import Table
from breedeval.relationship.identity import Identity
from breedeval.relationship.numerator import from_pedigree
from breedeval.relationship.precision import Precision
from breedeval.relationship.settings import (
    BUILT_IN,
    IdentitySettings,
    NumeratorSettings,
    RelationshipSettings,
    SuppliedSettings,
)
from breedeval.relationship.supplied import from_matrix

Matrix = NDArray[np.float64]
Step = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class LabelledMatrix:
    """A square matrix read from a file: a supplied relationship, or Γ of metafounders."""

    source: str
    levels: Levels
    values: Matrix


@dataclass(frozen=True, eq=False)
class Inputs:
    """What was read.

    Parameters
    ----------
    records : Table
    pedigree : Pedigree or None
    matrices : mapping of relationship name to LabelledMatrix
        Supplied relationships, and Γ of a pedigree with metafounders.
    """

    records: Table
    pedigree: Pedigree | None = None
    matrices: Mapping[str, LabelledMatrix] = field(default_factory=dict)


def relationship_settings(
    name: str, given: Mapping[str, RelationshipSettings]
) -> RelationshipSettings:
    """Options of a relationship: those given, else those of the built-in name."""
    return given[name] if name in given else BUILT_IN[name]


def prune_to_records(
    model: Model, inputs: Inputs, given: Mapping[str, RelationshipSettings]
) -> Inputs:
    """Keep in the pedigree only individuals named in the records, and their ancestors."""
    assert inputs.pedigree is not None
    rows: list[NDArray[np.int32]] = []
    for effect in model.random:
        if isinstance(relationship_settings(effect.relationship, given), NumeratorSettings):
            names = {name for part in effect.parts.values() for name in part.sources}
            rows += [_named(inputs.pedigree, inputs.records.text(name)) for name in sorted(names)
                     if name in inputs.records.columns]
    found = np.unique(np.concatenate(rows)) if rows else np.zeros(0, np.int32)
    return Inputs(inputs.records, prune(inputs.pedigree, found[found >= 0]), inputs.matrices)


def _named(pedigree: Pedigree, labels: pa.Array) -> NDArray[np.int32]:
    """Codes of the individuals that labels name, and of those whose clones they name."""
    clones = Levels.of(list(pedigree.clone_of)).codes(labels)
    originals = pedigree.individuals.codes(list(pedigree.clone_of.values()))
    return np.concatenate([pedigree.individuals.codes(labels), originals[clones[clones >= 0]]])


def make_design(
    inputs: Inputs, model: Model, relationships: Mapping[str, RelationshipSettings],
    findings: Findings,
) -> Design:
    """y, X, Z and weights of a model, from the records.

    Raises
    ------
    InputError
        Everything in the records that does not fit the model, at once.
    """
    return build_design(model, inputs.records, _known(inputs, model, relationships), findings)


def make_precisions(
    design: Design, inputs: Inputs, relationships: Mapping[str, RelationshipSettings], *,
    threads: int = 1, step: Step = lambda _: None,
) -> tuple[Precision, ...]:
    """K⁻¹ of every random effect; effects with the same relationship share one.

    Raises
    ------
    InputError
        A supplied matrix that cannot be inverted; Γ that does not fit the groups.
    """
    built: dict[str, Precision] = {}
    precisions: list[Precision] = []
    for term in design.random:
        settings = relationship_settings(term.relationship, relationships)
        if isinstance(settings, IdentitySettings):
            precisions.append(Identity(term.levels))
            continue
        if term.relationship not in built:
            step(f"Building the relationship '{term.relationship}'")
            built[term.relationship] = _build(settings, term.relationship, inputs, threads)
        precisions.append(built[term.relationship])
    return tuple(precisions)


def make_system(
    design: Design, precisions: tuple[Precision, ...], variances: Mapping[str, float | Matrix]
) -> Equations:
    """Henderson's equations at the given (co)variances, ``residual`` among them."""
    covariances = tuple(_covariance(term, variances[term.name]) for term in design.random)
    return make_equations(
        design, precisions, covariances, float(np.squeeze(variances["residual"])))


def prepare(
    inputs: Inputs, model: Model, relationships: Mapping[str, RelationshipSettings],
    variances: Mapping[str, float | Matrix], *, threads: int = 1,
    findings: Findings | None = None, step: Step = lambda _: None,
) -> Equations:
    """The three rungs in one: design, relationships, equations.

    Parameters
    ----------
    inputs : Inputs
    model : Model
    relationships : mapping of name to settings
        Relationships that need options.
    variances : mapping of effect name to variance or covariance matrix
        One for every random effect, and ``residual``.
    threads : int
        For the inbreeding coefficients.
    findings : Findings, optional
        Receives warnings.
    step : callable
        Told what begins.

    Raises
    ------
    InputError
        Everything that is wrong with the input, at once.
    """
    findings = findings if findings is not None else Findings()
    step("Reading the model's columns")
    design = make_design(inputs, model, relationships, findings)
    precisions = make_precisions(design, inputs, relationships, threads=threads, step=step)
    step("Setting up the equations")
    equations = make_system(design, precisions, variances)
    _report_rank(equations, design, inputs.records.source, findings)
    return equations


def _known(
    inputs: Inputs, model: Model, given: Mapping[str, RelationshipSettings]
) -> dict[str, Known]:
    known: dict[str, Known] = {}
    for effect in model.random:
        settings = relationship_settings(effect.relationship, given)
        if isinstance(settings, NumeratorSettings):
            if inputs.pedigree is None:
                raise InputError(Problem(
                    f"effect '{effect.name}'", "its relationship needs a pedigree",
                    "Expected 'pedigree: file:' in the run file", "Add it"))
            known[effect.relationship] = Known(
                inputs.pedigree.individuals, inputs.pedigree.clone_of, "the pedigree")
        elif isinstance(settings, SuppliedSettings):
            matrix = inputs.matrices[effect.relationship]
            known[effect.relationship] = Known(matrix.levels, {}, matrix.source)
    return known


def _build(
    settings: NumeratorSettings | SuppliedSettings, name: str, inputs: Inputs, threads: int
) -> Precision:
    if isinstance(settings, SuppliedSettings):
        matrix = inputs.matrices[name]
        return from_matrix(matrix.levels, matrix.values, source=matrix.source,
                           inverse=settings.inverse, ridge=settings.ridge)
    assert inputs.pedigree is not None
    gamma = None
    if settings.metafounders is not None:
        gamma = _gamma(inputs.matrices[name], inputs.pedigree.groups)
    return from_pedigree(inputs.pedigree, use_inbreeding=settings.inbreeding, gamma=gamma,
                         threads=threads)


def _gamma(matrix: LabelledMatrix, groups: Levels) -> Matrix:
    """Γ in the order of the pedigree's groups."""
    code = matrix.levels.codes(groups.labels)
    missing = [groups[int(k)] for k in np.flatnonzero(code < 0)]
    if missing or not len(groups):
        found = f"it has no row for {', '.join(missing[:5])}" if missing else (
            "the pedigree has no groups to be metafounders")
        raise InputError(Problem(
            matrix.source, found, "Expected one row and column for every group of the pedigree",
            "Name the groups in 'pedigree: groups' or in a group column, as in this file"))
    gamma = np.ascontiguousarray(matrix.values[np.ix_(code, code)])
    if np.linalg.eigvalsh(gamma)[0] <= 0:
        raise InputError(Problem(matrix.source, "Γ is not positive definite",
                                 "Expected relationships within and among metafounders"))
    return gamma


def _covariance(term: RandomTerm, given: float | Matrix) -> Unstructured:
    matrix = np.atleast_2d(np.asarray(given, np.float64))
    size = len(term.coefficients())
    if matrix.shape != (size, size):
        raise InputError(Problem(
            f"variances: {term.name}", f"{matrix.shape[0]} × {matrix.shape[1]} values",
            f"Expected {size} × {size}, for {', '.join(term.coefficients())}"))
    return Unstructured(matrix)


def _report_rank(
    equations: Equations, design: Design, source: str, findings: Findings
) -> None:
    """Say which fixed columns depend on which, and which levels cannot be compared."""
    lines = dependencies(equations)
    if not lines:
        return
    findings.warn("dependent columns", *(
        Problem(source, f"fixed effects depend on each other: {line}",
                "Its solution is set to 0; estimable functions are not affected")
        for line in lines[:5]), total=len(lines))
    for pair in disconnected_sets(design):
        findings.warn("disconnected", Problem(
            source, str(pair), "Differences between sets cannot be estimated"))

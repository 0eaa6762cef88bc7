"""From checked inputs to equations: design → relationships → equations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from breedeval.covariance.variances import Variances
from breedeval.equations.connectedness import disconnected_sets
from breedeval.equations.henderson import Equations, make_equations
from breedeval.errors import Findings, Problem
from breedeval.evaluation.tables import dependencies
from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.quality import Cleaned
from breedeval.levels import Levels
from breedeval.model.build import build_design
from breedeval.model.design import Design
from breedeval.model.spec import Model
from breedeval.pedigree.pedigree import Pedigree
from breedeval.pedigree.prune import prune
from breedeval.records import Table
from breedeval.relationship.kind import LabelledMatrix, Members, Sources
from breedeval.relationship.precision import Precision
from breedeval.relationship.settings import RelationshipSettings, kind_of_relationship


class Step(Protocol):
    """Told what begins, and how many seconds it is forecast to take."""

    def __call__(self, text: str, seconds: float = 0.0) -> None:
        """Say it."""
        ...


def say_nothing(text: str, seconds: float = 0.0) -> None:
    """A :class:`Step` for callers that do not listen."""



@dataclass(frozen=True, eq=False)
class Inputs:
    """What was read.

    Parameters
    ----------
    records : Table
    pedigree : Pedigree or None
    matrices : mapping of relationship name to LabelledMatrix
        Supplied relationships, and Γ of a pedigree with metafounders.
    genotypes : Genotypes or None
        What quality control left of them.
    tables : mapping of (relationship name, option) to Table
        What relationships read beside: weights of markers, a core.
    cleaned : Cleaned or None
        What it left out.
    """

    records: Table
    pedigree: Pedigree | None = None
    matrices: Mapping[str, LabelledMatrix] = field(default_factory=dict)
    genotypes: Genotypes | None = None
    tables: Mapping[tuple[str, str], Table] = field(default_factory=dict)
    cleaned: Cleaned | None = None

    @property
    def sources(self) -> Sources:
        """What relationships are built from."""
        return Sources(self.pedigree, self.matrices, self.genotypes, self.tables)


def prune_to_records(
    model: Model, inputs: Inputs, given: Mapping[str, RelationshipSettings]
) -> Inputs:
    """Keep in the pedigree only individuals in the records, the genotyped, and their ancestors."""
    assert inputs.pedigree is not None
    rows: list[NDArray[np.int32]] = []
    for effect in model.random:
        kind = kind_of_relationship(effect.relationship, given)
        if kind.needs_genotypes and inputs.genotypes is not None:
            rows.append(_named(inputs.pedigree, inputs.genotypes.individuals.labels))
        if kind.needs_pedigree and effect.relationship in inputs.matrices:
            rows.append(_named(inputs.pedigree, inputs.matrices[effect.relationship].levels.labels))
        if kind.needs_pedigree:
            names = {name for part in effect.parts.values() for name in part.sources}
            rows += [_named(inputs.pedigree, inputs.records.text(name)) for name in sorted(names)
                     if name in inputs.records.columns]
    found = np.unique(np.concatenate(rows)) if rows else np.zeros(0, np.int32)
    return replace(inputs, pedigree=prune(inputs.pedigree, found[found >= 0]))


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
    return build_design(model, inputs.records, _members(inputs, model, relationships), findings)


def make_precisions(
    design: Design, inputs: Inputs, relationships: Mapping[str, RelationshipSettings], *,
    threads: int = 1, findings: Findings | None = None, step: Step = say_nothing,
    known: Mapping[tuple[str, Levels], Precision] | None = None,
) -> tuple[Precision, ...]:
    """K⁻¹ of every random effect; effects with the same relationship share one.

    What their users should know of them goes to the findings. Those that are ``known``, by the
    name of the relationship and its levels, are not built again.

    Raises
    ------
    InputError
        A supplied matrix that cannot be inverted; Γ that does not fit the groups.
    """
    findings = Findings() if findings is None else findings
    built: dict[tuple[str, Levels], Precision] = dict(known or {})
    for term in design.random:
        key = (term.relationship, term.levels)
        if key not in built:
            kind = kind_of_relationship(term.relationship, relationships)
            step(f"Building the relationship '{term.relationship}' of '{term.name}'")
            built[key] = kind.build(term.relationship, inputs.sources, term.levels,
                                    threads=threads)
            kind.remark(term.relationship, built[key], findings)
    return tuple(built[term.relationship, term.levels] for term in design.random)


def prepare(
    inputs: Inputs, model: Model, relationships: Mapping[str, RelationshipSettings],
    variances: Callable[[Design], Variances], *, threads: int = 1,
    findings: Findings | None = None, step: Step = say_nothing,
) -> Equations:
    """The three rungs in one: design, relationships, equations.

    Parameters
    ----------
    inputs : Inputs
    model : Model
    relationships : mapping of name to settings
        Relationships that need options.
    variances : callable
        Gives the variances of a design: as given, or where estimation starts.
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
    precisions = make_precisions(design, inputs, relationships, threads=threads,
                                 findings=findings, step=step)
    step("Setting up the equations")
    equations = make_equations(design, precisions, variances(design))
    report_rank(equations, inputs.records.source, findings)
    return equations


def report_rank(equations: Equations, source: str, findings: Findings) -> None:
    """Warn of fixed columns that depend on others, and of levels that cannot be compared.

    Parameters
    ----------
    equations : Equations
    source : str
        Name of the records.
    findings : Findings
        Receives the warnings.
    """
    lines = dependencies(equations)
    if not lines:
        return
    findings.warn("dependent columns", *(
        Problem(source, f"fixed effects depend on each other: {line}",
                "Its solution is set to 0; estimable functions are not affected")
        for line in lines[:5]), total=len(lines))
    for pair in disconnected_sets(equations.design):
        findings.warn("disconnected", Problem(
            source, str(pair), "Differences between sets cannot be estimated"))


def _members(
    inputs: Inputs, model: Model, given: Mapping[str, RelationshipSettings]
) -> dict[str, Members]:
    """Levels of the relationships that bring their own."""
    names = {effect.relationship for effect in model.random}
    found = {name: kind_of_relationship(name, given).members(name, inputs.sources)
             for name in sorted(names)}
    return {name: members for name, members in found.items() if members is not None}

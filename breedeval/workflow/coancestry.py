"""Coancestry among candidates, from a relationship of the run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.model.form import Misfit, MisfitError
from breedeval.pedigree.pedigree import Pedigree
from breedeval.relationship.dense import Dense as DensePrecision
from breedeval.relationship.marker_part import FromMarkers, MarkerPart
from breedeval.relationship.numerator import Numerator, from_pedigree
from breedeval.relationship.precision import ByProducts, Precision
from breedeval.selection.coancestry import (
    Coancestry,
    Dense,
    of_markers,
    of_pedigree,
    of_precision,
)
from breedeval.workflow.candidacy import Candidacy
from breedeval.workflow.contributions_plan import BASE
from breedeval.workflow.ladder import Run

Rows = NDArray[np.int64]

DENSE_UP_TO = 5000
"""Individuals up to which K is had by inverting K⁻¹ again, and not by products with markers."""


def coancestry_among(
    among: Candidacy, equations: Equations, run: Run | None = None, name: str | None = None
) -> Coancestry:
    """That of everybody in the table of candidates.

    Parameters
    ----------
    among : Candidacy
    equations : Equations
    run : Run or None
        Needed for the pedigree, where that is no relationship of the model.
    name : str or None
        Of a relationship; that of the first effect of the index when None.

    Raises
    ------
    MisfitError
        When an individual is not in it.
    """
    individuals = among.criteria.individuals
    pedigree = None if run is None else run.inputs.pedigree
    precision = _named(equations, name, among.criteria.cells[0][0].effect)
    if precision is None:
        assert pedigree is not None  # it was asked for before: there is none other to name
        precision = from_pedigree(pedigree)
    rows = precision.levels.codes(individuals.labels).astype(np.int64)
    absent = np.flatnonzero(rows < 0)
    if absent.size:
        raise MisfitError(Misfit(
            (*BASE, "relationship"), f"{absent.size:,} individuals with an index are not in "
            f"'{name}', such as '{individuals[int(absent[0])]}'", "Expected all of them",
            "Name another relationship"))
    return _coancestry(precision, rows, pedigree)


def _named(equations: Equations, name: str | None, effect: int) -> Precision | None:
    """The precision of a name; None for the pedigree's, where the model has none."""
    if name is None:
        return equations.precisions[effect]
    return next((precision for term, precision in zip(
        equations.design.random, equations.precisions, strict=True)
        if term.relationship == name), None)


def _coancestry(precision: Precision, rows: Rows, pedigree: Pedigree | None) -> Coancestry:
    if isinstance(precision, Numerator):
        return of_pedigree(precision, rows)
    if isinstance(precision, DensePrecision) and len(precision.levels) <= DENSE_UP_TO:
        return Dense(precision.relationship[np.ix_(rows, rows)] / 2)
    part = precision.markers if isinstance(precision, FromMarkers) else None
    if part is not None and np.isin(rows, part.rows).all():
        return _by_markers(part, precision, rows, pedigree)
    if isinstance(precision, ByProducts):
        raise MisfitError(Misfit(
            BASE, "coancestry cannot be taken from effects of markers, as some of the individuals "
            "have no genotypes", "Expected a relationship whose matrix is known",
            "Write 'relationship: pedigree' under 'contributions'"))
    return of_precision(precision, rows)


def _by_markers(
    part: MarkerPart, precision: Precision, rows: Rows, pedigree: Pedigree | None
) -> Coancestry:
    blended = None
    if part.pedigree:
        assert pedigree is not None
        numerator = from_pedigree(pedigree)
        codes = numerator.levels.codes(precision.levels.labels).astype(np.int64)
        blended = of_pedigree(numerator, codes[rows])
    return of_markers(part, precision.variance, rows, blended=blended)

"""Coancestry among the candidates in few numbers, for the page of a run."""

from __future__ import annotations

import numpy as np

from breedeval.equations.henderson import Equations
from breedeval.relationship.marker_part import FromMarkers
from breedeval.relationship.numerator import Numerator
from breedeval.relationship.precision import ByProducts, Precision
from breedeval.selection.coancestry import Coancestry
from breedeval.selection.compact import Compact, compact
from breedeval.workflow.candidacy import Candidacy
from breedeval.workflow.coancestry import coancestry_among
from breedeval.workflow.ladder import Run

LARGEST = 60_000_000
"""Elements of an inverse that is still factorised for a page alone."""


def compact_coancestry(
    among: Candidacy, equations: Equations, run: Run, known: Coancestry | None,
    individuals: list[str],
) -> Compact | None:
    """Among some individuals, in their order; None where it would cost too much.

    ``known`` is that of everybody in the table of candidates, where it was needed before.
    """
    if known is None:
        if _costs_too_much(equations.precisions[among.criteria.cells[0][0].effect]):
            return None
        known = coancestry_among(among, equations, run)
    rows = among.criteria.individuals.codes(individuals).astype(np.int64)
    return compact(known.among(rows))


def _costs_too_much(precision: Precision) -> bool:
    """Whether the inverse would have to be factorised, and is large."""
    if isinstance(precision, Numerator):
        return False
    if isinstance(precision, ByProducts):
        return True
    return (not isinstance(precision, FromMarkers) or precision.markers is None) and (
        precision.lower().nnz > LARGEST)

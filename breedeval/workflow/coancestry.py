"""Coancestry among candidates, from the relationship of a run."""

from __future__ import annotations

import numpy as np

from breedeval.equations.henderson import Equations
from breedeval.relationship.numerator import Numerator
from breedeval.selection.coancestry import Coancestry, of_pedigree, of_precision
from breedeval.workflow.candidacy import Candidacy


def coancestry_among(among: Candidacy, equations: Equations) -> Coancestry:
    """That of everybody in the table of candidates, by the first effect of the index."""
    effect = among.criteria.cells[0][0].effect
    precision = equations.precisions[effect]
    rows = precision.levels.codes(among.criteria.individuals.labels).astype(np.int64)
    if isinstance(precision, Numerator):
        return of_pedigree(precision, rows)
    return of_precision(precision, rows)

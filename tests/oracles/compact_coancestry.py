"""Mean coancestry from what the page of a run is given, as the page computes it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.selection.coancestry import FromPedigree, LowRank, mean_coancestry
from breedeval.selection.compact import Compact

Vector = NDArray[np.float64]


def mean_of(found: Compact, shares: Vector) -> float:
    """c′Kc as the page has it."""
    arrays = found.arrays
    if found.kind == "ancestors":
        gamma = np.asarray(arrays["gamma"], np.float64)
        pedigree = FromPedigree(
            np.asarray(arrays["sire"], np.int32), np.asarray(arrays["dam"], np.int32),
            np.asarray(arrays["mendelian"], np.float64), np.asarray(arrays["rows"], np.int32),
            np.zeros(0), gamma if gamma.size else None, found.ploidy)
        return mean_coancestry(pedigree, shares)
    if found.kind == "matrix":
        matrix = np.asarray(arrays["matrix"], np.float64)
        return float(shares @ matrix @ shares)
    low = LowRank(np.asarray(arrays["factor"], np.float64), np.asarray(arrays["own"], np.float64))
    return mean_coancestry(low, shares)

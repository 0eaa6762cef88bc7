"""Several correlated traits for the animals of a given pedigree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from breedeval.pedigree.inbreeding import inbreeding, parents_first

Values = NDArray[np.float64]
Codes = NDArray[np.int32]


def breeding_values(pedigree: pd.DataFrame, covariance: Values, rng: Generator) -> Values:
    """a = ½a_sire + ½a_dam + √D Lz with Σ = LL′ and D the Mendelian variance, 1 for founders.

    Parameters
    ----------
    pedigree : DataFrame
        individual, sire, dam; parents first, missing where unknown.
    covariance : ndarray of float64, shape (t, t)
    rng : Generator

    Returns
    -------
    ndarray of float64, shape (n, t)
    """
    rows = pd.Index(pedigree["individual"])
    sire, dam = (rows.get_indexer(pedigree[name]).astype(np.int32) for name in ("sire", "dam"))
    values = draws(len(rows), covariance, rng)
    values *= np.sqrt(inbreeding(sire, dam).mendelian)[:, None]
    generation = parents_first(sire, dam).generation
    for number in range(1, int(generation.max(initial=0)) + 1):
        own = np.flatnonzero(generation == number)
        for parent in (sire[own], dam[own]):
            known = parent >= 0
            values[own[known]] += 0.5 * values[parent[known]]
    return values


def class_effects(codes: Codes, spread: Sequence[float], rng: Generator) -> Values:
    """Effects of the classes, N(0, spread²) for each trait, one row a record: shape (N, t)."""
    effects = rng.standard_normal((int(codes.max()) + 1, len(spread))) * spread
    return np.asarray(effects[codes])


def draws(number: int, covariance: Values, rng: Generator) -> Values:
    """``number`` draws of N(0, Σ), shape (number, t)."""
    return rng.standard_normal((number, len(covariance))) @ np.linalg.cholesky(covariance).T

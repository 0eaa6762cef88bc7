"""Coancestry among candidates in few numbers, from which a page works out that of any list.

With contributions c, Σc = 1, mean coancestry c′Kc is

    ancestors     (1/ploidy) Σᵢ dᵢqᵢ², q = T′c      pedigree: exact, a few numbers an ancestor
    matrix        c′Kc                              few candidates: exact
    components    |F′c|² + Σ δᵢcᵢ²                  many, by markers: F of rank r, δ makes diag(K)
                                                    right

and the mean coancestry of females f with males m is the same with two different vectors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.selection.coancestry import (
    Coancestry,
    FromPedigree,
    LowRank,
    matrix_of,
)

Vector = NDArray[np.float64]

WHOLE = 1400
"""Candidates up to here have their matrix kept as it is."""
RANK = 200
"""Components that are kept of more."""
LARGEST = 2_000_000
"""Numbers in F at most: fewer components where candidates are many."""
ROUNDS = 3
"""In which F and δ are found."""
LISTS = 20
"""Lists at random by which the error of the components is found."""


@dataclass(frozen=True, eq=False)
class Compact:
    """Coancestry in few numbers.

    Parameters
    ----------
    kind : str
        ``ancestors``, ``matrix`` or ``components``.
    arrays : mapping of str to ndarray
        sire, dam, mendelian, rows, gamma (0 × 0 without metafounders) of ``ancestors``; matrix;
        factor and own of ``components``; diagonal of all.
    ploidy : int
    error : float
        Largest error of mean coancestry in lists at random; 0 where it is exact.
    """

    kind: str
    arrays: Mapping[str, NDArray[np.generic]]
    ploidy: int = 2
    error: float = 0.0


def compact(coancestry: Coancestry, *, seed: int = 1) -> Compact:
    """The form that suits the size.

    Parameters
    ----------
    coancestry : Coancestry
        Among n candidates.
    seed : int
        Of the start of the components, and of the lists at random.

    Notes
    -----
    Components cost four products of K with r + 10 columns.
    """
    if isinstance(coancestry, FromPedigree):
        gamma = np.zeros((0, 0)) if coancestry.gamma is None else coancestry.gamma
        return Compact("ancestors", {
            "sire": coancestry.sire, "dam": coancestry.dam, "mendelian": coancestry.mendelian,
            "rows": coancestry.rows, "gamma": gamma, "diagonal": coancestry.diagonal(),
        }, coancestry.ploidy)
    if coancestry.size <= WHOLE:
        return Compact("matrix", {"matrix": matrix_of(coancestry),
                                  "diagonal": coancestry.diagonal()})
    found = principal(coancestry, min(RANK, max(LARGEST // coancestry.size, 1)), seed=seed)
    return Compact("components", {"factor": found.factor, "own": found.own,
                                  "diagonal": coancestry.diagonal()},
                   error=_error(coancestry, found, seed))


def principal(coancestry: Coancestry, rank: int, *, seed: int) -> LowRank:
    """F and δ with FF′ near K − diag(δ) and diag(FF′ + δ) = diag(K): principal factors.

    A block of random vectors is multiplied by K − diag(δ) again and again; δ is what the diagonal
    has beyond the F of the round before.

    References
    ----------
    Halko, Martinsson & Tropp (2011) SIAM Rev. 53:217, algorithm 4.4.
    """
    start = np.random.default_rng(seed).standard_normal((coancestry.size, rank + 10))
    basis = np.linalg.qr(coancestry.times(start))[0]
    diagonal = coancestry.diagonal()
    found = LowRank(np.zeros((coancestry.size, 0)), np.zeros(coancestry.size))
    for _ in range(ROUNDS):
        product = coancestry.times(basis) - found.own[:, None] * basis
        small = basis.T @ product
        values, vectors = np.linalg.eigh((small + small.T) / 2)
        largest = values[::-1][:rank]
        kept = largest > 0
        factor = basis @ (vectors[:, ::-1][:, :rank][:, kept] * np.sqrt(largest[kept]))
        own = diagonal - np.einsum("ij,ij->i", factor, factor)
        found = LowRank(factor, np.maximum(own, 0.0))
        basis = np.linalg.qr(product)[0]
    return found


def _error(coancestry: Coancestry, found: LowRank, seed: int) -> float:
    """Largest difference in lists of 10 to a tenth of the candidates."""
    rng = np.random.default_rng(seed + 1)
    shares = np.zeros((coancestry.size, LISTS))
    for k in range(LISTS):
        count = int(rng.integers(10, max(coancestry.size // 10, 11) + 1))
        shares[rng.choice(coancestry.size, count, replace=False), k] = 1 / count
    right = np.einsum("ik,ik->k", shares, coancestry.times(shares))
    return float(np.abs(np.einsum("ik,ik->k", shares, found.times(shares)) - right).max())

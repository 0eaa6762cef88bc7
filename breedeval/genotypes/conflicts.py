"""Parents and progeny whose genotypes cannot be: opposing homozygotes.

A parent without an allele cannot have progeny with two copies of it. Genotyping errors make a few
such markers in a true pair (well below 1 %), a wrong parent about one in ten.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.genotypes.packed import Packed
from breedeval.kernels.opposing import (
    opposing_by_marker,
    opposing_by_pair,
    words_by_individual,
)

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Words = NDArray[np.uint64]

ROLES = ("sire", "dam")
SUGGESTED = 3
"""Likely parents that are named, the likeliest first."""


@dataclass(frozen=True, eq=False)
class Parents:
    """What the pedigree says of the genotyped individuals.

    Parameters
    ----------
    sire, dam : ndarray of int64, shape (n,)
        Their positions among the genotyped; −1 where unknown or not genotyped.
    may_sire, may_dam : ndarray of bool, shape (n,)
        Who may be a sire, or a dam, of somebody.
    listed : ndarray of bool, shape (n,)
        Who is in the pedigree.
    """

    sire: Int64
    dam: Int64
    may_sire: NDArray[np.bool_]
    may_dam: NDArray[np.bool_]
    listed: NDArray[np.bool_]

    def take(self, kept: Int64) -> Parents:
        """The same of some individuals, in the order given."""
        place = np.full(self.sire.size + 1, -1, np.int64)
        place[kept] = np.arange(kept.size)
        return Parents(place[self.sire[kept]], place[self.dam[kept]], self.may_sire[kept],
                       self.may_dam[kept], self.listed[kept])


@dataclass(frozen=True, eq=False)
class Pairs:
    """Parent and progeny, both genotyped.

    Parameters
    ----------
    progeny, parent : ndarray of int64, shape (k,)
    role : ndarray of int64, shape (k,)
        Position in :data:`ROLES`.
    rate : ndarray of float64, shape (k,)
        Opposing homozygotes among the markers called in both; 0 where there is none.
    """

    progeny: Int64
    parent: Int64
    role: Int64
    rate: Float64

    def take(self, kept: Int64 | NDArray[np.bool_]) -> Pairs:
        """Some of them."""
        return Pairs(self.progeny[kept], self.parent[kept], self.role[kept], self.rate[kept])


@dataclass(frozen=True, eq=False)
class Suggestion:
    """Who may be the true parent.

    Parameters
    ----------
    progeny : int
    role : str
    candidates : tuple of int
        The likeliest first.
    rate : float
        Opposing homozygotes of the likeliest.
    fitting : int
        Candidates whose rate is within the limit.
    """

    progeny: int
    role: str
    candidates: tuple[int, ...]
    rate: float
    fitting: int


def individual_words(calls: Packed) -> Words:
    """The calls of every individual in words, for :func:`pair_rates`."""
    return np.asarray(words_by_individual(np.ascontiguousarray(calls.data), calls.individuals))


def pair_rates(words: Words, parents: Parents) -> Pairs:
    """Rate of opposing homozygotes in every pair of parent and progeny.

    Cost: O(km / 32) for k pairs.
    """
    progeny = np.concatenate([np.flatnonzero(parents.sire >= 0), np.flatnonzero(parents.dam >= 0)])
    parent = np.concatenate([parents.sire[parents.sire >= 0], parents.dam[parents.dam >= 0]])
    role = np.repeat([0, 1], [(parents.sire >= 0).sum(), (parents.dam >= 0).sum()])
    return Pairs(progeny, parent, role, _rates(words, progeny, parent))


def _rates(words: Words, first: Int64, second: Int64) -> Float64:
    counts = opposing_by_pair(words, np.ascontiguousarray(first), np.ascontiguousarray(second))
    return np.asarray(counts[:, 0] / np.maximum(counts[:, 1], 1))


def marker_rates(calls: Packed, pairs: Pairs) -> Float64:
    """Part of the pairs that oppose each other, for every marker; 0 where none is called."""
    counts = opposing_by_marker(np.ascontiguousarray(calls.data), pairs.progeny, pairs.parent)
    return np.asarray(counts[:, 0] / np.maximum(counts[:, 1], 1))


def to_remove(pairs: Pairs, failing: NDArray[np.bool_]) -> Int64:
    """Individuals without whom no failing pair is left.

    First parents of whose pairs with progeny at least two, and more than half, fail: their sample
    is wrong, not those of all their progeny. Then progeny, those with most failing pairs first
    (an individual that fits neither its parents nor its progeny before these).

    Cost: O(k) a removal.
    """
    gone: list[int] = []
    left = np.ones(pairs.progeny.size, np.bool_)
    size = int(max(pairs.progeny.max(initial=-1), pairs.parent.max(initial=-1))) + 1

    def remove(individual: int) -> None:
        gone.append(individual)
        left[(pairs.progeny == individual) | (pairs.parent == individual)] = False

    while (left & failing).any():
        bad = left & failing
        as_parent = np.bincount(pairs.parent[bad], minlength=size)
        wrong = (as_parent >= 2) & (2 * as_parent > np.bincount(
            pairs.parent[left], minlength=size))
        if wrong.any():
            remove(int(np.argmax(np.where(wrong, as_parent, -1))))
            continue
        as_progeny = np.bincount(pairs.progeny[bad], minlength=size)
        remove(int(np.argmax(np.where(as_progeny > 0, as_progeny + as_parent, -1))))
    return np.array(gone, np.int64)


def suggest(
    words: Words, parents: Parents, progeny: int, role: int, limit: float
) -> Suggestion | None:
    """The likely true parent among those genotyped; None where nobody fits.

    Not asked are the individual itself, its recorded parents and its progeny.

    Cost: O(nm / 32).
    """
    may = (parents.may_sire, parents.may_dam)[role].copy()
    may[progeny] = False
    for recorded in (parents.sire, parents.dam):
        may[recorded == progeny] = False
        if recorded[progeny] >= 0:
            may[recorded[progeny]] = False
    candidates = np.flatnonzero(may)
    if not candidates.size:
        return None
    rates = _rates(words, np.full(candidates.size, progeny), candidates)
    order = np.argsort(rates, kind="stable")
    fitting = int((rates <= limit).sum())
    if not fitting:
        return None
    best = order[:min(SUGGESTED, fitting)]
    return Suggestion(progeny, ROLES[role], tuple(candidates[best].tolist()), float(rates[best[0]]),
                      fitting)

"""Markers of one set of genotypes found again in another, whichever allele each counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from breedeval.genotypes.markers import Markers
from breedeval.levels import Levels

Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Alignment:
    """Where m known markers are among those of another set.

    Parameters
    ----------
    rows : ndarray of int64, shape (m,)
        Places in the other set; −1 where a marker is not there, or has other alleles there.
    swapped : ndarray of bool, shape (m,)
        The other set counts what is the other allele here.
    conflicting : ndarray of int64
        Known markers whose alleles there are not those known.
    unlabelled : int
        Markers taken to count the same allele, because alleles are not told on one side.
    unknown : ndarray of int64
        Places in the other set of markers that are not known.
    """

    rows: NDArray[np.int64]
    swapped: Bools
    conflicting: NDArray[np.int64]
    unlabelled: int
    unknown: NDArray[np.int64]


def align(names: Levels, counted: pa.Array, other: pa.Array, found: Markers) -> Alignment:
    """Find known markers by name, and compare their alleles.

    Alleles are those written, on the strand written; their case does not matter. One that is not
    told (as PLINK writes 0 where a marker does not vary) is compared by the other.

    Parameters
    ----------
    names : Levels, length m
    counted, other : pyarrow.Array of string, shape (m,)
        Null where not told.
    found : Markers
    """
    rows = found.names.codes(names.labels).astype(np.int64)
    there = rows >= 0
    places = pa.array(np.where(there, rows, 0), mask=~there)
    theirs = [pc.utf8_upper(column.take(places)) for column in (found.counted, found.other)]
    ours = [pc.utf8_upper(column) for column in (counted, other)]
    straight = _agree(ours[0], theirs[0]) & _agree(ours[1], theirs[1])
    crossed = _agree(ours[0], theirs[1]) & _agree(ours[1], theirs[0])
    swapped = there & crossed & ~straight
    wrong = there & ~straight & ~crossed
    return Alignment(
        np.where(wrong, -1, rows), swapped, np.flatnonzero(wrong),
        int((there & straight & crossed).sum()),
        np.flatnonzero(names.codes(found.names.labels) < 0))


def _agree(one: pa.Array, other: pa.Array) -> Bools:
    """Whether alleles are the same, or one of them is not told."""
    same = pc.equal(one, other).fill_null(True)
    return np.asarray(same.to_numpy(zero_copy_only=False), np.bool_)

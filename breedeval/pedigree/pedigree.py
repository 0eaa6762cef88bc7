"""The pedigree: who descends from whom, parents before progeny."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from breedeval.levels import Levels

Rows = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Pedigree:
    """Individuals in an order in which every parent comes before its progeny.

    Parameters
    ----------
    individuals : Levels, length n
        Identifiers; individual ``k`` is row ``k`` of everything here.
    sire, dam : ndarray of int32, shape (n,)
        Row of the parent; −1 where it is unknown (or a group).
    generation : ndarray of int32, shape (n,)
        0 for founders, else 1 + the larger of the parents' generations.
    listed : ndarray of bool, shape (n,)
        False for parents that had no line of their own and became founders.
    groups : Levels
        Unknown-parent groups or metafounders; empty when there are none.
    sire_group, dam_group : ndarray of int32, shape (n,)
        Group of an unknown parent; −1 where the parent is known or has no group.
    selfings : ndarray of int16, shape (n,), or None
        Generations of selfing after the cross (inbred lines).
    clone_of : mapping of str to str
        Clones (not individuals of their own here) and the individual each is a copy of.
    sex : ndarray of int8, shape (n,)
        1 male, 2 female, 0 unknown; from the file, else from the role as a parent.
    birth_year : ndarray of float64, shape (n,)
        Decimal year of birth, NaN where unknown.
    carried : mapping of str to pyarrow.Array, each of length n
        Every other column of the file, for reports.
    headers : mapping of str to str
        What the file calls its columns, by their role: ``individual``, ``sire``, ``dam``, ….
    """

    individuals: Levels
    sire: Rows
    dam: Rows
    generation: Rows
    listed: NDArray[np.bool_]
    groups: Levels
    sire_group: Rows
    dam_group: Rows
    sex: NDArray[np.int8]
    birth_year: NDArray[np.float64]
    selfings: NDArray[np.int16] | None = None
    clone_of: Mapping[str, str] = field(default_factory=dict)
    carried: Mapping[str, pa.Array] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.individuals)

    def are_parents(self, old: Rows, young: Rows) -> bool:
        """Whether more than half of some individuals are parents of their counterparts."""
        known = (self.sire[young] == old) | (self.dam[young] == old)
        return bool(known.size) and float(known.mean()) > 0.5

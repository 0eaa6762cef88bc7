"""Pedigrees made by hand for tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from breedeval.levels import Levels
from breedeval.pedigree.inbreeding import parents_first
from breedeval.pedigree.pedigree import Pedigree


def pedigree_of(sire: ArrayLike, dam: ArrayLike, birth: ArrayLike | None = None) -> Pedigree:
    """Individuals ``i0``, ``i1``, … with these rows as parents, parents first."""
    sires, dams = np.asarray(sire, np.int32), np.asarray(dam, np.int32)
    n = sires.size
    return Pedigree(
        individuals=Levels.of([f"i{k}" for k in range(n)]), sire=sires, dam=dams,
        generation=parents_first(sires, dams).generation, listed=np.ones(n, np.bool_),
        groups=Levels.of([]), sire_group=np.full(n, -1, np.int32),
        dam_group=np.full(n, -1, np.int32), sex=np.zeros(n, np.int8),
        birth_year=np.full(n, np.nan) if birth is None else np.asarray(birth, np.float64))


def random_parents(n: int, seed: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Parents drawn from all that came before, some unknown."""
    rng = np.random.default_rng(seed)
    sire, dam = (np.array([rng.integers(-1, k) if k else -1 for k in range(n)], np.int32)
                 for _ in range(2))
    return sire, dam

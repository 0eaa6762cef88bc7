"""Genotypes made for tests: alleles dropped down a pedigree."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from breedeval.genotypes.dosages import Dosages
from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.markers import unplaced
from breedeval.genotypes.packed import pack
from breedeval.levels import Levels


def genotypes_of(
    copies: ArrayLike, names: list[str] | None = None, *, ploidy: int = 2, packed: bool = True
) -> Genotypes:
    """Genotypes of copies of shape (n, m); −1 or NaN is missing."""
    values = np.asarray(copies, np.float64)
    n, m = values.shape
    individuals = Levels.of(names or [f"i{k}" for k in range(n)])
    markers = unplaced(Levels.of([f"m{k}" for k in range(m)]))
    missing = np.isnan(values) | (values < 0)
    if packed and ploidy == 2:
        whole = np.where(missing, -1, np.nan_to_num(values)).astype(np.int8)
        return Genotypes(individuals, markers, pack(np.ascontiguousarray(whole.T)), "chip.bed")
    held = np.where(missing, np.nan, values).astype(np.float32)
    return Genotypes(individuals, markers, Dosages(np.ascontiguousarray(held.T), ploidy),
                     "chip.csv")


def dropped(
    sire: NDArray[np.int32], dam: NDArray[np.int32], markers: int, seed: int
) -> NDArray[np.int8]:
    """Copies of everybody, shape (n, m): founders in Hardy–Weinberg proportions, then Mendel."""
    rng = np.random.default_rng(seed)
    p = rng.uniform(0.1, 0.9, markers)
    haplotypes = np.zeros((sire.size, 2, markers), np.int8)
    for i in range(sire.size):
        for side, parent in enumerate((sire[i], dam[i])):
            if parent < 0:
                haplotypes[i, side] = rng.random(markers) < p
            else:
                pick = rng.integers(0, 2, markers)
                haplotypes[i, side] = haplotypes[parent, pick, np.arange(markers)]
    return haplotypes.sum(axis=1).astype(np.int8)

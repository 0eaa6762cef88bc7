"""Genotypes made for tests."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from breedeval.genotypes.dosages import Dosages
from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.markers import Markers, unplaced
from breedeval.genotypes.packed import pack
from breedeval.levels import Levels

Copies = NDArray[np.int8]


def random_copies(markers: int, individuals: int, seed: int, missing: float = 0.05) -> Copies:
    """Copies 0, 1, 2 in Hardy–Weinberg proportions, −1 where missing."""
    rng = np.random.default_rng(seed)
    p = rng.uniform(0.1, 0.9, (markers, 1))
    copies = rng.binomial(2, p, (markers, individuals)).astype(np.int8)
    copies[rng.random(copies.shape) < missing] = -1
    return copies


def genotypes_from(
    copies: Copies, names: list[str] | None = None, chromosomes: list[str | None] | None = None
) -> Genotypes:
    """Genotypes of individuals i1, i2, … at markers m1, m2, …."""
    m, n = copies.shape
    markers = unplaced(Levels.of([f"m{k + 1}" for k in range(m)]))
    if chromosomes is not None:
        markers = Markers(markers.names, pa.array(chromosomes, pa.large_string()),
                          markers.position, markers.counted, markers.other)
    people = Levels.of(names or [f"i{k + 1}" for k in range(n)])
    return Genotypes(people, markers, pack(copies), "chip.bed")


def copies_of(genotypes: Genotypes) -> Copies:
    """Copies as whole numbers again."""
    block = genotypes.calls.block(0, genotypes.calls.markers)
    return np.nan_to_num(block, nan=-1).astype(np.int8)


def family(seed: int, markers: int = 400, progeny: int = 6) -> tuple[Copies, list[int], list[int]]:
    """Two sires, two dams, and progeny of the first of each; sire and dam of everybody (−1)."""
    rng = np.random.default_rng(seed)
    haplotypes = rng.random((4, 2, markers)) < rng.uniform(0.2, 0.8, markers)
    people = [pair.sum(axis=0) for pair in haplotypes]
    for _ in range(progeny):
        gametes = [np.where(rng.random(markers) < 0.5, *haplotypes[parent]) for parent in (0, 2)]
        people.append(gametes[0].astype(int) + gametes[1])
    sire = [-1] * 4 + [0] * progeny
    dam = [-1] * 4 + [2] * progeny
    return np.array(people, np.int8).T.copy(), sire, dam


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

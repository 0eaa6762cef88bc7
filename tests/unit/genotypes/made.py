"""Genotypes made for tests."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

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

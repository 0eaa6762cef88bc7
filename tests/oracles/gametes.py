"""Gametes one by one: every one that there is, with its probability, or drawn at random."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


def recombination(chromosome: Sequence[int], morgans: Sequence[float]) -> Float64:
    """r between neighbouring loci: ½(1 − e^(−2d)), and ½ between chromosomes."""
    same = np.diff(chromosome) == 0
    return np.where(same, 0.5 * (1 - np.exp(-2 * np.abs(np.diff(morgans)))), 0.5)


def every_gamete(haplotypes: Float64, r: Float64) -> list[tuple[float, Float64]]:
    """All 2ᵐ gametes of two haplotypes (2, m) and their probabilities, without interference."""
    m = haplotypes.shape[1]
    found = []
    for strands in product((0, 1), repeat=m):
        probability = 0.5
        for k in range(m - 1):
            probability *= r[k] if strands[k] != strands[k + 1] else 1 - r[k]
        found.append((probability, haplotypes[list(strands), range(m)]))
    return found


def variance_of(weighted: list[tuple[float, float]]) -> float:
    """Σp v² − (Σp v)²."""
    mean = sum(p * v for p, v in weighted)
    return sum(p * (v - mean) ** 2 for p, v in weighted)


def gamete_variance(haplotypes: Float64, effects: Float64, r: Float64) -> float:
    """Of the values of gametes."""
    return variance_of([(p, float(g @ effects)) for p, g in every_gamete(haplotypes, r)])


def doubled_haploid_variance(haplotypes: Float64, effects: Float64, r: Float64) -> float:
    """Of lines that have every gamete twice."""
    return variance_of([(p, float(2 * g @ effects)) for p, g in every_gamete(haplotypes, r)])


def second_generation_variance(haplotypes: Float64, effects: Float64, r: Float64) -> float:
    """Of individuals from two gametes of the same parent."""
    gametes = every_gamete(haplotypes, r)
    return variance_of([(p * q, float((g + h) @ effects))
                        for p, g in gametes for q, h in gametes])


def inbred_variance(
    haplotypes: Float64, effects: Float64, r: Float64, generations: int = 60
) -> float:
    """Of lines after so many generations of selfing: a chain over all pairs of haplotypes."""
    m = haplotypes.shape[1]
    kinds = list(product((0, 1), repeat=m))
    states = list(product(range(len(kinds)), repeat=2))
    step = np.zeros((len(states), len(states)))
    for at, (a, b) in enumerate(states):
        gametes = np.zeros(len(kinds))
        for p, g in every_gamete(np.array([kinds[a], kinds[b]], float), r):
            gametes[kinds.index(tuple(int(x) for x in g))] += p
        for to, (c, d) in enumerate(states):
            step[at, to] = gametes[c] * gametes[d]
    share = np.zeros(len(states))
    start = [kinds.index(tuple(int(x) for x in h)) for h in haplotypes]
    share[states.index((start[0], start[1]))] = 1.0
    for _ in range(generations):
        share = share @ step
    return variance_of([
        (float(p), float((np.array(kinds[a]) + np.array(kinds[b])) @ effects))
        for p, (a, b) in zip(share, states, strict=True)])


def drawn_gametes(
    haplotypes: Float64, chromosome: Sequence[int], morgans: Sequence[float], count: int,
    rng: np.random.Generator,
) -> Float64:
    """Gametes at random: crossovers are a Poisson process along each chromosome; (count, m)."""
    chromosome, morgans = np.asarray(chromosome), np.asarray(morgans)
    found = np.zeros((count, haplotypes.shape[1]))
    for number in np.unique(chromosome):
        own = np.flatnonzero(chromosome == number)
        length = morgans[own].max()
        for g in range(count):
            crossovers = rng.random(rng.poisson(length)) * length
            before = (crossovers[:, None] < morgans[own]).sum(axis=0)
            found[g, own] = haplotypes[(rng.integers(2) + before) % 2, own]
    return found

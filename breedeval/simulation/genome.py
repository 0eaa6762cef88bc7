"""Chromosomes with SNPs and QTL: founders with linkage disequilibrium, and gametes.

Founders descend from an ideal population of constant size through generations of random mating,
which makes linkage disequilibrium between loci c Morgans apart near 1/(1 + 4Nc) (Sved 1971).
Crossovers are a Poisson process along the map (Haldane).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from breedeval.kernels import gametes as kernels

Words = NDArray[np.uint64]
Rows = NDArray[np.int32]
Int64 = NDArray[np.int64]
Values = NDArray[np.float64]

WORD = 64
SPARE = 3
"""Loci that the founders' ancestors have for each one wanted: many are fixed on the way."""

LEAST_FREQUENCY = 0.05
"""Of the rarer allele among the founders, for SNPs and QTL."""

BASES_PER_MORGAN = 100_000_000


@dataclass(frozen=True, eq=False)
class Chromosomes:
    """Where loci are on the map and in the words.

    Parameters
    ----------
    starts : ndarray of int64, shape (chromosomes + 1,)
        First word of each chromosome, and their number.
    morgans : float
        Length of each.
    positions : ndarray of float64, shape (w, 64)
        Of the locus of every bit, in Morgans, rising within a chromosome; infinite where a bit
        has no locus.
    """

    starts: Int64
    morgans: float
    positions: Values

    @property
    def count(self) -> int:
        """Number of chromosomes."""
        return int(self.starts.size - 1)

    @property
    def chromosome(self) -> Int64:
        """Of every word, from 0."""
        return np.repeat(np.arange(self.count), np.diff(self.starts))


@dataclass(frozen=True, eq=False)
class Sites:
    """Some loci: where their bits are.

    Parameters
    ----------
    word, bit : ndarray of int64, shape (m,)
    """

    word: Int64
    bit: Int64

    def copies(self, haplotypes: Words) -> NDArray[np.int8]:
        """Copies of the allele 1, shape (m, n), of haplotypes (n, 2, w)."""
        shift = self.bit.astype(np.uint64)
        found = (haplotypes[:, :, self.word] >> shift) & np.uint64(1)
        return np.ascontiguousarray(found.sum(axis=1, dtype=np.int8).T)


@dataclass(frozen=True, eq=False)
class Genome:
    """The loci of a simulated population.

    Parameters
    ----------
    chromosomes : Chromosomes
    snps, qtl : Sites
        In the order of the map; no locus is both.
    effects : ndarray of float64, shape (q,)
        Of a copy of allele 1 of each QTL.
    mean : float
        What is subtracted from the sum of effects, so that founders have mean 0.
    """

    chromosomes: Chromosomes
    snps: Sites
    qtl: Sites
    effects: Values
    mean: float

    def values(self, haplotypes: Words) -> Values:
        """Breeding values, shape (n,)."""
        return np.asarray(self.effects @ self.qtl.copies(haplotypes) - self.mean)


def draw_gametes(
    chromosomes: Chromosomes, haplotypes: Words, parents: Rows, rng: Generator
) -> Words:
    """One gamete of each parent named, shape (g, w)."""
    shape = (parents.size, chromosomes.count)
    number = rng.poisson(chromosomes.morgans, shape).ravel()
    first = np.concatenate([[0], np.cumsum(number)]).astype(np.int64)
    place = rng.random(int(first[-1])) * chromosomes.morgans
    owner = np.repeat(np.arange(number.size), number)
    order = np.lexsort((place, owner))
    bits = np.empty(place.size, np.int64)
    chromosome = owner % chromosomes.count
    for c in range(chromosomes.count):
        own = chromosomes.positions[chromosomes.starts[c]:chromosomes.starts[c + 1]].ravel()
        bits[chromosome == c] = np.searchsorted(own, place[chromosome == c])
    strands = rng.integers(0, 2, shape, dtype=np.uint8)
    return np.asarray(kernels.gametes(
        haplotypes, parents, chromosomes.starts, first, bits[order], strands))


def found(
    rng: Generator, *, founders: int, chromosomes: int, morgans: float, snps: int, qtl: int,
    size: int, history: int, variance: float,
) -> tuple[Genome, Words]:
    """Founders' haplotypes and the genome they share.

    Parameters
    ----------
    rng : Generator
    founders : int
    chromosomes : int
    morgans : float
        Length of each.
    snps, qtl : int
        In all.
    size, history : int
        Of the population that they descend from, and its generations.
    variance : float
        Of breeding values among the founders.

    Returns
    -------
    Genome, and haplotypes of shape (founders, 2, w)
    """
    places = _chromosomes(rng, chromosomes, morgans, SPARE * (snps + qtl))
    frequency = rng.beta(1.5, 1.5, places.positions.shape)
    frequency[np.isinf(places.positions)] = 0.0
    pool = np.empty((size, 2, places.positions.shape[0]), np.uint64)
    for k in range(size):
        for strand in range(2):
            pool[k, strand] = _words(rng.random(frequency.shape) < frequency)
    for _ in range(history):
        pool = _offspring(places, pool, size, rng)
    haplotypes = _offspring(places, pool, founders, rng)
    return _with_loci(rng, places, haplotypes, snps, qtl, variance)


def _chromosomes(rng: Generator, count: int, morgans: float, loci: int) -> Chromosomes:
    each = -(-loci // count)
    words = -(-each // WORD)
    positions = np.full((count, words * WORD), np.inf)
    positions[:, :each] = np.sort(rng.random((count, each)) * morgans, axis=1)
    return Chromosomes(
        np.arange(count + 1, dtype=np.int64) * words, morgans, positions.reshape(-1, WORD))


def _words(bits: NDArray[np.bool_]) -> Words:
    """Words of bits (w, 64), the first bit the lowest."""
    return np.packbits(bits, axis=1, bitorder="little").view(np.uint64).ravel()


def _offspring(places: Chromosomes, parents: Words, number: int, rng: Generator) -> Words:
    """Progeny of random mating, selfing at random included."""
    chosen = rng.integers(0, len(parents), 2 * number).astype(np.int32)
    return draw_gametes(places, parents, chosen, rng).reshape(number, 2, -1)


def _with_loci(
    rng: Generator, places: Chromosomes, haplotypes: Words, snps: int, qtl: int, variance: float
) -> tuple[Genome, Words]:
    """Choose SNPs and QTL among the loci that vary, and effects."""
    total: Values = np.zeros(places.positions.shape)
    for place in range(WORD):
        total[:, place] = ((haplotypes >> np.uint64(place)) & np.uint64(1)).sum(axis=(0, 1))
    frequency = total / (2 * len(haplotypes))
    word, bit = np.nonzero(np.minimum(frequency, 1 - frequency) >= LEAST_FREQUENCY)
    chosen = rng.permutation(word.size)[:snps + qtl]
    share = chosen.size / (snps + qtl)  # fewer of both where too few loci vary
    cut = round(snps * share)
    seen, causal = (Sites(word[part], bit[part]) for part in (
        np.sort(chosen[:cut]), np.sort(chosen[cut:])))
    effects = rng.standard_normal(causal.word.size)
    raw = effects @ causal.copies(haplotypes)
    scale = np.sqrt(variance) / raw.std()
    genome = Genome(places, seen, causal, effects * scale, float(raw.mean() * scale))
    return genome, haplotypes

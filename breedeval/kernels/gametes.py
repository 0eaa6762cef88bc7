"""Gametes of parents whose haplotypes are bits, 64 loci a word."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import array, kernel

Words = NDArray[np.uint64]
Int64 = NDArray[np.int64]
Rows = NDArray[np.int32]

_haplotypes = array("u8", 3)
_rows = array("i4", 1)
_long = array("i8", 1)
_strands = array("u1", 2)


@kernel(f"({_haplotypes}, {_rows}, {_long}, {_long}, {_long}, {_strands})")
def gametes(
    haplotypes: Words, parents: Rows, starts: Int64, first: Int64, crossovers: Int64,
    strands: NDArray[np.uint8],
) -> Words:
    """One gamete of each parent named.

    Parameters
    ----------
    haplotypes : uint64, shape (p, 2, w)
        Loci of a chromosome begin at a word of their own.
    parents : int32, shape (g,)
        Row of the parent of each gamete.
    starts : int64, shape (chromosomes + 1,)
        First word of each chromosome, and w.
    first : int64, shape (g · chromosomes + 1,)
        First crossover of each gamete and chromosome.
    crossovers : int64, shape (k,)
        Bit of the chromosome, from its first word, at which a gamete goes over to the other
        strand; rising within a chromosome.
    strands : uint8, shape (g, chromosomes)
        Strand with which each chromosome begins, 0 or 1.

    Returns
    -------
    uint64, shape (g, w)
    """
    count = starts.size - 1
    out = np.empty((parents.size, haplotypes.shape[2]), np.uint64)
    one = np.uint64(1)
    for g in range(parents.size):
        own = haplotypes[parents[g]]
        for c in range(count):
            strand = strands[g, c]
            at, end = first[g * count + c], first[g * count + c + 1]
            for word in range(starts[c], starts[c + 1]):
                base = (word - starts[c]) * 64
                value = own[strand, word]
                while at < end and crossovers[at] < base + 64:
                    strand = 1 - strand
                    low = (one << np.uint64(crossovers[at] - base)) - one  # bits before it
                    value = (value & low) | (own[strand, word] & ~low)
                    at += 1
                out[g, word] = value
    return out

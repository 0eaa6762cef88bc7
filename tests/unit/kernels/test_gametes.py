"""Gametes of bits against gametes of single loci."""

from __future__ import annotations

import numpy as np

from breedeval.kernels.gametes import gametes


def test_strands_change_at_the_crossovers() -> None:
    """Two chromosomes of 2 and 1 words, five gametes of three parents, locus by locus."""
    rng = np.random.default_rng(1)
    haplotypes = rng.integers(0, 2**63, (3, 2, 3), dtype=np.uint64)
    starts = np.array([0, 2, 3])
    parents = np.array([2, 0, 1, 1, 0], np.int32)
    number = np.array([[0, 1], [3, 0], [2, 2], [1, 5], [4, 1]])
    crossovers = [np.sort(rng.integers(0, size, count)) for row in number
                  for size, count in zip((129, 65), row, strict=True)]
    crossovers[2][:2] = 64  # twice at the border of two words: nothing happens there
    strands = rng.integers(0, 2, (5, 2), dtype=np.uint8)
    first = np.concatenate([[0], np.cumsum(number.ravel())]).astype(np.int64)
    found = gametes(haplotypes, parents, starts, first, np.concatenate(crossovers), strands)
    for g, parent in enumerate(parents):
        for c in range(2):
            places = crossovers[2 * g + c]
            for locus in range(64 * (starts[c + 1] - starts[c])):
                word, bit = starts[c] + locus // 64, np.uint64(locus % 64)
                strand = (strands[g, c] + int((places <= locus).sum())) % 2
                expected = (haplotypes[parent, strand, word] >> bit) & np.uint64(1)
                assert (found[g, word] >> bit) & np.uint64(1) == expected

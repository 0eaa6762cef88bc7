"""The nearest genotype of a dosage, for what is told from genotypes alone."""

from __future__ import annotations

import numpy as np

from breedeval.genotypes.calls import Calls
from breedeval.genotypes.gather import ROWS
from breedeval.genotypes.packed import Packed, pack

NEAR = 0.1
"""A dosage further than this from a whole number is no call."""


def hard_calls(calls: Calls) -> Packed:
    """Calls in 2 bits: none, all, or some of the copies; missing where a dosage is not clear.

    Of a polyploid, 1 stands for every heterozygote.
    """
    if isinstance(calls, Packed):
        return calls
    pieces = [_hardened(calls, start, min(start + ROWS, calls.markers))
              for start in range(0, calls.markers, ROWS)]
    return Packed(np.concatenate([piece.data for piece in pieces]), calls.individuals)


def _hardened(calls: Calls, start: int, stop: int) -> Packed:
    values = calls.block(start, stop)
    whole = np.rint(values)
    with np.errstate(invalid="ignore"):
        clear = np.abs(values - whole) <= NEAR
    copies = np.where(whole == 0, 0, np.where(whole == calls.ploidy, 2, 1))
    return pack(np.where(clear, copies, -1).astype(np.int8))

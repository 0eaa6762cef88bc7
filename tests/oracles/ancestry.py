"""Ancestors counted one path at a time: slow and obvious."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray


def paths(sire: Sequence[int], dam: Sequence[int], row: int) -> Iterator[tuple[int, int]]:
    """Every ancestor of a row once for every path to it, and the length of the path."""
    for parent in (sire[row], dam[row]):
        if parent >= 0:
            yield parent, 1
            for ancestor, length in paths(sire, dam, parent):
                yield ancestor, length + 1


def equivalent_generations(sire: Sequence[int], dam: Sequence[int]) -> NDArray[np.float64]:
    """Σ over known ancestors of ½ to the power of the generations between."""
    return np.array([sum(0.5**length for _, length in paths(sire, dam, row))
                     for row in range(len(sire))])


def completeness(sire: Sequence[int], dam: Sequence[int], depth: int) -> NDArray[np.float64]:
    """Known ancestors of each generation back, over 2 to the power of it; the mean of all."""
    known = np.zeros(depth)
    for row in range(len(sire)):
        for _, length in paths(sire, dam, row):
            if length <= depth:
                known[length - 1] += 0.5**length
    return known / len(sire)


def contributions(sire: Sequence[int], dam: Sequence[int], rows: Sequence[int]
                  ) -> NDArray[np.float64]:
    """Part of the genes of ``rows`` that came through each individual."""
    share = np.zeros(len(sire))
    for row in rows:
        share[row] += 1
        for ancestor, length in paths(sire, dam, row):
            share[ancestor] += 0.5**length
    return share / len(rows)


def marginal_contributions(sire: Sequence[int], dam: Sequence[int], rows: Sequence[int]
                           ) -> tuple[list[int], list[float]]:
    """Ancestors in order of what they explain beyond those before them."""
    sires, dams = list(sire), list(dam)
    chosen: list[int] = []
    parts: list[float] = []
    while True:
        share = contributions(sires, dams, rows)
        explained = np.array([
            1.0 if row in chosen else sum(
                0.5**length for ancestor, length in paths(sires, dams, row) if ancestor in chosen)
            for row in range(len(sires))])
        part = share * (1 - explained)
        best = int(np.argmax(part))
        if part[best] < 1e-9:
            return chosen, parts
        chosen.append(best)
        parts.append(float(part[best]))
        sires[best] = dams[best] = -1

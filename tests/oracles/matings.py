"""Mating plans by trying every one that there is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


def every_plan(pairs: int, most: int) -> Iterator[tuple[int, ...]]:
    """All numbers of matings of so many pairs, each 0 … most."""
    return product(range(most + 1), repeat=pairs)


def best_plan(
    cost: Float64, under: Float64, low: Float64, high: Float64, most: int
) -> float | None:
    """Least cost of k pairs with low ≤ under x ≤ high, by enumeration; None where there is none.

    ``cost`` is (k,), ``under`` (limits, k).
    """
    best = None
    for plan in every_plan(cost.size, most):
        uses = under @ np.array(plan)
        if (uses >= low).all() and (uses <= high).all():
            value = float(cost @ np.array(plan))
            best = value if best is None else min(best, value)
    return best

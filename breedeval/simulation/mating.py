"""Who becomes a parent, and who is mated with whom."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Rows = NDArray[np.int32]


def wanted(amount: float, candidates: int) -> int:
    """Number of parents: ``amount`` is a fraction when below 1, else a number; at least one."""
    number = round(amount * candidates) if amount < 1 else int(amount)
    return min(max(number, 1), candidates)


def best(candidates: Rows, merit: NDArray[np.float64], number: int, rng: Generator) -> Rows:
    """The candidates of highest merit, equal ones by lot.

    Parameters
    ----------
    candidates : ndarray of int32, shape (k,)
    merit : ndarray of float64, shape (k,)
    number : int
    rng : Generator
    """
    lot = rng.permutation(len(candidates))
    order = lot[np.argsort(-merit[lot], kind="stable")]
    return candidates[order[:number]]


def best_within(
    candidates: Rows, merit: NDArray[np.float64], herd: Rows, number: int, rng: Generator
) -> Rows:
    """The candidates of highest merit within their herds: the same fraction of every herd.

    Candidates are ranked by (place within herd − ½)/(candidates in the herd).

    Parameters
    ----------
    candidates : ndarray of int32, shape (k,)
    merit : ndarray of float64, shape (k,)
    herd : ndarray of int32, shape (k,)
        Herd of each candidate, from 0.
    number : int
    rng : Generator
    """
    lot = rng.permutation(len(candidates))
    order = lot[np.lexsort((-merit[lot], herd[lot]))]
    size = np.bincount(herd)
    first = np.cumsum(size) - size
    mine = herd[order]
    place = (np.arange(len(order)) - first[mine] + 0.5) / size[mine]
    return candidates[order[np.argsort(place, kind="stable")[:number]]]


def dams_of_slots(slot_herd: Rows, dams: Rows, dam_herd: Rows, rng: Generator) -> Rows:
    """A dam for every mating: each herd's own dams in turn; by lot where a herd has none.

    Parameters
    ----------
    slot_herd : ndarray of int32, shape (k,)
        Herd of each mating, ascending.
    dams, dam_herd : ndarray of int32, shape (m,)
        The dams in use and their herds.
    rng : Generator
    """
    lot = rng.permutation(len(dams))
    order = lot[np.argsort(dam_herd[lot], kind="stable")]
    herds = int(max(slot_herd.max(), dam_herd.max())) + 1
    own = np.bincount(dam_herd, minlength=herds)
    slots = np.bincount(slot_herd, minlength=herds)
    turn = np.arange(len(slot_herd)) - (np.cumsum(slots) - slots)[slot_herd]
    position = (np.cumsum(own) - own)[slot_herd] + turn % np.maximum(own, 1)[slot_herd]
    bought = rng.integers(0, len(dams), len(slot_herd))
    return dams[order[np.where(own[slot_herd] > 0, position, bought)]]

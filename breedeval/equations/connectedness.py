"""Which levels of two class effects can be compared with one another.

Two levels are connected when a chain of records leads from one to the other. Differences between
levels of different sets cannot be estimated.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from breedeval.model.design import Design, FixedTerm


@dataclass(frozen=True, slots=True)
class Disconnected:
    """Levels of two effects that fall into sets without a record in common."""

    first: str
    second: str
    sets: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]

    def __str__(self) -> str:
        shown = "; ".join(
            f"{{{_some(self.first, first)} with {_some(self.second, second)}}}"
            for first, second in self.sets[:3])
        more = f"; and {len(self.sets) - 3} more" if len(self.sets) > 3 else ""
        return (f"'{self.first}' and '{self.second}' fall into {len(self.sets)} disconnected "
                f"sets: {shown}{more}")


def _some(name: str, levels: tuple[str, ...]) -> str:
    more = f", … ({len(levels)})" if len(levels) > 4 else ""
    return f"{name} {', '.join(levels[:4])}{more}"


def disconnected_sets(design: Design) -> list[Disconnected]:
    """Pairs of class effects whose levels are not all connected. O(records) a pair.

    Effects of which one is nested in the other by its own definition (``herd`` and ``herd:year``)
    are left out: they are never connected.
    """
    classes = [term for term in design.fixed if term.is_class and len(term.levels) > 1]
    found = []
    for a, b in combinations(classes, 2):
        if a.trait != b.trait or set(a.name.split(":")) <= set(b.name.split(":")) or (
                set(b.name.split(":")) <= set(a.name.split(":"))):
            continue
        pair = _pair(a, b)
        if pair is not None and pair not in found:  # of another trait
            found.append(pair)
    return found


def _pair(a: FixedTerm, b: FixedTerm) -> Disconnected | None:
    size = len(a.levels) + len(b.levels)
    graph = sp.coo_array((np.ones(a.codes.size), (a.codes, len(a.levels) + b.codes)),
                         shape=(size, size))
    count, member = connected_components(graph, directed=False)
    if count == 1:
        return None
    sets = []
    for k in range(count):
        inside = np.flatnonzero(member == k)
        sets.append((tuple(a.levels[i] for i in inside if i < len(a.levels)),
                     tuple(b.levels[i - len(a.levels)] for i in inside if i >= len(a.levels))))
    return Disconnected(a.name, b.name, tuple(sets))

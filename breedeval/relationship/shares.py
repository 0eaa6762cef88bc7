"""What is told of every individual by its parents, its progeny, its genotype and its relatives.

A row of K⁻¹u for individual i is a sum over kinds of relatives,

    (K⁻¹u)ᵢ = Σ (wᵢ uᵢ − sᵢ),

with wᵢ what a kind adds to the diagonal of K⁻¹, and sᵢ what it says of uᵢ times that. For the
numerator relationship, A⁻¹ = Σₖ tₖtₖ′/dₖ with tₖ = 1 at k and −½ at its parents (Henderson 1976):

    parents    w = 1/dᵢ           s = (½uₛ + ½u_d)/dᵢ
    progeny    w = Σₖ ¼/dₖ        s = Σₖ ½(uₖ − ½u_mate)/dₖ

References
----------
VanRaden & Wiggans (1991), J. Dairy Sci. 74:2737.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Rows = NDArray[np.int32]

Kind = Literal["parent_average", "progeny", "genomic", "relatives", "base"]
KINDS: tuple[Kind, ...] = ("parent_average", "progeny", "genomic", "relatives", "base")
"""In the order in which they are told; ``base`` is of unknown-parent groups or metafounders."""


@dataclass(frozen=True, eq=False)
class Share:
    """What one kind of relatives adds to the rows of K⁻¹u of the individuals.

    Parameters
    ----------
    weight : ndarray of float64, shape (q,)
        w.
    value : ndarray of float64, shape (q, c)
        s.
    """

    weight: Vector
    value: Vector


Shares = Mapping[Kind, Share]


def shares_of_rest(diagonal: Vector, product: Vector, x: Vector, kind: Kind) -> Shares:
    """One share that has all of K⁻¹: w its diagonal, and s = wu − K⁻¹u.

    Parameters
    ----------
    diagonal : ndarray of float64, shape (q,)
    product, x : ndarray of float64, shape (q, c)
        K⁻¹u and u of the individuals.
    kind : str
    """
    return {kind: Share(diagonal, diagonal[:, None] * x - product)}


def shares_of_pedigree(
    sire: Rows, dam: Rows, mendelian: Vector, x: Vector, *,
    sire_group: Rows | None = None, dam_group: Rows | None = None,
) -> Shares:
    """Shares of parents, progeny and base in A⁻¹u, groups or metafounders included.

    Progeny of a selfed parent tell w = 1/dₖ and s = uₖ/dₖ.

    Parameters
    ----------
    sire, dam : ndarray of int32, shape (q,)
        Parents; −1 where unknown.
    mendelian : ndarray of float64, shape (q,)
        d.
    x : ndarray of float64, shape (q + g, c)
        Values of the individuals, and then of the groups.
    sire_group, dam_group : ndarray of int32, shape (q,), optional
        Group of an unknown parent; −1 none.

    Notes
    -----
    O(qc).
    """
    q, inverse = sire.size, 1.0 / mendelian
    of_sire, of_dam = _values(sire, x), _values(dam, x)
    base = np.zeros((q, x.shape[1]))
    if sire_group is not None and dam_group is not None and x.shape[0] > q:
        base_sire = _values(np.where(sire < 0, sire_group, -1), x[q:])
        base_dam = _values(np.where(dam < 0, dam_group, -1), x[q:])
        base = 0.5 * inverse[:, None] * (base_sire + base_dam)
        of_mate = (of_dam + base_dam, of_sire + base_sire)
    else:
        of_mate = (of_dam, of_sire)
    selfed = (sire == dam) & (sire >= 0)
    weight, value = np.zeros(q), np.zeros((q, x.shape[1]))
    for parent, mate in zip((sire, dam), of_mate, strict=True):
        some = np.flatnonzero((parent >= 0) & ~selfed)
        weight += np.bincount(parent[some], 0.25 * inverse[some], q)
        value += _sums(parent[some], 0.5 * inverse[some, None] * (
            x[some] - 0.5 * mate[some]), q)
    alone = np.flatnonzero(selfed)
    weight += np.bincount(sire[alone], inverse[alone], q)
    value += _sums(sire[alone], inverse[alone, None] * x[alone], q)
    return {
        "parent_average": Share(inverse, 0.5 * inverse[:, None] * (of_sire + of_dam)),
        "progeny": Share(weight, value), "base": Share(np.zeros(q), base)}


def _values(rows: NDArray[np.int32], x: Vector) -> Vector:
    """Rows of ``x``; 0 for −1."""
    found = x[rows]
    found[rows < 0] = 0.0
    return found


def _sums(rows: NDArray[np.int32], x: Vector, size: int) -> Vector:
    """Sums of the rows of ``x`` that go to each of ``size`` places."""
    return np.column_stack([np.bincount(rows, column, size) for column in x.T])

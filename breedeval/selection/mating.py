"""Who is mated to whom: least inbreeding of progeny, or the highest merit, within limits of use.

Progeny of i and j have expected inbreeding F_ij, the coancestry of their parents, and expected
index ½(I_i + I_j). The plan maximises the mean over all matings of

    −F_ij,   ½(I_i + I_j) − λF_ij   or   ½(I_i + I_j) + i h σ_ij − λF_ij

over the pairs that no rule forbids. Where uses are fixed, the mean index is too, and the second is
the first. Beside it stands random mating of the same parents with the same uses n,
Σ n_i n_j F_ij / Σ n_i n_j over all pairs, forbidden ones included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.selection.allocation import Allocation, Conflict, Programme, allocate

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Mask = NDArray[np.bool_]


CONTRIBUTIONS = "contributions"
"""What limits parents whose uses follow from their contributions."""


@dataclass(frozen=True, eq=False)
class Side:
    """Parents of one side of a cross, and how much each is used.

    Parameters
    ----------
    kind : str
        What one is called: female, male or line.
    names : sequence of str
    least, most : ndarray of int64, shape (n,)
        Matings of each.
    setting : str
        Key of ``mating`` in the run file that limits them, or :data:`CONTRIBUTIONS`.
    """

    kind: str
    names: Sequence[str]
    least: Int64
    most: Int64
    setting: str

    def __len__(self) -> int:
        return len(self.names)

    @property
    def fixed(self) -> bool:
        """Whether nothing is left to choose of how much each is used."""
        return bool((self.least == self.most).all())


@dataclass(frozen=True, eq=False)
class Rule:
    """Pairs that are not mated.

    Parameters
    ----------
    setting : str
        Key of the run file that says so.
    words : str
        What such a pair is, such as 'carriers of the same'.
    pairs : ndarray of bool, shape (f, m)
    """

    setting: str
    words: str
    pairs: Mask


@dataclass(frozen=True, eq=False)
class HerdLimit:
    """Most matings of one male in one herd.

    Parameters
    ----------
    herd : ndarray of int64, shape (f,)
        Of every female, from 0; −1 where it is not known, and there is no limit.
    names : sequence of str
    most : int
    """

    herd: Int64
    names: Sequence[str]
    most: int


@dataclass(frozen=True, eq=False)
class Crossing:
    """All pairs that could be mated, and what is wanted of the plan.

    Parameters
    ----------
    first, second : Side
        Females and males; the same object where any two parents may be mated.
    inbreeding, worth : ndarray of float64, shape (f, m)
        F_ij, and what is to be as high as can be on average.
    rules : tuple of Rule
    total : int or None
        Matings in all.
    per_pair : int or None
        Most matings of the same pair.
    herds : HerdLimit or None
    """

    first: Side
    second: Side
    inbreeding: Float64
    worth: Float64
    rules: tuple[Rule, ...] = ()
    total: int | None = None
    per_pair: int | None = None
    herds: HerdLimit | None = None

    @property
    def one_sided(self) -> bool:
        """Whether any two parents may be mated."""
        return self.second is self.first

    def admissible(self) -> Mask:
        """Pairs that no rule forbids; of two parents without sexes, one of both directions."""
        allowed = np.ones(self.worth.shape, np.bool_)
        if self.one_sided:
            allowed = np.triu(allowed, 1)
        for rule in self.rules:
            allowed &= ~rule.pairs
        return allowed

    def programme(self) -> Programme:
        """The same in numbers: the parents' limits, those of males in herds, and the total."""
        sides = [self.first] if self.one_sided else [self.first, self.second]
        rows = np.arange(len(self.first))
        columns = rows if self.one_sided else len(self.first) + np.arange(len(self.second))
        low = np.concatenate([side.least for side in sides]).astype(np.float64)
        high = np.concatenate([side.most for side in sides]).astype(np.float64)
        herd = None
        if self.herds is not None:
            males, count = len(self.second), len(self.herds.names) * len(self.second)
            known = self.herds.herd[:, None] >= 0
            herd = low.size + np.where(
                known, self.herds.herd[:, None] * males + np.arange(males), count)
            low = np.concatenate([low, np.zeros(count + 1)])
            high = np.concatenate([high, np.full(count, float(self.herds.most)), [np.inf]])
        low = np.append(low, self.total or 0.0)
        high = np.append(high, np.inf if self.total is None else self.total)
        return Programme(
            np.where(self.admissible(), -self.worth, np.inf), rows, columns, low, high, herd,
            np.inf if self.per_pair is None else self.per_pair)


@dataclass(frozen=True, eq=False)
class MatingPlan:
    """Pairs and how often each is mated.

    Parameters
    ----------
    first, second, matings : ndarray of int64, shape (k,)
        Rows and columns of the crossing, and numbers.
    worth, bound : float
        Mean of what was sought, and what it cannot exceed.
    inbreeding, random_inbreeding, highest_inbreeding : float
        Mean of the plan and of random mating of the same parents, and the plan's highest.
    """

    first: Int64
    second: Int64
    matings: Int64
    worth: float
    bound: float
    inbreeding: float
    random_inbreeding: float
    highest_inbreeding: float

    @property
    def total(self) -> int:
        """Number of matings."""
        return int(self.matings.sum())

    @property
    def gap(self) -> float:
        """How much better, on average, the best plan may be."""
        return max(0.0, self.bound - self.worth)


def plan_matings(crossing: Crossing, *, seconds: float = 60.0) -> MatingPlan | Conflict:
    """The best matings within the limits, or why there are none.

    Parameters
    ----------
    crossing : Crossing
    seconds : float
        Time for branch and bound, which only parents without sexes need.
    """
    found = allocate(crossing.programme(), seconds=seconds)
    return found if isinstance(found, Conflict) else _plan(crossing, found)


def _plan(crossing: Crossing, found: Allocation) -> MatingPlan:
    first, second, matings = found.first, found.second, found.matings
    total = max(1, int(matings.sum()))
    inbreeding = crossing.inbreeding[first, second]
    return MatingPlan(
        first, second, matings, -found.value / total, -found.bound / total,
        float(inbreeding @ matings) / total, _at_random(crossing, found),
        float(inbreeding.max(initial=-np.inf)))


def _at_random(crossing: Crossing, found: Allocation) -> float:
    """Mean inbreeding when the same parents are mated as often, but at random."""
    uses = np.bincount(found.first, found.matings, len(crossing.first))
    others = np.bincount(found.second, found.matings, len(crossing.second))
    if not crossing.one_sided:
        return float(uses @ crossing.inbreeding @ others / max(1.0, uses.sum() * others.sum()))
    uses = uses + others
    pairs = uses.sum() ** 2 - uses @ uses
    own = uses**2 @ np.diag(crossing.inbreeding)
    return float((uses @ crossing.inbreeding @ uses - own) / pairs) if pairs > 0 else np.nan


CARRIER = {"1", "2", "yes", "y", "true", "carrier", "affected"}
FREE = {"0", "no", "n", "false", "free", "clear"}
"""How the status of a carrier is written, without regard to capitals; empty where unknown."""


@dataclass(frozen=True, eq=False)
class Status:
    """What a column says of who carries something.

    Parameters
    ----------
    carrier, known : ndarray of bool, shape (n,)
    strange : tuple of str
        Values that are none of :data:`CARRIER` and :data:`FREE`.
    """

    carrier: Mask
    known: Mask
    strange: tuple[str, ...]


def carriers(values: Sequence[str | None]) -> Status:
    """Who is a carrier; those of whom nothing is known are taken not to be."""
    words = np.array([(value or "").strip().casefold().removesuffix(".0") for value in values],
                     object)
    carrier = np.array([word in CARRIER for word in words], np.bool_)
    known = np.array([word in CARRIER or word in FREE for word in words], np.bool_)
    strange = tuple(dict.fromkeys(
        str(value) for value, word, sure in zip(values, words, known, strict=True)
        if word and not sure))
    return Status(carrier, known, strange)

"""Which contributions are allowed: shares of each sex, within bounds for every candidate.

    X = {c: Σ_{i in s} c_i = t_s for every sex s,  l ≤ c ≤ u}

with t = ½ for each of two sexes, or t = 1 for one group of candidates that are both, as plants are.
A linear function over X is greatest where candidates are used to their upper bounds, best first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from breedeval.model.form import KeyPath, Misfit, MisfitError

Vector = NDArray[np.float64]

WHERE: KeyPath = ("selection", "contributions")
ROUNDING = 1e-9
"""Bounds whose sums miss a total by less than this meet it."""


@dataclass(frozen=True, eq=False)
class Shares:
    """X.

    Parameters
    ----------
    group : ndarray of int64, shape (n,)
        Sex of every candidate, as a number from 0.
    totals : ndarray of float64, shape (g,)
        t.
    lower, upper : ndarray of float64, shape (n,)
        l and u.
    names : sequence of str
        Of the groups, for messages.
    """

    group: NDArray[np.int64]
    totals: Vector
    lower: Vector
    upper: Vector
    names: Sequence[str]

    @property
    def size(self) -> int:
        """n."""
        return self.group.size

    def members(self, group: int) -> NDArray[np.int64]:
        """Candidates of a group."""
        return np.flatnonzero(self.group == group)

    def sums(self, contributions: Vector) -> Vector:
        """Σ of each group."""
        return np.bincount(self.group, contributions, self.totals.size).astype(np.float64)

    def best(self, value: Vector) -> Vector:
        """What maximises Σ c·value over X. O(n log n)."""
        found = self.lower.copy()
        room = self.upper - self.lower
        for group, total in enumerate(self.totals):
            rows = self.members(group)
            rows = rows[np.argsort(-value[rows], kind="stable")]
            before = np.concatenate([[0.0], np.cumsum(room[rows])[:-1]])
            left = total - self.lower[rows].sum()
            found[rows] += np.clip(left - before, 0.0, room[rows])
        return found

    def even(self) -> Vector:
        """The same for everybody of a sex, whatever the bounds."""
        count = np.bincount(self.group, minlength=self.totals.size)
        return np.asarray(self.totals[self.group] / count[self.group])

    def miss(self, contributions: Vector) -> float:
        """By how much contributions are outside X."""
        beyond = np.maximum(self.lower - contributions, contributions - self.upper)
        return float(max(np.abs(self.sums(contributions) - self.totals).max(initial=0.0),
                         beyond.max(initial=0.0), 0.0))

    def among(self, rows: NDArray[np.int64], elsewhere: Vector) -> Shares:
        """What is left to some candidates when the others contribute ``elsewhere``.

        Parameters
        ----------
        rows : ndarray of int64
        elsewhere : ndarray of float64, shape (n,)
            Contributions, 0 for those of ``rows``.
        """
        return replace(self, group=self.group[rows], totals=self.totals - self.sums(elsewhere),
                       lower=self.lower[rows], upper=self.upper[rows])

    def check(self, labels: Sequence[str]) -> None:
        """Refuse bounds that no contributions meet.

        Raises
        ------
        MisfitError
            With bounds that are wrong, five of them, and every sex that cannot give its share.
        """
        wrong = np.flatnonzero(~((self.lower >= 0) & (self.lower <= self.upper)))
        misfits = [Misfit(
            WHERE, f"'{labels[int(k)]}' is to contribute {self.lower[k]:.4g} or more and "
            f"{self.upper[k]:.4g} or less", "Expected 0 ≤ minimum ≤ maximum",
            "Correct one of them in 'bounds', or 'max_per_candidate'") for k in wrong[:5]]
        if not misfits:
            misfits = [one for group, total in enumerate(self.totals)
                       if (one := self._cannot_reach(group, float(total))) is not None]
        if misfits:
            raise MisfitError(*misfits)

    def _cannot_reach(self, group: int, total: float) -> Misfit | None:
        rows, name = self.members(group), self.names[group]
        if not rows.size:
            return Misfit(WHERE, f"there is no {name} candidate",
                          f"Expected some: they give {total:g} of the genes",
                          "Widen the conditions on candidates")
        least, most = float(self.lower[rows].sum()), float(self.upper[rows].sum())
        if most < total - ROUNDING:
            return Misfit(
                WHERE, f"{rows.size:,} {name} candidates may contribute {most:.4g} in all by their "
                "upper bounds", f"Expected {total:g} or more",
                f"Raise 'max_per_candidate' (to {total / rows.size:.3g} or more, if nothing else "
                "bounds them), or widen the conditions on candidates")
        if least > total + ROUNDING:
            return Misfit(
                WHERE, f"{rows.size:,} {name} candidates must contribute {least:.4g} in all by "
                "their lower bounds", f"Expected {total:g} or less", "Lower some of them")
        return None


def shares_of(
    sexes: Mapping[str, NDArray[np.bool_]], lower: Vector, upper: Vector
) -> Shares:
    """Every sex that has candidates gives the same part of the genes.

    Parameters
    ----------
    sexes : mapping of str to ndarray of bool, shape (n,)
        Who belongs to which, everybody to one; a single one where they are not told apart.
    lower, upper : ndarray of float64, shape (n,)
    """
    names = [name for name, mask in sexes.items() if mask.any()]
    group = np.zeros(lower.size, np.int64)
    for code, name in enumerate(names):
        group[sexes[name]] = code
    return Shares(group, np.full(len(names), 1 / len(names)), lower, upper, tuple(names))

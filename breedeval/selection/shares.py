"""Which contributions are allowed: shares of each sex, within bounds for every candidate.

    X = {c: Σ_{i in s} c_i = t_s for every sex s,  l ≤ c ≤ u}

with t = ½ for each of two sexes, or t = 1 for one group of candidates that are both, as plants are.
A linear function over X is greatest where candidates are used to their upper bounds, best first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from breedeval.errors import Findings, InputError, Problem

Vector = NDArray[np.float64]

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
        return np.bincount(self.group, contributions, self.totals.size)

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
        InputError
            With every bound and every group that is wrong.
        """
        findings = Findings()
        wrong = np.flatnonzero(~((self.lower >= 0) & (self.lower <= self.upper)))
        if wrong.size:
            findings.fault("bounds", *(Problem(
                "selection: contributions", f"'{labels[int(k)]}' is to contribute at least "
                f"{self.lower[k]:g} and at most {self.upper[k]:g}",
                "Expected 0 ≤ least ≤ most", "Correct one of them") for k in wrong[:5]),
                total=int(wrong.size))
        for group, total in enumerate(self.totals):
            problem = self._cannot_reach(group, float(total))
            if problem is not None:
                findings.fault("totals", problem)
        findings.raise_faults()

    def _cannot_reach(self, group: int, total: float) -> Problem | None:
        rows, name = self.members(group), self.names[group]
        where = "selection: contributions"
        if not rows.size:
            return Problem(where, f"there are no {name} among the candidates",
                           f"Expected some: they give {total:g} of the genes",
                           "Widen 'candidates', or state the sex of the candidates")
        least, most = float(self.lower[rows].sum()), float(self.upper[rows].sum())
        if most < total - ROUNDING:
            return Problem(
                where, f"{rows.size:,} {name} may contribute {most:.4g} in all by their upper "
                f"bounds", f"Expected {total:g} or more", f"Raise 'max_per_candidate' to "
                f"{total / rows.size:.3g} or more, or widen 'candidates'")
        if least > total + ROUNDING:
            return Problem(
                where, f"{rows.size:,} {name} must contribute {least:.4g} in all by their lower "
                f"bounds", f"Expected {total:g} or less", "Lower some of them")
        return None


def two_sexes(sex: NDArray[np.int64], upper: Vector, lower: Vector | None = None) -> Shares:
    """Half of the genes from males and half from females.

    Parameters
    ----------
    sex : ndarray of int, shape (n,)
        1 male, 2 female.
    upper, lower : ndarray of float64, shape (n,)

    Raises
    ------
    InputError
        Where the sex of a candidate is unknown.
    """
    unknown = int((~np.isin(sex, (1, 2))).sum())
    if unknown:
        raise InputError(Problem(
            "selection: contributions", f"the sex of {unknown:,} of {sex.size:,} candidates is not "
            "known", "Expected M or F for each, as males and females each give half of the genes",
            "Add a column of sexes to the pedigree, leave these out by 'candidates', or write "
            "'sexes: false' where every candidate can be either parent"))
    least = np.zeros(sex.size) if lower is None else lower
    return Shares(sex.astype(np.int64) - 1, np.array([0.5, 0.5]), least, upper,
                  ("males", "females"))


def one_group(upper: Vector, lower: Vector | None = None) -> Shares:
    """Every candidate can be either parent: contributions sum to 1."""
    least = np.zeros(upper.size) if lower is None else lower
    return Shares(np.zeros(upper.size, np.int64), np.ones(1), least, upper, ("candidates",))

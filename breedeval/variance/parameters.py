"""Parameters by name, and what the run file asks of them: fixed, tied or bounded."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

import numpy as np

from breedeval.covariance.structure import Matrix, Vector
from breedeval.covariance.variances import Variances
from breedeval.model.form import KeyPath, Misfit, MisfitError

_PAIR = re.compile(r"\(([^(),]+),([^(),]+)\)$")


@dataclass(frozen=True)
class Parameters:
    """The names of all parameters, and of the effects that each word stands for.

    Parameters
    ----------
    names : tuple of str, length p
        In the order of :attr:`Variances.values`.
    groups : mapping of str to tuple of int
        An effect, ``residual``, ``residual[class]`` or ``residual.log_linear``, and its parameters.
    """

    names: tuple[str, ...]
    groups: Mapping[str, tuple[int, ...]]

    def positions(self, word: str) -> tuple[int, ...] | None:
        """The parameters that a word of the run file stands for; None when there are none."""
        plain = [name.replace(" ", "") for name in self.names]
        asked = word.replace(" ", "")
        for name in (asked, _PAIR.sub(r"(\2,\1)", asked)):  # a covariance has no order
            if name in plain:
                return (plain.index(name),)
        return self.groups.get(word)

    def of_residual(self, one: str, other: str) -> list[int]:
        """The residual covariances of two traits, in all classes, where they are parameters."""
        ends = (f"({one},{other})", f"({other},{one})")
        return [k for k in self.groups["residual"] if self.names[k].endswith(ends)]


def name_parameters(
    variances: Variances, effects: Mapping[str, Sequence[str]], *,
    classes: Sequence[str] = ("",), traits: Sequence[str] = ("",), covariates: Sequence[str] = (),
) -> Parameters:
    """Names of all parameters.

    Parameters
    ----------
    variances : Variances
    effects : mapping of str to sequence of str
        Name of each random effect, in their order, and the labels of its coefficients.
    classes : sequence of str
        Labels of the residual classes; one empty label where there is one.
    traits : sequence of str
        Labels of the rows of the residual matrices.
    covariates : sequence of str
        Names of the covariates of the residual's log variance.
    """
    residual = [f"residual[{label}]" if label else "residual" for label in classes]
    owners = [*effects.items(), *((name, traits) for name in residual)]
    names: list[str] = []
    groups: dict[str, tuple[int, ...]] = {}
    for (owner, labels), part, own in zip(
            owners, variances.covariances, variances.slices, strict=False):
        names += [owner + suffix for suffix in part.names(labels)]
        groups[owner] = tuple(range(own.start, own.stop))
    groups["residual"] = tuple(k for name in residual for k in groups[name])
    if covariates:
        groups["residual.log_linear"] = tuple(range(len(names), len(names) + len(covariates)))
        names += [f"residual.log_linear({name})" for name in covariates]
    return Parameters(tuple(names), groups)


@dataclass(frozen=True, eq=False)
class Constraints:
    """θ = Aτ + θ₀ with bounds on the free parameters τ.

    Parameters
    ----------
    names : tuple of str, length p
    map : ndarray of float64, shape (p, f)
        A: 1 where a parameter is a free one; a row of zeros where it is fixed; a column with
        several ones where some are tied.
    offset : ndarray of float64, shape (p,)
        θ₀: values of fixed parameters, else 0.
    lower, upper : ndarray of float64, shape (f,)
        Bounds that the user gave; infinite where there are none.
    """

    names: tuple[str, ...]
    map: Matrix
    offset: Vector
    lower: Vector
    upper: Vector

    @cached_property
    def fixed(self) -> list[bool]:
        """Whether each parameter is fixed."""
        return [not row.any() for row in self.map]

    @cached_property
    def untouched(self) -> list[bool]:
        """Whether each parameter is free, by itself and without bounds."""
        alone = (self.map.sum(axis=0) == 1) & np.isinf(self.lower) & np.isinf(self.upper)
        return [bool(row.any() and alone[row.argmax()]) for row in self.map]

    def together(self, at: int) -> list[int]:
        """The parameters that are one with a free one: itself, and what is tied to it."""
        return [int(k) for k in np.flatnonzero(self.map[:, int(self.map[at].argmax())])]

    def held(self, at: int, value: float) -> Constraints:
        """The same with one more parameter held at a value, and what is tied to it.

        A bound that it has is dropped.
        """
        column = int(self.map[at].argmax())
        kept = np.arange(self.lower.size) != column
        return Constraints(self.names, self.map[:, kept], self.offset + value * self.map[:, column],
                           self.lower[kept], self.upper[kept])

    def start(self, variances: Variances) -> Variances:
        """Start values that satisfy them: means of what is tied, moved inside the bounds.

        Raises
        ------
        MisfitError
            When a matrix would not be positive definite.
        """
        if all(self.untouched):
            return variances
        counts = np.maximum(self.map.sum(axis=0), 1)
        tau = np.clip(self.map.T @ variances.values / counts, self.lower, self.upper)
        try:
            return variances.at(self.map @ tau + self.offset)
        except np.linalg.LinAlgError:
            touched = [name for name, free in zip(self.names, self.untouched, strict=True)
                       if not free]
            raise MisfitError(Misfit(
                ("variances",), "what is fixed, tied or bounded leaves no positive-definite matrix "
                f"to start from ({', '.join(touched[:5])})",
                "Expected covariances within ±√(product of the variances)",
                "Give 'start' values that agree with each other")) from None


def constrain(
    parameters: Parameters, start: Vector, *, fix: Sequence[str] = (),
    tie: Sequence[Sequence[str]] = (), bound: Mapping[str, tuple[float, float]] | None = None,
) -> Constraints:
    """Find the parameters that the run file's words stand for.

    Parameters
    ----------
    parameters : Parameters
    start : ndarray of float64, shape (p,)
        Values at which fixed ones are held.
    fix : sequence of str
        Effects (all their parameters) or parameters.
    tie : sequence of sequences of str
        Parameters kept equal; effects with as many parameters are tied one by one.
    bound : mapping of str to (lower, upper)

    Raises
    ------
    MisfitError
        With every word that does not fit.
    """
    reader = _Reader(parameters)
    fixed = sorted({k for at, word in enumerate(fix) for k in reader.positions(("fix", at), word)})
    together = list(range(len(parameters.names)))
    for place, words in enumerate(tie):
        for same in reader.tied(place, words, fixed):
            joined = {together[k] for k in same}
            together = [min(joined) if group in joined else group for group in together]
    limits = {reader.single(("bound", word), word): (word, ends)
              for word, ends in (bound or {}).items()}
    free = sorted({group for k, group in enumerate(together) if k not in fixed})
    lower, upper = np.full(len(free), -np.inf), np.full(len(free), np.inf)
    for at, (word, (low, high)) in limits.items():
        if at is None or not reader.fits(word, at, low, high, fixed):
            continue
        column = free.index(together[at])
        lower[column], upper[column] = max(lower[column], low), min(upper[column], high)
    for group, low, high in zip(free, lower, upper, strict=True):
        if low >= high:
            reader.contradicted([name for name, other in zip(
                parameters.names, together, strict=True) if other == group])
    reader.raise_problems()
    matrix = np.array([[float(group == column and k not in fixed) for column in free]
                       for k, group in enumerate(together)]).reshape(len(together), len(free))
    offset = np.where(np.isin(np.arange(start.size), fixed), start, 0.0)
    return Constraints(parameters.names, matrix, offset, lower, upper)


class _Reader:
    """Looks words up, and gathers what is wrong with them."""

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters
        self.misfits: list[Misfit] = []

    def positions(self, key: KeyPath, word: str) -> tuple[int, ...]:
        """Parameters of a word; none, and a problem, when it is unknown."""
        found = self.parameters.positions(word)
        if found is not None:
            return found
        known = [*self.parameters.groups, *self.parameters.names]
        near = get_close_matches(word, known, 1)
        shown = ", ".join(list(dict.fromkeys(known))[:12])
        self._add(key, f"there is no effect or parameter '{word}'", f"Expected one of {shown}",
                  f"Did you mean '{near[0]}'?" if near else "Correct the name")
        return ()

    def single(self, key: KeyPath, word: str) -> int | None:
        """The one parameter of a word."""
        found = self.positions(key, word)
        if len(found) > 1:
            names = ", ".join(self.parameters.names[k] for k in found)
            self._add(key, f"'{word}' has {len(found)} parameters", "Expected one of them",
                      f"Choose from {names}")
        return found[0] if len(found) == 1 else None

    def tied(
        self, place: int, words: Sequence[str], fixed: Sequence[int]
    ) -> list[tuple[int, ...]]:
        """Sets of parameters that are kept equal."""
        key = ("tie", place)
        found = [self.positions((*key, at), word) for at, word in enumerate(words)]
        if not all(found):
            return []
        shown = " and ".join(f"'{word}'" for word in words)
        if len({len(part) for part in found}) > 1:
            self._add(key, f"{shown} have different numbers of parameters",
                      "Expected as many in each", "Name the parameters themselves")
            return []
        if any(k in fixed for part in found for k in part):
            self._add(key, f"{shown} are tied, and one of them is fixed", "",
                      "Fix both, or remove one of the two wishes")
            return []
        return list(zip(*found, strict=True))

    def fits(
        self, word: str, at: int, low: float, high: float, fixed: Sequence[int]
    ) -> bool:
        """Whether a bound makes sense."""
        if at in fixed:
            self._add(("bound", word), f"'{word}' is bounded and fixed", "",
                      "Remove one of the two wishes")
        elif not low < high:
            self._add(("bound", word), f"the interval [{low:g}, {high:g}] of '{word}' is empty",
                      "Expected the smaller end first", "Correct it")
        else:
            return True
        return False

    def contradicted(self, names: Sequence[str]) -> None:
        """Bounds of tied parameters that leave nothing between them."""
        self._add(("bound",), f"the bounds of {', '.join(names)}, which are tied, have nothing in "
                  "common", "Expected one interval for all", "Give the same bounds, or untie them")

    def raise_problems(self) -> None:
        """All at once."""
        if self.misfits:
            raise MisfitError(*self.misfits)

    def _add(self, key: KeyPath, found: str, expected: str, remedy: str) -> None:
        self.misfits.append(Misfit(("variances", *key), found, expected, remedy))

"""Who may be selected: everybody with breeding values, less those that conditions leave out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.selection.conditions import Condition

Mask = NDArray[np.bool_]
SEXES = ("female", "male")


@dataclass(frozen=True, eq=False)
class Rules:
    """What candidates must be.

    Parameters
    ----------
    conditions : mapping of str to Condition
        By their text.
    include, exclude : collection of str or None
        Only these individuals, and not these.
    sexes : mapping of str to sequence of Condition
        What individuals of unknown sex must meet to be of a sex.
    """

    conditions: Mapping[str, Condition]
    include: Collection[str] | None = None
    exclude: Collection[str] = ()
    sexes: Mapping[str, Sequence[Condition]] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that the conditions name."""
        everything = [*self.conditions.values(),
                      *(one for conditions in self.sexes.values() for one in conditions)]
        return tuple(dict.fromkeys(name for one in everything for name in one.columns()))


@dataclass(frozen=True, eq=False)
class Candidates:
    """Which rows are candidates, and how many each rule left out of those before it."""

    mask: Mask
    left_out: Mapping[str, int]


def find_candidates(frame: pd.DataFrame, rules: Rules) -> Candidates:
    """Apply lists and conditions to a table with a row an individual.

    Raises
    ------
    ConditionError
        When a condition does not fit its column.
    """
    mask = np.ones(len(frame), np.bool_)
    left_out: dict[str, int] = {}
    for words, kept in _masks(frame, rules):
        left_out[words] = int((mask & ~kept).sum())
        mask &= kept
    return Candidates(mask, left_out)


def _masks(frame: pd.DataFrame, rules: Rules) -> Iterator[tuple[str, Mask]]:
    if rules.include is not None:
        yield "not in the list 'include'", frame["individual"].isin(rules.include).to_numpy()
    if rules.exclude:
        yield "in the list 'exclude'", ~frame["individual"].isin(rules.exclude).to_numpy()
    for text, condition in rules.conditions.items():
        yield f"not {text}", condition.met(frame)


def with_sexes(frame: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """The same table, with a sex for individuals of unknown sex that meet its conditions.

    Raises
    ------
    ConditionError
        When a condition does not fit its column.
    """
    for sex, conditions in rules.sexes.items():
        if conditions:
            known = frame["sex"] if "sex" in frame else pd.Series(None, frame.index, "object")
            met = np.logical_and.reduce([one.met(frame) for one in conditions])
            frame = frame.assign(sex=known.mask(known.isna() & met, sex))
    return frame


def sexes_of(frame: pd.DataFrame) -> dict[str, Mask]:
    """Rows of each sex."""
    return {sex: (frame["sex"] == sex).to_numpy() for sex in SEXES}

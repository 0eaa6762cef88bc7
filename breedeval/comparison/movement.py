"""How breeding values moved: over all individuals, by their records, and one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.comparison.results import TRAIT_KEY
from breedeval.levels import Levels, text_array

Values = NDArray[np.float64]

RECORD_GROUPS = ("more records", "fewer records", "same records")


@dataclass(frozen=True, eq=False)
class Pairs:
    """Breeding values of one effect, component and trait in both evaluations.

    Parameters
    ----------
    key : tuple of str
        effect, component, trait.
    old, new : DataFrame
        Rows of the individuals in both, aligned.
    only_old, only_new : int
        Individuals in one of them.
    """

    key: tuple[str, str, str]
    old: pd.DataFrame
    new: pd.DataFrame
    only_old: int
    only_new: int

    @property
    def change(self) -> Values:
        """New minus old breeding value of every individual in both."""
        return _column(self.new, "breeding_value") - _column(self.old, "breeding_value")

    @property
    def beyond_mean(self) -> Values:
        """Change less the mean change: what a moved base does not explain."""
        change = self.change
        return change - _mean(change)


def pairs(old: pd.DataFrame, new: pd.DataFrame) -> Iterator[Pairs]:
    """Match two tables of breeding values, by effect, component and trait. O(n) hashing."""
    before, after = _split(old), _split(new)
    for key in dict.fromkeys(chain(before, after)):
        one, other = before.get(key, old.iloc[:0]), after.get(key, new.iloc[:0])
        names = Levels.of(text_array(one["individual"].tolist()))
        place = names.codes(text_array(other["individual"].tolist()))
        both = place >= 0
        yield Pairs(key, one.iloc[place[both]].reset_index(drop=True),
                    other[both].reset_index(drop=True),
                    len(one) - int(both.sum()), len(other) - int(both.sum()))

AGREEMENT = [
    *TRAIT_KEY, "common", "only_old", "only_new", "correlation", "rank_correlation", "intercept",
    "slope", "mean_old", "mean_new", "mean_change", "sd_old", "sd_new", "sd_change",
    "largest_change", "reliability_old", "reliability_new"]
"""Columns of the agreement of two evaluations; no row where there are no breeding values."""


def agreement(pair: Pairs) -> dict[str, object]:
    """Correlation, rank correlation, regression of new on old, means and spread."""
    old, new = _column(pair.old, "breeding_value"), _column(pair.new, "breeding_value")
    slope = _slope(new, old)
    return {
        **dict(zip(TRAIT_KEY, pair.key, strict=True)),
        "common": len(old), "only_old": pair.only_old, "only_new": pair.only_new,
        "correlation": _correlation(old, new),
        "rank_correlation": _correlation(_order(old), _order(new)),
        "intercept": _mean(new) - slope * _mean(old), "slope": slope,
        "mean_old": _mean(old), "mean_new": _mean(new), "mean_change": _mean(pair.change),
        "sd_old": _spread(old), "sd_new": _spread(new), "sd_change": _spread(pair.change),
        "largest_change": float(np.max(np.abs(pair.change), initial=0.0)),
        "reliability_old": _mean(_column(pair.old, "reliability")),
        "reliability_new": _mean(_column(pair.new, "reliability")),
    }


def by_records(pair: Pairs) -> list[dict[str, object]]:
    """Movement of individuals that gained, lost or kept their number of records.

    ``moved`` is the root mean square of the change beyond the mean change of all.
    """
    gained = _column(pair.new, "records") - _column(pair.old, "records")
    rows: list[dict[str, object]] = []
    for name, inside in zip(RECORD_GROUPS, (gained > 0, gained < 0, gained == 0), strict=True):
        if inside.any():
            rows.append({
                **dict(zip(TRAIT_KEY, pair.key, strict=True)), "group": name,
                "individuals": int(inside.sum()), "records_change": int(gained[inside].sum()),
                "mean_change": _mean(pair.change[inside]),
                "moved": float(np.sqrt(_mean(pair.beyond_mean[inside] ** 2)))})
    return rows


def moved_most(pair: Pairs, number: int) -> pd.DataFrame:
    """The individuals that moved most beyond the mean change, with their ranks in both."""
    far = np.abs(pair.beyond_mean)
    rows = np.argsort(-far, kind="stable")[:number]
    rows = rows[far[rows] > 0]
    old, new = pair.old.iloc[rows], pair.new.iloc[rows]
    values = {"old": old["breeding_value"].to_numpy(), "new": new["breeding_value"].to_numpy()}
    return pd.DataFrame({
        **dict(zip(TRAIT_KEY, pair.key, strict=True)),
        "individual": new["individual"].to_numpy(), **values,
        "change": pair.change[rows], "beyond_mean": pair.beyond_mean[rows],
        "rank_old": _ranks(pair.old)[rows], "rank_new": _ranks(pair.new)[rows],
        **{f"{name}_{when}": table[name].to_numpy()
           for name in ("reliability", "records")
           for when, table in (("old", old), ("new", new))}})


def _split(table: pd.DataFrame) -> dict[tuple[str, str, str], pd.DataFrame]:
    return {(str(key[0]), str(key[1]), str(key[2])): part
            for key, part in table.groupby(TRAIT_KEY, sort=False)}


def _column(table: pd.DataFrame, name: str) -> Values:
    return table[name].to_numpy(np.float64)


def _ranks(table: pd.DataFrame) -> NDArray[np.int64]:
    """1 for the highest breeding value; equal ones share the better rank."""
    return np.asarray(table["breeding_value"].rank(method="min", ascending=False), np.int64)


def _order(values: Values) -> Values:
    """1 for the lowest; equal ones share the mean of their ranks."""
    return np.asarray(pd.Series(values).rank(), np.float64)


def _mean(values: Values) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def _spread(values: Values) -> float:
    return float(values.std(ddof=1)) if values.size > 1 else float("nan")


def _correlation(one: Values, other: Values) -> float:
    spread = _spread(one) * _spread(other)
    return float(np.cov(one, other)[0, 1] / spread) if spread > 0 else float("nan")


def _slope(response: Values, on: Values) -> float:
    variance = _spread(on) ** 2
    return float(np.cov(response, on)[0, 1] / variance) if variance > 0 else float("nan")

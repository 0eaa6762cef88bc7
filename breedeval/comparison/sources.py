"""Why breeding values moved: the change of each part, which add up to the change of the value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.comparison.movement import Pairs, pairs
from breedeval.comparison.results import PARTS, TRAIT_KEY, Results
from breedeval.errors import InputError, Problem
from breedeval.model.form import did_you_mean

Values = NDArray[np.float64]

CHANGES = tuple(f"change_{name}" for name in PARTS)
"""Columns of the change of each part."""
MOST_GROUPS = 500
"""Groups of individuals beyond which a column is no grouping."""
YEAR = "birth_year"
"""A column of decimal years, which are grouped by the year."""


def changes_of(old: Results, new: Results) -> list[pd.DataFrame]:
    """The change of every part of every breeding value in both; empty where either has no parts.

    Returns
    -------
    list of DataFrame, one an effect, component and trait
        effect, component, trait, individual, change, and ``change_…`` of the parts.
    """
    if old.partition.empty or new.partition.empty:
        return []
    found = []
    for pair in pairs(old.partition, new.partition):
        if not len(pair.old):
            continue
        before, after = (table[list(PARTS)].to_numpy(np.float64) for table in (pair.old, pair.new))
        found.append(pd.DataFrame({
            **dict(zip(TRAIT_KEY, pair.key, strict=True)),
            "individual": pair.new["individual"], "change": pair.change,
            **dict(zip(CHANGES, (after - before).T, strict=True))}))
    return found


def with_changes(moved: pd.DataFrame, changes: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Individuals that moved, with the change of each part beside them; NaN without parts."""
    if not changes or moved.empty:
        return moved.assign(**dict.fromkeys(CHANGES, np.nan))
    key = [*TRAIT_KEY, "individual"]
    wanted = pd.concat([table[table["individual"].isin(set(moved["individual"]))]
                        for table in changes], ignore_index=True)
    return moved.merge(wanted[[*key, *CHANGES]], on=key, how="left", sort=False)


def by_source(changes: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """What moved all individuals of each effect, component and trait.

    Returns
    -------
    DataFrame
        effect, component, trait, source, individuals, mean_change, moved (root mean square), share
        of the variance of the changes, cov(part, whole)/var(whole), which add up to 1; NaN where
        nothing moved apart.
    """
    rows: list[dict[str, object]] = []
    for table in changes:
        whole = table["change"].to_numpy(np.float64)
        away = whole - whole.mean()
        spread = float(away @ away)
        for name, column in zip(PARTS, CHANGES, strict=True):
            part = table[column].to_numpy(np.float64)
            if not part.any():
                continue
            rows.append({
                **{key: table[key].iloc[0] for key in TRAIT_KEY}, "source": name,
                "individuals": len(part), "mean_change": float(part.mean()),
                "moved": float(np.sqrt(np.mean(part**2))),
                "share": float((part - part.mean()) @ away) / spread if spread > 0 else np.nan})
    return pd.DataFrame(rows, columns=[
        *TRAIT_KEY, "source", "individuals", "mean_change", "moved", "share"])


def by_group(
    matched: Sequence[Pairs], old: Results, new: Results, columns: Sequence[str]
) -> pd.DataFrame:
    """Means and dispersion of groups of individuals.

    Parameters
    ----------
    matched : sequence of Pairs
    old, new : Results
        Their ``individuals`` have the columns; the new ones are taken, else the old.
    columns : sequence of str
        Of the groups.

    Returns
    -------
    DataFrame
        effect, component, trait, column, group, individuals, mean_old, mean_new, mean_change,
        sd_old, sd_new, sd_change, correlation.

    Raises
    ------
    InputError
        When there is no such column, or it has very many levels.
    """
    rows = [row for column in columns
            for labels in [_labels(old, new, column)] for pair in matched if len(pair.old)
            for row in _groups(pair, column, labels)]
    return pd.DataFrame(rows, columns=[
        *TRAIT_KEY, "column", "group", "individuals", "mean_old", "mean_new", "mean_change",
        "sd_old", "sd_new", "sd_change", "correlation"])


def _labels(old: Results, new: Results, column: str) -> pd.Series[str]:
    """Group of every individual, by its name."""
    for results in (new, old):
        table = results.individuals
        if column in table.columns and column != "individual":
            found = table.drop_duplicates("individual").set_index("individual")[column]
            labels = found.str.split(".").str[0] if column == YEAR else found
            count = int(labels.nunique())
            if count > MOST_GROUPS:
                raise InputError(Problem(
                    "--by", f"'{column}' has {count:,} levels", f"Expected {MOST_GROUPS} at most",
                    "Name a column of groups, such as birth_year or sex"))
            return labels
    known = [name for name in dict.fromkeys([*new.individuals.columns, *old.individuals.columns])
             if name != "individual"]
    raise InputError(Problem(
        "--by", f"there is no column '{column}' in 'individuals.csv'",
        f"The columns are: {', '.join(known)}" if known else
        "The runs wrote none: there is one where an effect has a pedigree",
        did_you_mean(column, known)))


def _groups(pair: Pairs, column: str, labels: pd.Series[str]) -> Iterator[dict[str, object]]:
    table = pd.DataFrame({
        "group": labels.reindex(pair.new["individual"]).to_numpy(),
        "old": pair.old["breeding_value"], "new": pair.new["breeding_value"]})
    table["group"] = table["group"].fillna("").replace("", "unknown")
    for group, part in table.groupby("group"):
        one, other = part["old"], part["new"]
        apart = one.std() > 0 and other.std() > 0
        yield {
            **dict(zip(TRAIT_KEY, pair.key, strict=True)), "column": column, "group": group,
            "individuals": len(part), "mean_old": one.mean(), "mean_new": other.mean(),
            "mean_change": (other - one).mean(), "sd_old": one.std(), "sd_new": other.std(),
            "sd_change": (other - one).std(),
            "correlation": one.corr(other) if apart else np.nan}

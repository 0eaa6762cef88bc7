"""The section of the page on genetic trends, ages of parents and what selection did so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from breedeval.evaluation.result import Evaluation
from breedeval.report.drawing import Picture
from breedeval.report.numbers import count, counted, decimals_for, fixed, listed
from breedeval.report.tables import Column, Sheet, readable
from breedeval.report.trend_plots import trend_picture

PICTURED = 6
"""Traits and components whose trend is drawn."""
KEYS = ["effect", "component", "trait"]


def trend_section(evaluation: Evaluation) -> dict[str, Any]:
    """What the template shows of trends; nothing without them."""
    tables = evaluation.decisions
    if "trend" not in tables:
        return {"trends": None}
    facts = evaluation.summary.get("trend") or {}
    labels = labels_of(tables["trend"])
    sheets = []
    if "generation_intervals" in tables:
        sheets.append(_intervals(tables["generation_intervals"]))
    if "selection_differentials" in tables:
        sheets += _differentials(tables["selection_differentials"], labels)
    return {"trends": {"lead": _lead(evaluation, facts),
                       "pictures": _pictures(tables["trend"], labels, facts),
                       "tables": [_numbers(rows, label, facts) for label, rows in
                                  _by_label(tables["trend"], labels)],
                       "sheets": sheets}}


def labels_of(table: pd.DataFrame) -> dict[tuple[str, str, str], str]:
    """A short name for each trait and component."""
    keys = [(str(a), str(b), str(c)) for a, b, c in table[KEYS].drop_duplicates().to_numpy()]
    found = {}
    for effect, component, trait in keys:
        words = [trait]
        if len({key[0] for key in keys}) > 1:
            words.append(effect)
        if component != effect:
            words.append(component)
        found[effect, component, trait] = " · ".join(words)
    return found


def _by_label(
    table: pd.DataFrame, labels: Mapping[tuple[str, str, str], str]
) -> list[tuple[str, pd.DataFrame]]:
    return [(label, table[(table[KEYS].to_numpy(object) == np.array(key, object)).all(axis=1)])
            for key, label in labels.items()]


def _lead(evaluation: Evaluation, facts: Mapping[str, Any]) -> str:
    by = readable(str(facts.get("by", ""))).lower()
    base = [str(words) for words in facts.get("base") or ()]
    text = f"Mean breeding values by {by}, in the unit of the trait"
    if not base:
        return text + (". They are deviations from the base of this evaluation, as in the table of "
                       "individuals.")
    settings = evaluation.settings.get("trend") or {}
    scale = (f"{settings.get('mean', 100):g} ± {settings.get('sd', 12):g}")
    return text + (f", against the mean of those with {listed(base)}: that is the zero line. In "
                   "the file of breeding values the column “relative” has everybody's value "
                   f"against that base, and “standardised” the same on a scale of {scale} (mean "
                   "and standard deviation of the base).")


def _pictures(
    table: pd.DataFrame, labels: Mapping[tuple[str, str, str], str], facts: Mapping[str, Any]
) -> list[Picture]:
    by = readable(str(facts.get("by", ""))).lower()
    return [trend_picture(rows, label, by, f"trend{k}")
            for k, (label, rows) in enumerate(_by_label(table, labels)[:PICTURED])]


def _numbers(rows: pd.DataFrame, label: str, facts: Mapping[str, Any]) -> Sheet:
    """The numbers behind a picture."""
    several = rows["group"].nunique() > 1
    decimals = decimals_for(rows["mean"].to_numpy(np.float64))
    cells = []
    for row in rows.to_dict("records"):
        band = "–" if not np.isfinite(row["lower"]) else (
            f"{fixed(row['lower'], decimals)} to {fixed(row['upper'], decimals)}")
        cells.append([*([str(row["group"])] if several else []), f"{row['at']:g}",
                      count(row["individuals"]), fixed(row["mean"], decimals), band,
                      fixed(row["sd"], decimals)])
    columns = [*([Column("Group")] if several else []),
               Column(readable(str(facts.get("by", ""))), "number"),
               *(Column(name, "number") for name in ("Individuals", "Mean", "95 % band", "SD"))]
    return Sheet(label, columns, cells)


def _intervals(table: pd.DataFrame) -> Sheet:
    rows = [[readable(str(path)), count(pairs), fixed(interval, 2), fixed(sd, 2)]
            for path, pairs, interval, sd in table[["path", "pairs", "interval", "sd"]].to_numpy()]
    return Sheet("Generation intervals", [Column("Path"), Column("Pairs", "number"), Column(
        "Mean age of parents (years)", "number"), Column("SD", "number")], rows, (
            "Age of a parent when an offspring was born. Sires of males: pairs of a sire and a "
            "son, and so on."))


def _differentials(
    table: pd.DataFrame, labels: Mapping[tuple[str, str, str], str]
) -> list[Sheet]:
    """All years together, by path: one sheet for all traits."""
    whole = table[table["year"].isna()]
    paths = list(whole["path"].unique())
    rows = []
    for label, own in _by_label(whole, labels):
        found = own.set_index("path")["differential"]
        decimals = decimals_for(found.to_numpy(np.float64))
        rows.append([label, *(fixed(found.get(path, np.nan), decimals) for path in paths)])
    if not rows:
        return []
    pairs = counted(int(whole.groupby("path", sort=False)["pairs"].first().sum()), "pair")
    return [Sheet("Selection so far", [Column("Trait"), *(Column(
        readable(str(path)), "number") for path in paths)], rows, (
            "How far parents were above the individuals of their own sex and year of birth, in the "
            f"unit of the trait ({pairs} of parent and offspring). The years are in the file of "
            "selection differentials beside this page."))]

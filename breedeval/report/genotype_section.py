"""Genotypes in the report: how many, and what quality control left out of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from breedeval.evaluation.result import Evaluation
from breedeval.report.numbers import MISSING, count, percent, significant
from breedeval.report.tables import Column, Sheet, facts_of, without_empty

SHOWN = 20
"""Individuals of whom more is told."""

_FACTS = {
    "file": "File", "individuals": "Individuals", "markers": "Markers",
    "individuals_read": "Individuals read", "markers_read": "Markers read", "ploidy": "Ploidy",
    "missing_calls": "Missing calls", "missing_filled_by": "Missing calls are filled by",
}


def genotype_section(evaluation: Evaluation) -> dict[str, Any] | None:
    """Facts and tables for the page; None where a run has no genotypes."""
    facts = evaluation.summary.get("genotypes")
    if not facts:
        return None
    table = evaluation.genotype_quality
    sheets = [] if table.empty else [_counts(table), _individuals(table)]
    return {"facts": _facts(facts), "sheets": [sheet for sheet in sheets if sheet.rows]}


def _facts(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    same = [what for what in ("individuals", "markers") if facts[what] == facts[f"{what}_read"]]
    shown = {key: value for key, value in facts.items()
             if key not in [f"{what}_read" for what in same]}
    calls = facts["individuals"] * facts["markers"]
    if facts["missing_calls"]:
        shown["missing_calls"] = percent(facts["missing_calls"] / max(calls, 1), 2)
    else:
        shown.pop("missing_filled_by")
    return facts_of(shown, _FACTS)


def _counts(table: pd.DataFrame) -> Sheet:
    """How many, by reason, in the order of the steps."""
    rows = []
    for (what, reason, removed), group in table.groupby(
            ["what", "reason", "removed"], sort=False):
        limit = group["limit"].iloc[0]
        rows.append([f"{what}s", str(reason), MISSING if pd.isna(limit) else significant(limit),
                     count(len(group)), "left out" if removed else "told"])
    return Sheet("Quality control", [
        Column("What"), Column("Reason"), Column("Limit", "number"), Column("Number", "number"),
        Column("")], rows, "In the order in which it was done. Every one of them is in the file "
        "genotype_quality beside this page.")


def _individuals(table: pd.DataFrame) -> Sheet:
    """The first individuals, with what was found."""
    some = table[table["what"] == "individual"]
    rows = [[str(row["name"]), str(row["reason"]),
             MISSING if pd.isna(row["value"]) else significant(row["value"]), str(row["other"]),
             "left out" if row["removed"] else "told"]
            for row in some.head(SHOWN).to_dict("records")]
    note = "" if len(some) <= SHOWN else f"The first {SHOWN} of {count(len(some))}."
    return without_empty(Sheet("Individuals", [
        Column("Individual", "code"), Column("Reason"), Column("Value", "number"),
        Column("Other individual", "code"), Column("")], rows, note))

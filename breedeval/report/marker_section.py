"""The section of the page on marker effects: pictures, and the strongest markers and windows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from breedeval.evaluation.result import Evaluation
from breedeval.report import marker_plots as plots
from breedeval.report.drawing import Picture
from breedeval.report.numbers import count, fixed, percent, significant
from breedeval.report.tables import Column, Sheet, without_empty

PICTURED = 4
"""Components and traits that are drawn."""
LISTED = 10
"""Markers and windows in the tables."""
LEVEL = 0.05


def marker_section(evaluation: Evaluation) -> dict[str, Any]:
    """What the template shows of marker effects; nothing without them."""
    table = evaluation.marker_effects
    if table.empty:
        return {"marker_effects": None}
    facts = evaluation.summary.get("marker_effects") or {}
    lead = (f"The breeding values of “{facts.get('effect')}” taken apart into effects of "
            f"{count(facts.get('markers'))} markers, of {count(facts.get('genotyped'))} genotyped "
            "individuals. An effect is that of one more copy of the counted allele, in the unit "
            "of the trait.")
    keys = ["component", "trait"]
    several = len(table[keys].drop_duplicates()) > 1
    along: list[Picture] = []
    others: list[Picture] = []
    sheets: list[Sheet] = []
    windows = evaluation.marker_windows
    for place, (key, rows) in enumerate(table.groupby(keys, sort=False)):
        component, trait = (str(part) for part in key)
        label = f"{component}, {trait}" if component != facts.get("effect") else trait
        own = windows[(windows["component"] == component) & (windows["trait"] == trait)]
        if place < PICTURED:
            along += _along_genome(rows, own, label, f"m{place}")
            if rows["p_value"].notna().any():
                others.append(plots.quantiles(
                    rows["p_value"].to_numpy(np.float64), label, f"m{place}-qq"))
            sheets += [_strongest(rows, label if several else ""),
                       *([_widest(own, label if several else "")] if len(own) else [])]
    return {"marker_effects": {
        "lead": lead, "along": along, "pictures": others, "sheets": sheets}}


def _along_genome(
    rows: pd.DataFrame, windows: pd.DataFrame, label: str, name: str
) -> Iterator[Picture]:
    tested = int(rows["p_value"].notna().sum())
    if rows["estimate"].abs().max() > 0:
        yield plots.manhattan(rows, label, f"{name}-manhattan",
                              -np.log10(LEVEL / max(tested, 1)))
    if windows["share"].notna().any():
        yield plots.window_shares(windows, label, f"{name}-windows")


def _strongest(rows: pd.DataFrame, label: str) -> Sheet:
    """The markers with the smallest p-values, or the largest effects."""
    tested = rows["p_value"].notna().any()
    order = rows.sort_values("p_value") if tested else rows.sort_values(
        "estimate", key=lambda column: -column.abs())
    cells = [[str(row["marker"]), _text(row["chromosome"]),
              count(row["position"]) if row["position"] > 0 else "",
              "/".join(filter(None, (_text(row["counted_allele"]), _text(row["other_allele"])))),
              fixed(row["frequency"], 3), significant(row["estimate"], 3),
              significant(row["se"], 3) if tested else "", fixed(row["z"], 2) if tested else "",
              significant(row["p_value"], 2) if tested else ""]
             for row in order.head(LISTED).to_dict("records")]
    columns = [Column("Marker"), Column("Chromosome"), Column("Position", "number"),
               Column("Alleles"), *(Column(text, "number") for text in (
                   "Frequency", "Effect", "SE", "z", "p"))]
    return without_empty(Sheet(f"Strongest markers{label and f' ({label})'}", columns, cells))


def _widest(windows: pd.DataFrame, label: str) -> Sheet:
    """The windows with the largest variances."""
    cells = [[str(row["window"]), _text(row["chromosome"]),
              f"{count(row['start'])} to {count(row['end'])}" if row["end"] > 0 else "",
              count(row["markers"]), f"{row['first_marker']} to {row['last_marker']}",
              percent(row["share"])]
             for row in windows.nlargest(LISTED, "share").to_dict("records")]
    columns = [Column("Window"), Column("Chromosome"), Column("Position", "number"),
               Column("Markers", "number"), Column("From"), Column("Share of variance", "number")]
    return without_empty(Sheet(f"Windows with most variance{label and f' ({label})'}", columns,
                               cells))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""

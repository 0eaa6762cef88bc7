"""The page of a pedigree: its size, its depth, its inbreeding and its families in pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from breedeval.report import plots, tables
from breedeval.report.drawing import Picture
from breedeval.report.page import fill
from breedeval.report.summaries import Trend

_TITLES = {
    "inbreeding_by_birth_year": "Inbreeding by birth year",
    "inbreeding_by_generation": "Inbreeding by generation",
    "completeness": "Completeness of the pedigree",
    "family_sizes": "Family sizes",
    "contributors": "Founders that contribute most",
    "ancestors": "Ancestors that contribute most",
}
_NOTES = {
    "completeness": "Share of the ancestors of each generation back that are known, over all "
                    "individuals.",
    "contributors": "Share of the genes of the individuals looked at that is expected to come from "
                    "this founder.",
    "ancestors": "Share that this ancestor, founder or not, adds to those above it in the list.",
}
_SHOWN = 25         # rows of a table that are shown
_PICTURED = ("inbreeding_by_birth_year", "inbreeding_by_generation", "completeness", "family_sizes")


def render_pedigree(
    title: str,
    facts: Sequence[tuple[str, str]],
    frames: Mapping[str, pd.DataFrame],
    warnings: Sequence[str] = (),
) -> str:
    """The description of a pedigree as one page of HTML.

    Parameters
    ----------
    title : str
        Heading.
    facts : sequence of (label, text)
        Size, founders, effective population size, …
    frames : mapping of str to DataFrame
        ``inbreeding_by_birth_year`` (birth_year, individuals, mean_inbreeding, max_inbreeding),
        ``inbreeding_by_generation`` (generation, …), ``completeness`` (generation_back,
        percent_known), ``family_sizes`` (family, size, families), ``contributors``
        (individual, contribution), ``ancestors`` (individual, marginal_contribution); any other
        table is shown as it is.
    warnings : sequence of str
        Messages found while reading.
    """
    filled = {name: frame for name, frame in frames.items() if len(frame)}
    context = {
        "title": title,
        "facts": list(facts),
        "warnings": list(warnings),
        "pictures": _pictures(filled),
        "sheets": [_sheet(name, frame) for name, frame in filled.items() if name not in _PICTURED],
        "behind": [_sheet(name, frame) for name, frame in filled.items() if name in _PICTURED],
    }
    return fill("pedigree.html.j2", context)


def _pictures(frames: Mapping[str, pd.DataFrame]) -> list[Picture]:
    pictures = []
    for column, unit in (("birth_year", "birth year"), ("generation", "generation")):
        frame = frames.get(f"inbreeding_by_{column}")
        if frame is not None and len(frame) > 1:
            trend = _trend(frame, column)
            pictures.append(plots.inbreeding_picture(trend, unit, f"inbreeding-{column}"))
    if "completeness" in frames:
        pictures.append(plots.completeness(frames["completeness"]))
    if "family_sizes" in frames:
        pictures.append(plots.family_sizes(frames["family_sizes"]))
    return pictures


def _trend(frame: pd.DataFrame, column: str) -> Trend:
    ordered = frame.sort_values(column)
    number = {name: ordered[name].to_numpy(np.float64, na_value=np.nan)
              for name in (column, "mean_inbreeding", "max_inbreeding", "individuals")}
    mean = number["mean_inbreeding"]
    return Trend(number[column], mean, np.zeros_like(mean), number["max_inbreeding"],
                 number["individuals"].astype(np.int64), 0.0)


def _sheet(name: str, frame: pd.DataFrame) -> tables.Sheet:
    title = _TITLES.get(name, tables.readable(name))
    sheet = tables.frame_sheet(title, frame.head(_SHOWN))
    note = _NOTES.get(name, "")
    if len(frame) > _SHOWN:
        note = f"{note} The first {_SHOWN} of {len(frame):,} rows are shown.".strip()
    return tables.Sheet(sheet.title, sheet.columns, sheet.rows, note)

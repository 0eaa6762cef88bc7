"""Genomic relationships in the report: how made, how near to the pedigree, and their structure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from breedeval.evaluation.result import Evaluation
from breedeval.report.drawing import Picture, cloud, svg
from breedeval.report.numbers import count, fixed, percent
from breedeval.report.tables import Column, Sheet

DECIMALS = 3
"""Of relationships."""
FEW = 50
"""Individuals up to which those farthest out are named."""
NAMED = 8
"""So many of them."""


def relationship_section(evaluation: Evaluation) -> list[dict[str, Any]]:
    """History, tables and pictures of every genomic relationship."""
    found, table = [], evaluation.principal_components
    for place, (name, facts) in enumerate(
            (evaluation.summary.get("relationships") or {}).items()):
        agreement = facts.get("agreement")
        own = table[table["relationship"] == name] if len(table) else table
        pictures = []
        if len(own):
            pictures = [_picture(own, facts["principal_components"], f"components{place}", name)]
        found.append({
            "heading": f"Relationship “{name}”", "history": facts["history"],
            "sheets": [] if agreement is None else [_agreement(agreement), _apart(agreement)],
            "pictures": pictures})
    return found


def _agreement(agreement: Mapping[str, Any]) -> Sheet:
    """Means and spreads of G and A₂₂, and how they go together."""
    rows = []
    for what, part in (("Diagonal", "diagonal"), ("Beside the diagonal", "off")):
        for label, source in (("markers", "genomic"), ("pedigree", "pedigree")):
            mean, sd, least, most = agreement[f"{source}_{part}"]
            rows.append([what, label, *(fixed(value, DECIMALS) for value in (
                mean, sd, least, most)), fixed(agreement[f"{part}_correlation"], DECIMALS)
                if source == "genomic" else ""])
    slope, intercept = agreement["slope"], agreement["intercept"]
    note = (f"Of {count(agreement['individuals'])} genotyped. Regression of the markers' "
            f"relationships on the pedigree's beside the diagonal: {fixed(intercept, DECIMALS)} + "
            f"{fixed(slope, DECIMALS)} × pedigree; 0 and 1 are expected.")
    return Sheet("Markers and pedigree", [
        Column("Elements"), Column("By"), Column("Mean", "number"), Column("SD", "number"),
        Column("Least", "number"), Column("Most", "number"), Column("Correlation", "number")],
        rows, note)


def _apart(agreement: Mapping[str, Any]) -> Sheet:
    """Individuals and pairs of whom markers and pedigree differ most."""
    rows = [[what, str(each["first"]), "" if what == "individual" else str(each["second"]),
             fixed(each["genomic"], DECIMALS), fixed(each["pedigree"], DECIMALS)]
            for what, key in (("pair", "pairs_apart"), ("individual", "individuals_apart"))
            for each in agreement[key][:5]]
    return Sheet("Farthest apart", [
        Column(""), Column("Individual", "code"), Column("and", "code"),
        Column("By markers", "number"), Column("By pedigree", "number")], rows,
        "Pairs that are far from what the pedigree says may be exchanged samples or wrong "
        "parents.")


def _picture(
    scores: pd.DataFrame, shares: list[float], name: str, relationship: str
) -> Picture:
    """Individuals on the first two principal components."""
    x, y = (scores[f"component_{k}"].to_numpy(np.float64) for k in (1, 2))
    caption = (f"First two principal components of the relationship “{relationship}”: "
               f"{percent(shares[0])} and {percent(shares[1])} of the variance among individuals. "
               "Clusters are families, breeds or lines; all scores are in the file "
               "principal_components beside this page.")

    def draw(canvas: Canvas) -> None:
        axes = canvas.subplots()
        cloud(axes, x, y)
        named = NAMED if x.size <= FEW else 0
        for at in np.argsort(-(x**2 + y**2))[:named]:
            axes.annotate(str(scores["individual"].iloc[at]), (x[at], y[at]), xytext=(4, 3),
                          textcoords="offset points", fontsize=8.5)
        axes.set_xlabel(f"Component 1 ({percent(shares[0])})")
        axes.set_ylabel(f"Component 2 ({percent(shares[1])})")

    return Picture("Principal components", svg(draw, name, caption), caption)

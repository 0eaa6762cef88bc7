"""The section of the page on residuals: what they look like, and which records stand out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.evaluation.diagnostics import FAR, predicted_values
from breedeval.evaluation.result import Evaluation
from breedeval.report import residual_plots as plots
from breedeval.report.drawing import Picture
from breedeval.report.numbers import (
    MISSING,
    chance,
    count,
    counted,
    decimals_for,
    fixed,
    listed,
    probability,
    significant,
)
from breedeval.report.tables import Column, Sheet

Numbers = NDArray[np.float64]
FEWEST = 8
"""Residuals below which there is nothing to draw."""
EXTREME = 12
"""Rows of the table of extreme records."""
UNLIKELY, LARGE = 0.001, 1.2
"""Spreads that differ by more than this factor, and so surely, are mentioned."""


@dataclass(frozen=True, eq=False)
class TraitResiduals:
    """What is shown of one trait.

    Parameters
    ----------
    trait : str
    sentences : list of str
        Findings in words.
    pictures : list of Picture
    extremes : Sheet
        The records furthest out.
    spread : Sheet or None
        Standard deviations by class.
    """

    trait: str
    sentences: list[str]
    pictures: list[Picture]
    extremes: Sheet
    spread: Sheet | None


def residual_section(evaluation: Evaluation, pictured: int) -> list[TraitResiduals]:
    """One entry a trait that has residuals; pictures for the first ``pictured``."""
    table = evaluation.residuals
    if table.empty:
        return []
    facts = evaluation.summary.get("diagnostics") or {}
    groups = {str(trait): rows for trait, rows in table.groupby("trait", sort=False)}
    return [_of_trait(trait, rows, facts.get(trait) or {},
                      f"r{place}" if place < pictured else "")
            for place, (trait, rows) in enumerate(groups.items()) if len(rows) >= FEWEST]


def _of_trait(
    trait: str, rows: pd.DataFrame, facts: Mapping[str, Any], name: str
) -> TraitResiduals:
    rows = rows.assign(z=_standardised(rows), predicted=predicted_values(rows))
    known = rows[np.isfinite(rows["z"].to_numpy(np.float64))]
    z = known["z"].to_numpy(np.float64)
    drawn = []
    if name and np.ptp(z) > 0.0:
        predicted = known["predicted"].to_numpy(np.float64)
        drawn = [plots.against_predicted(predicted, z, trait, name, FAR),
                 plots.normal_plot(z, trait, name), plots.shape(z, trait, name)]
    return TraitResiduals(trait, _sentences(facts), drawn, _extremes(known), _spread(facts))


def _standardised(rows: pd.DataFrame) -> Numbers:
    """Standardised residuals, or residuals over their standard deviation."""
    z = rows["standardised"].to_numpy(np.float64)
    if np.isfinite(z).any():
        return z
    residual = rows["residual"].to_numpy(np.float64)
    return np.asarray(residual / (residual.std() or 1.0))


def _sentences(facts: Mapping[str, Any]) -> list[str]:
    if "skewness" not in facts:
        return []
    normality, far = facts["normality"], facts["far"]
    found = [
        f"Their skewness is {fixed(facts['skewness'], 2)} and their excess kurtosis "
        f"{fixed(facts['kurtosis'], 2)}; both are 0 for a normal distribution "
        f"({normality['test']}: {chance(normality['p_value'])}).",
        f"{count(far['count'])} of {counted(facts['observations'], 'residual')} "
        f"{'lies' if far['count'] == 1 else 'lie'} beyond ±{far['beyond']:g}, where about "
        f"{significant(far['expected'], 1)} would be expected."]
    if outliers := facts.get("outliers"):
        rows = [str(entry["record"]) for entry in outliers]
        found.append(
            f"{'Row' if len(rows) == 1 else 'Rows'} {listed(rows)} of the records "
            f"{'is' if len(rows) == 1 else 'are'} further from "
            f"{'its prediction' if len(rows) == 1 else 'their predictions'} than chance allows "
            "among so many. Look for errors of reading or of identity there.")
    spreads = [facts.get("by_predicted"), *(facts.get("by_class") or [])]
    found += [sentence for spread in spreads if spread and (sentence := _differing(spread))]
    return found


def _differing(spread: Mapping[str, Any]) -> str:
    """A sentence where the spread differs clearly; empty where it does not."""
    sd = {entry["class"]: entry["sd"] for entry in spread["classes"]}
    low, high = min(sd, key=lambda key: sd[key]), max(sd, key=lambda key: sd[key])
    if not spread["p_value"] < UNLIKELY or sd[high] < LARGE * sd[low]:
        return ""
    if spread["effect"] == "predicted":
        return (f"The spread is {fixed(sd[low], 2)} in the {low} of the predicted values and "
                f"{fixed(sd[high], 2)} in the {high}. A transformation, such as the logarithm, "
                "may suit the trait better.")
    return (f"The spread differs among classes of {spread['effect']}: {fixed(sd[low], 2)} in "
            f"{low}, {fixed(sd[high], 2)} in {high}. A residual variance for each class "
            f"(residual: {{by: {spread['effect']}}}) may suit better.")


def _spread(facts: Mapping[str, Any]) -> Sheet | None:
    """Standard deviations of standardised residuals by class."""
    spreads = [entry for entry in (facts.get("by_predicted"), *(facts.get("by_class") or []))
               if entry]
    rows = []
    for spread in spreads:
        name = "predicted value" if spread["effect"] == "predicted" else str(spread["effect"])
        for place, entry in enumerate(spread["classes"]):
            rows.append([name if place == 0 else "", str(entry["class"]),
                         count(entry["observations"]), fixed(entry["sd"], 2),
                         probability(spread["p_value"]) if place == 0 else ""])
    if not rows:
        return None
    return Sheet("Spread by class", [
        Column("Of"), Column("Class"), Column("Residuals", "number"),
        Column("SD", "number"), Column("p", "number")], rows,
        "p: how often spreads differ so much where they are truly equal.")


def _extremes(rows: pd.DataFrame) -> Sheet:
    """The records furthest from their predictions."""
    order = np.argsort(-np.abs(rows["z"].to_numpy(np.float64)), kind="stable")[:EXTREME]
    top = rows.iloc[order]
    decimals = decimals_for(rows["observed"].to_numpy(np.float64))
    top = top.assign(apart=top["observed"] - top["predicted"])
    figures = top[["record", "observed", "predicted", "apart", "z", "leverage",
                   "cooks_distance"]].to_numpy(np.float64)
    cells = [[str(int(record)), *(fixed(value, decimals) for value in own),
              *(fixed(value, 2) for value in (z, leverage)), significant(cook, 2)]
             for record, *own, z, leverage, cook in figures]
    columns = [Column(label, "number") for label in (
        "Row", "Observed", "Predicted", "Difference", "Standardised", "Leverage",
        "Cook's distance")]
    kept = [k for k in range(len(columns)) if any(row[k] != MISSING for row in cells)]
    return Sheet("Records furthest out", [columns[k] for k in kept],
                 [[row[k] for k in kept] for row in cells])

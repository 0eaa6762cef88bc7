"""The section of the page on a validation: what predictions of hidden phenotypes were worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from breedeval.evaluation.result import Evaluation
from breedeval.report import validation_plots as plots
from breedeval.report.drawing import Picture
from breedeval.report.numbers import count, counted, fixed, listed, significant
from breedeval.report.tables import Column, Sheet

PICTURED = 4
"""Models whose predictions are drawn."""
_BY_RECORD = {
    "predictive_ability": "Predictive ability", "accuracy": "Accuracy",
    "dispersion": "Dispersion", "bias": "Bias", "mean_squared_error": "Mean squared error"}
_BY_INDIVIDUAL = {
    "lr_accuracy": "Accuracy", "lr_correlation": "Correlation",
    "lr_reliability_ratio": "Ratio of reliabilities", "lr_dispersion": "Dispersion",
    "lr_bias": "Bias"}
_IN_UNITS = ("bias", "mean_squared_error", "lr_bias")
"""Statistics in the unit of the trait, or its square: shown by significant digits."""


def validation_section(evaluation: Evaluation) -> dict[str, Any]:
    """What the template shows of a validation; nothing without one."""
    table = evaluation.validation
    if table.empty:
        return {"validation": None}
    facts = evaluation.summary.get("validation") or {}
    overall = table[(table["repeat"] == "") & (table["fold"] == "")]
    own = overall[overall["compared_with"] == ""]
    apart = overall[overall["compared_with"] != ""]
    phenotypes = _sheet("Against the hidden phenotypes", own, _BY_RECORD)
    sheets = [phenotypes, _sheet("Against predictions from all records", own, _BY_INDIVIDUAL)]
    if not apart.empty:
        sheets.append(_sheet("Differences between models, on the same individuals", apart, {
            "predictive_ability": "Predictive ability", "accuracy": "Accuracy",
            "mean_squared_error": "Mean squared error", "lr_accuracy": "Accuracy (LR)"}))
    return {"validation": {
        "lead": _lead(facts), "sheets": sheets, "pictures": _pictures(evaluation, table)}}


def _lead(facts: Any) -> str:
    models = [str(name) for name in facts.get("models") or ()]
    repeats = int(facts.get("repeats") or 1)
    again = f", made anew {repeats} times" if repeats > 1 else ""
    folds = int(facts.get("folds") or 0) // repeats
    text = (f"The phenotypes of {counted(folds, 'fold')} of individuals{again} were hidden in "
            f"turn, and predicted from the others ({count(facts.get('individuals'))} individuals "
            "in all)")
    if len(models) > 1:
        text += f", by the models {listed(models)}"
    variances = ("estimated from the other records every time" if facts.get("variances") ==
                 "training" else "those from all records")
    return f"{text}. Variances were {variances}, where they were not given."


def _sheet(title: str, table: pd.DataFrame, statistics: dict[str, str]) -> Sheet:
    """One row a model and trait: every statistic with its interval."""
    several = table["trait"].nunique() > 1
    compared = bool((table["compared_with"] != "").any())
    rows = []
    for key, group in table.groupby(["model", "compared_with", "trait"], sort=False):
        model, other, trait = (str(part) for part in key)
        found = {str(row["statistic"]): row for row in group.to_dict("records")}
        name = f"{model} less {other}" if compared else model
        rows.append([name, *([trait] if several else []),
                     *(_cell(found[statistic]) for statistic in statistics)])
    columns = [Column("Model"), *([Column("Trait")] if several else []),
               *(Column(label, "number") for label in statistics.values())]
    return Sheet(title, columns, rows)


def _cell(row: dict[Any, Any]) -> str:
    """Estimate with the interval in brackets."""
    if str(row["statistic"]) in _IN_UNITS:
        low, high = (significant(row[key], 2) for key in ("lower", "upper"))
        text = significant(row["estimate"], 3)
    else:
        text, low, high = (fixed(row[key], 2) for key in ("estimate", "lower", "upper"))
    return text if pd.isna(row["lower"]) else f"{text} ({low} to {high})"


def _pictures(evaluation: Evaluation, table: pd.DataFrame) -> list[Picture]:
    """Predictive ability of all models, and the predictions of the first of them."""
    found = [plots.abilities(rows, str(trait), f"ability{place}")
             for place, (trait, rows) in enumerate(table.groupby("trait", sort=False))]
    predictions = evaluation.validation_predictions
    groups: Sequence[Any] = list(predictions.groupby(["trait", "model"], sort=False))
    several = predictions["trait"].nunique() > 1
    for place, ((trait, model), rows) in enumerate(groups[:PICTURED]):
        label = f"{model}, {trait}" if several else str(model)
        found.append(plots.against_phenotypes(rows, label, f"predicted{place}"))
        found.append(plots.against_whole(rows, label, f"whole{place}"))
    return found

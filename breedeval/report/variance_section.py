"""The section of the page on variances: estimates, how they were had, and what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from breedeval.evaluation.result import Evaluation
from breedeval.report import tables
from breedeval.report import variance_plots as plots
from breedeval.report.drawing import Picture
from breedeval.report.grids import age_grids, covariance_grids
from breedeval.report.numbers import counted, error_text, probability, significant, with_error
from breedeval.report.tables import Column, Sheet
from breedeval.report.variance_plots import Interval

MOST_INTERVALS = 24
"""Ratios and correlations that are drawn; the table holds all."""
MOST_CURVES = 8
"""Pictures of curves."""
_RATIOS = ("heritability", "repeatability", "variance_ratio", "ratio", "correlation")
_METHODS = {"reml": "restricted maximum likelihood (REML)", "ml": "maximum likelihood (ML)"}
_DENOMINATORS = {
    "kenward_roger": "Kenward and Roger", "satterthwaite": "Satterthwaite",
    "residual": "residual degrees of freedom"}


def variance_section(evaluation: Evaluation) -> dict[str, Any]:
    """What the template shows under variances and heritability."""
    variances, parameters = evaluation.variances, evaluation.genetic_parameters
    statuses = set(variances["status"].astype("str"))
    variances = tables.without_rounding(variances)
    if statuses != {"given"}:
        parameters = tables.without_rounding(parameters)
    estimation = evaluation.summary.get("estimation") or {}
    grids = covariance_grids(variances, parameters)
    return {
        "variances": tables.variance_sheet(variances),
        "variances_given": statuses == {"given"},
        "grids": grids,
        "parameters": tables.parameter_sheet(
            parameters[parameters["parameter"] != "correlation"] if grids else parameters),
        "estimation": _estimation(estimation),
        "advice": [str(line) for line in estimation.get("advice") or ()],
        "estimated": _estimated(estimation),
        "variance_pictures": [*_intervals(parameters), *_curves(evaluation.curves),
                              *_profiles(evaluation.profiles), *_rounds(estimation)],
        "age_grids": age_grids(evaluation.curves),
    }


def fixed_tests_sheet(tests: pd.DataFrame) -> Sheet | None:
    """F tests of the fixed effects; None without any."""
    if tests.empty:
        return None
    tests = tests[(tests["numerator_df"] > 0) | (tests["effect"] != "intercept")]
    several = tests["trait"].nunique() > 1
    rows = []
    for row in tests.to_dict("records"):
        tested = int(row["numerator_df"]) > 0
        rows.append([
            str(row["effect"]), str(row["trait"]) if several else "",
            tables.readable(str(row["kind"])), str(int(row["numerator_df"])),
            _degrees(row["denominator_df"]) if tested else "",
            significant(row["f"], 4) if tested else "",
            probability(row["p_value"]) if tested else "",
            str(row.get("note") or "")])
    methods = [_DENOMINATORS.get(str(method), str(method)) for method in tests["method"].unique()]
    note = ("Does the effect explain anything? Incremental: beyond the effects before it in the "
            "model; conditional: beyond all others. Denominator degrees of freedom after "
            f"{' and '.join(methods)}.")
    columns = [Column("Effect"), Column("Trait"), Column("Test"), *(
        Column(label, "number") for label in ("df", "Denominator df", "F", "p")), Column("")]
    return tables.without_empty(Sheet("Tests of the fixed effects", columns, rows, note))


def _degrees(value: float) -> str:
    return "∞" if np.isinf(value) else significant(value, 3)


def _estimation(estimation: Mapping[str, Any]) -> str:
    """How the variances were had, in a sentence."""
    if not estimation:
        return ""
    method = str(estimation.get("method", ""))
    text = (f"The variances were estimated by {_METHODS.get(method, method)} in "
            f"{counted(int(estimation.get('rounds') or 0), 'round')}")
    reason = str(estimation.get("reason") or "").strip().rstrip(".")
    if estimation.get("converged") is False:
        return f"{text}, which did not converge{': ' + reason if reason else ''}."
    return f"{text}{': ' + reason if reason else ''}."


def _estimated(estimation: Mapping[str, Any]) -> Sheet | None:
    """Every parameter as it was estimated, with its state."""
    rows = [[str(row["parameter"]),
             with_error(0.0 if row.get("zero") else _number(row["estimate"]),
                        _number(row.get("se"))),
             error_text(_number(row.get("se"))), tables.status_in_words(row.get("status")),
             probability(_number(row.get("p_value")))]
            for row in estimation.get("parameters") or ()]
    if not rows:
        return None
    columns = [Column("Parameter"), Column("Estimate", "number"), Column("SE", "number"),
               Column(""), Column("p (one-sided)", "number")]
    return tables.without_empty(Sheet("", columns, rows))


def _intervals(parameters: pd.DataFrame) -> Iterator[Picture]:
    """A picture of all ratios and correlations with standard errors."""
    words = parameters["parameter"].astype("str")
    wanted = parameters[words.str.endswith(_RATIOS) | words.str.startswith("heritability")]
    ends = wanted[["lower", "upper"]].to_numpy(np.float64, na_value=np.nan)
    wanted = wanted[np.isfinite(ends).all(axis=1)]
    names = tables.parameter_names(wanted)
    rows = []
    for name, row in zip(names, wanted.to_dict("records"), strict=True):
        own: dict[str, Any] = {str(key): value for key, value in row.items()}
        rows.append(Interval(name, float(own["estimate"]), *tables.interval_of(own)))
    if rows:
        yield plots.interval_picture(rows[:MOST_INTERVALS], "intervals")


def _rounds(estimation: Mapping[str, Any]) -> Iterator[Picture]:
    history = estimation.get("history") or []
    if len(history) > 1:
        yield plots.rounds_picture(history, "rounds")


def _profiles(profiles: pd.DataFrame) -> Iterator[Picture]:
    if profiles.empty:
        return
    for place, (parameter, rows) in enumerate(profiles.groupby("parameter", sort=False)):
        yield plots.profile_picture(str(parameter), rows, f"profile{place}")


def _curves(curves: pd.DataFrame) -> Iterator[Picture]:
    """Variances in one picture, ratios in another, for every trait and covariate."""
    if curves.empty:
        return
    plain = curves[curves["quantity"] != "correlation"]
    is_variance = plain["quantity"].isin(["variance", "phenotypic_variance"])
    several = plain["trait"].nunique() > 1
    keys = [plain["trait"], plain["covariate"], np.where(is_variance, "Variances", "Ratios")]
    for place, ((trait, covariate, what), rows) in enumerate(plain.groupby(keys, sort=False)):
        if place == MOST_CURVES:
            return
        of = f" of {trait}" if several else ""
        if rows["quantity"].nunique() == 1 and what == "Ratios":
            what = tables.readable(str(rows["quantity"].iloc[0]))
        yield plots.curve_picture(f"{what}{of} along {covariate}", rows, f"curve{place}")


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)

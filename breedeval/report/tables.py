"""The tables of a run, formatted for reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from breedeval.evaluation.intervals import COLUMNS as ENDS_OF_INTERVAL
from breedeval.evaluation.intervals import scale_of
from breedeval.report.numbers import (
    MISSING,
    count,
    decimals_for,
    error_text,
    fixed,
    percent,
    significant,
    with_error,
)

NOTHING = 1e-6
"""Shares of the phenotypic variance below which one without standard error is held at 0."""
LONG = 40           # levels of a class effect up to here are all shown
ENDS = 8            # of a longer one: so many of the lowest and of the highest

_STATUS = {
    "": "",
    "given": "given in the run file",
    "estimated": "estimated",
    "fixed": "held fixed",
    "tied": "estimated, equal to others",
    "bound": "at the bound of the run file",
    "boundary": "at the boundary of what is possible",
    "structure": "as the structure says",
    "reference": "reference",
    "dependent": "not separable from other effects; set to 0",
    "empty": "no records; set to 0",
}
_PARAMETERS = {
    "heritability": "Share of the differences among individuals, after the fixed effects, that is "
                    "due to breeding values.",
    "heritability_direct": "Share of the phenotypic variance due to the individual's own genes.",
    "heritability_maternal": "Share of the phenotypic variance due to the mother's genes.",
    "total_heritability": "Share due to direct and maternal genes together (Willham).",
    "repeatability": "Correlation between repeated records of one individual.",
    "variance_ratio": "Share of the phenotypic variance.",
    "ratio": "Share of the phenotypic variance.",
    "correlation": "Correlation between the values of the two.",
    "genetic_correlation": "Correlation between breeding values.",
    "phenotypic_variance": "Variance of records after the fixed effects.",
    "phenotypic_covariance": "Covariance of two records after the fixed effects.",
    "phenotypic_correlation": "Correlation of two records after the fixed effects.",
}


@dataclass(frozen=True)
class Column:
    """Heading of a column; ``kind`` is how its cells are set.

    ``number`` to the right, ``prose`` with room for a sentence, ``code`` in a fixed-width face.
    """

    label: str
    kind: str = ""


@dataclass(frozen=True)
class Sheet:
    """One formatted table.

    Parameters
    ----------
    title : str
        Heading, may be empty.
    columns : list of Column
    rows : list of list of str
    note : str
        What the reader should know; may be empty.
    """

    title: str
    columns: list[Column]
    rows: list[list[str]]
    note: str = ""


def variance_sheet(variances: pd.DataFrame) -> Sheet:
    """All (co)variances; a covariance is also given as a correlation."""
    table = variances.fillna({"component_1": "", "component_2": "", "status": ""})
    alike = table["status"].isin(["given"]).all() or table["status"].isin(["estimated"]).all()
    traits = len({*table["trait_1"], *table["trait_2"]})
    records: list[dict[str, Any]] = [{str(k): v for k, v in row.items()}
                                     for row in table.to_dict("records")]
    diagonal = {_keys(row)[0]: row["estimate"] for row in records if _is_variance(row)}
    rows = []
    for row in records:
        first, second = (diagonal.get(key, np.nan) for key in _keys(row))
        correlation = MISSING
        if not _is_variance(row) and first * second > 0:
            correlation = fixed(row["estimate"] / np.sqrt(first * second), 2)
        rows.append([str(row["effect"]), _between(row, traits),
                     with_error(row["estimate"], row["se"]), error_text(row["se"]), _ends(row, 3),
                     correlation, "" if alike else status_in_words(row["status"])])
    columns = [Column("Effect"), Column("Variance or covariance of"),
               Column("Estimate", "number"), Column("SE", "number"),
               Column("95 % interval", "number"), Column("Correlation", "number"), Column("")]
    return without_empty(Sheet("(Co)variances", columns, rows))


def without_rounding(frame: pd.DataFrame) -> pd.DataFrame:
    """The same with 0 for what is held at the least that the equations can hold.

    These are the variances marked so, and of genetic parameters the shares below ``NOTHING`` that
    have no standard error.
    """
    if "zero" in frame:
        nothing = frame["zero"].to_numpy(np.bool_)
    else:
        share = [scale_of(parameter) == "share" for parameter in frame["parameter"].astype("str")]
        estimate, se = (frame[name].to_numpy(np.float64) for name in ("estimate", "se"))
        nothing = np.array(share, np.bool_) & (estimate < NOTHING) & np.isnan(se)
    return frame.assign(estimate=frame["estimate"].where(~nothing, 0.0))


def parameter_sheet(parameters: pd.DataFrame) -> Sheet:
    """Heritability, ratios and correlations with what they mean."""
    traits = len({*parameters["trait_1"], *parameters["trait_2"]} - {""})
    rows = []
    for found in parameters.to_dict("records"):
        row: dict[str, Any] = {str(key): value for key, value in found.items()}
        name = str(row["parameter"])
        effect = str(row["effect"]) if _present(row["effect"]) else MISSING
        rows.append([readable(name), effect, _between(row, traits),
                     with_error(row["estimate"], row["se"], 2), error_text(row["se"], 2),
                     _ends(row, 2), _PARAMETERS.get(name, "")])
    columns = [Column("Parameter"), Column("Effect"), Column("Of"), Column("Estimate", "number"),
               Column("SE", "number"), Column("95 % interval", "number"),
               Column("What it is", "prose")]
    return without_empty(Sheet("Heritability and ratios", columns, rows))


def interval_of(row: Mapping[str, Any]) -> tuple[float, float]:
    """Ends of the 95 % interval; NaN where there is none."""
    lower, upper = (float(row[name]) for name in ENDS_OF_INTERVAL)
    return lower, upper


def _ends(row: Mapping[str, Any], digits: int) -> str:
    """The interval in a cell: two decimals of numbers as shares are, three digits of others."""
    ends = interval_of(row)
    return " to ".join(fixed(end, 2) if digits == 2 and abs(end) < 10 else significant(end, 3)
                       for end in ends) if np.isfinite(ends).all() else MISSING


def parameter_names(parameters: pd.DataFrame) -> list[str]:
    """A short name for each parameter that tells it from the others."""
    traits = len({*parameters["trait_1"], *parameters["trait_2"]} - {""})
    effects = parameters.groupby("parameter")["effect"].nunique()
    names = []
    for found in parameters.to_dict("records"):
        row: dict[str, Any] = {str(key): value for key, value in found.items()}
        words = readable(str(row["parameter"]))
        of = _between(row, traits)
        own = [str(row["effect"])] if effects[row["parameter"]] > 1 else []
        if traits > 1 or _keys(row)[0] != _keys(row)[1] or of not in ("", *own, row["trait_1"]):
            own = [of] if own and of.startswith(own[0]) else [*own, of]
        names.append(f"{words} ({', '.join(dict.fromkeys(own))})" if own else words)
    return names


def fixed_sheets(solutions: pd.DataFrame) -> list[Sheet]:
    """Mean and regressions in one sheet, then one sheet a class effect.

    A class effect with many levels shows its lowest and highest ones.
    """
    table = solutions[~_filled(solutions["component"])]
    traits = table["trait"].nunique()
    single: list[list[str]] = []
    sheets = []
    for (effect, trait), rows in table.groupby(["effect", "trait"], sort=False, observed=True):
        title = f"{effect} ({trait})" if traits > 1 else str(effect)
        if len(rows) == 1:
            only = rows.iloc[0]
            single.append([title, with_error(only["estimate"], only["se"]),
                           error_text(only["se"]),
                           status_in_words(only.get("status"))])
        else:
            sheets.append(_fixed_sheet(title, rows))
    if single:
        columns = [Column("Effect"), Column("Solution", "number"), Column("SE", "number"),
                   Column("")]
        sheets.insert(0, without_empty(Sheet("Mean and regressions", columns, single)))
    return sheets


def random_sheet(solutions: pd.DataFrame, ranked: set[str]) -> Sheet | None:
    """A summary of the random effects that are not ranked on this page; None without any."""
    table = solutions[_filled(solutions["component"]) & ~solutions["effect"].isin(ranked)]
    rows = []
    keys = ["effect", "component", "trait"]
    for (effect, component, trait), group in table.groupby(keys, sort=False, observed=True):
        estimates = group["estimate"].to_numpy(np.float64)
        name = str(effect) if component == effect else f"{effect}, {component}"
        decimals = decimals_for(estimates)
        ends = [fixed(value, decimals) for value in (estimates.min(), estimates.max())]
        rows.append([name, str(trait), count(len(group)),
                     fixed(float(estimates.std()), decimals), *ends])
    if not rows:
        return None
    columns = [Column("Effect"), Column("Trait"), *_numeric(
        "Levels", "SD of solutions", "Lowest", "Highest")]
    return Sheet("Other random effects", columns, rows,
                 "The solution of every level is in the file of solutions beside this page.")


def trait_sheet(traits: Mapping[str, Mapping[str, Any]]) -> Sheet:
    """Number, mean, standard deviation and ends of the records of every trait."""
    rows = []
    for trait, facts in traits.items():
        values = [facts.get(key, np.nan) for key in ("mean", "sd", "min", "max")]
        rows.append([trait, count(facts.get("n")), *(significant(value) for value in values)])
    columns = [Column("Trait"), *_numeric("Records", "Mean", "SD", "Lowest", "Highest")]
    return Sheet("", columns, rows)


def frame_sheet(title: str, frame: pd.DataFrame) -> Sheet:
    """Any table: numbers by scale, shares as percentages, names made readable."""
    columns, cells = [], []
    for name in frame.columns:
        series = frame[name]
        numeric = pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_bool_dtype(series)
        columns.append(Column(readable(str(name)), "number" if numeric else ""))
        cells.append(_formatted(str(name), series) if numeric else
                     [str(value) if _present(value) else MISSING for value in series])
    return Sheet(title, columns, [list(row) for row in zip(*cells, strict=True)])


def readable(name: str) -> str:
    """A column or key as words: ``mean_inbreeding`` is ``Mean inbreeding``."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def status_in_words(status: object) -> str:
    """What a status says; one that is not known here is shown as it is."""
    text = str(status) if _present(status) else ""
    return _STATUS.get(text, text)


def _fixed_sheet(title: str, rows: pd.DataFrame) -> Sheet:
    note = ""
    if len(rows) > LONG:
        estimates = rows["estimate"].to_numpy(np.float64)
        note = (f"{count(len(rows))} levels; the {ENDS} lowest and the {ENDS} highest are shown. "
                f"Their standard deviation is {significant(float(estimates.std()), 3)}. "
                "All are in the file of solutions beside this page.")
        rows = rows.sort_values("estimate", kind="stable")
        rows = pd.concat([rows.head(ENDS), rows.tail(ENDS)])
    gap = [ENDS] if note else []
    decimals = decimals_for(np.append(rows["estimate"].to_numpy(np.float64),
                                      rows["se"].to_numpy(np.float64)), 4)
    status = rows["status"] if "status" in rows else pd.Series("", index=rows.index)
    cells = [[str(level) if _present(level) else MISSING, fixed(estimate, decimals),
              fixed(se, decimals), status_in_words(state)]
             for level, estimate, se, state in zip(
                 rows["level"], rows["estimate"], rows["se"], status, strict=True)]
    for place in gap:
        cells.insert(place, ["…", "", "", ""])
    columns = [Column("Level"), Column("Solution", "number"), Column("SE", "number"), Column("")]
    return without_empty(Sheet(title, columns, cells, note))


def _formatted(name: str, series: pd.Series) -> list[str]:
    values = series.to_numpy(np.float64, na_value=np.nan)
    if name.startswith("percent") or name.endswith("percent"):
        return [percent(value / 100.0) for value in values]
    if "inbreeding" in name or name.endswith(("contribution", "cumulative")):
        return [percent(value, 2) for value in values]
    if pd.api.types.is_integer_dtype(series):
        plain = "year" in name or "generation" in name
        return [str(int(value)) if plain else count(value) for value in values]
    decimals = 0 if bool(np.all(np.mod(values[np.isfinite(values)], 1.0) == 0.0)) else \
        decimals_for(values)
    return [str(int(value)) if "year" in name and decimals == 0 and np.isfinite(value)
            else fixed(value, decimals) for value in values]


def _numeric(*labels: str) -> list[Column]:
    return [Column(label, "number") for label in labels]


def without_empty(sheet: Sheet) -> Sheet:
    """The sheet without columns that say nothing, such as standard errors of given variances."""
    keep = [k for k in range(len(sheet.columns))
            if any(row[k] not in ("", MISSING) for row in sheet.rows)]
    return Sheet(sheet.title, [sheet.columns[k] for k in keep],
                 [[row[k] for k in keep] for row in sheet.rows], sheet.note)


_Key = tuple[object, object, object]


def _keys(row: Mapping[str, Any]) -> tuple[_Key, _Key]:
    """The two cells of the matrix that a covariance lies between."""
    return ((row["effect"], row["component_1"], row["trait_1"]),
            (row["effect"], row["component_2"], row["trait_2"]))


def _is_variance(row: Mapping[str, Any]) -> bool:
    first, second = _keys(row)
    return first == second


def _between(row: Mapping[str, Any], traits: int) -> str:
    """What a parameter is of: components, and traits where there are several or nothing else."""
    names = []
    for side in ("1", "2"):
        component, trait = row.get(f"component_{side}"), row[f"trait_{side}"]
        own = component == row["effect"] or not _present(component)
        names.append(str(trait) if own else str(component) if traits == 1
                     else f"{trait}, {component}")
    return names[0] if names[0] == names[1] or not names[0] else " with ".join(
        name for name in names if name)


def _filled(column: pd.Series) -> pd.Series:
    """Which cells say something."""
    return column.notna() & (column.astype("str") != "")


def _present(value: object) -> bool:
    """Whether a cell says anything."""
    if value is None or value is pd.NA:
        return False
    return not (isinstance(value, float) and np.isnan(value)) and str(value) != ""


def facts_of(values: Mapping[str, Any], labels: Mapping[str, str]) -> list[tuple[str, str]]:
    """Plain values as label and text, the known ones first; nested values are left out."""
    known = [key for key in labels if key in values]
    order: Sequence[str] = [*known, *(key for key in values if key not in labels)]
    facts = []
    for key in order:
        value = values[key]
        if isinstance(value, (Mapping, list, tuple)) or not _present(value):
            continue
        facts.append((labels.get(key, readable(key)), _fact(key, value)))
    return facts


TO_COMPARE = ("log_likelihood", "log_likelihood_without_constant", "aic", "bic")
"""Figures of which small differences between runs matter."""


def _fact(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, np.integer)):
        return count(int(value))
    if isinstance(value, (float, np.floating)):
        if key in TO_COMPARE:
            return fixed(float(value), 3)
        return percent(float(value), 2) if "inbreeding" in key else significant(float(value))
    return str(value)

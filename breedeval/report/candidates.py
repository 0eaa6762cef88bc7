"""The candidates of a selection: what the interactive table of the page is given.

The page has the breeding values, the coefficients of the index and coancestry in few numbers, and
works out ranks, and what a list of candidates means, from these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.evaluation.result import Evaluation
from breedeval.levels import natural_order
from breedeval.report import numbers, packing
from breedeval.report.columns import json_for_page, named_column, packed_column, text_of
from breedeval.report.views import attributes_of
from breedeval.selection.compact import Compact

KEPT = 100_000
"""Candidates in the page at most: the best by the index, and those that are selected."""
AT_ONCE = 25
"""Rows written into the page itself, for readers without scripts."""
DIGITS = 9
"""Of breeding values: their index is computed anew."""
_FIGURES = {
    "reliability": ("Reliability", "Of the index: share of the true differences that is known."),
    "inbreeding": ("Inbreeding", "Chance that two alleles of a locus are identical by descent."),
    "records": ("Records", "Number of own records."),
}
_LABELS = {"sex": "Sex", "birth_year": "Birth year", "sire": "Sire", "dam": "Dam"}
_APART = {"individual", "rank", "rank_in_sex", "index", "accuracy", "selected", "contribution",
          "matings", "reason", "sire", "dam", *_FIGURES}
"""Columns of the table that are no attributes."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """The interactive table of candidates.

    Parameters
    ----------
    payload : str
        JSON for the script of the page, safe inside a ``script`` element.
    head : list of str
        Headings of the rows below.
    rows : list of list of str
        The best few, formatted.
    candidates, shown : int
        How many there are, and how many the page holds.
    """

    payload: str
    head: list[str]
    rows: list[list[str]]
    candidates: int
    shown: int

    @property
    def is_part(self) -> bool:
        """Whether the page holds only some of them."""
        return self.shown < self.candidates


def candidates_of(evaluation: Evaluation, pages: Mapping[str, str] | None = None) -> Candidates:
    """The table of all candidates of a run with a selection.

    ``pages`` are the files of those who have a page of their own.
    """
    whole = evaluation.decisions["selection"]
    kept = (np.arange(len(whole)) < KEPT) | whole["selected"].to_numpy(np.bool_)
    table = whole[kept].reset_index(drop=True)
    criteria = [str(name) for name in evaluation.summary["selection"]["criteria"]]
    table = _with_parents(table, evaluation, criteria)
    payload = {
        "rows": len(table), "candidates": len(whole),
        "names": packing.pack_text(_labels(table).to_list()),
        "columns": _columns(table, criteria),
        **_index(evaluation, criteria),
        "ranks": packing.pack_integers(table["rank"].to_numpy(np.int32)),
        "selected": packing.pack_integers(
            np.flatnonzero(table["selected"].to_numpy(np.bool_)).astype(np.int32)),
        "shares": packing.pack_numbers(table["contribution"].to_numpy(np.float64), DIGITS),
        "by_sex": "all" not in evaluation.summary["selection"]["selected"],
        "unequal": _unequal(table), "pages": dict(pages or {}),
        "coancestry": _coancestry(evaluation.coancestry, np.flatnonzero(kept)),
    }
    head, rows = _first_rows(table, criteria)
    return Candidates(json_for_page(payload), head, rows, len(whole), len(table))


def _unequal(table: pd.DataFrame) -> bool:
    """Whether some of the selected of one sex are used more than others."""
    used = table[table["selected"].to_numpy(np.bool_)]
    sex = used["sex"] if "sex" in used else pd.Series("", index=used.index)
    spread = used.groupby(sex.fillna(""))["contribution"].agg(np.ptp)
    return bool((spread > 1e-9).any())


def _with_parents(
    table: pd.DataFrame, evaluation: Evaluation, criteria: list[str]
) -> pd.DataFrame:
    known = attributes_of(evaluation).reindex(table["individual"])
    for name in ("sire", "dam"):
        if name in known and name not in (*table.columns, *criteria):
            table = table.assign(**{name: text_of(known[name]).to_numpy()})
    return table


def _labels(table: pd.DataFrame) -> pd.Index:
    """Everybody who is named, parents too, in natural order."""
    named = [text_of(table[name]).dropna() for name in ("individual", "sire", "dam")
             if name in table]
    labels = [str(name) for name in pd.unique(np.concatenate(
        [index.to_numpy(object) for index in named]))]
    return pd.Index([labels[k] for k in natural_order(labels)], dtype="str")


def _columns(table: pd.DataFrame, criteria: list[str]) -> list[dict[str, Any]]:
    labels = _labels(table)
    found = [_entry("individual", "Individual", "Identifier.",
                    named_column(text_of(table["individual"]), labels)),
             _entry("index", "Index", "By the weights above.", _number(table["index"]))]
    found += [_entry(name, name, "Breeding value, in the unit of the trait.",
                     _number(table[name])) for name in criteria]
    for key, (label, words) in _FIGURES.items():
        if key in table and np.isfinite(table[key].to_numpy(np.float64, na_value=np.nan)).any():
            found.append(_entry(key, label, words, {**_number(table[key]), **_display(key)}))
    for key in [str(name) for name in table.columns]:
        if key not in _APART and key not in criteria and table[key].notna().any():
            found.append(_entry(key, _LABELS.get(key, key), "Of the pedigree or the records.",
                                packed_column(key, table[key])))
    found += [_entry(key, _LABELS[key], "Parent.", named_column(text_of(table[key]), labels))
              for key in ("sire", "dam") if key in table]
    return found


def _entry(key: str, label: str, words: str, packed: dict[str, Any]) -> dict[str, Any]:
    return {"key": key, "label": label, "help": words, **packed}


def _number(column: pd.Series) -> dict[str, Any]:
    values = column.to_numpy(np.float64, na_value=np.nan)
    return {"kind": "number", "decimals": numbers.decimals_for(values),
            **packing.pack_numbers(values, DIGITS)}


def _display(key: str) -> dict[str, Any]:
    if key == "reliability":
        return {"decimals": 2, "bar": True}
    return {"decimals": 2, "percent": True} if key == "inbreeding" else {"decimals": 0}


def _index(evaluation: Evaluation, criteria: list[str]) -> dict[str, Any]:
    """Weights as the run file has them, their unit, and those of the alternatives.

    A weight w of a unit counts w/unit a unit of the breeding value.
    """
    table = evaluation.decisions["index"]
    own = evaluation.settings["selection"]["index"]
    deviations = table[table["index"] == "index"]["genetic_sd"].to_numpy(np.float64)
    per_deviation = bool(own.get("standardise"))
    unit = deviations if per_deviation else np.ones(len(criteria))
    sets = [{"name": str(name), "weights": [
        float(value) for value in np.nan_to_num(rows["coefficient"].to_numpy(np.float64)) * unit]}
        for name, rows in table.groupby("index", sort=False)]
    spread = evaluation.decisions["selection"][criteria].std(ddof=0).to_numpy(np.float64)
    return {"criteria": [{"key": name, "unit": float(unit[k]), "sd": float(spread[k])}
                         for k, name in enumerate(criteria)],
            "per_deviation": per_deviation, "sets": sets,
            "movable": not of_phenotypes(evaluation.settings)}


def of_phenotypes(settings: Mapping[str, Any]) -> bool:
    """Whether the index of a run is computed from phenotypes, which the page does not hold."""
    own = settings["selection"]["index"]
    form = "phenotypes" if own.get("smith_hazel") else "breeding_values"
    return bool((own.get("information") or form) == "phenotypes")


def _coancestry(
    kept_numbers: Mapping[str, Any], rows: NDArray[np.int64]
) -> dict[str, Any] | None:
    """Coancestry among the candidates in the page, packed."""
    if not kept_numbers:
        return None
    found = Compact(**kept_numbers)
    arrays = found.arrays
    packed: dict[str, Any] = {"kind": found.kind, "ploidy": found.ploidy, "error": found.error,
                              "diagonal": _precise(arrays["diagonal"][rows])}
    if found.kind == "ancestors":
        packed |= {key: packing.pack_integers(np.asarray(arrays[key], np.int32))
                   for key in ("sire", "dam")}
        packed |= {"rows": packing.pack_integers(np.asarray(arrays["rows"][rows], np.int32)),
                   "mendelian": _precise(arrays["mendelian"]),
                   "gamma": np.asarray(arrays["gamma"], np.float64).tolist()}
    elif found.kind == "matrix":
        lower = np.tril_indices(rows.size)
        packed["matrix"] = packing.pack_numbers(np.asarray(
            arrays["matrix"][np.ix_(rows, rows)][lower], np.float64), 5)
    else:
        factor = np.asarray(arrays["factor"][rows], np.float64)
        packed |= {"components": [packing.pack_numbers(column, 4) for column in factor.T],
                   "own": packing.pack_numbers(np.asarray(arrays["own"][rows], np.float64), 5)}
    return packed


def _precise(values: NDArray[np.generic]) -> dict[str, Any]:
    return packing.pack_numbers(np.asarray(values, np.float64), DIGITS)


def _first_rows(table: pd.DataFrame, criteria: list[str]) -> tuple[list[str], list[list[str]]]:
    """Heading and cells of the best few."""
    top = table.head(AT_ONCE)
    shown = ["index", *criteria, *(["reliability"] if table["reliability"].notna().any() else [])]
    texts = [name for name in ("sex", "birth_year") if name in table]
    decimals = {name: numbers.decimals_for(table[name].to_numpy(np.float64)) for name in shown}
    decimals["reliability"] = 2
    head = ["#", "Individual", "Index", *criteria,
            *(_FIGURES[name][0] for name in shown if name in _FIGURES),
            *(_LABELS[name] for name in texts), "Selected"]
    rows = []
    for row in top.to_dict("records"):
        cells = [numbers.count(row["rank"]), str(row["individual"])]
        cells += [numbers.fixed(row[name], decimals[name]) for name in shown]
        cells += [_word(row[name]) for name in texts]
        rows.append([*cells, "yes" if row["selected"] else ""])
    return head, rows


def _word(value: object) -> str:
    if value is None or value is pd.NA or value != value:
        return numbers.MISSING
    return str(int(value)) if isinstance(value, float) else str(value)

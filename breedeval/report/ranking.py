"""The ranked individuals: what the interactive table of the page is given.

Rows lie in natural order of the identifiers. Every text column is a code into labels in natural
order, so that sorting text is sorting codes; individual, sire and dam share their labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from breedeval.levels import natural_order
from breedeval.report import numbers, packing
from breedeval.report.columns import json_for_page, named_column, packed_column, text_of
from breedeval.report.views import View, sex_in_words

WHOLE = 200_000     # up to here the page holds everybody
KEPT = 100_000      # beyond, so many: the highest and the lowest of the first view, half each
AT_ONCE = 25        # rows written into the page itself, for readers without scripts

_VALUES = {
    "breeding_value": ("Breeding value", "Deviation from the base, in the unit of the trait.", 6),
    "se": ("± SE", "Standard error of prediction, in the unit of the trait.", 5),
    "reliability": ("Reliability", "Share of the true differences that is known, 0 to 1.", 6),
    "accuracy": ("Accuracy", "Square root of the reliability.", 6),
    "inbreeding": ("Inbreeding", "Chance that two alleles of a locus are identical by descent.", 6),
    "records": ("Records", "Number of own records.", 9),
}
_ATTRIBUTES = {
    "sex": ("Sex", "From the pedigree file, else from the role as a parent."),
    "birth_year": ("Birth year", "Year of birth."),
    "generation": ("Generation", "0 for founders, else one more than the later parent."),
    "sire": ("Sire", "Father."),
    "dam": ("Dam", "Mother."),
}
_PARENTS = ("sire", "dam")
_NOT_SHOWN = {"listed", "inbreeding", *_ATTRIBUTES}


@dataclass(frozen=True, eq=False)
class Ranking:
    """The interactive table.

    Parameters
    ----------
    payload : str
        JSON for the script of the page, safe inside a ``script`` element.
    head : list of str
        Headings of the rows below.
    rows : list of list of str
        The highest few of the first view, formatted.
    individuals, shown : int
        How many there are, and how many the page holds.
    """

    payload: str
    head: list[str]
    rows: list[list[str]]
    individuals: int
    shown: int

    @property
    def is_part(self) -> bool:
        """Whether the page holds only some of the individuals."""
        return self.shown < self.individuals


def ranking_of(views: list[View], attributes: pd.DataFrame) -> Ranking | None:
    """The table of all views; None when there is nothing to rank. O(n log n)."""
    if not views:
        return None
    everybody = views[0].values.index
    for view in views[1:]:
        everybody = everybody.union(view.values.index, sort=False)
    kept = _kept(everybody, views[0])
    labels = _names(kept, attributes)
    kept = kept[np.argsort(labels.get_indexer(kept))]
    known = attributes.reindex(kept)
    payload = {
        "rows": len(kept),
        "names": packing.pack_text(labels.to_list()),
        "columns": _shared_columns(kept, known, labels),
        "views": _view_entries(views, kept),
    }
    head, rows = _first_rows(views[0], attributes)
    return Ranking(json_for_page(payload), head, rows, len(everybody), len(kept))


def _kept(everybody: pd.Index, view: View) -> pd.Index:
    if len(everybody) <= WHOLE:
        return everybody
    order = np.argsort(-view.column("breeding_value"), kind="stable")
    ends = np.concatenate([order[:KEPT // 2], order[-(KEPT // 2):]])
    return view.values.index[ends]


def _view_entries(views: list[View], kept: pd.Index) -> list[dict[str, Any]]:
    """One entry a view; a column that the first view has too (inbreeding) is not repeated."""
    entries = [_view_entry(view, kept) for view in views]
    first = {column["key"]: column for column in entries[0]["columns"] if "data" in column}
    for entry in entries[1:]:
        entry["columns"] = [
            {"key": column["key"], "as_first": True} if column == first.get(column["key"])
            else column for column in entry["columns"]]
    return entries


def _view_entry(view: View, kept: pd.Index) -> dict[str, Any]:
    at = view.values.index.get_indexer(kept)
    columns = []
    decimals = numbers.decimals_for(view.column("breeding_value"))
    for key, (label, help_text, digits) in _VALUES.items():
        whole = view.column(key)
        values = np.where(at >= 0, whole[at], np.nan)
        if not np.isfinite(values).any():
            continue
        columns.append({
            "key": key, "label": label, "help": help_text, "kind": "number",
            **_display(key, decimals),
            **({"root": "reliability", "places": 6} if key == "accuracy" and _is_root(view)
               else packing.pack_numbers(values, digits))})
    return {"label": view.label, "effect": view.effect, "component": view.component,
            "trait": view.trait, "columns": columns}


def _is_root(view: View) -> bool:
    """Whether the accuracies are the roots of the reliabilities, which the page can work out."""
    root = np.sqrt(np.maximum(view.column("reliability"), 0.0))
    return bool(np.allclose(view.column("accuracy"), root, rtol=0.0, atol=1e-9, equal_nan=True))


def _display(key: str, decimals: int) -> dict[str, Any]:
    if key in ("reliability", "accuracy"):
        return {"decimals": 2, "bar": key == "reliability"}
    if key == "inbreeding":
        return {"decimals": 2, "percent": True}
    return {"decimals": 0 if key == "records" else decimals}


def _shared_columns(
    kept: pd.Index, known: pd.DataFrame, labels: pd.Index
) -> list[dict[str, Any]]:
    columns: list[dict[str, Any]] = [{
        "key": "individual", "label": "Individual", "help": "Identifier in the pedigree.",
        **named_column(kept, labels)}]
    carried = [str(name) for name in known.columns if str(name) not in _NOT_SHOWN]
    for key in [*(name for name in _ATTRIBUTES if name in known), *carried]:
        if known[key].isna().all() or (known[key].astype("str") == "").all():
            continue
        label, help_text = _ATTRIBUTES.get(key, (key, "Column of the pedigree file."))
        entry: dict[str, Any] = {"key": key, "label": label, "help": help_text}
        packed = (named_column(text_of(known[key]), labels) if key in _PARENTS
                  else packed_column(key, known[key]))
        columns.append({**entry, **packed})
    return columns


def _names(kept: pd.Index, attributes: pd.DataFrame) -> pd.Index:
    """Everybody who is named, parents too, in natural order."""
    known = attributes.reindex(kept)
    named = [kept, *(text_of(known[parent]) for parent in _PARENTS if parent in known)]
    everyone = pd.unique(np.concatenate([index.dropna().to_numpy(object) for index in named]))
    labels = [str(name) for name in everyone]
    return pd.Index([labels[k] for k in natural_order(labels)], dtype="str")


def _first_rows(view: View, attributes: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    top = view.values.assign(breeding_value=view.column("breeding_value")).nlargest(
        AT_ONCE, "breeding_value")
    shown = [key for key in _VALUES if np.isfinite(view.column(key)).any()]
    known = attributes.reindex(top.index)
    extra = [key for key in ("sex", "birth_year", "sire", "dam") if key in known]
    if "sex" in extra:
        known = known.assign(sex=sex_in_words(known["sex"]))
    decimals = numbers.decimals_for(view.column("breeding_value"))
    form = {key: _display(key, decimals) for key in shown}
    head = ["#", "Individual", *(_VALUES[key][0] for key in shown),
            *(_ATTRIBUTES[key][0] for key in extra)]
    rows = []
    for place, name in enumerate(top.index):
        row = [str(place + 1), str(name)]
        row += [_cell(top[key].iloc[place], form[key]) for key in shown]
        row += [_word(known[key].iloc[place]) for key in extra]
        rows.append(row)
    return head, rows


def _cell(value: float, form: dict[str, Any]) -> str:
    if form.get("percent"):
        return numbers.percent(value, form["decimals"])
    return numbers.fixed(value, form["decimals"])


def _word(value: object) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return numbers.MISSING
    return str(int(value)) if isinstance(value, float) else str(value)

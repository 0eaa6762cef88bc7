"""The section of the page on a mating plan: who is mated to whom, by male and by herd."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from breedeval.evaluation.result import Evaluation
from breedeval.levels import natural_order
from breedeval.report.numbers import (
    MISSING,
    count,
    counted,
    decimals_for,
    fixed,
    percent,
    significant,
)
from breedeval.report.tables import Column, Sheet
from breedeval.report.views import attributes_of

PAIRS = 3000
"""Pairs that are written into the page."""
PROVEN = 1e-9
"""Distances from the bound of the solver that are rounding: the plan is the best."""
HERDS = ("herd", "flock", "farm", "herd_id", "unit", "station")
"""Columns that say where a female stands, where the run file does not."""
_OBJECTIVES = {
    "inbreeding": "the least mean inbreeding of the progeny",
    "index": "the highest mean index of the progeny",
    "usefulness": "the highest usefulness (mean of the best progeny of a pair)",
}
_PARENTS = ("female", "male")
_LABELS = {"female": "Female", "male": "Male", "herd": "Herd", "matings": "Matings",
           "expected_inbreeding": "Inbreeding of progeny", "expected_index": "Index of progeny",
           "progeny_sd": "SD among progeny", "usefulness": "Usefulness"}
_LINES = {"female": "Parent 1", "male": "Parent 2"}


@dataclass(frozen=True)
class Group:
    """The matings of one male, or in one herd."""

    name: str
    facts: str
    sheet: Sheet


def mating_section(evaluation: Evaluation) -> dict[str, Any]:
    """What the template shows of a mating plan; nothing without one."""
    if "matings" not in evaluation.decisions or evaluation.decisions["matings"].empty:
        return {"matings": None}
    facts = evaluation.summary.get("mating") or {}
    table = with_herds(evaluation)
    labels = {**_LABELS, **(_LINES if "parents" in facts else {})}
    shown = table.head(PAIRS)
    ways = [("male", labels["male"])]
    if "herd" in table and table["herd"].notna().any():
        ways.append(("herd", labels["herd"]))
    ways.append(("female", labels["female"]))
    return {"matings": {
        "lead": _lead(facts, table), "facts": _facts(facts),
        "left_out": len(table) - len(shown),
        "ways": [(key, label, _groups(shown, key, labels)) for key, label in ways]}}


def with_herds(evaluation: Evaluation) -> pd.DataFrame:
    """The plan with the herd of each female, where it is known."""
    table = evaluation.decisions["matings"]
    if "herd" in table:
        return table
    known = evaluation.decisions.get("selection", pd.DataFrame())
    places = [known.set_index(known["individual"].astype(str))] if len(known) else []
    for frame in [*places, attributes_of(evaluation)]:
        name = next((str(name) for name in frame.columns if str(name).casefold() in HERDS), None)
        if name is not None:
            herd = frame[name].reindex(table["female"].astype(str)).to_numpy()
            return table.assign(herd=herd)
    return table


def _lead(facts: Mapping[str, Any], table: pd.DataFrame) -> str:
    total = int(facts.get("matings", table["matings"].sum()))
    text = f"{counted(total, 'mating')} of {counted(len(table), 'pair')}"
    if "objective" in facts:
        text += f", planned for {_OBJECTIVES.get(facts['objective'], facts['objective'])}"
    text += " among those that the limits of the run file allow."
    if np.isfinite(facts.get("random_inbreeding", np.nan)):
        text += (f" Progeny are expected to be inbred by {percent(facts['mean_inbreeding'], 2)} "
                 f"on average; mated at random, by {percent(facts['random_inbreeding'], 2)}.")
    return text


def _facts(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = [("Females", count(facts.get("females"))), ("Males", count(facts.get("males"))),
             ("Parents", count(facts.get("parents"))),
             ("Highest inbreeding of progeny", percent(facts.get("highest_inbreeding"), 2)),
             ("Mean index of progeny", significant(facts.get("mean_index"), 3)),
             ("Mean usefulness", significant(facts.get("mean_usefulness"), 3))]
    found += [(f"Pairs left out: {words}", count(number))
              for words, number in (facts.get("forbidden_pairs") or {}).items()]
    gap = facts.get("gap")
    if gap is not None and gap > PROVEN:
        found.append(("Farther from the best plan than", significant(gap, 2)))
    return [(label, text) for label, text in found if text != MISSING]


def _groups(table: pd.DataFrame, key: str, labels: Mapping[str, str]) -> list[Group]:
    """One group a male, herd or female, in the order of the plan; herds by name."""
    cells = table.assign(**{key: table[key].astype("str").where(table[key].notna(), MISSING)})
    rest = [name for name in labels if name in table and name != key
            and not (name == "herd" and key == "female")]
    decimals = {name: decimals_for(table[name].to_numpy(np.float64)) for name in (
        "expected_index", "progeny_sd", "usefulness") if name in table}
    columns = [Column(labels[name], "" if name in (*_PARENTS, "herd") else "number")
               for name in rest]
    found = []
    groups = dict(list(cells.groupby(key, sort=False)))
    names = [str(name) for name in groups]
    if key == "herd":
        names = [names[k] for k in natural_order(names)]
    for name in names:
        rows = groups[name]
        own = rows.sort_values(["herd", "female"], key=lambda column: column.astype("str")) if (
            key == "male" and "herd" in rows) else rows
        number = int(own["matings"].sum())
        mean = float(np.average(own["expected_inbreeding"], weights=own["matings"]))
        heading = name if name.startswith(labels[key]) else f"{labels[key]} {name}"
        found.append(Group(heading, f"{counted(number, 'mating')}, progeny inbred by "
                           f"{percent(mean, 2)}", Sheet("", columns, [
                               [_cell(row[column], column, decimals) for column in rest]
                               for row in own.to_dict("records")])))
    return found


def _cell(value: Any, name: str, decimals: Mapping[str, int]) -> str:
    if name == "expected_inbreeding":
        return percent(value, 2)
    if name in decimals:
        return fixed(value, decimals[name])
    if name == "matings":
        return count(value)
    return MISSING if value is None or value != value else str(value)

"""The section of the page on a selection: who was selected, by what, and what it will do."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from breedeval.evaluation.result import Evaluation
from breedeval.report.candidates import candidates_of, of_phenotypes
from breedeval.report.individual_pages import page_names
from breedeval.report.numbers import (
    MISSING,
    count,
    counted,
    fixed,
    listed,
    percent,
    significant,
)
from breedeval.report.tables import Column, Sheet, without_empty

OWN = "index"
"""What the tables call the index of the run file."""
_FORMS = {
    "weights": "economic weights of breeding values",
    "smith_hazel": "an index of phenotypes for economic weights (Smith and Hazel)",
    "desired_gains": "weights that give the gains that are wanted (Pesek and Baker)",
}
_SEXES = {"female": "Females", "male": "Males", "all": "Candidates"}


def selection_section(evaluation: Evaluation) -> dict[str, Any]:
    """What the template shows of a selection; nothing without one."""
    if "selection" not in evaluation.decisions:
        return {"selection": None}
    facts, index = evaluation.summary["selection"], evaluation.decisions["index"]
    settings = evaluation.settings["selection"]["index"]
    return {"selection": {
        "table": candidates_of(evaluation, _pages(evaluation)),
        "lead": _lead(facts),
        "index": _index(evaluation, index),
        "left_out": [(words[:1].upper() + words[1:], count(number))
                     for words, number in facts["left_out"].items()],
        "movable": not of_phenotypes(evaluation.settings),
        "sexes": "all" not in facts["selected"],
        "coancestry": _coancestry(
            evaluation.coancestry, of_two_sexes="all" not in facts["selected"]),
        "responses": _responses(index[index["index"] == OWN], settings),
        "alternatives": _alternatives(index, settings),
        "strength": _strength(facts),
        "figures": _figures(facts),
        "pages": list(_pages(evaluation).items()),
    }}


def _pages(evaluation: Evaluation) -> dict[str, str]:
    """Files of the pages of selected sires, where they are written."""
    wanted = (evaluation.settings.get("output") or {}).get("pages")
    return page_names(evaluation) if wanted else {}


def _lead(facts: Mapping[str, Any]) -> str:
    chosen = [counted(number, sex) if sex != "all" else counted(number, "individual")
              for sex, number in facts["selected"].items() if number]
    who = listed(chosen) if chosen else "nobody"
    text = (f"Of {counted(facts['individuals'], 'individual')} with breeding values, "
            f"{count(facts['candidates'])} are candidates; the run selects {who} of them by an "
            f"index of {listed(list(facts['criteria']))}.")
    return text + (" Change the weights or the list below: everything follows at once, in this "
                   "page only. The tables of the run are in the files beside it.")


def _index(evaluation: Evaluation, index: pd.DataFrame) -> list[str]:
    """How the index is made, in sentences."""
    own = index[index["index"] == OWN]
    settings = evaluation.settings["selection"]["index"]
    form = next(key for key in _FORMS if settings.get(key) is not None)
    terms = [f"{'−' if b < 0 else '+'} {significant(abs(b))} × {name}" for name, b in zip(
        own["criterion"], own["coefficient"], strict=True) if np.isfinite(b) and b]
    formula = " ".join(terms).removeprefix("+ ").removeprefix("− ")
    sign = "−" if terms and terms[0].startswith("−") else ""
    source = ("the mean of an individual's own records of each trait, less the fixed effects and "
              "the random effects that are not its own; these are the weights for the most usual "
              "pattern of records" if of_phenotypes(evaluation.settings) else
              "each breeding value in the unit of its trait and against the base of this "
              "evaluation")
    lines = [f"The index comes from {_FORMS[form]}: index = {sign}{formula}, in points, {source}."]
    if held := list(settings.get("restricted") or ()):
        they = "stays as it is" if len(held) == 1 else "stay as they are"
        lines.append(f"It is restricted so that {listed(held)} {they} on average; with other "
                     "weights that is not so.")
    if settings.get("standardise"):
        lines.append("In the run file, weights and gains are per genetic standard deviation of the "
                     "trait.")
    return lines


def _coancestry(found: Mapping[str, Any], *, of_two_sexes: bool) -> str:
    """Where the coancestry of a list comes from."""
    if not found:
        return ""
    text = ("Mean coancestry is the inbreeding to expect two generations on, if the selected are "
            "used as the list says and mated at random (an individual with itself included); the "
            "expected inbreeding of progeny is that of all pairs"
            f"{' of the two sexes' if of_two_sexes else ''}.")
    if found["kind"] == "ancestors":
        people = counted(len(found["arrays"]["sire"]), "individual")
        return text + f" Both are exact, from the pedigree of the candidates ({people})."
    text += (" They count from the base of the relationship: 0 is as related as in the base, and "
             "less can be.")
    if found["kind"] == "matrix":
        return text + " Both are exact, from the relationships of the run."
    rank = found["arrays"]["factor"].shape[1]
    return text + (f" Both come from {rank} components of the relationships of the run, right to "
                   f"about ± {significant(found['error'], 1)}.")


def _responses(own: pd.DataFrame, settings: Mapping[str, Any]) -> Sheet:
    """What the selection of the run does to each criterion."""
    label, asked = _asked(own, settings)
    rows = []
    for row, weight in zip(own.to_dict("records"), asked, strict=True):
        decimals = _decimals(row["genetic_sd"])
        rows.append([
            str(row["criterion"]), significant(weight),
            significant(row["coefficient"]),
            significant(row["genetic_sd"], 3),
            *(fixed(row[name], decimals) for name in ("mean_candidates", "mean_selected")),
            _signed(row["response"], decimals), _signed(row["response_in_sd"], 2),
            _signed(row["response_per_year"], decimals + 1),
            _signed(row["predicted_response"], decimals)])
    columns = [Column("Criterion"), *(Column(label, "number") for label in (
        label, "Points a unit", "Genetic SD", "Mean of candidates",
        "Mean of the selected", "Response a generation", "in genetic SD", "a year", "by theory"))]
    if np.array_equal(asked, own["coefficient"]):
        columns, rows = _without(columns, rows, 2)
    return without_empty(Sheet("What the selection is expected to do", columns, rows, (
        "Response: how far the mean breeding value of the progeny is expected to lie above that of "
        "the progeny of all candidates, in the unit of the trait; each parent gives half. By "
        "theory: what the intensity that was reached would give with the variances of the run.")))


def _asked(index: pd.DataFrame, settings: Mapping[str, Any]) -> tuple[str, pd.Series]:
    """Weights, or gains that are wanted, as the run file has them, and what they are called."""
    per_deviation, wanted = bool(settings.get("standardise")), bool(settings.get("desired_gains"))
    label = "Gain wanted" if wanted else "Weight"
    if not per_deviation:
        return label, index["weight"]
    unit = index["genetic_sd"]
    return (f"{label} (genetic SD)", index["weight"] / unit) if wanted else (
        f"{label} (a genetic SD)", index["weight"] * unit)


def _without(columns: list[Column], rows: list[list[str]], at: int
             ) -> tuple[list[Column], list[list[str]]]:
    return columns[:at] + columns[at + 1:], [row[:at] + row[at + 1:] for row in rows]


def _alternatives(index: pd.DataFrame, settings: Mapping[str, Any]) -> Sheet | None:
    """Responses under all weights, side by side; None where there is one set alone."""
    names = list(index["index"].unique())
    if len(names) < 2:
        return None
    criteria = list(index["criterion"].unique())
    rows = []
    for name in names:
        own = index[index["index"] == name].set_index("criterion").reindex(criteria)
        weights = _asked(own, settings)[1].to_numpy(np.float64)
        responses = own[["response", "response_in_sd", "genetic_sd"]].to_numpy(np.float64)
        rows.append(["this run" if name == OWN else str(name),
                     *(significant(weight, 3) for weight in weights),
                     *(f"{_signed(gain, _decimals(sd))} ({_signed(relative, 2)})"
                       for gain, relative, sd in responses)])
    weight = _asked(index, settings)[0]
    columns = [Column("Weights of"),
               *(Column(f"{weight} of {name}", "number") for name in criteria),
               *(Column(f"Response in {name} (SD)", "number") for name in criteria)]
    return Sheet("The same with other weights", columns, rows, (
        "Response a generation in the unit of the trait; in brackets in genetic standard "
        "deviations. As many are selected as in the run."))


def _strength(facts: Mapping[str, Any]) -> Sheet:
    """Selection intensity of each sex: what could be had, and what was reached."""
    decimals, rows = _decimals(facts["index_sd"]), []
    for sex, found in facts["intensity"].items():
        number = found["candidates"]
        means = facts["index_mean"][sex]
        rows.append([_SEXES.get(sex, sex), count(number), count(found["selected"]),
                     percent(found["selected"] / number if number else np.nan),
                     *(fixed(means[who], decimals) for who in ("candidates", "selected")),
                     *(fixed(found[key], 2) for key in ("infinite", "finite", "reached"))])
    columns = [Column("Sex"), *(Column(label, "number") for label in (
        "Candidates", "Selected", "Share", "Index of candidates", "Index of the selected",
        "Intensity, many candidates", "so many candidates", "reached"))]
    return without_empty(Sheet("How strong the selection is", columns, rows, (
        "Intensity: how many standard deviations of the index the selected lie above the mean of "
        "their sex. The first two are what theory gives for so large a share, of very many and of "
        "so many unrelated candidates; the last is what was reached.")))


def _figures(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = [("Accuracy of the index (correlation with the true one)",
              fixed(facts.get("accuracy"), 2)),
             ("Standard deviation of the index", significant(facts.get("index_sd"), 3)),
             ("Generation interval", _years(facts.get("generation_interval")))]
    return [(label, text) for label, text in found if text != MISSING]


def _years(interval: float | None) -> str:
    return MISSING if interval is None or not np.isfinite(interval) else (
        f"{fixed(interval, 1)} years")


def _decimals(deviation: float) -> int:
    """Decimals that show a genetic standard deviation with three digits."""
    return min(max(2 - math.floor(math.log10(deviation)), 0), 6) if deviation > 0 else 2


def _signed(value: float, decimals: int) -> str:
    text = fixed(value, decimals)
    return f"+{text}" if value > 0 and text.strip("0.") else text

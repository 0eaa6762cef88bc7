"""The section of the page on contributions: how much each is used, and what more would cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from breedeval.evaluation.result import Evaluation
from breedeval.report.drawing import BLUE, GREY, INK, ORANGE, Picture, svg
from breedeval.report.numbers import (
    MISSING,
    count,
    decimals_for,
    fixed,
    listed,
    percent,
    significant,
)
from breedeval.report.tables import Column, Sheet, without_empty

SHOWN = 60
"""Parents in the page, those that are used most."""
_AT = {"between": "", "minimum": "at its minimum", "maximum": "at its maximum"}


def contribution_section(evaluation: Evaluation) -> dict[str, Any]:
    """What the template shows of contributions; nothing without them."""
    if "contributions" not in evaluation.decisions:
        return {"contributions": None}
    whole = evaluation.decisions["contributions"]
    table = whole[whole["contribution"] > 0]
    facts = evaluation.summary.get("contributions") or {}
    frontier = evaluation.decisions.get("contribution_frontier", pd.DataFrame())
    return {"contributions": {
        "lead": _lead(table, facts), "facts": _facts(facts), "table": _parents(table),
        "picture": _picture(frontier, facts) if len(frontier) > 1 else None,
        "frontier": _frontier(frontier) if len(frontier) else None}}


def _lead(table: pd.DataFrame, facts: Mapping[str, Any]) -> str:
    parents = facts.get("parents") or {}
    who = listed([f"{count(number)} {sex}{'s' if number != 1 else ''}"
                  for sex, number in parents.items() if sex != "all"]) if (
                      parents and "all" not in parents) else f"{count(len(table))} parents"
    text = (f"{who[:1].upper()}{who[1:]} are used, each as much as gives the highest mean index "
            "among all ways of use")
    if "limit" in facts:
        text += f" whose mean coancestry is at most {fixed(facts['limit'], 4)}"
    text += (". A contribution is a share of the genes of the next generation; all together are "
             "100 %.")
    cut = facts.get("truncation") or {}
    if cut and "response" in facts and "index" in facts:
        more = facts["index"] - cut["index"]
        text += (f" As many of the best by the index, used alike, would have a mean index "
                 f"{_difference(-more)} and a mean coancestry of {fixed(cut['coancestry'], 4)}.")
    return text


def _difference(value: float) -> str:
    size = significant(abs(value), 3)
    return f"{size} higher" if value > 0 else f"{size} lower"


def _facts(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Figures in the order in which they are asked for."""
    told = facts.get("optimality") or {}
    found = [
        ("Mean coancestry reached", fixed(facts.get("coancestry"), 4)),
        ("Of the candidates now (between different ones)",
         fixed(facts.get("present_coancestry"), 4)),
        ("Least that is possible", fixed(facts.get("least_coancestry"), 4)),
        ("Rate of inbreeding a generation (ΔF)", percent(facts.get("delta_f"), 2)),
        ("Effective population size", fixed(facts.get("effective_size"), 0)),
        ("Mean index of the parents", significant(facts.get("index"), 4)),
        ("Response above all candidates", significant(facts.get("response"), 3)),
        ("Index that 0.01 more coancestry would bring", significant(facts.get("price"), 3)),
        ("Parents at the largest contribution allowed", count(facts.get("at_maximum"))),
        ("Index lost to whole numbers of matings",
         significant(facts.get("lost_by_whole_numbers"), 2)),
        ("Could be better by at most (standard deviations of the index)",
         significant(told.get("relative_gap"), 1))]
    return [(label, text) for label, text in found if text != MISSING]


def _parents(table: pd.DataFrame) -> Sheet:
    """Those that are used most."""
    shown = table.head(SHOWN)
    decimals = decimals_for(table["index"].to_numpy(np.float64))
    rows = [[str(row["individual"]), str(row.get("sex", "")), fixed(row["index"], decimals),
             percent(row["contribution"], 2), count(row.get("matings")),
             fixed(row.get("coancestry"), 4), _AT.get(str(row.get("at", "")), "")]
            for row in shown.to_dict("records")]
    columns = [Column("Individual"), Column("Sex"), Column("Index", "number"),
               Column("Contribution", "number"), Column("Matings", "number"),
               Column("Coancestry with the parents", "number"), Column("")]
    note = "" if len(table) <= SHOWN else (
        f"The {SHOWN} that are used most, of {count(len(table))}; all are in the file of "
        "contributions beside this page.")
    return without_empty(Sheet("Parents", columns, rows, note))


def _frontier(table: pd.DataFrame) -> Sheet:
    """Points of the frontier in numbers."""
    decimals = decimals_for(table["response"].to_numpy(np.float64))
    rows = [[fixed(row["coancestry"], 4), percent(row["delta_f"], 2),
             fixed(row["response"], decimals), count(row["parents"]),
             percent(row["largest"], 1), "this run" if row["chosen"] else ""]
            for row in table.to_dict("records")]
    columns = [*(Column(label, "number") for label in (
        "Mean coancestry", "ΔF", "Response", "Parents", "Largest contribution")), Column("")]
    return Sheet("The frontier in numbers", columns, rows)


def _picture(table: pd.DataFrame, facts: Mapping[str, Any]) -> Picture:
    """Gain against coancestry, with what was chosen and what truncation would do."""
    ordered = table.sort_values("coancestry")
    of_run = ordered["chosen"].to_numpy(np.bool_)
    chosen, best = ordered[of_run], ordered[~of_run]
    x, y = (best[name].to_numpy(np.float64) for name in ("coancestry", "response"))
    caption = (f"The highest response that is possible at every mean coancestry: from "
               f"{significant(y[0], 3)} at {fixed(x[0], 4)} to {significant(y[-1], 3)} at "
               f"{fixed(x[-1], 4)}, with as many parents as is best. Nothing above the line can be "
               "had.")
    cut = facts.get("truncation") or {}
    if len(chosen):
        caption += " Diamond: this run, with its numbers of parents."
    if cut:
        caption += " Square: the best by the index, as many and used alike."

    def draw(canvas: Canvas) -> None:
        axes = canvas.subplots()
        axes.plot(x, y, color=BLUE, linewidth=1.8, marker="o", markersize=3.5)
        if "limit" in facts and x[0] <= facts["limit"] <= x[-1]:
            axes.axvline(facts["limit"], color=GREY, linewidth=1.1, linestyle=(0, (4, 2)))
            axes.annotate("limit", (facts["limit"], 0.03), xycoords=("data", "axes fraction"),
                          xytext=(4, 0), textcoords="offset points", color=INK)
        if cut:
            mean = facts["index"] - facts["response"]
            _mark(axes, (cut["coancestry"], cut["index"] - mean), "s", INK,
                  ("best, used alike", -15))
        if len(chosen):
            place = (float(chosen[name].iloc[0]) for name in ("coancestry", "response"))
            _mark(axes, tuple(place), "D", ORANGE, ("this run", -1))
        axes.set_xlabel("Mean coancestry of the parents")
        axes.set_ylabel("Response (index points)")

    return Picture("Gain against coancestry", svg(draw, "frontier", caption), caption)


def _mark(
    axes: Axes, at: tuple[float, ...], mark: str, colour: str, words: tuple[str, float]
) -> None:
    """A point with words to its right, moved up by so much."""
    text, up = words
    axes.plot(at[:1], at[1:], mark, color=colour, markersize=7.5, markeredgecolor="white", zorder=5)
    axes.annotate(text, (at[0], at[1]), xytext=(10, up), textcoords="offset points", color=colour)

"""The pictures of variances: intervals, rounds, profiles, and curves along a covariate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from breedeval.evaluation.intervals import NORMAL, scale_of
from breedeval.report.drawing import (
    BLUE,
    FILL,
    GREY,
    INK,
    ORANGE,
    SIZE,
    Picture,
    panels,
    powers,
    svg,
)
from breedeval.report.margins import LEGEND_COLUMNS
from breedeval.report.numbers import fixed, significant

Numbers = NDArray[np.float64]
DROP = 1.920729410347062
"""Half of the 95 % quantile of χ² with one degree of freedom."""
_LINES = [(BLUE, "-"), (ORANGE, (0, (5, 2))), ("#3b7a57", (0, (1, 1.4))), (GREY, (0, (6, 2, 1, 2))),
          (INK, (0, (2, 3)))]


@dataclass(frozen=True)
class Interval:
    """An estimate with its ends."""

    label: str
    estimate: float
    low: float
    high: float


def interval_picture(rows: Sequence[Interval], name: str) -> Picture:
    """Dots with 95 % intervals, one line an estimate."""
    first = rows[0]
    caption = (
        "Estimates (dots) and their 95 % intervals (lines), from standard errors on the scale of "
        "logits for shares, and of Fisher's z for correlations. "
        f"{first.label} is {fixed(first.estimate, 2)} "
        f"({fixed(first.low, 2)} to {fixed(first.high, 2)}).")

    def draw(canvas: Canvas) -> None:
        axes = canvas.subplots()
        at = np.arange(len(rows))[::-1]
        axes.hlines(at, [row.low for row in rows], [row.high for row in rows], color=BLUE,
                    linewidth=2.2)
        axes.plot([row.estimate for row in rows], at, "o", color=BLUE, markersize=7)
        axes.set_yticks(at, [row.label for row in rows])
        axes.set_ylim(-0.6, len(rows) - 0.4)
        low = min(0.0, *(row.low for row in rows))
        axes.set_xlim((-1.02, 1.02) if low < -0.3 else (min(low, 0.0) - 0.02, 1.02))
        if low < 0.0:
            axes.axvline(0.0, color=GREY, linewidth=0.9)
        axes.grid(visible=True, axis="x")
        axes.grid(visible=False, axis="y")

    return Picture("Ratios and correlations with 95 % intervals", svg(
        draw, name, caption, size=(SIZE[0], 0.9 + 0.32 * len(rows))), caption)


def rounds_picture(history: Sequence[Mapping[str, Any]], name: str) -> Picture:
    """Log-likelihood and largest change, round by round."""
    at = np.array([row["round"] for row in history], np.float64)
    values = np.array([_number(row.get("log_likelihood")) for row in history])
    change = np.array([_number(row.get("largest_change")) for row in history])
    kinds = [str(row.get("kind", "")) for row in history]
    caption = (
        f"Log-likelihood (above) and largest relative change of a parameter (below) in "
        f"{int(at.max())} rounds. It ended at {significant(float(values[-1]), 7)}.")

    def draw(canvas: Canvas) -> None:
        upper, lower = panels(canvas, 2.0, 1.3)
        upper.plot(at, values, color=GREY, linewidth=1.0)
        for (colour, _), marker, kind in zip(_LINES, "os^Dv", dict.fromkeys(kinds), strict=False):
            own = np.array([other == kind for other in kinds])
            upper.plot(at[own], values[own], marker, color=colour, markersize=5, label=kind,
                       markerfacecolor=colour if marker == "o" else "white")
        if len(set(kinds)) > 1:
            upper.legend(loc="lower right")
        upper.set_ylabel("Log-likelihood")
        seen = np.isfinite(change) & (change > 0)
        if seen.any():
            lower.plot(at[seen], change[seen], color=BLUE, linewidth=1.2, marker="o", markersize=3)
            if change[seen].max() >= 10.0 * change[seen].min():
                powers(lower)
        lower.set_ylabel("Change")
        lower.set_xlabel("Round")
        lower.xaxis.set_major_locator(MaxNLocator(nbins=9, integer=True))

    return Picture("Rounds of the estimation", svg(draw, name, caption), caption)


def profile_picture(parameter: str, rows: pd.DataFrame, name: str) -> Picture:
    """Log-likelihood as one parameter is held at other values, and the 95 % interval."""
    rows = rows.sort_values("value")
    value = rows["value"].to_numpy(np.float64)
    fall = rows["log_likelihood"].to_numpy(np.float64)
    fall = fall - np.nanmax(fall)
    low, high = (_number(rows[end].iloc[0]) for end in ("lower", "upper"))
    ends = [f"{word} {significant(end, 4)}" for word, end in (("from", low), ("to", high))
            if np.isfinite(end)]
    caption = (
        f"How far the log-likelihood falls as {parameter} is held at other values and everything "
        f"else is estimated again. Above the dashed line (a fall of {DROP:.2f}) lies the 95 % "
        f"interval{', ' if ends else ''}{' '.join(ends)}.")

    def draw(canvas: Canvas) -> None:
        axes = canvas.subplots()
        axes.plot(value, fall, color=BLUE, linewidth=1.8, marker="o", markersize=3)
        axes.axhline(-DROP, color=GREY, linewidth=1.0, linestyle=(0, (4, 3)))
        for end in (low, high):
            if np.isfinite(end):
                axes.axvline(end, color=ORANGE, linewidth=1.3, linestyle=(0, (4, 2)))
        axes.set_xlabel(parameter)
        axes.set_ylabel("Log-likelihood below its highest")

    return Picture(f"Profile of {parameter}", svg(draw, name, caption), caption)


def curve_picture(title: str, rows: pd.DataFrame, name: str) -> Picture:
    """Estimates along a covariate with bands of 95 %; one line an effect and component."""
    covariate = str(rows["covariate"].iloc[0])
    alone = rows.groupby("effect")["component"].nunique().le(1).all()
    lines = {_line(key, short=bool(alone)): part.sort_values("value") for key, part in rows.groupby(
        ["effect", "component", "quantity"], sort=False)}
    banded = bool(np.isfinite(rows["se"].to_numpy(np.float64)).any())
    caption = f"{title}: {', '.join(lines)}." + (
        " Bands reach 1.96 standard errors to each side." if banded else "")

    def draw(canvas: Canvas) -> None:
        axes = canvas.subplots()
        for (label, part), (colour, style) in zip(lines.items(), _LINES, strict=False):
            _band(axes, part, colour)
            axes.plot(part["value"], part["estimate"], color=colour, linestyle=style,
                      linewidth=1.8, label=label)
        axes.set_xlabel(covariate)
        axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
        if len(lines) > 1:
            canvas.legend(loc="upper left", ncols=LEGEND_COLUMNS)

    return Picture(title, svg(draw, name, caption), caption)


def _band(axes: Axes, rows: pd.DataFrame, colour: str) -> None:
    if np.isfinite(rows["se"].to_numpy(np.float64)).any():
        low, high = band_of(rows)
        axes.fill_between(rows["value"], low, high,
                          color=FILL if colour == BLUE else colour, linewidth=0,
                          alpha=1.0 if colour == BLUE else 0.16)


def band_of(rows: pd.DataFrame) -> tuple[Numbers, Numbers]:
    """Ends of θ̂ ± 1.96 se along a curve: no variance is below 0, no share above 1."""
    estimate, se = (rows[name].to_numpy(np.float64) for name in ("estimate", "se"))
    most = 1.0 if scale_of(str(rows["quantity"].iloc[0])) == "share" else np.inf
    return (np.maximum(estimate - NORMAL * se, np.minimum(estimate, 0.0)),
            np.minimum(estimate + NORMAL * se, np.maximum(estimate, most)))


def _line(key: Any, *, short: bool) -> str:
    """What a line is of; effects have one component each where it is ``short``."""
    effect, component, quantity = (str(part) for part in key)
    if quantity == "phenotypic_variance":
        return "phenotypic" if short or not component else f"phenotypic, {component}"
    name = effect if short or not component else (
        component if component.startswith(effect) else f"{effect}, {component}")
    words = quantity.replace("_", " ")
    return name if quantity == "variance" else f"{words} ({name})"


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)

"""The pictures of a validation: predictive ability of models, and predictions against outcomes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from numpy.typing import NDArray

from breedeval.report.drawing import BLUE, GREY, ORANGE, SIZE, Picture, cloud, svg
from breedeval.report.numbers import fixed

Numbers = NDArray[np.float64]


def abilities(table: pd.DataFrame, trait: str, name: str) -> Picture:
    """Predictive ability of every model over all folds, with its interval, and in every fold."""
    own = table[(table["statistic"] == "predictive_ability") & (table["compared_with"] == "")]
    overall = own[(own["fold"] == "") & (own["repeat"] == "")]
    models = [str(model) for model in overall["model"]]
    values = overall["estimate"].to_numpy(np.float64)
    highest = int(np.nanargmax(values)) if np.isfinite(values).any() else 0
    caption = (
        f"Predictive ability for {trait}: the correlation of predictions with the hidden "
        "phenotypes. Large dots: over all folds, with 95 % intervals of a bootstrap over "
        f"individuals; small ones: each fold. Highest: {models[highest]}, "
        f"{fixed(float(values[highest]), 2)}.")

    def draw(canvas: Canvas) -> None:
        axes = canvas.subplots()
        at = np.arange(len(models))[::-1]
        for place, model in zip(at, models, strict=True):
            of_model = own[(own["model"] == model) & (own["fold"] != "")]
            each = of_model["estimate"].to_numpy(np.float64)
            if each.size > 1:
                axes.plot(each, np.full(each.size, place - 0.22), "o", color=GREY, markersize=3.5)
        axes.hlines(at, overall["lower"].astype(float), overall["upper"].astype(float),
                    color=BLUE, linewidth=2.2)
        axes.plot(values, at, "o", color=BLUE, markersize=7)
        axes.set_yticks(at, models)
        axes.set_ylim(-0.6, len(models) - 0.4)
        axes.set_xlabel("Predictive ability")
        axes.grid(visible=True, axis="x")
        axes.grid(visible=False, axis="y")

    return Picture(f"Predictive ability for {trait}", svg(
        draw, name, caption, size=(SIZE[0], 1.2 + 0.5 * len(models))), caption)


def against_phenotypes(rows: pd.DataFrame, label: str, name: str) -> Picture:
    """Hidden phenotypes against their predictions."""
    x, y = _pair(rows, "predicted", "corrected")
    return _scatter(
        x, y, f"Hidden phenotypes against predictions ({label})", name,
        ("Prediction without own phenotype", "Phenotype less fixed effects"),
        "Every dot is a record that was hidden")


def against_whole(rows: pd.DataFrame, label: str, name: str) -> Picture:
    """Predictions from all records against those from a part."""
    means = rows.groupby(["repeat", "fold", "individual"], sort=False)[
        ["predicted", "whole"]].mean()
    x, y = _pair(means, "predicted", "whole")
    return _scatter(
        x, y, f"Predictions from all records against those from a part ({label})", name,
        ("Prediction without own phenotype", "Prediction from all records"),
        "Every dot is an individual")


def _pair(rows: pd.DataFrame, x: str, y: str) -> tuple[Numbers, Numbers]:
    return rows[x].to_numpy(np.float64), rows[y].to_numpy(np.float64)


def _scatter(
    x: Numbers, y: Numbers, title: str, name: str, axis_labels: tuple[str, str], words: str
) -> Picture:
    """Dots with the line of slope 1 and the regression of y on x."""
    spread = float(np.var(x))
    slope = float(np.cov(x, y)[0, 1] / np.var(x, ddof=1)) if spread > 0 else float("nan")
    caption = (f"{words}. Broken line: as predicted (slope 1); full line: as it turned out "
               f"(slope {fixed(slope, 2)} over all folds together).")

    def draw(canvas: Canvas) -> None:
        axes = canvas.subplots()
        cloud(axes, x, y)
        _line(axes, x, y, slope)
        axes.set_xlabel(axis_labels[0])
        axes.set_ylabel(axis_labels[1])

    return Picture(title, svg(draw, name, caption), caption)


def _line(axes: Axes, x: Numbers, y: Numbers, slope: float) -> None:
    ends = np.array([x.min(), x.max()])
    axes.plot(ends, ends - x.mean() + y.mean(), color=GREY, linewidth=1.2, linestyle=(0, (5, 3)))
    if np.isfinite(slope):
        axes.plot(ends, y.mean() + slope * (ends - x.mean()), color=ORANGE, linewidth=1.6)

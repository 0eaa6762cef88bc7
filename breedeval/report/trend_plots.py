"""Pictures of trends: groups differ by colour, by line and by mark, so that grey says the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from breedeval.report.drawing import BLUE, GREY, INK, ORANGE, Picture, svg
from breedeval.report.numbers import counted, decimals_for, fixed

STYLES = ((BLUE, "-", "o"), (ORANGE, (0, (5, 2)), "s"), ("#2b7a5b", (0, (1, 1.4)), "^"),
          (INK, (0, (6, 2, 1, 2)), "D"), ("#8a5a9c", (0, (3, 1)), "v"))
"""Colour, line and mark of each group, over and over."""
GROUPS = 5
"""Groups that are drawn, the largest."""


def trend_picture(rows: pd.DataFrame, label: str, by: str, name: str) -> Picture:
    """Mean breeding values with their 95 % bands."""
    sizes = rows.groupby("group", sort=True)["individuals"].sum()
    groups = [group for group in sizes.index if group in sizes.nlargest(GROUPS).index]
    caption = _caption(rows, groups, label, by, len(sizes))

    def draw(canvas: Canvas) -> None:
        axes = canvas.subplots()
        for k, group in enumerate(groups):
            own = rows[rows["group"] == group]
            colour, line, mark = STYLES[k % len(STYLES)]
            at, mean = own["at"].to_numpy(np.float64), own["mean"].to_numpy(np.float64)
            if own["lower"].notna().any():
                axes.fill_between(at, own["lower"].to_numpy(np.float64),
                                  own["upper"].to_numpy(np.float64), color=colour, alpha=0.16,
                                  linewidth=0)
            axes.plot(at, mean, color=colour, linestyle=line, linewidth=1.8, marker=mark,
                      markersize=4, label=str(group) or "all")
        axes.axhline(0.0, color=GREY, linewidth=0.9)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
        axes.set_xlabel(by[:1].upper() + by[1:])
        axes.set_ylabel(f"Breeding value ({label})")
        if len(groups) > 1:
            axes.legend(loc="best", handlelength=3.2)

    return Picture(f"Genetic trend of {label}", svg(draw, name, caption), caption)


def _caption(rows: pd.DataFrame, groups: list[str], label: str, by: str, number: int) -> str:
    decimals = decimals_for(rows["mean"].to_numpy(np.float64))
    text = f"Mean breeding value of {label} by {by}"
    text += ("; the bands hold the true means with a probability of 95 %."
             if rows["lower"].notna().any() else ".")
    for group in groups:
        own = rows[(rows["group"] == group)].sort_values("at")
        first, last = own.iloc[0], own.iloc[-1]
        who = f"{group}: from" if group else "From"
        text += (f" {who} {fixed(first['mean'], decimals)} ({first['at']:g}) to "
                 f"{fixed(last['mean'], decimals)} ({last['at']:g}).")
    if number > len(groups):
        text += f" The largest {len(groups)} of {counted(number, 'group')} are drawn."
    return text

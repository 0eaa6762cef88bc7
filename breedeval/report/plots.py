"""The pictures of breeding values and of a pedigree."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from breedeval.report.drawing import (
    BLUE,
    FILL,
    GREY,
    INK,
    ORANGE,
    Picture,
    panels,
    svg,
    thousands,
)
from breedeval.report.numbers import count, counted, fixed, percent, significant
from breedeval.report.summaries import (
    RecordClasses,
    Spread,
    Trend,
    record_classes,
    spread_of,
    trend_of,
)


def distribution(values: NDArray[np.float64], trait: str, name: str) -> Picture | None:
    """Histogram of breeding values; None for fewer than five."""
    values = values[np.isfinite(values)]
    if values.size < 5 or np.ptp(values) == 0.0:
        return None
    spread = spread_of(values)

    def draw(canvas: Canvas) -> None:
        axes = canvas.subplots()
        bins = min(60, max(8, int(2 * np.cbrt(values.size))))
        heights, edges = np.histogram(values, bins)
        axes.stairs(heights, edges, fill=True, color=FILL)
        axes.stairs(heights, edges, color=BLUE, linewidth=1.2)
        axes.set_ylim(top=1.13 * heights.max())
        axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        axes.axvline(spread.mean, color=ORANGE, linewidth=1.4, linestyle=(0, (4, 2)))
        axes.annotate("mean", (spread.mean, 1.0), xycoords=("data", "axes fraction"),
                      xytext=(4, -10), textcoords="offset points", color=ORANGE)
        axes.set_xlabel(f"Breeding value ({trait})")
        axes.set_ylabel("Individuals")
        thousands(axes)

    return Picture("Distribution of breeding values", svg(draw, name + "-distribution", _spread(
        spread, trait)), _spread(spread, trait))


def genetic_trend(
    values: NDArray[np.float64], when: NDArray[np.float64], unit: str, trait: str, name: str
) -> Picture | None:
    """Mean breeding value by birth year or generation, ± one standard deviation, with numbers."""
    trend = trend_of(values, when)
    if trend is None:
        return None
    caption = _trend(trend, unit, trait)

    def draw(canvas: Canvas) -> None:
        upper, lower = panels(canvas, 3.2, 1.0)
        upper.fill_between(trend.at, trend.mean - trend.sd, trend.mean + trend.sd, color=FILL,
                           linewidth=0)
        upper.plot(trend.at, trend.mean, color=BLUE, linewidth=1.8, marker="o", markersize=3)
        upper.axhline(0.0, color=GREY, linewidth=0.9)
        upper.set_ylabel(f"Breeding value\n({trait})")
        _numbers_below(lower, trend, unit)

    return Picture("Genetic trend", svg(draw, name + "-trend", caption), caption)


def reliability_by_records(
    reliability: NDArray[np.float64], records: NDArray[np.float64], name: str
) -> Picture | None:
    """Median and middle eight tenths of reliability by the number of own records."""
    classes = record_classes(reliability, records)
    if classes is None:
        return None
    caption = _classes(classes)

    def draw(canvas: Canvas) -> None:
        axes = canvas.subplots()
        at = np.arange(len(classes.labels))
        axes.vlines(at, classes.low, classes.high, color="#9dbfd6", linewidth=8)
        axes.plot(at, classes.median, "o", color=BLUE, markersize=7)
        for place, number in zip(at, classes.individuals, strict=True):
            axes.annotate(count(number), (place, 0.985), xycoords=("data", "axes fraction"),
                          ha="center", va="top", color=INK, fontsize=9.5)
        axes.set_xticks(at, classes.labels)
        axes.set_xlim(-0.6, len(at) - 0.4)
        axes.set_ylim(0.0, 1.1)
        axes.set_yticks(np.linspace(0.0, 1.0, 6))
        axes.set_xlabel("Own records (number of individuals above)")
        axes.set_ylabel("Reliability")

    return Picture("Reliability and records", svg(draw, name + "-reliability", caption), caption)


def inbreeding_trend(
    inbreeding: NDArray[np.float64], when: NDArray[np.float64], unit: str, name: str
) -> Picture | None:
    """Mean and highest inbreeding by birth year or generation, with numbers."""
    trend = trend_of(inbreeding, when)
    return None if trend is None else inbreeding_picture(trend, unit, name)


def inbreeding_picture(trend: Trend, unit: str, name: str) -> Picture:
    """Mean and highest inbreeding of a trend that is already counted."""
    last = f"{trend.at[-1]:.0f}" if "year" in unit else f"{unit} {trend.at[-1]:.0f}"
    caption = (
        f"Mean inbreeding (solid line) and the highest of each {unit} (dashed), with the number of "
        f"individuals below. The mean in {last} is {percent(trend.mean[-1], 2)}; the highest "
        f"of all is {percent(float(trend.high.max()), 2)}.")

    def draw(canvas: Canvas) -> None:
        upper, lower = panels(canvas, 3.2, 1.0)
        upper.plot(trend.at, 100 * trend.high, color=ORANGE, linewidth=1.2,
                   linestyle=(0, (4, 2)), label="highest")
        upper.plot(trend.at, 100 * trend.mean, color=BLUE, linewidth=1.8, marker="o",
                   markersize=3, label="mean")
        upper.set_ylabel("Inbreeding (%)")
        upper.set_ylim(bottom=0.0)
        upper.legend(loc="upper left", ncols=2, borderaxespad=0.2)
        _numbers_below(lower, trend, unit)

    return Picture(f"Inbreeding by {unit}", svg(draw, name + "-inbreeding", caption), caption)


def completeness(table: pd.DataFrame) -> Picture:
    """Share of ancestors known, by generations back."""
    back = table["generation_back"].to_numpy(np.float64)
    known = table["percent_known"].to_numpy(np.float64)
    deep = back[known >= 50.0]
    reach = (f"At least half of them are known up to {counted(int(deep.max()), 'generation')} back."
             if deep.size and deep.max() >= 1 else "Fewer than half of the parents are known.")
    caption = f"Share of all ancestors that are known, by generations back. {reach}"

    def draw(canvas: Canvas) -> None:
        axes = canvas.subplots()
        axes.bar(back, known, color=FILL, edgecolor=BLUE, linewidth=1.0, width=0.72)
        axes.set_ylim(0.0, 100.0)
        axes.set_ylabel("Ancestors known (%)")
        axes.set_xlabel("Generations back (1: parents)")
        axes.xaxis.set_major_locator(MaxNLocator(nbins=12, integer=True))

    return Picture("Completeness", svg(draw, "completeness", caption), caption)


def family_sizes(table: pd.DataFrame) -> Picture:
    """How many families there are of every size; one series a kind of family."""
    series = {str(kind): rows for kind, rows in table.groupby("family", sort=False)}
    size = table["size"].to_numpy(np.float64)
    largest = f"The largest family has {count(float(size.max()))} members."
    caption = f"Number of families by their size, both on logarithmic scales. {largest}"

    def draw(canvas: Canvas) -> None:
        axes = canvas.subplots()
        looks = [(BLUE, "o"), (ORANGE, "s"), (GREY, "^")]
        for (kind, rows), (colour, marker) in zip(series.items(), looks, strict=False):
            axes.plot(rows["size"], rows["families"], marker, color=colour, markersize=4.5,
                      label=kind, markerfacecolor="white" if marker == "s" else colour)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.0f}"))
        axes.set_xlabel("Size of family")
        axes.set_ylabel("Families")
        if len(series) > 1:
            axes.legend(loc="upper right")

    return Picture("Family sizes", svg(draw, "family-sizes", caption), caption)


def _spread(spread: Spread, trait: str) -> str:
    decimals = spread.decimals
    low, middle, high, best = (fixed(value, decimals) for value in (
        spread.quarter, spread.median, spread.three_quarters, spread.top))
    return (f"Breeding values of {counted(spread.number, 'individual')} for {trait}. Half of them "
            f"lie between {low} and {high}, the median is {middle}, and one in twenty is above "
            f"{best}.")


def _trend(trend: Trend, unit: str, trait: str) -> str:
    text = (f"Mean breeding value for {trait} by {unit} (line) with one standard deviation to each "
            f"side (band), and the number of individuals below.")
    if len(trend.at) < 3:
        return text
    way = "rises" if trend.slope >= 0 else "falls"
    return (f"{text} Over all individuals from {trend.at[0]:.0f} to {trend.at[-1]:.0f} the "
            f"regression {way} by {significant(abs(trend.slope), 2)} a "
            f"{unit.rsplit(' ', 1)[-1]}.")


def _classes(classes: RecordClasses) -> str:
    ends = (0, -1) if len(classes.labels) > 1 else (0,)
    medians = [f"{fixed(classes.median[k], 2)} with {_records(classes.labels[k])}" for k in ends]
    return ("Reliability by the number of own records: the dot is the median, the bar holds the "
            f"middle eight in ten. The median is {' and '.join(medians)}.")


def _records(label: str) -> str:
    return {"0": "no record", "1": "1 record"}.get(label, f"{label} records")


def _numbers_below(axes: Axes, trend: Trend, unit: str) -> None:
    axes.bar(trend.at, trend.individuals, color="#d5dbd8", edgecolor=GREY, linewidth=0.5,
             width=0.8)
    axes.set_ylabel("Number")
    axes.set_xlabel(unit[:1].upper() + unit[1:])
    axes.xaxis.set_major_locator(MaxNLocator(nbins=9, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=2, integer=True))
    thousands(axes)

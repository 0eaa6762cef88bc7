"""The pictures of marker effects: along the chromosomes, against chance, and by windows."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from numpy.typing import NDArray
from scipy.special import chdtri

from breedeval.levels import natural_order
from breedeval.report.drawing import BLUE, GREY, ORANGE, SIZE, Picture, dots, svg
from breedeval.report.numbers import count, fixed, percent, significant

Numbers = NDArray[np.float64]
WIDE = (2 * SIZE[0], SIZE[1])
MOST = 6000
"""Dots of a picture; beyond it the strongest are drawn, and a part of the others."""
SHADES = (BLUE, "#6fa3c4")


def manhattan(table: pd.DataFrame, label: str, name: str, threshold: float) -> Picture:
    """−log₁₀ p of every marker along the chromosomes; effects where there are no p-values."""
    tested = bool(table["p_value"].notna().any())
    values = (-np.log10(table["p_value"].to_numpy(np.float64)) if tested else
              np.abs(table["estimate"].to_numpy(np.float64)))
    what = "−log₁₀ p" if tested else "|effect|"
    known = np.isfinite(values)
    places, ticks = _along_map(table["chromosome"], table["position"].to_numpy(np.float64))
    best = table["marker"].iloc[int(np.nanargmax(np.where(known, values, -np.inf)))]
    line = (" The broken line is p = 0.05 over the number of markers (Bonferroni): "
            f"{count(int((values[known] > threshold).sum()))} beyond it." if tested else "")
    caption = (f"{what} of {count(int(known.sum()))} markers ({label}), by their place on the "
               f"chromosomes. The strongest is {best}.{line}{_thinned(int(known.sum()))}")

    def draw(canvas: Canvas) -> None:
        axes = canvas.subplots()
        drawn = _drawn(values, known)
        shade = np.searchsorted([start for start, _, _ in ticks], places, side="right") % 2
        for side in (0, 1):
            own = drawn & (shade == side)
            if own.any():
                dots(axes, places[own], values[own], colour=SHADES[side])
        if tested:
            axes.axhline(threshold, color=ORANGE, linewidth=1.2, linestyle=(0, (5, 3)))
        axes.set_ylim(bottom=0.0)
        axes.set_xticks([middle for _, middle, _ in ticks], [text for _, _, text in ticks])
        axes.set_xlabel("Chromosome" if len(ticks) > 1 or ticks[0][2] else "Marker")
        axes.set_ylabel(what)

    return Picture(f"Markers along the genome ({label})", svg(
        draw, name, caption, size=WIDE), caption)


def quantiles(p_values: Numbers, label: str, name: str) -> Picture:
    """Observed against expected −log₁₀ p."""
    observed = np.sort(p_values[np.isfinite(p_values)])
    expected = (np.arange(observed.size) + 0.5) / observed.size
    inflation = float(chdtri(1, np.median(observed)) / chdtri(1, 0.5))
    caption = (f"Observed −log₁₀ p of {count(observed.size)} markers ({label}) against those "
               "expected by chance alone: on the line if no marker has an effect. Median "
               f"inflation λ = {fixed(inflation, 2)}.{_thinned(observed.size)}")

    def draw(canvas: Canvas) -> None:
        axes = canvas.subplots()
        x, y = -np.log10(expected), -np.log10(np.maximum(observed, 1e-300))
        kept = _drawn(y, np.isfinite(y))
        axes.plot([0, x.max()], [0, x.max()], color=GREY, linewidth=1.2, linestyle=(0, (5, 3)))
        dots(axes, x[kept], y[kept])
        axes.set_xlabel("Expected −log₁₀ p")
        axes.set_ylabel("Observed −log₁₀ p")

    return Picture(f"Observed and expected p-values ({label})", svg(draw, name, caption), caption)


def window_shares(table: pd.DataFrame, label: str, name: str) -> Picture:
    """Share of the variance of every window along the chromosomes."""
    shares = table["share"].to_numpy(np.float64)
    best = table.iloc[int(np.nanargmax(shares))]
    where = f" on chromosome {best['chromosome']}" if isinstance(best["chromosome"], str) else ""
    caption = (f"Variance of the values of each of {count(len(table))} windows of markers, as a "
               f"share of that of all markers ({label}). Highest: {percent(float(best['share']))}, "
               f"{best['first_marker']} to {best['last_marker']}{where}.")
    places, ticks = _along_map(table["chromosome"], table["start"].to_numpy(np.float64))

    def draw(canvas: Canvas) -> None:
        axes = canvas.subplots()
        axes.vlines(places, 0.0, 100.0 * shares, color=BLUE,
                    linewidth=max(0.4, min(3.0, 500 / max(len(table), 1))))
        _percents(axes)
        axes.set_xticks([middle for _, middle, _ in ticks], [text for _, _, text in ticks])
        axes.set_xlabel("Chromosome" if len(ticks) > 1 or ticks[0][2] else "Window")

    return Picture(f"Variance by windows ({label})", svg(draw, name, caption, size=WIDE), caption)


def _percents(axes: Axes) -> None:
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel("Share of variance, %")


def _along_map(
    chromosomes: pd.Series, positions: Numbers
) -> tuple[Numbers, list[tuple[float, float, str]]]:
    """Places along all chromosomes, and start, middle and name of each chromosome.

    Where positions are not known, markers stand in their order.
    """
    names = chromosomes.fillna("").astype(str)
    known = [str(name) for name in names.unique() if name]
    order = [known[k] for k in natural_order(known)] + ([""] if (names == "").any() else [])
    places, ticks, start = np.zeros(positions.size), [], 0.0
    for name in order:
        own = np.flatnonzero((names == name).to_numpy())
        within = positions[own]
        if not (within > 0).all() or np.ptp(within) == 0:
            within = np.arange(own.size, dtype=np.float64)
        within = (within - within.min()) / max(float(np.ptp(within)), 1.0)
        width = float(own.size)
        places[own] = start + width * within
        ticks.append((start, start + width / 2, name))
        start += width * 1.01 + 1
    return places, ticks


def _drawn(values: Numbers, known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which dots are drawn: the strongest half of the allowance, and an even part of the rest."""
    if known.sum() <= MOST:
        return known
    rank = np.argsort(np.argsort(np.where(known, -values, np.inf)))
    step = -(-int(known.sum()) // (MOST // 2))
    return np.asarray(known & ((rank < MOST // 2) | (np.arange(values.size) % step == 0)))


def _thinned(number: int) -> str:
    return (f" Of the weaker markers a part is drawn ({significant(MOST, 2)} dots in all)."
            if number > MOST else "")

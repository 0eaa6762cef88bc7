"""The pictures of residuals: along what is predicted, against a normal distribution, as a shape."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure as Canvas
from numpy.typing import NDArray
from scipy.special import ndtri

from breedeval.report.drawing import BLUE, FILL, GREY, ORANGE, Picture, cloud, dots, svg, thousands
from breedeval.report.numbers import count

Numbers = NDArray[np.float64]
TAIL = 60
"""Values at each end that a normal plot shows one by one."""
BETWEEN = 200
"""Those it shows of all others."""


def against_predicted(predicted: Numbers, z: Numbers, trait: str, name: str, far: float) -> Picture:
    """Standardised residuals along what the other observations predict."""
    trend = _means(predicted, z)
    caption = (
        f"Each of {count(z.size)} residuals of {trait} against its predicted value. The orange "
        "line is their mean in tenths of the predicted values. Under the model it stays near "
        f"zero and the cloud is equally high everywhere; dashed lines are at ±{far:g}.")

    def draw(canvas: Canvas) -> None:
        axes = canvas.subplots()
        cloud(axes, predicted, z)
        axes.axhline(0.0, color=GREY, linewidth=0.9)
        for side in (-far, far):
            axes.axhline(side, color=GREY, linewidth=0.9, linestyle=(0, (4, 3)))
        axes.plot(*trend, color=ORANGE, linewidth=1.8)
        axes.set_xlabel(f"Predicted from all other records ({trait})")
        axes.set_ylabel("Standardised residual")

    return Picture("Residuals and predicted values", svg(draw, name + "-predicted", caption),
                   caption)


def _means(predicted: Numbers, z: Numbers) -> tuple[Numbers, Numbers]:
    """Mean of both in tenths of the predicted values, in fewer where there are few."""
    order = np.argsort(predicted, kind="stable")
    parts = np.array_split(order, max(min(10, z.size // 10), 1))
    return (np.array([predicted[part].mean() for part in parts]),
            np.array([z[part].mean() for part in parts]))


def normal_plot(z: Numbers, trait: str, name: str) -> Picture:
    """Sorted residuals against the quantiles Φ⁻¹((i − ½)/n) of a normal distribution."""
    values = np.sort(z)
    expected = ndtri((np.arange(z.size) + 0.5) / z.size)
    if z.size > 2 * TAIL + BETWEEN:
        middle = np.linspace(TAIL, z.size - TAIL - 1, BETWEEN).round().astype(np.int64)
        shown = np.concatenate([np.arange(TAIL), middle, np.arange(z.size - TAIL, z.size)])
        values, expected = values[shown], expected[shown]
    caption = (
        f"Standardised residuals of {trait} in order, against what a normal distribution would "
        "give. They follow the line where residuals are normal; ends that leave it are outliers "
        "or heavy tails, a bend is skewness.")

    def draw(canvas: Canvas) -> None:
        axes = canvas.subplots()
        ends = np.array([min(expected[0], values[0]), max(expected[-1], values[-1])])
        axes.plot(expected[[0, -1]], expected[[0, -1]], color=ORANGE, linewidth=1.4)
        dots(axes, expected, values)
        axes.set_ylim(*(ends + np.array([-0.05, 0.05]) * np.ptp(ends)))
        axes.set_xlabel("Expected of a normal distribution")
        axes.set_ylabel("Standardised residual")

    return Picture("Normal plot", svg(draw, name + "-normal", caption), caption)


def shape(z: Numbers, trait: str, name: str) -> Picture:
    """Histogram with the normal density of variance 1."""
    caption = (f"How often residuals of {trait} have which size (bars), and how often they would "
               "under the model (orange line).")

    def draw(canvas: Canvas) -> None:
        axes = canvas.subplots()
        bins = min(60, max(8, int(2 * np.cbrt(z.size))))
        heights, edges = np.histogram(z, bins)
        axes.stairs(heights, edges, fill=True, color=FILL)
        axes.stairs(heights, edges, color=BLUE, linewidth=1.2)
        at = np.linspace(min(edges[0], -3.0), max(edges[-1], 3.0), 120)
        density = np.exp(-at**2 / 2) / np.sqrt(2 * np.pi)
        axes.plot(at, density * z.size * (edges[1] - edges[0]), color=ORANGE,
                  linewidth=1.6)
        axes.set_xlabel("Standardised residual")
        axes.set_ylabel("Records")
        thousands(axes)

    return Picture("Distribution of residuals", svg(draw, name + "-shape", caption), caption)

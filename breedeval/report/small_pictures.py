"""Small pictures that are written by hand, where thousands are drawn and each must be light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from breedeval.report.drawing import BLUE, GREY, INK, ORANGE
from breedeval.report.numbers import fixed

Vector = NDArray[np.float64]
WIDTH, HEIGHT = 300.0, 150.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 12.0, 12.0, 24.0


@dataclass(frozen=True, eq=False)
class Course:
    """A mean over time, and one individual in it.

    Parameters
    ----------
    at, mean : ndarray of float64
    x, y : float
        The individual.
    name : str
    decimals : int
        Of the numbers on the scale.
    """

    at: Vector
    mean: Vector
    x: float
    y: float
    name: str
    decimals: int


def course_picture(course: Course) -> Markup:
    """A line for the mean, a diamond for the individual, the ends of both scales in numbers."""
    low, high = (float(end) for end in (
        min(course.mean.min(), course.y, 0.0), max(course.mean.max(), course.y, 0.0)))
    first, last = float(min(course.at[0], course.x)), float(max(course.at[-1], course.x))

    def across(x: float) -> float:
        return LEFT + (x - first) / max(last - first, 1e-12) * (WIDTH - LEFT - RIGHT)

    def up(y: float) -> float:
        return TOP + (high - y) / max(high - low, 1e-12) * (HEIGHT - TOP - BOTTOM)

    line = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in zip(
        course.at, course.mean, strict=True))
    x, y = across(course.x), up(course.y)
    told = (f"Mean breeding value from {fixed(course.mean[0], course.decimals)} "
            f"({course.at[0]:g}) to {fixed(course.mean[-1], course.decimals)} ({course.at[-1]:g}); "
            f"{course.name}: {fixed(course.y, course.decimals)} ({course.x:g}).")
    marks = [_text(LEFT - 5, up(value) + 3.5, fixed(value, course.decimals), "end")
             for value in dict.fromkeys((high, low))]
    marks += [_text(across(value), HEIGHT - 7, f"{value:g}", anchor)
              for value, anchor in ((first, "start"), (last, "end"))]
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}" class="course">'
        '<path d="M{} {}H{}" stroke="{}" stroke-width="1"/>'
        '<polyline points="{}" fill="none" stroke="{}" stroke-width="2"/>'
        '<path d="M{} {}l6 6 -6 6 -6 -6z" fill="{}" stroke="#fff" stroke-width="1"/>{}</svg>'
    ).format(f"{WIDTH:g}", f"{HEIGHT:g}", told, f"{LEFT:g}", f"{up(0.0):.1f}",
             f"{WIDTH - RIGHT:g}", GREY, line, BLUE, f"{x:.1f}", f"{y - 6:.1f}", ORANGE,
             Markup("").join(marks))


def _text(x: float, y: float, text: str, anchor: str) -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}" fill="{}" font-size="11">{}</text>').format(
        f"{x:.1f}", f"{y:.1f}", anchor, INK, text)

"""Pictures have room for their labels, as a layout engine would make it."""

from __future__ import annotations

from collections.abc import Callable

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from matplotlib.transforms import Bbox

from breedeval.report import drawing
from breedeval.report.drawing import panels, powers, thousands
from breedeval.report.margins import arrange, text_width


def wide_numbers(canvas: Canvas) -> None:
    axes = canvas.subplots()
    axes.plot([0.0, 1_000_000.0], [-2_000_000.0, 9_000_000.0])
    thousands(axes)
    axes.set_xlabel("Something")
    axes.set_ylabel("Two lines\n(of a name)")


def with_a_common_factor(canvas: Canvas) -> None:
    axes = canvas.subplots()
    axes.plot([0.0, 3.0], [1.0e-9, 9.0e-9])
    axes.set_ylabel("Small")


def two_panels(canvas: Canvas) -> None:
    upper, lower = panels(canvas, 2.0, 1.3)
    upper.plot(np.arange(9), np.linspace(-3917.63, -3788.97, 9))
    lower.plot(np.arange(9), 0.1 ** np.arange(9))
    powers(lower)
    for axes, name in ((upper, "Log-likelihood"), (lower, "Change")):
        axes.set_ylabel(name)
    lower.set_xlabel("Round")


def words_beside(canvas: Canvas) -> None:
    axes = canvas.subplots()
    axes.plot([0.1, 0.2, 0.3], [0, 1, 2], "o")
    axes.set_yticks([0, 1, 2], ["Heritability (weight)", "Ratio (mother, weight)", "Correlation"])


def legend_above(canvas: Canvas) -> None:
    axes = canvas.subplots()
    for name in ("one", "another", "third"):
        axes.plot([0.0, 1.0], [0.0, 1.0], label=name)
    canvas.legend(loc="upper left", ncols=2)


@pytest.mark.parametrize("draw", [
    wide_numbers, with_a_common_factor, two_panels, words_beside, legend_above])
def test_labels_are_inside_and_apart(draw: Callable[[Canvas], None]) -> None:
    with mpl.rc_context({**drawing._STYLE, "text.hinting": "none"}):
        canvas = Canvas(figsize=drawing.SIZE)
        draw(canvas)
        arrange(canvas)
        FigureCanvasAgg(canvas).draw()
    for axes in canvas.axes:
        axis_pair = [axis for axis in (axes.xaxis, axes.yaxis) if axis.get_visible()]
        numbers = [box for axis in axis_pair for box in numbers_of(axis)]
        names = [axis.label.get_window_extent() for axis in axis_pair if axis.label.get_text()]
        assert not any(name.overlaps(number) for name in names for number in numbers)
        assert all(contains(canvas.bbox, box) for box in [
            *numbers, *names, axes.yaxis.offsetText.get_window_extent()])
    for legend in canvas.legends:
        assert legend.get_window_extent().y0 >= canvas.axes[0].get_window_extent().y1 - 3.0
    if len(canvas.axes) > 1:
        upper, lower = (axes.get_window_extent() for axes in canvas.axes)
        assert 5.0 < upper.y0 - lower.y1 < 20.0


def numbers_of(axis: Axis) -> list[Bbox]:
    """Where the numbers that are drawn stand."""
    low, high = axis.get_view_interval()
    return [label.get_window_extent() for at, label in zip(
        axis.get_majorticklocs(), axis.get_majorticklabels(), strict=True) if low <= at <= high]


def contains(whole: Bbox, box: Bbox) -> bool:
    """Within half a point."""
    return bool(np.all(whole.min - 0.5 <= box.min) and np.all(box.max <= whole.max + 0.5))


def test_names_longer_than_the_picture_leave_some_of_it() -> None:
    canvas = Canvas(figsize=drawing.SIZE)
    axes = canvas.subplots()
    axes.set_yticks([0.0, 1.0], ["of " * 80, "short"])
    arrange(canvas)
    assert axes.get_position().width > 0.2


def test_widths_are_about_those_of_a_font() -> None:
    assert text_width("1,000\n1", 10.0) == pytest.approx(29.2)

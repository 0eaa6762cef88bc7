"""Margins of a picture from the lengths of its labels.

A layout engine draws a picture twice, and measures every text in a font that is not the reader's,
at more than the cost of the picture itself. Here room is made for as many letters as there are.
"""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure as Canvas
from matplotlib.text import Text
from matplotlib.ticker import AutoLocator

POINTS = 72
EDGE, GAP, PAD = 2.0, 11.0, 3.5
"""Points to the edge of the picture, between panels, and between a label and what it is beside."""
LINE, USUAL = 1.2, 0.64
"""Height of a line, and width of a letter, by the size of the font."""
_WIDTHS = {**dict.fromkeys(" .,:;'!|/()[]ijltfrI", 0.36), **dict.fromkeys("mMwW−%", 0.9)}
LEGEND_COLUMNS = 2
NUMBERS = 6
"""Numbers on an axis, about, where a picture does not say."""
MOST = 0.7
"""Part of the width that labels may take, however long they are."""


def arrange(canvas: Canvas) -> None:
    """Place the panels of a picture, one above the other, and the labels of their axes.

    The panels should have nearly their place already: scales choose their numbers by the room
    there is.
    """
    panels = canvas.axes
    for axes in panels:
        _thin_out(axes.xaxis)
        _thin_out(axes.yaxis)
    width, height = canvas.get_size_inches() * POINTS
    beside = max(_beside(axes.yaxis) for axes in panels)
    left = EDGE + beside + max(_name_room(axes.yaxis) for axes in panels)
    left = min(left, MOST * width)
    below = _below(panels[-1].xaxis)
    bottom = EDGE + below + _name_room(panels[-1].xaxis)
    top = EDGE + _above(canvas)
    right = EDGE + max(_overhang(panels[-1], width - left - EDGE), 0.0)
    heights = (height - bottom - top) / len(panels)
    canvas.subplots_adjust(
        left=left / width, right=1.0 - right / width, bottom=bottom / height,
        top=1.0 - top / height, hspace=GAP / (heights - GAP) if len(panels) > 1 else 0.0)
    for axes in panels:
        box = axes.get_position()
        axes.yaxis.set_label_coords(-(beside + PAD) / (box.width * width), 0.5)
        axes.xaxis.set_label_coords(0.5, -(below + PAD) / (box.height * height))


def _thin_out(axis: Axis) -> None:
    """A few numbers are enough, and each is drawn of five parts."""
    locator = axis.get_major_locator()
    if isinstance(locator, AutoLocator):
        locator.set_params(nbins=max(1, min(NUMBERS, axis.get_tick_space())))


def text_width(text: str, size: float) -> float:
    """About how many points the longest line of a text takes."""
    return size * max(sum(_WIDTHS.get(letter, USUAL) for letter in line)
                      for line in text.split("\n"))


def _labels(axis: Axis) -> list[Text]:
    """The labels of an axis, which take no part in placing its name."""
    labels = axis.get_majorticklabels()
    for label in labels:
        label.set_in_layout(False)
    return [label for label in labels if label.get_visible() and label.get_text()]


def _width(label: Text) -> float:
    return text_width(label.get_text(), _size(label))


def _size(text: Text) -> float:
    return float(text.get_fontsize())


def _beside(axis: Axis) -> float:
    """Room for the numbers of a vertical axis."""
    return PAD + max(map(_width, _labels(axis)), default=0.0)


def _below(axis: Axis) -> float:
    """Room for the numbers of a horizontal axis, and its marks."""
    return PAD + axis.get_tick_padding() + max(map(_size, _labels(axis)), default=0.0)


def _name_room(axis: Axis) -> float:
    name = axis.label.get_text()
    return PAD + LINE * _size(axis.label) * (name.count("\n") + 1) if name else 0.0


def _above(canvas: Canvas) -> float:
    """Room for half a number, the common factor of all numbers, or legends above the panels."""
    axis = canvas.axes[0].yaxis
    line = LINE * _size(axis.label)
    factor = PAD + line if axis.get_major_formatter().get_offset() else 0.0
    legends = sum(LINE * _size(text) for legend in canvas.legends
                  for text in legend.get_texts()[::LEGEND_COLUMNS])
    return max(line / 2, factor, legends + 4 * PAD if legends else 0.0)


def _overhang(axes: Axes, room: float) -> float:
    """How far a number of the horizontal axis reaches past its end."""
    low, high = axes.get_xlim()
    scale = axes.xaxis.get_transform()
    start, end = scale.transform([low, high])
    past = [_width(label) / 2 - room * (end - scale.transform([at])[0]) / (end - start)
            for label in _labels(axes.xaxis) if low <= (at := label.get_position()[0]) <= high]
    return max(past, default=0.0)

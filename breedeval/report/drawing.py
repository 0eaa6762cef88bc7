"""How pictures are drawn: SVG made once, with a text for those who do not see it.

Colours (blue and orange of Okabe & Ito 2008) differ in brightness and in line style, so that a
print in grey says the same.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import FuncFormatter, NullLocator
from numpy.typing import NDArray

from breedeval.report.margins import arrange

Numbers = NDArray[np.float64]

BLUE, ORANGE, GREY, INK = "#0b5c8f", "#c8550a", "#8a9691", "#33403a"
FILL = "#cfe0ec"
SIZE = (5.6, 3.35)
DOTS = 2000
"""So many points are drawn one by one."""
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_STYLE: Any = {
    "svg.fonttype": "none", "svg.hashsalt": "breedeval", "figure.dpi": 72, "font.size": 11.5,
    "axes.edgecolor": GREY, "axes.labelcolor": INK, "text.color": INK, "xtick.color": INK,
    "ytick.color": INK, "axes.spines.top": False, "axes.spines.right": False,
    "axes.linewidth": 0.8, "axes.grid": True, "axes.grid.axis": "y", "grid.color": "#e3e8e5",
    "grid.linewidth": 0.8, "axes.axisbelow": True, "legend.frameon": False,
    "legend.fontsize": 10, "xtick.major.width": 0.8, "ytick.major.size": 0,
    "ytick.minor.size": 0,
    "font.family": "DejaVu Sans", "axes.unicode_minus": True,
    "figure.subplot.left": 0.13, "figure.subplot.right": 0.98,
    "figure.subplot.bottom": 0.15, "figure.subplot.top": 0.96, "figure.subplot.hspace": 0.12,
    "figure.facecolor": "none", "axes.facecolor": "none",
}


@dataclass(frozen=True)
class Picture:
    """One figure.

    Parameters
    ----------
    title : str
        What it shows, in a few words.
    svg : Markup
        The drawing.
    caption : str
        What the reader sees and should take from it.
    """

    title: str
    svg: Markup
    caption: str


def svg(
    draw: Callable[[Canvas], None], name: str, description: str, *,
    size: tuple[float, float] = SIZE,
) -> Markup:
    """Draw on a canvas and return it as SVG for the inside of a page.

    Parameters
    ----------
    draw : callable
        Draws on the canvas that it is given.
    name : str
        What identifiers inside the drawing begin with; no other of the page may have it.
    description : str
        What it shows, for those who do not see it.
    size : tuple of float
        Width and height in inches.
    """
    with mpl.rc_context(_STYLE):
        canvas = Canvas(figsize=size)
        draw(canvas)
        arrange(canvas)
        stream = io.StringIO()
        canvas.savefig(stream, format="svg", metadata={
            "Date": None, "Creator": None, "Format": None, "Type": None})
    text = stream.getvalue()
    text = text[text.index("<svg"):]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"font-family: [^;\"]*", "font-family: var(--sans)", text)
    text = re.sub(r"(font: [\d.]+px) [^;\"]*", r"\1 var(--sans)", text)   # before matplotlib 3.11
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", text)
    text = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', text)
    text = re.sub(r'\bd="[^"]*"', _rounded, text)
    view = re.search(r'viewBox="[^"]*"', text)
    box = view.group(0) if view else ""
    head = Markup('<svg xmlns:xlink="http://www.w3.org/1999/xlink" {} role="img" aria-label="{}">')
    return head.format(Markup(box), description) + Markup(text[text.index(">") + 1:])


def panels(canvas: Canvas, *heights: float) -> tuple[Axes, ...]:
    """Panels one above the other that share the horizontal axis of the last."""
    found = tuple(canvas.subplots(len(heights), 1, sharex=True, height_ratios=heights))
    for axes in found[:-1]:
        axes.xaxis.set_visible(False)
    return found


def thousands(axes: Axes) -> None:
    """Thousands of the vertical scale marked by commas."""
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.0f}"))


def powers(axes: Axes) -> None:
    """A logarithmic vertical scale with numbers such as 10⁻³."""
    axes.set_yscale("log")
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(
        lambda y, _: "10" + f"{np.log10(y):.0f}".translate(_RAISED)))


def dots(axes: Axes, x: Numbers, y: Numbers, *, colour: str = BLUE, size: float = 3.4) -> None:
    """Many dots as one path of strokes without length, which takes a tenth of the room."""
    points = np.repeat(np.column_stack([x, y]), 2, axis=0)
    codes = np.tile(np.array([Path.MOVETO, Path.LINETO], Path.code_type), len(points) // 2)
    path = Path(points, codes)
    path.should_simplify = False
    axes.add_artist(PathPatch(  # add_patch would look for the ends of every stroke
        path, edgecolor=colour, facecolor="none", linewidth=size,
        capstyle="round", clip_on=False))
    axes.update_datalim(points)
    axes.autoscale_view()


def cloud(axes: Axes, x: Numbers, y: Numbers) -> None:
    """Dots, or where there are too many the number in each of many hexagons, by darkness."""
    if x.size <= DOTS:
        dots(axes, x, y)
        return
    far = np.abs(y) > np.quantile(np.abs(y), 1.0 - 100 / y.size)
    axes.hexbin(x[~far], y[~far], gridsize=(36, 20), mincnt=1, bins="log", linewidths=0.2,
                cmap=LinearSegmentedColormap.from_list("blue", ["#dce9f1", "#5f9bc0", "#083a5c"]))
    dots(axes, x[far], y[far])


def _rounded(match: re.Match[str]) -> str:
    return re.sub(r"(\.\d\d)\d+", r"\1", match.group(0))

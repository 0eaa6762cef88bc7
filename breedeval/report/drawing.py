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
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter

BLUE, ORANGE, GREY, INK = "#0b5c8f", "#c8550a", "#8a9691", "#33403a"
FILL = "#cfe0ec"
SIZE = (5.6, 3.35)
_STYLE: Any = {
    "svg.fonttype": "none", "svg.hashsalt": "breedeval", "figure.dpi": 72, "font.size": 11.5,
    "axes.edgecolor": GREY, "axes.labelcolor": INK, "text.color": INK, "xtick.color": INK,
    "ytick.color": INK, "axes.spines.top": False, "axes.spines.right": False,
    "axes.linewidth": 0.8, "axes.grid": True, "axes.grid.axis": "y", "grid.color": "#e3e8e5",
    "grid.linewidth": 0.8, "axes.axisbelow": True, "legend.frameon": False,
    "legend.fontsize": 10, "xtick.major.width": 0.8, "ytick.major.size": 0,
    "axes.unicode_minus": True, "figure.constrained_layout.use": True,
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


def svg(draw: Callable[[Canvas], None], name: str, description: str) -> Markup:
    """Draw on a canvas and return it as SVG for the inside of a page."""
    with mpl.rc_context(_STYLE):
        canvas = Canvas(figsize=SIZE)
        draw(canvas)
        stream = io.StringIO()
        canvas.savefig(stream, format="svg", transparent=True, metadata={
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
    size = re.search(r'viewBox="[^"]*"', text)
    box = size.group(0) if size else ""
    head = Markup('<svg xmlns:xlink="http://www.w3.org/1999/xlink" {} role="img" aria-label="{}">')
    return head.format(Markup(box), description) + Markup(text[text.index(">") + 1:])


def thousands(axes: Axes) -> None:
    """Thousands of the vertical scale marked by commas."""
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.0f}"))


def _rounded(match: re.Match[str]) -> str:
    return re.sub(r"(\.\d\d)\d+", r"\1", match.group(0))

"""Sphinx configuration."""

from __future__ import annotations

import os
import re
from typing import Any

os.environ["NUMBA_DISABLE_JIT"] = "1"  # docstrings need no compiled code

import breedeval

project = "breedeval"
author = "The breedeval developers"
copyright = "The breedeval developers, BSD-3-Clause"  # noqa: A001
version = release = breedeval.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
]
myst_enable_extensions = ["dollarmath", "amsmath", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"breedeval {release}"

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the numpydoc sections give dtype and shape
numpydoc_show_class_members = False


def keep_determinants(*event: Any) -> None:
    """Let ``log|C|`` in a docstring be a determinant and not a substitution."""
    lines: list[str] = event[-1]
    lines[:] = [re.sub(r"\|(\w[^|\s]*)\|", r"\\|\1\\|", line) for line in lines]


def setup(app: Any) -> None:
    """Connect to Sphinx."""
    app.connect("autodoc-process-docstring", keep_determinants)

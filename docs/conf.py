"""Sphinx configuration; pages that follow from the code are written when the build starts."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

os.environ["NUMBA_DISABLE_JIT"] = "1"  # docstrings need no compiled code

import breedeval
from breedeval.config import reference_markdown

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
exclude_patterns = ["_build", "reference/_generated"]

html_theme = "furo"
html_title = f"breedeval {release}"

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the numpydoc sections give dtype and shape
numpydoc_show_class_members = False


def write_run_file_reference() -> None:
    """Write the table of every key of the run file from the settings themselves."""
    page = Path(__file__).parent / "reference" / "_generated" / "run_file.md"
    page.parent.mkdir(exist_ok=True)
    text = reference_markdown()
    if not page.exists() or page.read_text(encoding="utf-8") != text:
        page.write_text(text, encoding="utf-8")


def keep_determinants(*event: Any) -> None:
    """Let ``log|C|`` in a docstring be a determinant and not a substitution."""
    lines: list[str] = event[-1]
    lines[:] = [re.sub(r"\|(\w[^|\s]*)\|", r"\\|\1\\|", line) for line in lines]


def setup(app: Any) -> None:
    """Write the generated pages, and connect to Sphinx."""
    write_run_file_reference()
    app.connect("autodoc-process-docstring", keep_determinants)

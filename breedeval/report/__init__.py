"""Pages for people: the report of a run and the description of a pedigree."""

from __future__ import annotations

from breedeval.report.html import render
from breedeval.report.pedigree_page import render_pedigree

__all__ = ["render", "render_pedigree"]

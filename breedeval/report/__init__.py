"""Pages for people: the report of a run and the description of a pedigree."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from breedeval.report.html import render
    from breedeval.report.individual_pages import render_pages
    from breedeval.report.pedigree_page import render_pedigree

__all__ = ["render", "render_pages", "render_pedigree"]

_HOMES = {"render": "html", "render_pages": "individual_pages", "render_pedigree": "pedigree_page"}


def __getattr__(name: str) -> Any:
    """Import on first use: pictures are slow to load, and not every page has any."""
    if name in _HOMES:
        return getattr(import_module(f"breedeval.report.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'breedeval.report' has no attribute {name!r}")

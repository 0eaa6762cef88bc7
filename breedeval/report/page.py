"""The frame that every page of ours shares: one file, no network, works offline."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from breedeval import __version__
from breedeval.report import numbers


def fill(template: str, context: Mapping[str, Any]) -> str:
    """A page from its template; styles and scripts are written into it.

    Parameters
    ----------
    template : str
        Name of the file in ``templates``.
    context : mapping
        What the template reads.
    """
    return _environment().get_template(template).render(version=__version__, **context)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("breedeval.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True)
    environment.globals["asset"] = _asset
    environment.filters["count"] = numbers.count
    return environment


def _asset(name: str) -> Markup:
    return Markup(files("breedeval.report").joinpath("assets", name).read_text("utf-8"))

"""pydantic's findings in a breeder's words, and the places in the run file they belong to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from breedeval.config.bind import label
from breedeval.config.yaml_loader import Entries, Items, Node, Place, Scalar
from breedeval.model.form import KeyPath, Misfit, did_you_mean

_LIMITS = {
    "greater_than": ("gt", "a number above"),
    "greater_than_equal": ("ge", "a number of at least"),
    "less_than": ("lt", "a number below"),
    "less_than_equal": ("le", "a number of at most"),
}

_SAID_ALREADY = frozenset({"missing", "extra_forbidden", "union_tag_not_found",
                           "union_tag_invalid"})
"""Kinds that concern the form, which was read, and explained, before."""


def misfits_of(error: ValidationError, values: Mapping[str, Any]) -> Iterator[Misfit]:
    """What pydantic found in the parts, at most one thing a place.

    What concerns several parts together is left to :mod:`breedeval.config.checks`.
    """
    seen: set[KeyPath] = set()
    for details in sorted(error.errors(), key=lambda item: item["type"].endswith("_type")):
        if details["type"] in _SAID_ALREADY:
            continue
        path = _path(details["loc"], values)
        if not details["loc"]:
            continue
        if details["type"] == "misfits":
            yield from (misfit.below(*path) for misfit in details["ctx"]["misfits"])
        elif path not in seen:
            seen.add(path)
            yield _misfit(details, path)


def locate(tree: Entries, path: KeyPath) -> Place:
    """Where the value at a path stands: a single value itself, else its key, else what holds it."""
    node: Node = tree
    place = tree.place
    for step in path:
        if isinstance(node, Entries) and step in node.values:
            place, node = node.keys[str(step)], node.values[str(step)]
        elif isinstance(node, Items) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            place = node.place
        else:
            return place
    return node.place if isinstance(node, Scalar) else place


def _path(location: tuple[int | str, ...], values: Any) -> KeyPath:
    """The keys of pydantic's location, without the names of alternatives in between."""
    path: list[int | str] = []
    for step in location:
        is_key = isinstance(values, Mapping) and step in values
        is_item = isinstance(values, (list, tuple)) and isinstance(step, int) and (
            step < len(values))
        if is_key or is_item:
            path.append(step)
            values = values[step]
    return tuple(path)


def _misfit(details: ErrorDetails, path: KeyPath) -> Misfit:
    kind, context = details["type"], details.get("ctx", {})
    found = f"{label(path)} is {_shown(details['input'])}"
    if kind in _LIMITS:
        key, words = _LIMITS[kind]
        return Misfit(path, found, f"Expected {words} {context[key]:g}")
    if kind == "finite_number":
        return Misfit(path, found, "Expected a finite number")
    if kind == "literal_error":
        choices = re.findall("'([^']*)'", context["expected"])
        return Misfit(path, found, f"Expected one of: {', '.join(choices)}",
                      did_you_mean(str(details["input"]), choices))
    if kind in ("too_short", "string_too_short"):
        return Misfit(path, f"{label(path)} is empty", "Expected at least one")
    said = str(context["error"]) if kind == "value_error" else details["msg"]
    return Misfit(path, found, said[0].upper() + said[1:])


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "keys and values" if isinstance(value, Mapping) else (
        "a list" if isinstance(value, (list, tuple)) else f"'{value}'"
        if isinstance(value, str) else str(value))

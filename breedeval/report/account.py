"""Where a result comes from: the values of provenance.json, whatever they are, made readable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from breedeval.report import numbers
from breedeval.report.tables import Column, Sheet, readable

_WHEN = ("started", "start", "when", "time", "date", "timestamp", "created", "finished", "end")
_HEADS = {"sha256": "SHA-256"}


@dataclass(frozen=True)
class Account:
    """Plain facts, groups of facts under a heading, and tables."""

    facts: list[tuple[str, str]]
    groups: list[tuple[str, list[tuple[str, str]]]]
    sheets: list[Sheet]


def account_of(provenance: Mapping[str, Any]) -> Account:
    """Facts and tables of any nesting of mappings, lists and plain values."""
    facts, groups, sheets = [], [], []
    for key, value in provenance.items():
        title = readable(str(key))
        if isinstance(value, Mapping) and any(isinstance(part, Mapping) for part in value.values()):
            sheets.append(_sheet(title, [
                {"name": name, **(part if isinstance(part, Mapping) else {"value": part})}
                for name, part in value.items()]))
        elif isinstance(value, Mapping):
            groups.append((title, [_fact(str(name), part) for name, part in value.items()
                                   if part is not None]))
        elif isinstance(value, (list, tuple)) and any(isinstance(item, Mapping) for item in value):
            sheets.append(_sheet(title, [dict(item) if isinstance(item, Mapping)
                                         else {"value": item} for item in value]))
        elif isinstance(value, (list, tuple)) and value:
            facts.append((title, " ".join(str(item) for item in value)))
        elif value is not None and value != "" and not isinstance(value, (list, tuple)):
            text = str(value)
            facts.append((title, numbers.moment(text) if str(key) in _WHEN else text))
    return Account(facts, [group for group in groups if group[1]],
                   [sheet for sheet in sheets if sheet.rows])


def moment_of(provenance: Mapping[str, Any]) -> str:
    """When the run was made, in words; empty where it is not said."""
    for key in _WHEN:
        if isinstance(provenance.get(key), str):
            return numbers.moment(provenance[key])
    return ""


def _sheet(title: str, rows: list[dict[str, Any]]) -> Sheet:
    names = list(dict.fromkeys(str(name) for row in rows for name in row))
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    columns = [Column(_HEADS.get(name, readable(name)), _kind(name, rows)) for name in names]
    return Sheet(title, columns, cells)


def _fact(name: str, value: Any) -> tuple[str, str]:
    """A label and a text; bytes and seconds in the unit that suits them."""
    if name.endswith("_bytes"):
        return readable(name.removesuffix("_bytes")), numbers.memory(float(value) / 1e6)
    if name.endswith("_seconds"):
        return f"Seconds to {name.removesuffix('_seconds')}", numbers.significant(float(value), 2)
    return readable(name), _cell(value)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return numbers.significant(value)
    whole = isinstance(value, int) and not isinstance(value, bool)
    return numbers.count(value) if whole else str(value)


def _kind(name: str, rows: list[dict[str, Any]]) -> str:
    if name.startswith("sha"):
        return "code"
    return "number" if all(isinstance(row.get(name), (int, float)) for row in rows) else ""

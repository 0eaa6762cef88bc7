"""Files that list individuals: lists in and out, bounds, pairs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from breedeval.errors import Findings, InputError, Problem
from breedeval.io.tables import read_table
from breedeval.levels import Levels
from breedeval.records import Table

SHOWN = 5


def read_list(path: Path, levels: Levels) -> frozenset[str]:
    """Individuals in the first column of a file.

    Raises
    ------
    InputError
    """
    table = read_table(path, missing=("",))
    refuse_headless(table, levels)
    first = next(iter(table.columns))
    return frozenset(str(name) for name in table.text(first).to_pylist() if name is not None)


def refuse_headless(table: Table, levels: Levels) -> None:
    """Refuse a file whose first line is an individual: taken for a header, it would be lost.

    Raises
    ------
    InputError
    """
    first = str(next(iter(table.columns)))
    if levels.codes([first])[0] >= 0:
        raise InputError(Problem(
            f"{table.source}:1", f"the first line begins with '{first}', an individual",
            "Expected a header line", "Write one above it, such as 'individual'"))


def unknown_names(names: Iterable[str], levels: Levels) -> Sequence[str]:
    """Those of some names that have no breeding values, sorted."""
    listed = sorted(set(names))
    return [name for name, code in zip(listed, levels.codes(listed), strict=True)
            if code < 0] if listed else []


def warn_of_unknown(where: str, names: Iterable[str], levels: Levels, findings: Findings) -> None:
    """Warn of names in a list that have no breeding values."""
    unknown = unknown_names(names, levels)
    if unknown:
        findings.warn(where, *(Problem(
            where, f"'{name}' has no breeding values", "", "Correct the name, or leave it out")
            for name in unknown[:SHOWN]), total=len(unknown))

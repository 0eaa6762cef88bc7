"""A first run file from the columns of a data file."""

from __future__ import annotations

from pathlib import Path

from breedeval.config import starter
from breedeval.errors import InputError, Problem
from breedeval.io.tables import read_table


def starter_file(records: Path, pedigree: Path | None, output: Path | None) -> str:
    """Text of a commented run file; written to ``output`` when given, which must be new."""
    if output is not None and output.exists():
        raise InputError(Problem(str(output), "exists already", "Expected a new name",
                                 "Remove it or give another --output"))
    table = read_table(records)
    base = (output.parent if output is not None else Path.cwd()).resolve()
    text = starter(records, table, pedigree, base)
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")
    return text

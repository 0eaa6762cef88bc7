"""A results folder read back, to be compared with another."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from breedeval.comparison.results import (
    PARAMETER_KEY,
    PARTS,
    TRAIT_KEY,
    VARIANCE_KEY,
    Results,
)
from breedeval.errors import Findings, InputError, Problem
from breedeval.io.folder import find_table

TABLES = {
    "breeding_values": (
        (*TRAIT_KEY, "individual"),
        ("breeding_value", "se", "reliability", "accuracy", "inbreeding", "records")),
    "solutions": ((*TRAIT_KEY, "level"), ("estimate", "se")),
    "variances": (tuple(VARIANCE_KEY), ("estimate", "se")),
    "genetic_parameters": (tuple(PARAMETER_KEY), ("estimate", "se")),
}
"""The tables: their key, which is text, and the columns of numbers that are compared."""

WHERE_ANY = ("relative", "standardised")
"""Columns of numbers that a table has in some runs."""

WEIGHTS = tuple(f"weight_{name}" for name in PARTS[:-2])

FURTHER = {
    "partition": ((*TRAIT_KEY, "individual"), ("breeding_value", *PARTS, *WEIGHTS)),
    "residuals": (("trait",), ("record", "observed", "fitted", "residual")),
}
"""Tables that not every folder has."""

_DOCUMENTS = ("summary.json", "provenance.json")


def read_results(directory: Path) -> Results:
    """Read a results folder.

    Parameters
    ----------
    directory : Path
        A folder that ``breedeval run`` wrote, with tables in CSV or Parquet.

    Raises
    ------
    InputError
        If it is no results folder: every file and column that is missing, every file that cannot
        be read, keys that occur twice.
    """
    if not directory.is_dir():
        found = "this is a file" if directory.exists() else "there is no such folder"
        raise InputError(Problem(str(directory), found, "Expected a results folder",
                                 "Give the folder that 'breedeval run' wrote"))
    findings = Findings()
    paths = {name: find_table(directory, name) for name in TABLES}
    absent = [f"{name}.csv" for name, path in paths.items() if path is None]
    absent += [name for name in (*_DOCUMENTS, "config.yaml") if not (directory / name).is_file()]
    if absent:
        raise InputError(Problem(
            str(directory), f"this is not a whole results folder: {', '.join(absent)} "
            f"{'is' if len(absent) == 1 else 'are'} missing", "",
            "Give the folder that 'breedeval run' wrote, or run it again"))
    tables = {name: _table(path, TABLES[name], findings) for name, path in paths.items() if path}
    partition = find_table(directory, "partition")
    if partition is not None:
        tables["partition"] = _table(partition, FURTHER["partition"], findings)
    individuals = find_table(directory, "individuals")
    if individuals is not None:
        tables["individuals"] = _text_table(individuals, findings)
    summary, provenance = (_document(directory / name, findings) for name in _DOCUMENTS)
    findings.raise_faults()
    return Results(label=str(directory), summary=summary, provenance=provenance, **tables)


def read_residuals(directory: Path) -> pd.DataFrame:
    """Residuals of a results folder: trait, record, observed, fitted, residual; empty where the
    run did not write them.

    Raises
    ------
    InputError
        When the table cannot be read.
    """
    path = find_table(directory, "residuals")
    if path is None:
        return pd.DataFrame()
    findings = Findings()
    table = _table(path, FURTHER["residuals"], findings, unique=("record", "trait"))
    findings.raise_faults()
    return table


def read_results_table(directory: Path, name: str) -> pd.DataFrame:
    """One table of a results folder, as :func:`read_results` has it.

    Raises
    ------
    InputError
        If it is not there, or cannot be read.
    """
    path = find_table(directory, name)
    if path is None:
        raise InputError(Problem(
            str(directory), f"there is no table '{name}'", "Expected a results folder",
            "Give the folder that 'breedeval run' wrote, or run it again"))
    findings = Findings()
    table = _table(path, TABLES[name], findings)
    findings.raise_faults()
    return table


def _text_table(path: Path, findings: Findings) -> pd.DataFrame:
    """A table with all its columns as text, empty where there is nothing."""
    try:
        table = _read(path, None, ())
    except pa.ArrowInvalid as error:
        findings.fault("table", Problem(str(path), f"the table cannot be read ({error})", "",
                                        "Run the evaluation again"))
        return pd.DataFrame()
    return pd.DataFrame({name: _text(table[name]) for name in table.column_names})


def _table(
    path: Path, columns: tuple[tuple[str, ...], tuple[str, ...]], findings: Findings, *,
    unique: tuple[str, ...] | None = None,
) -> pd.DataFrame:
    """One table with its key as text (empty, not missing) and its numbers as float64."""
    key, numbers = columns
    try:
        table = _read(path, key, numbers)
    except pa.ArrowInvalid as error:
        findings.fault("table", Problem(str(path), f"the table cannot be read ({error})", "",
                                        "Run the evaluation again"))
        return pd.DataFrame()
    lacking = [column for column in (*key, *numbers) if column not in table.column_names]
    if lacking:
        findings.fault("column", Problem(
            str(path), f"columns are missing: {', '.join(lacking)}", "",
            "Run the evaluation again; the columns of a results table are never renamed"))
        return pd.DataFrame()
    frame = pd.DataFrame({**{column: _text(table[column]) for column in key},
                          **{column: _number(table[column]) for column in (*numbers, *(
                              name for name in WHERE_ANY if name in table.column_names))}})
    by = list(unique or key)
    repeated = frame.duplicated(by)
    if repeated.any():
        first = " ".join(map(str, frame.loc[repeated, by].iloc[0]))
        findings.fault("repeated", Problem(
            str(path), f"{int(repeated.sum())} rows occur twice, the first is {first}",
            f"Expected one row for each {', '.join(by)}", "Run the evaluation again"))
    return frame


def _read(path: Path, key: tuple[str, ...] | None, numbers: tuple[str, ...]) -> pa.Table:
    """The table of a file; without a key, every column as text."""
    if path.suffix == ".parquet":
        from pyarrow import parquet  # slow to load, and seldom needed

        return parquet.read_table(path)
    if key is None:
        with path.open(encoding="utf-8", newline="") as stream:
            key = tuple(next(csv.reader(stream), ()))
    types = {**dict.fromkeys(key, pa.string()),
             **dict.fromkeys((*numbers, *WHERE_ANY), pa.float64())}
    return pyarrow.csv.read_csv(path, convert_options=pyarrow.csv.ConvertOptions(
        column_types=types, strings_can_be_null=False))


def _text(column: pa.ChunkedArray) -> pd.Series[str]:
    return pd.Series(pc.fill_null(column.cast(pa.string()), "").to_pandas(), dtype="str")


def _number(column: pa.ChunkedArray) -> pd.Series[float]:
    return pd.Series(column.cast(pa.float64()).to_pandas(), dtype="float64")


def _document(path: Path, findings: Findings) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        findings.fault("document", Problem(str(path), f"this is not JSON ({error})", "",
                                           "Run the evaluation again"))
        return {}
    return found if isinstance(found, dict) else {}

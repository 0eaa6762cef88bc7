"""Labelled square matrices: relationship matrices that the user supplies, and Γ.

=============  ==================================================================================
``square``     a table whose first column and whose header name the individuals, in any order
``triplets``   two columns of individuals and one of values; either triangle; absent pairs are 0
``grm``        GCTA: ``x.grm.bin`` (float32, lower triangle by rows) with ``x.grm.id``
=============  ==================================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from breedeval.errors import Findings, InputError, Problem
from breedeval.io.tables import read_table
from breedeval.levels import Codes, Levels, classify
from breedeval.records import Table

Matrix = NDArray[np.float64]
Layout = Literal["auto", "square", "triplets", "grm"]


@dataclass(frozen=True, eq=False)
class SquareMatrix:
    """A symmetric matrix with the same labels on rows and columns."""

    levels: Levels
    values: Matrix


def read_matrix(path: Path, layout: Layout = "auto") -> SquareMatrix:
    """Read a labelled square matrix.

    Parameters
    ----------
    path : Path
    layout : str
        ``auto`` takes ``.grm.bin`` (or ``.grm``) for GCTA's, three columns whose header does not
        repeat the labels for triplets, and anything else for a square table.

    Raises
    ------
    InputError
        Everything that is wrong with the file.

    Notes
    -----
    Memory: 8q² bytes for q individuals, and the text while a table is read.
    """
    if layout == "grm" or (layout == "auto" and path.name.endswith((".grm.bin", ".grm"))):
        return _read_grm(path)
    findings = Findings()
    table = read_table(path, missing=("", "NA"), findings=findings)
    findings.raise_faults()
    if layout == "auto":
        layout = "triplets" if _looks_like_triplets(table) else "square"
    read: Callable[[Table, Findings], SquareMatrix]
    read = _triplets if layout == "triplets" else _square
    matrix = read(table, findings)
    findings.raise_faults()
    return matrix


def _looks_like_triplets(table: Table) -> bool:
    names = list(table.columns)
    if len(names) != 3:
        return False
    labels = Levels.of(table.text(names[0]).unique())
    return bool((labels.codes(names[1:]) < 0).any())


def _square(table: Table, findings: Findings) -> SquareMatrix:
    names = list(table.columns)
    labels = table.text(names[0])
    rows = _distinct(table, labels, findings)
    levels = Levels.of(names[1:])
    place = levels.codes(labels)
    missing = [levels[int(k)] for k in np.setdiff1d(np.arange(len(levels)), place)]
    strange = np.flatnonzero(place < 0)
    for row in strange[:5]:
        findings.fault("row label", Problem(
            table.where(int(row)), f"row '{labels[int(row)].as_py()}' has no column of that name",
            "Expected the same labels on rows and columns", "Correct the label"))
    if missing:
        findings.fault("column label", Problem(
            table.source, f"columns without a row of that name: {', '.join(missing[:5])}"
            + (f" and {len(missing) - 5} more" if len(missing) > 5 else ""),
            "Expected the same labels on rows and columns", "Add the rows"))
    columns = [_cells(table, name, findings) for name in names[1:]]
    findings.raise_faults()
    values = np.empty((len(rows), len(rows)))
    values[place] = np.column_stack(columns)
    return SquareMatrix(levels, values)


def _distinct(table: Table, labels: pa.Array, findings: Findings) -> Levels:
    levels, codes = classify(labels)
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    for code in np.flatnonzero(counts > 1)[:5]:
        row = int(np.flatnonzero(codes == code)[1])
        findings.fault("repeated label", Problem(
            table.where(row), f"'{levels[int(code)]}' has more than one row",
            "Expected one row an individual", "Remove the others"))
    for row in np.flatnonzero(codes < 0)[:5]:
        findings.fault("empty label", Problem(table.where(int(row)), "the label is empty",
                                              "Expected the name of an individual"))
    findings.raise_faults()
    return levels


def _cells(table: Table, name: str, findings: Findings) -> Matrix:
    values = table.numbers(name, Findings())
    cells, rows = table.text(name), np.flatnonzero(np.isnan(values))
    problems = []
    for row in rows[:5]:
        cell = cells[int(row)].as_py()
        problems.append(Problem(
            table.where(int(row)), f"there is no number in column '{name}'" if cell is None else
            f"'{cell}' in column '{name}' is not a number",
            "Expected a number in every cell of a relationship matrix", "Correct the cell"))
    if problems:
        findings.fault("cell", *problems, total=int(rows.size))
    return values


def _triplets(table: Table, findings: Findings) -> SquareMatrix:
    names = list(table.columns)
    if len(names) != 3:
        raise InputError(Problem(
            table.source, f"{len(names)} columns", "Expected three: individual, individual, value",
            "Give 'layout: square' if it is a table"))
    first, second = table.text(names[0]), table.text(names[1])
    levels, codes = classify(pa.concat_arrays([first, second]))
    values = _cells(table, names[2], findings)
    one, other = codes[: table.size], codes[table.size:]
    for row in np.flatnonzero((one < 0) | (other < 0))[:5]:
        findings.fault("empty label", Problem(table.where(int(row)), "a label is empty",
                                              "Expected the names of two individuals"))
    findings.raise_faults()
    matrix = np.zeros((len(levels), len(levels)))
    _check_repeats(table, one, other, values, len(levels), findings)
    matrix[one, other] = values
    matrix[other, one] = values
    empty = np.flatnonzero(np.diagonal(matrix) == 0.0)
    if empty.size:
        shown = ", ".join(levels[int(k)] for k in empty[:5])
        findings.fault("diagonal", Problem(
            table.source, f"{empty.size} individuals have no diagonal element: {shown}",
            "Expected a line 'x x value' for everyone", "Add the lines"))
    return SquareMatrix(levels, matrix)


def _check_repeats(
    table: Table, one: Codes, other: Codes, values: Matrix, size: int, findings: Findings
) -> None:
    pair = np.maximum(one, other).astype(np.int64) * size + np.minimum(one, other)
    order = np.argsort(pair, kind="stable")
    same = np.flatnonzero(np.diff(pair[order]) == 0)
    wrong = same[np.abs(values[order[same]] - values[order[same + 1]]) > 1e-6]
    for at in wrong[:5]:
        row = int(order[at + 1])
        findings.fault("repeated pair", Problem(
            table.where(row), f"the pair stands on {table.where(int(order[at]))} already, with "
            f"{values[order[at]]:g} instead of {values[row]:g}", "Expected one value a pair",
            "Remove one of the lines"), total=int(wrong.size) if at == wrong[0] else 0)


def _read_grm(path: Path) -> SquareMatrix:
    stem = str(path).removesuffix(".bin")
    binary, names = Path(f"{stem}.bin"), Path(f"{stem}.id")
    for file in (binary, names):
        if not file.exists():
            raise InputError(Problem(str(file), "there is no such file",
                                     "GCTA writes x.grm.bin and x.grm.id", "Give both"))
    labels = [line.split()[-1] for line in names.read_text().splitlines() if line.strip()]
    size = len(labels)
    expected, found = 4 * size * (size + 1) // 2, binary.stat().st_size
    if expected != found:
        raise InputError(Problem(
            binary.name, f"{found} bytes", f"Expected {expected} for the {size} individuals of "
            f"{names.name}", "Check that the files belong together"))
    repeated = sorted({label for label in labels if labels.count(label) > 1}) if (
        len(set(labels)) < size) else []
    if repeated:
        raise InputError(Problem(names.name, f"'{repeated[0]}' stands there more than once",
                                 "Expected one line an individual"))
    values = np.zeros((size, size))
    values[np.tril_indices(size)] = np.fromfile(binary, "<f4")
    return SquareMatrix(Levels.of(labels), values + np.tril(values, -1).T)

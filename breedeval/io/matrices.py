"""Labelled square matrices: relationship matrices that the user supplies, and Γ.

=============  ==================================================================================
``square``     a table whose first column and whose header name the individuals, in any order;
               one triangle is enough where the other's cells are empty
``triplets``   two columns of individuals and one of values, with or without a header; either
               triangle; absent pairs are 0
``grm``        GCTA: ``x.grm.bin`` (float32, lower triangle by rows) with ``x.grm.id``
``npz``        NumPy: ``labels``, ``values`` and ``history``, as :func:`write_matrix` makes it
=============  ==================================================================================
"""

from __future__ import annotations

import re
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
Layout = Literal["auto", "square", "triplets", "grm", "npz"]

_MISSING = ("", "NA")
_DECIMAL = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?", re.ASCII)
"""A number with a decimal point or comma."""
_EXPECTED = "Expected a number in every cell of a relationship matrix"


@dataclass(frozen=True, eq=False)
class SquareMatrix:
    """A symmetric matrix with the same labels on rows and columns, and how it was made."""

    levels: Levels
    values: Matrix
    history: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Sheet:
    """A table whose first row may be its header.

    Parameters
    ----------
    headings : list of str
        Cells of the first row (names of the columns where the format is typed).
    below : Table
        The other rows.
    whole : Table
        All rows, columns named by their positions.
    """

    headings: list[str]
    below: Table
    whole: Table


def read_matrix(path: Path, layout: Layout = "auto") -> SquareMatrix:
    """Read a labelled square matrix.

    Parameters
    ----------
    path : Path
    layout : str
        ``auto`` takes ``.grm.bin`` (or ``.grm``) for GCTA's, ``.npz`` for NumPy's, three columns
        whose header does not repeat the labels for triplets, and anything else for a square table.

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
    if layout == "npz" or (layout == "auto" and path.suffix == ".npz"):
        return _read_npz(path)
    findings = Findings()
    sheet = _read_sheet(path)
    if layout == "auto":
        layout = "triplets" if _looks_like_triplets(sheet) else "square"
    if layout == "triplets":
        matrix = _triplets(*_of_triplets(sheet, findings), findings)
    else:
        _check_header(sheet, findings)
        matrix = _square(sheet.below, sheet.headings[1:], findings)
    findings.raise_faults()
    return matrix


def _read_sheet(path: Path) -> _Sheet:
    findings = Findings()
    whole = read_table(path, missing=_MISSING, header=False, findings=findings)
    if findings.faults and whole.size == 1:  # no row is as long as the header: that can be said
        read_table(path, missing=_MISSING)
    findings.raise_faults()
    if whole.lines is None:
        return _Sheet(list(whole.columns), whole, whole)
    columns = dict(whole.columns)
    while columns[last := next(reversed(columns))].null_count == whole.size:
        del columns[last]  # delimiters at the end of every line
    headings = [column[0].as_py() or "" for column in columns.values()]
    below = {name: column.slice(1) for name, column in columns.items()}
    return _Sheet(headings, Table(whole.source, below, whole.lines[1:]),
                  Table(whole.source, columns, whole.lines))


def _looks_like_triplets(sheet: _Sheet) -> bool:
    if len(sheet.headings) != 3:
        return False
    names, labels = sheet.headings[1:], sheet.below.text(next(iter(sheet.below.columns)))
    if _DECIMAL.fullmatch(names[1]):  # a value, unless the individuals are named by numbers
        return len(labels) != 2 or set(labels.to_pylist()) != set(names)
    return bool((Levels.of(labels.unique()).codes(names) < 0).any())


def _of_triplets(sheet: _Sheet, findings: Findings) -> tuple[Table, list[str]]:
    """Rows and names of the columns; a first row with a number in its third cell is no header."""
    if len(sheet.headings) != 3:
        raise InputError(Problem(
            sheet.whole.source, f"{len(sheet.headings)} columns",
            "Expected three: individual, individual, value",
            "Give 'layout: square' if it is a table"))
    if _DECIMAL.fullmatch(sheet.headings[2]):
        return sheet.whole, list(sheet.whole.columns)
    _check_header(sheet, findings)
    return sheet.below, sheet.headings


def _check_header(sheet: _Sheet, findings: Findings) -> None:
    """Every column but the first needs a name of its own, and rows."""
    source, first = sheet.whole.source, dict[str, int]()
    for position, name in enumerate(sheet.headings[1:], start=2):
        if not name:
            findings.fault("header", Problem(
                source, f"column {position} has no name in the header",
                "Expected a name for every column", "Name it, or remove the column"))
        elif first.setdefault(name, position) != position:
            findings.fault("header", Problem(
                source, f"two columns are named '{name}' ({first[name]} and {position})",
                "Expected different names", "Rename one of them"))
    findings.raise_faults()
    if sheet.below.size == 0:
        raise InputError(Problem(source, "there are no rows", "Expected one line a row after the "
                                 "header", "Check that the export was finished"))


def _square(table: Table, names: list[str], findings: Findings) -> SquareMatrix:
    first, *columns = table.columns
    labels = table.text(first)
    _distinct(table, labels, findings)
    levels = Levels.of(names)
    place = levels.codes(labels)
    _check_labels(table, labels, levels, findings)
    values = np.full((len(levels), len(levels)), np.nan)
    absent = np.zeros(values.shape, np.bool_)
    for k, (column, name) in enumerate(zip(columns, names, strict=True)):
        values[place, k], absent[place, k] = _cells(table, column, name, findings)
    findings.raise_faults()
    for i in np.flatnonzero(absent.any(axis=1)):  # one triangle may be enough
        values[i, absent[i]] = values[absent[i], i]
    neither = (absent & absent.T)[place]
    for at in np.flatnonzero(neither.any(axis=0)):
        _missing_cells(table, names[int(at)], neither[:, at], findings)
    return SquareMatrix(levels, values)


def _check_labels(table: Table, labels: pa.Array, levels: Levels, findings: Findings) -> None:
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


def _distinct(table: Table, labels: pa.Array, findings: Findings) -> None:
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


def _cells(
    table: Table, column: str, name: str, findings: Findings
) -> tuple[Matrix, NDArray[np.bool_]]:
    """Numbers of a column and where it is empty; any other cell is a fault."""
    values = table.numbers(column, Findings())  # what it finds is said here, for a matrix
    cells = table.text(column)
    empty: NDArray[np.bool_] = cells.is_null().to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(np.isnan(values) & ~empty)
    problems = []
    for row in rows[:5]:
        cell = cells[int(row)].as_py()
        comma = "," in cell and _DECIMAL.fullmatch(cell)
        problems.append(Problem(
            table.where(int(row)), f"'{cell}' in column '{name}' is not a number", _EXPECTED,
            "Write a decimal point" if comma else "Correct the cell"))
    if problems:
        findings.fault("cell", *problems, total=int(rows.size))
    return values, empty


def _missing_cells(
    table: Table, name: str, empty: NDArray[np.bool_], findings: Findings
) -> None:
    rows = np.flatnonzero(empty)
    if rows.size:
        findings.fault("cell", *(Problem(
            table.where(int(row)), f"there is no number in column '{name}'", _EXPECTED,
            "Correct the cell") for row in rows[:5]), total=int(rows.size))


def _triplets(table: Table, names: list[str], findings: Findings) -> SquareMatrix:
    one_column, other_column, column = table.columns
    first, second = table.text(one_column), table.text(other_column)
    levels, codes = classify(pa.concat_arrays([first, second]))
    values, empty_values = _cells(table, column, names[2], findings)
    _missing_cells(table, names[2], empty_values, findings)
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
    told = Path(f"{stem}.history")
    history = tuple(told.read_text("utf-8").splitlines()) if told.exists() else ()
    return SquareMatrix(Levels.of(labels), values + np.tril(values, -1).T, history)


def _read_npz(path: Path) -> SquareMatrix:
    try:
        with np.load(path, allow_pickle=False) as found:
            parts = {name: found[name] for name in ("labels", "values", "history")}
    except (OSError, ValueError, KeyError) as error:
        raise InputError(Problem(
            path.name, f"it cannot be read ({error})", "Expected 'labels', 'values' and 'history', "
            "as a genomic relationship is saved", "Save it anew")) from None
    labels, values = [str(label) for label in parts["labels"]], parts["values"]
    if values.shape != (len(labels),) * 2 or len(set(labels)) < len(labels):
        raise InputError(Problem(
            path.name, f"{len(set(labels))} labels and {' × '.join(map(str, values.shape))} values",
            "Expected a square matrix with a label for each row", "Save it anew"))
    return SquareMatrix(Levels.of(labels), values.astype(np.float64, copy=False),
                        tuple(str(line) for line in parts["history"]))


def write_matrix(path: Path, matrix: SquareMatrix) -> None:
    """Keep a matrix with its history: ``.npz``, or GCTA's ``.grm.bin`` with ``.grm.id``.

    GCTA's has single precision, and the history beside it in ``.grm.history``.

    Raises
    ------
    InputError
        When the name ends in neither, or nothing can be written there.
    """
    labels = matrix.levels.to_list()
    try:
        if path.name.endswith(".npz"):
            np.savez(path, labels=np.array(labels, np.str_), values=matrix.values,
                     history=np.array(matrix.history, np.str_))
        elif path.name.endswith(".grm.bin"):
            stem = str(path).removesuffix(".bin")
            matrix.values[np.tril_indices(len(labels))].astype("<f4").tofile(path)
            Path(f"{stem}.id").write_text("".join(f"{name}\t{name}\n" for name in labels), "utf-8")
            Path(f"{stem}.history").write_text("\n".join(matrix.history) + "\n", "utf-8")
        else:
            raise InputError(Problem(path.name, "no format of matrices that is written",
                                     "Expected .npz or .grm.bin", "Rename it under 'save'"))
    except OSError as error:
        raise InputError(Problem(str(path), f"it cannot be written ({error.strerror})",
                                 "Expected a folder to write to", "Correct 'save'")) from None

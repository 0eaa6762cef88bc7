"""Tables of genotypes: a row an individual and a column a marker, or the other way round."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from breedeval.errors import SHOWN_PER_KIND, Findings, InputError, Problem
from breedeval.genotypes.calls import Float32
from breedeval.genotypes.gather import MISSING, Gatherer
from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.markers import unplaced
from breedeval.genotypes.reading import GenotypeReading, Layout
from breedeval.io.genotype_cells import WRONG, CellReader, Copies, wrong_cells
from breedeval.io.genotype_names import decoded, distinct
from breedeval.io.genotype_text import lines_of, no_lines
from breedeval.levels import text_array

_DELIMITERS = {".csv": b",", ".tsv": b"\t"}
_COLUMNS = 512
"""Columns of a Parquet file that are read at a time."""


def read_table_of_genotypes(
    path: Path, reading: GenotypeReading, findings: Findings
) -> Genotypes:
    """Read a table whose header names the columns and whose first column names the rows.

    Raises
    ------
    InputError
        When there is no table.

    Notes
    -----
    Cost: linear; held is one line and what was read before in 2 bits a call (4 bytes where there
    are decimals, or more than two copies).
    """
    if path.suffix.lower() == ".parquet":
        return _read_parquet(path, reading, findings)
    lines = lines_of(path)
    first, header = next(lines, (0, b""))
    if not header:
        raise no_lines(path.name, "a header line and one line a row")
    cells = CellReader(reading.ploidy, reading.missing, _delimiter(path, header))
    where = f"{path.name}:{first}"
    head = [decoded(cell, where, findings) for cell in cells.split(header)]
    row = next(lines, None)
    if row is None:
        raise no_lines(path.name, "one line a row after the header")
    columns = _column_names(path.name, head, len(cells.split(row[1])))
    names, places = [], []
    gatherer = Gatherer(reading.layout, reading.ploidy)
    ragged: list[Problem] = []
    for number, line in chain([row], lines):
        place = f"{path.name}:{number}"
        name, copies = _row(line, cells, columns, place, findings)
        if copies is None:
            ragged.append(_ragged(place, len(cells.split(line)), len(columns) + 1))
            continue
        names.append(decoded(name, place, findings))
        places.append(place)
        gatherer.add(copies)
    if ragged:
        findings.fault("ragged", *ragged[:SHOWN_PER_KIND], total=len(ragged))
    found = [f"{where}, column {at + 2}" for at in range(len(columns))]
    return _named(path.name, reading.layout, gatherer, (names, places), (columns, found), findings)


def _delimiter(path: Path, header: bytes) -> bytes:
    """That of the ending, or ``;`` or tab where it is not in the header; else blanks."""
    usual = _DELIMITERS.get(Path(path.name.lower().removesuffix(".gz")).suffix)
    if usual is None:
        return b"\t" if b"\t" in header else b" "
    return next((mark for mark in (usual, b";", b"\t") if mark in header), usual)


def _column_names(source: str, head: list[str], width: int) -> list[str]:
    """Names of the columns after the first."""
    if len(head) + 1 == width:
        raise InputError(Problem(
            f"{source}:1", f"the header has {len(head)} names and the first row {width} cells",
            "Expected as many names as cells", "Give the first column a name, such as 'id'"))
    if len(head) < 2:
        raise InputError(Problem(
            f"{source}:1", "the header is one cell", "Expected one for every column, the names "
            "of the rows first", "Check the delimiter, or say with 'format' what the file is"))
    return head[1:]


def _row(
    line: bytes, cells: CellReader, columns: list[str], place: str, findings: Findings
) -> tuple[bytes, Copies | None]:
    """Name and copies of a row; None for these when its length is wrong."""
    if cells.delimiter != b" " and b'"' not in line:
        name, _, rest = line.partition(cells.delimiter)
        quick = cells.quick(rest, len(columns))
        if quick is not None:
            if (quick == int(WRONG)).any():
                quick = wrong_cells(quick, rest.split(cells.delimiter), columns, place,
                                    cells.ploidy, findings)
            return name, quick
    name, *rest_of = cells.split(line)
    if len(rest_of) != len(columns):
        return name, None
    copies = cells.copies(rest_of)
    return name, wrong_cells(copies, rest_of, columns, place, cells.ploidy, findings)


def _ragged(place: str, found: int, expected: int) -> Problem:
    return Problem(place, f"the line has {found} cell{'s' * (found != 1)}",
                   f"Expected {expected}, as in the header",
                   "Write an empty cell (or NA) where a call is missing" if found < expected else
                   "Remove the extra cells")


def _named(
    source: str, layout: Layout, gatherer: Gatherer, rows: tuple[list[str], list[str]],
    columns: tuple[list[str], list[str]], findings: Findings,
) -> Genotypes:
    """The genotypes, with the names of rows and columns told apart."""
    people, sites = (rows, columns) if layout == "individuals" else (columns, rows)
    return Genotypes(distinct(*people, "individual", findings),
                     unplaced(distinct(*sites, "marker", findings)), gatherer.calls(), source)


def _read_parquet(path: Path, reading: GenotypeReading, findings: Findings) -> Genotypes:
    from pyarrow import parquet  # slow to load, and seldom needed

    try:
        file = parquet.ParquetFile(path)
    except pa.ArrowInvalid:
        raise InputError(Problem(path.name, "the file is not Parquet, or it is cut off", "",
                                 "Export it again")) from None
    head = _index_first(file.schema_arrow)
    if len(head) < 2 or file.metadata.num_rows == 0:
        raise no_lines(path.name, "a column of names and one column for each of the others")
    rows = [str(name) if name is not None else ""
            for name in text_array(file.read([head[0]]).column(0)).to_pylist()]
    across: Layout = "markers" if reading.layout == "individuals" else "individuals"
    gatherer = Gatherer(across, reading.ploidy)
    for start in range(1, len(head), _COLUMNS):
        part = file.read(head[start:start + _COLUMNS])
        for name, column in zip(head[start:start + _COLUMNS], part.columns, strict=True):
            gatherer.add(_column(path.name, name, column, rows, reading, findings))
    places = [f"{path.name}, row {at + 1}" for at in range(len(rows))]
    found = [f"{path.name}, column {at + 2}" for at in range(len(head) - 1)]
    return _named(path.name, reading.layout, gatherer, (rows, places), (head[1:], found), findings)


def _index_first(schema: pa.Schema) -> list[str]:
    """Names of the columns, an index of pandas first, which it puts last and names the rows.

    Row numbers left of a selection stay away where the first column has names.
    """
    index = [name for name in (schema.pandas_metadata or {}).get("index_columns", [])
             if isinstance(name, str) and name in schema.names]
    others = [name for name in schema.names if name not in index]
    if index and others and pa.types.is_integer(schema.field(index[0]).type) and (
            not pa.types.is_integer(schema.field(others[0]).type)
            and not pa.types.is_floating(schema.field(others[0]).type)):
        return others
    return [*index, *others]


def _column(
    source: str, name: str, column: pa.ChunkedArray, rows: list[str], reading: GenotypeReading,
    findings: Findings,
) -> Float32:
    """Copies of a typed column."""
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        numbers = column.cast(pa.float32(), safe=False).to_numpy()
        missing = np.isnan(numbers)
        for code in reading.missing:
            if code.lstrip("-").replace(".", "", 1).isdecimal():
                missing |= numbers == np.float32(code)
        right = (numbers >= 0) & (numbers <= reading.ploidy)
        copies = np.where(missing, np.float32(MISSING),
                          np.where(right, numbers, np.float32(WRONG)))
        texts = column
    else:
        texts = text_array(column).fill_null("")
        cells = CellReader(reading.ploidy, reading.missing, b",")
        copies = cells.copies([str(text).encode() for text in texts.to_pylist()])
    if not (copies == WRONG).any():
        return copies
    shown = [str(cell).encode() for cell in texts.to_pylist()]
    return np.asarray(wrong_cells(copies, shown, rows, f"{source}, column '{name}'",
                                  reading.ploidy, findings), np.float32)


def genotypes_of_frame(
    frame: pd.DataFrame, reading: GenotypeReading, findings: Findings
) -> Genotypes:
    """Genotypes of a DataFrame: the index names the rows, the columns name the columns."""
    rows = ["" if pd.isna(name) else str(name) for name in frame.index]
    columns = [str(name) for name in frame.columns]
    across: Layout = "markers" if reading.layout == "individuals" else "individuals"
    gatherer = Gatherer(across, reading.ploidy)
    for at, name in enumerate(columns):
        arrow = pa.chunked_array([pa.Array.from_pandas(frame.iloc[:, at])])
        gatherer.add(_column("genotypes", name, arrow, rows, reading, findings))
    places = [f"genotypes, row {at + 1}" for at in range(len(rows))]
    found = [f"genotypes, column {at + 1}" for at in range(len(columns))]
    return _named("genotypes", reading.layout, gatherer, (rows, places), (columns, found),
                  findings)

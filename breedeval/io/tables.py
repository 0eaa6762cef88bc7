"""Tables from files: text stays text, and every cell remembers its line.

========================  =====================================================
``.csv``                  commas (or semicolons or tabs, whichever the header uses)
``.tsv``                  tabs
``.txt``, ``.dat``        blanks: any run of blanks and tabs parts two cells
``.parquet``              Parquet; numbers keep their type
========================  =====================================================

The text formats may also be compressed (``.gz``). Text is UTF-8, with or without a byte-order
mark, with any line ends. Blanks around a cell do not belong to it. Cells may be in double quotes.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from breedeval.errors import Findings, InputError, Problem
from breedeval.io.delimited import Cells, Text, delimiter_of, read_cells
from breedeval.records import Table, as_read, numbers_or_text

Reader = Callable[[Path, bool, Findings], Cells]

_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_MARK = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_table(
    path: Path | str,
    *,
    missing: Sequence[str] = ("", "NA"),
    header: bool = True,
    findings: Findings | None = None,
    unnamed: str = "",
) -> Table:
    """Read a table; cells are text without the blanks around them.

    Parameters
    ----------
    path : path
        Its suffix says the format (see :data:`READERS`).
    missing : sequence of str
        Cells that mean missing; they become null. ``0`` is a value unless listed.
    header : bool
        Whether the first line holds the names of the columns; else they are ``1``, ``2``, ….
    findings : Findings, optional
        Where faults and warnings go, and faulty rows are left out of the table; without it any
        fault is raised.
    unnamed : str
        Ending by which a file is read whose own is none of them, such as ``.txt``.

    Raises
    ------
    InputError
        When there is no table to read (no such file, not text, no rows), or, without
        ``findings``, for any fault.

    Notes
    -----
    Cost: linear; a text file is held in memory while it is read.
    """
    path = Path(path)
    gathered = Findings() if findings is None else findings
    try:
        cells = _reader(path, unnamed)(path, header, gathered)
    except InputError as error:
        raise InputError(*gathered.faults, *error.problems) from None
    table = _table(path.name, cells, missing, gathered)
    if findings is None:
        gathered.raise_faults()
    return table


def require_file(path: Path) -> None:
    """Refuse a path at which there is no file, with the name that may be meant."""
    if not path.exists():
        neighbours = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        near = get_close_matches(path.name, neighbours, 1)
        raise InputError(Problem(str(path), "there is no such file", "",
                                 f"Did you mean '{near[0]}'?" if near else ""))
    if path.is_dir():
        raise InputError(Problem(str(path), "this is a folder", "Expected a file"))


def _reader(path: Path, unnamed: str) -> Reader:
    require_file(path)
    name = path.name.lower().removesuffix(".gz")
    suffix = Path(name).suffix
    if suffix not in READERS and unnamed:
        suffix = unnamed
    if suffix not in READERS:
        found = f"'{suffix}' is no format of a table" if suffix else "the name has no ending"
        raise InputError(Problem(str(path), found, f"Expected one of {', '.join(READERS)}",
                                 "Rename the file so that its ending says what it is"))
    return READERS[suffix]


def _read_delimited(usual: str) -> Reader:
    def read(path: Path, header: bool, findings: Findings) -> Cells:
        data = _bytes(path, findings)
        delimiter = usual if usual == " " else delimiter_of(data, usual)
        return read_cells(Text(path.name, data, delimiter, header), findings)

    return read


def _bytes(path: Path, findings: Findings) -> bytes:
    """Contents of a text file, uncompressed, as UTF-8 with line ends LF."""
    name = path.name
    raw = path.read_bytes()
    if path.suffix.lower() == ".gz":
        raw = _unzipped(name, raw)
    elif raw.startswith(_GZIP):
        raise InputError(Problem(name, "the file is compressed by gzip",
                                 "Expected plain text behind this ending",
                                 f"Rename it to '{name}.gz'"))
    if raw.startswith(_ZIP):
        raise InputError(Problem(name, "the file is a workbook or a zip archive", "Expected text",
                                 "Save the sheet as CSV (UTF-8)"))
    if raw.startswith(_UTF16):
        raise InputError(Problem(name, "the text is UTF-16", "Expected UTF-8",
                                 "Save it again as CSV (UTF-8)"))
    if b"\0" in raw[:65536]:
        raise InputError(Problem(name, "the file is binary", "Expected text"))
    if raw.startswith(_MARK):
        raw = raw[len(_MARK):]
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    _check_encoding(name, raw, findings)
    return raw


def _unzipped(name: str, raw: bytes) -> bytes:
    try:
        return gzip.decompress(raw)
    except (EOFError, zlib.error):
        found = "the compressed file is cut off or damaged"
        raise InputError(Problem(name, found, "", "Copy or export it again")) from None
    except gzip.BadGzipFile:
        found = "the file is not compressed by gzip, though its name says so"
        raise InputError(Problem(name, found, "", f"Rename it to '{name[:-3]}'")) from None


def _check_encoding(name: str, raw: bytes, findings: Findings) -> None:
    if raw.isascii():
        return
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        meant = raw[error.start:error.start + 1].decode("latin-1")
        findings.fault("encoding", Problem(
            f"{name}:{line}", f"a character is not UTF-8 (in Latin-1 it would be '{meant}')",
            "Expected UTF-8 text", "Save the file again as UTF-8"))


def _read_parquet(path: Path, header: bool, findings: Findings) -> Cells:
    from pyarrow import parquet  # slow to load, and seldom needed

    try:
        table = parquet.read_table(path)
    except pa.ArrowInvalid:
        raise InputError(Problem(path.name, "the file is not Parquet, or it is cut off", "",
                                 "Export it again")) from None
    columns = [numbers_or_text(column) for column in table.columns]
    return Cells(table.column_names, columns, np.empty(0, np.int64))


def _table(source: str, cells: Cells, missing: Sequence[str], findings: Findings) -> Table:
    columns = list(cells.columns)
    for position in range(len(columns)):  # one at a time, so that each is held twice only shortly
        columns[position] = as_read(columns[position], missing)
    names = [name.strip() for name in cells.names]
    while names and not names[-1] and columns[-1].null_count == len(columns[-1]):
        names.pop()  # delimiters at the end of every line
        columns.pop()
    _check_names(source, names, findings)
    table = Table(source, dict(zip(names, columns, strict=True)) if len(set(names)) == len(names)
                  else _first_of_each(names, columns), cells.lines if cells.lines.size else None)
    table = _without_empty_rows(table)
    if table.size == 0 and not findings.faults:
        raise InputError(Problem(source, "there are no rows", "Expected one line a row after the "
                                 "header", "Check that the export was finished"))
    return table


def _first_of_each(names: list[str], columns: list[pa.Array]) -> dict[str, pa.Array]:
    kept: dict[str, pa.Array] = {}
    for name, column in zip(names, columns, strict=True):
        kept.setdefault(name, column)
    return kept


def _check_names(source: str, names: list[str], findings: Findings) -> None:
    for position, name in enumerate(names):
        if not name:
            findings.fault("header", Problem(
                source, f"column {position + 1} has no name in the header",
                "Expected a name for every column", "Name it, or remove the column"))
        elif name in names[:position]:
            first = names.index(name)
            findings.fault("header", Problem(
                source, f"two columns are named '{name}' ({first + 1} and {position + 1})",
                "Expected different names", "Rename one of them"))


def _without_empty_rows(table: Table) -> Table:
    """Rows in which every cell is missing are no rows (spreadsheets leave them at the end)."""
    if any(column.null_count == 0 for column in table.columns.values()):
        return table
    filled: NDArray[np.bool_] = np.zeros(table.size, np.bool_)
    for column in table.columns.values():
        filled |= column.is_valid().to_numpy(zero_copy_only=False)
    return table if filled.all() else table.select(np.flatnonzero(filled))


READERS: dict[str, Reader] = {
    ".csv": _read_delimited(","),
    ".tsv": _read_delimited("\t"),
    ".txt": _read_delimited(" "),
    ".dat": _read_delimited(" "),
    ".parquet": _read_parquet,
}

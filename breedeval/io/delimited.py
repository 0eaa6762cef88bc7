"""Delimited text: cells as text, and the line of the file on which every row stands.

Two readers give the same answer. The swift one is Arrow's, compiled and in parallel; it is used
when every line is one whole row. Whatever is unusual (rows of the wrong length, line ends within
quotes, comments between rows, a quote that is never closed) is left to the careful one, which
knows where each row began.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from breedeval.errors import SHOWN_PER_KIND, Findings, InputError, Problem
from breedeval.levels import text_array

Lines = NDArray[np.int64]

_COMMENT = "#"
_LINE_END = 10
_PART = 16 << 20
_BLANK = 32
_TAB = 9
_TOKEN = re.compile(r'"((?:[^"]|"")*)"|(\S+)')


@dataclass(frozen=True, slots=True)
class Text:
    """The bytes of a text file (UTF-8, line ends LF) and how its cells are parted."""

    source: str
    data: bytes
    delimiter: str
    header: bool

    @property
    def by_blanks(self) -> bool:
        """Whether any run of blanks and tabs parts two cells."""
        return self.delimiter == " "


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells as they stand in the file, before codes for missing are known.

    Parameters
    ----------
    names : list of str
        Header names, or ``1``, ``2``, … where the file has no header line.
    columns : list of pyarrow.Array of large_string
        One for each name.
    lines : ndarray of int64, shape (rows,)
        Line of the file on which the row begins.
    """

    names: list[str]
    columns: list[pa.Array]
    lines: Lines


def read_cells(text: Text, findings: Findings) -> Cells:
    """Read every cell of a text file as text.

    Rows of the wrong length are faults and left out. Lines that are empty or begin with ``#`` are
    no rows; comments after the header are counted in a warning.

    Raises
    ------
    InputError
        When there is no line to read at all.

    Notes
    -----
    Cost: linear in the size of the file, about 0.1 s for ten million cells on the swift way and
    forty times that on the careful one.
    """
    start, line = _first_content(text.data)
    if start == len(text.data):
        raise InputError(Problem(text.source, "the file is empty", "Expected a header line and "
                                 "one line a row", "Check that the export was finished"))
    end = text.data.find(b"\n", start)
    end = len(text.data) if end < 0 else end
    names = _split(text, text.data[start:end].decode("utf-8", "replace"))
    body = (end + 1, line + 1) if text.header else (start, line)
    if not text.header:
        names = [str(position + 1) for position in range(len(names))]
    swift = _read_swiftly(text, names, *body)
    return swift if swift is not None else _read_carefully(text, names, *body, findings)


def delimiter_of(data: bytes, usual: str) -> str:
    """The delimiter of the first line: the usual one, or ``;`` or tab where that is absent."""
    start, _ = _first_content(data)
    end = data.find(b"\n", start)
    line = data[start:end if end >= 0 else len(data)].decode("utf-8", "replace")
    return next((mark for mark in (usual, ";", "\t") if mark in line), usual)


def _first_content(data: bytes) -> tuple[int, int]:
    """Offset and number of the first line that is neither empty nor a comment."""
    start, line = 0, 1
    while start < len(data):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        content = data[start:end].strip()
        if content and not content.startswith(_COMMENT.encode()):
            return start, line
        start, line = end + 1, line + 1
    return len(data), line


def _split(text: Text, line: str) -> list[str]:
    if text.by_blanks:
        return [quoted.replace('""', '"') if quoted else plain
                for quoted, plain in _TOKEN.findall(line)]
    return next(csv.reader([line], delimiter=text.delimiter, skipinitialspace=True), [])


def _read_swiftly(text: Text, names: list[str], start: int, first_line: int) -> Cells | None:
    """Read by Arrow; None when some line is not one whole row."""
    data = text.data
    if data.find(b"\n" + _COMMENT.encode(), max(start - 1, 0)) >= 0:
        return None
    if b'"' in data and (text.by_blanks or not _quotes_are_plain(data, text.delimiter)):
        return None
    lines = _content_lines(data, start) + first_line
    if text.by_blanks:
        data, start = _single_blanks(data[start:]), 0
    try:
        table = _arrow(data, start, text.delimiter, len(names))
    except pa.ArrowInvalid:
        return None
    if table.num_rows != lines.size:
        return None
    columns = []
    for _ in names:
        columns.append(text_array(table.column(0)))
        table = table.remove_column(0)  # let go of each column's pieces at once
    return Cells(names, columns, lines)


def _arrow(data: bytes, start: int, delimiter: str, width: int) -> pa.Table:
    names = [str(position) for position in range(width)]
    return pa.csv.read_csv(
        pa.BufferReader(pa.py_buffer(data).slice(start)),
        read_options=pa.csv.ReadOptions(column_names=names, block_size=_PART),
        parse_options=pa.csv.ParseOptions(delimiter=delimiter),
        convert_options=pa.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=False))


def _content_lines(data: bytes, start: int) -> Lines:
    """Numbers, from 0, of the lines after ``start`` that hold more than nothing."""
    found = []
    seen = 0
    previous = start - 1
    for offset in range(start, len(data), _PART):
        part = np.frombuffer(data, np.uint8, min(_PART, len(data) - offset), offset)
        ends = np.flatnonzero(part == _LINE_END) + offset
        lengths = np.diff(ends, prepend=previous) - 1
        found.append(np.flatnonzero(lengths) + seen)
        seen += ends.size
        previous = int(ends[-1]) if ends.size else previous
    if previous < len(data) - 1:
        found.append(np.array([seen]))
    return np.concatenate(found).astype(np.int64) if found else np.empty(0, np.int64)


def _quotes_are_plain(data: bytes, delimiter: str) -> bool:
    """Whether every quote is at an end of its cell, and no cell goes on to the next line."""
    raw = np.frombuffer(data, np.uint8)
    at_edge = np.zeros(256, np.bool_)
    at_edge[[ord(delimiter), ord('"'), _LINE_END]] = True
    before = 0
    for offset in range(0, raw.size, _PART):
        part = raw[offset:offset + _PART]
        quotes = np.flatnonzero(part == ord('"'))
        crossed = np.searchsorted(quotes, np.flatnonzero(part == _LINE_END)) + before
        if np.any(crossed % 2):
            return False
        before += quotes.size
        place = quotes + offset
        edge = at_edge[raw[np.maximum(place - 1, 0)]] | (place == 0)
        edge |= at_edge[raw[np.minimum(place + 1, raw.size - 1)]] | (place == raw.size - 1)
        if not edge.all():
            return False
    return before % 2 == 0


def _single_blanks(data: bytes) -> bytes:
    """The same lines with one blank between cells and none at the ends."""
    parts, start = [], 0
    while start < len(data):
        end = data.find(b"\n", min(start + (_PART), len(data)))
        end = len(data) if end < 0 else end + 1
        parts.append(_single_blanks_of(np.frombuffer(data, np.uint8, end - start, start)))
        start = end
    return b"".join(parts)


def _single_blanks_of(lines: NDArray[np.uint8]) -> bytes:
    blank = (lines == _BLANK) | (lines == _TAB)
    follows = np.ones_like(blank)
    follows[1:] = blank[:-1] | (lines[:-1] == _LINE_END)
    single = np.where(blank, np.uint8(_BLANK), lines)[~(blank & follows)]
    last = np.ones(single.size, np.bool_)
    last[:-1] = single[1:] == _LINE_END
    return bytes(single[~((single == _BLANK) & last)].data)


class _Rows:
    """Rows of a text and the lines on which they begin, taken one after the other."""

    def __init__(self, text: Text, start: int, first_line: int, findings: Findings) -> None:
        self._text = text
        self._findings = findings
        self._line = first_line - 1
        self._fresh = True
        self._unread = io.StringIO(text.data[start:].decode("utf-8", "replace"))
        self.began = first_line
        self.comments = 0

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        for cells in self._by_blanks() if self._text.by_blanks else self._by_delimiter():
            if any(cell.strip() for cell in cells):
                yield self.began, cells

    def _lines(self) -> Iterator[str]:
        for line in self._unread:
            self._line += 1
            if self._fresh and line.startswith(_COMMENT):
                self.comments += 1
                continue
            if self._fresh:
                self.began = self._line
            self._fresh = False
            yield line

    def _by_blanks(self) -> Iterator[list[str]]:
        for line in self._lines():
            self._fresh = True
            if any(plain.startswith('"') for _, plain in _TOKEN.findall(line)):
                self._badly_quoted("a closing quote is missing")
            else:
                yield _split(self._text, line)

    def _by_delimiter(self) -> Iterator[list[str]]:
        reader = csv.reader(self._lines(), delimiter=self._text.delimiter, skipinitialspace=True,
                            strict=True)
        while True:
            self._fresh = True
            try:
                yield next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                self._badly_quoted(str(error))

    def _badly_quoted(self, why: str) -> None:
        self._findings.fault("quotes", Problem(
            f"{self._text.source}:{self.began}",
            f"a quoted cell that begins on this line does not end properly ({why})",
            "Expected a closing quote before the next delimiter",
            "Remove the quote, or write it twice where it belongs to the text"))


def _read_carefully(
    text: Text, names: list[str], start: int, first_line: int, findings: Findings
) -> Cells:
    rows = _Rows(text, start, first_line, findings)
    width = len(names)
    lines: list[int] = []
    cells: list[list[str]] = []
    ragged: list[tuple[int, int]] = []
    for line, row in rows:
        if len(row) > width and not any(cell.strip() for cell in row[width:]):
            row = row[:width]  # delimiters at the end of the line
        if len(row) != width:
            ragged.append((line, len(row)))
            continue
        lines.append(line)
        cells.append(row)
    _ragged_faults(text, ragged, width, findings, whole=len(lines))
    if rows.comments:
        which = ("1 line that begins with '#' after the header was taken for a comment"
                 if rows.comments == 1 else f"{rows.comments} lines that begin with '#' after the "
                 "header were taken for comments")
        findings.warn("comments", Problem(
            text.source, f"{which} and left out",
            remedy="Put quotes around such a cell if it is a name"))
    columns = [pa.array(list(column), pa.large_string()) for column in zip(*cells, strict=True)]
    empty = [pa.array([], pa.large_string())] * width
    return Cells(names, columns or empty, np.array(lines, np.int64))


def _ragged_faults(
    text: Text, ragged: list[tuple[int, int]], width: int, findings: Findings, *, whole: int
) -> None:
    if not ragged:
        return
    if not whole and all(found == width + 1 for _, found in ragged):
        findings.fault("ragged", Problem(
            f"{text.source}:{ragged[0][0]}", f"every line has {width + 1} cells and the header "
            f"has {width}", "Expected as many names as cells",
            "Give the first column a name, or export without row names"))
        return
    remedy = {True: "Put quotes around a cell that holds the delimiter, or remove the extra cells",
              False: "Write an empty cell (or NA) where a value is missing"}
    findings.fault("ragged", *(
        Problem(f"{text.source}:{line}", f"the line has {found} cell{'s' * (found != 1)}",
                f"Expected {width}, as in the {'header' if text.header else 'first line'}",
                remedy[found > width]) for line, found in ragged[:SHOWN_PER_KIND]),
        total=len(ragged))

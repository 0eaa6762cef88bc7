"""A table as read from a file: columns of text that remember where they came from.

Nothing is guessed from the cells: whether a column is a class or a number is what the model says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from breedeval.errors import Findings, InputError, Problem
from breedeval.levels import Codes, Levels, classify, null_where, text_array

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of equal length read from one file.

    Parameters
    ----------
    source : str
        Name of the file as a person would say it.
    columns : mapping of str to pyarrow.Array
        Text columns (missing cells are null); numeric columns only where the file is typed.
    lines : ndarray of int64 or None
        Line of the file on which each row stands; None when rows have no lines (Parquet).
    """

    source: str
    columns: Mapping[str, pa.Array]
    lines: NDArray[np.int64] | None = None

    @classmethod
    def of_frame(
        cls, frame: pd.DataFrame, source: str, *, missing: Sequence[str] = ("",)
    ) -> Table:
        """A table from a DataFrame; columns are named by text, missing cells are null.

        Cells that are one of the codes ``missing`` become null too, as they would in a file.
        """
        arrow = pa.Table.from_pandas(frame, preserve_index=False)
        return cls(source, {str(name): as_read(numbers_or_text(column), missing)
                            for name, column in zip(frame.columns, arrow.columns, strict=True)})

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def where(self, row: int) -> str:
        """``file:line`` of a row (or ``file:row`` where the format has no lines)."""
        if self.lines is None:
            return f"{self.source}, row {row + 1}"
        return f"{self.source}:{int(self.lines[row])}"

    def text(self, name: str) -> pa.Array:
        """A column as text; null where missing."""
        self._known(name)
        return text_array(self.columns[name])

    def classes(self, name: str) -> tuple[Levels, Codes]:
        """Levels of a column in natural order and the code of every row (−1 where missing)."""
        return classify(self.text(name))

    def numbers(self, name: str, findings: Findings) -> NDArray[np.float64]:
        """A column as float64, NaN where missing; every cell that is no number is a fault."""
        self._known(name)
        column = self.columns[name]
        if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
            text = pc.utf8_trim_whitespace(text_array(column))
            wrong = pc.and_not(text.is_valid(), pc.match_substring_regex(text, _NUMBER))
            column = pc.replace_substring_regex(null_where(text, wrong), r"^\+", "")
        else:
            wrong = pa.array(np.zeros(len(column), np.bool_))
        numbers = np.array(column.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)
        infinite = np.isinf(numbers)
        rows = np.flatnonzero(wrong.fill_null(False).to_numpy(zero_copy_only=False) | infinite)
        if rows.size:
            self._not_numbers(name, rows, findings)
            numbers[infinite] = np.nan
        return numbers

    def without_numbers(self, names: Sequence[str], codes: Sequence[str]) -> Table:
        """The same table without the cells of numeric columns that equal a numeric code.

        Codes of missing cells are text; in a column of numbers ``-999`` also means ``-999.0``.
        """
        values = [float(code) for code in codes if re.fullmatch(_NUMBER, code)]
        if not values:
            return self
        columns = dict(self.columns)
        for name in names:
            if name in columns:
                found = np.isin(self.numbers(name, Findings()), values)
                columns[name] = null_where(columns[name], pa.array(found))
        return Table(self.source, columns, self.lines)

    def select(self, rows: NDArray[np.int64]) -> Table:
        """The same table with only the given rows, in that order."""
        index = pa.array(rows)
        kept = {name: column.take(index) for name, column in self.columns.items()}
        return Table(self.source, kept, None if self.lines is None else self.lines[rows])

    def require(self, names: list[str], findings: Findings, used_for: str) -> None:
        """Record a fault for every name that is not a column, with the nearest that is."""
        for name in names:
            if name not in self.columns:
                findings.fault("column", self._missing(name, used_for))

    def _known(self, name: str) -> None:
        if name not in self.columns:
            raise InputError(self._missing(name, ""))

    def _missing(self, name: str, used_for: str) -> Problem:
        near = get_close_matches(name, list(self.columns), 1)
        remedy = f"Did you mean '{near[0]}'?" if near else ""
        purpose = f" ({used_for})" if used_for else ""
        have = ", ".join(list(self.columns)[:20])
        return Problem(self.source, f"there is no column '{name}'{purpose}",
                       f"The columns are: {have}", remedy)

    def _not_numbers(self, name: str, rows: NDArray[np.int64], findings: Findings) -> None:
        cells = self.text(name)
        findings.fault(f"number:{name}", *(
            Problem(self.where(int(row)), f"'{cells[int(row)].as_py()}' in column '{name}'"
                    " is not a number", "Expected a decimal number such as 12.5",
                    "Correct the cell, or add the text to 'records: missing' if it means missing")
            for row in rows[:5]), total=int(rows.size))


def numbers_or_text(column: pa.ChunkedArray) -> pa.Array:
    """A typed column as one array; numbers as they are, everything else as text."""
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], kind)
    return text_array(column.cast(pa.large_string()))


def as_read(column: pa.Array, missing: Sequence[str]) -> pa.Array:
    """Text without blanks around it (or numbers), null where it is a code for missing."""
    if pa.types.is_large_string(column.type):
        column = pc.utf8_trim_whitespace(column)
    codes = pa.array(list(missing), pa.large_string())
    return null_where(column, pc.is_in(text_array(column), value_set=codes))

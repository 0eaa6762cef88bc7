"""A pedigree as written down: lines of a file turned into codes, not yet checked or ordered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from breedeval.kernels.interning import intern_names

Codes = NDArray[np.int32]
Rows = NDArray[np.int64]


class LineTable(Protocol):
    """What is asked of a table: columns, and the place of a row in its file."""

    @property
    def source(self) -> str: ...
    @property
    def columns(self) -> Mapping[str, pa.Array]: ...
    @property
    def size(self) -> int: ...
    def where(self, row: int) -> str: ...
    def text(self, name: str) -> pa.Array: ...


@dataclass(frozen=True)
class PedigreeReading:
    """How the columns and codes of a pedigree file are meant.

    Parameters
    ----------
    columns : mapping of role to header name or 1-based position
        Roles: individual, sire, dam, sex, birth, group, sire_group, dam_group, selfings,
        clone_of. Only where headers are not standard; positions for a file without header line.
    unknown : sequence of str
        Codes of an unknown parent.
    groups : sequence of str
        Codes in the parent columns that are unknown-parent groups (or metafounders).
    selfing : bool
        Whether an individual may be both sire and dam, as in plants.
    """

    columns: Mapping[str, str | int] = field(default_factory=dict)
    unknown: tuple[str, ...] = ("", "0", "NA")
    groups: tuple[str, ...] = ()
    selfing: bool = False


@dataclass(frozen=True, eq=False)
class Draft:
    """Individuals in the order in which they are met, with their parents as codes.

    Parameters
    ----------
    table : LineTable
        The file.
    labels : pyarrow.Array of large_string, shape (q,)
        Names: first of those that have a line, then of parents that have none.
    row : ndarray of int64, shape (q,)
        Row of the table; −1 for parents without a line of their own.
    sire, dam : ndarray of int32, shape (q,)
        Code of the parent; −1 unknown.
    """

    table: LineTable
    labels: pa.Array
    row: Rows
    sire: Codes
    dam: Codes

    def __len__(self) -> int:
        return len(self.labels)

    def name(self, code: int) -> str:
        """The individual's name."""
        return str(self.labels[int(code)].as_py())

    def where(self, code: int) -> str:
        """Place of the individual's line in the file."""
        return self.table.where(int(self.row[code]))

    def line(self, code: int) -> str:
        """The same within a sentence: ``line 12``."""
        return place_in_sentence(self.table, int(self.row[code]))

    def first_progeny(self, code: int, role: str) -> int:
        """Code of the first individual that names this one as its sire (or dam)."""
        return int(np.flatnonzero((self.sire if role == "sire" else self.dam) == code)[0])

    def column(self, name: str) -> pa.Array:
        """Cells of a column for every individual; null for those without a line."""
        cells = self.table.columns[name]
        if self._as_in_file():
            return cells
        return cells.take(pa.array(self.row, mask=self.row < 0))

    def _as_in_file(self) -> bool:
        return self.table.size == len(self) and bool((np.diff(self.row) == 1).all())


def place_in_sentence(table: LineTable, row: int) -> str:
    """``line 12`` (or ``row 12``) of a row of the table."""
    place = table.where(row).removeprefix(table.source)
    return f"line {place[1:]}" if place.startswith(":") else place.removeprefix(", ")


def encode(columns: tuple[pa.Array, ...]) -> tuple[pa.Array, list[Codes]]:
    """Distinct text of several columns in order of appearance, and each column's codes.

    Cost: linear; one copy of the text while it lasts.
    """
    text = pa.concat_arrays(columns)
    _, edges, data = text.buffers()
    codes, first = intern_names(
        np.frombuffer(data or b"", np.uint8),
        np.frombuffer(edges, np.int64) if len(text) else np.zeros(1, np.int64),
        text.is_valid().to_numpy(zero_copy_only=False), len(columns[0]))
    only_first = first.size == len(columns[0]) and bool((np.diff(first) == 1).all())
    labels = columns[0] if only_first else text.take(pa.array(first))
    ends = np.cumsum([0, *(len(column) for column in columns)])
    return labels, [codes[start:end] for start, end in pairwise(ends)]

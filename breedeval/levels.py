"""Text labels and their codes.

Identifiers are text always: ``0123``, ``NO`` and ``1e5`` are names of animals. They are recoded
once, at the door, to int32; everything below works on codes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Codes = NDArray[np.int32]

_DIGITS = re.compile(r"(\d+)")
_FEW = 1000


@dataclass(frozen=True, eq=False)
class Levels:
    """Distinct text labels in a fixed order; label ``k`` has code ``k``.

    Parameters
    ----------
    labels : pyarrow.Array of string, shape (q,)
        Distinct, no nulls.
    """

    labels: pa.Array

    @classmethod
    def of(cls, labels: Sequence[str] | pa.Array | pa.ChunkedArray) -> Levels:
        """Make levels from distinct labels in the order given."""
        return cls(text_array(labels))

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, code: int) -> str:
        return str(self.labels[int(code)].as_py())

    def codes(self, values: Sequence[str] | pa.Array | pa.ChunkedArray) -> Codes:
        """Codes of the values; −1 for a null or a value that is no level. O(n) hashing."""
        found = pc.index_in(text_array(values), value_set=self.labels)
        return np.ascontiguousarray(found.fill_null(-1).to_numpy(zero_copy_only=False), np.int32)

    def take(self, codes: Codes) -> pa.Array:
        """Labels of the codes; null where a code is −1."""
        index = pa.array(codes, mask=codes < 0)
        return self.labels.take(index)

    def to_list(self) -> list[str]:
        """All labels as Python strings."""
        return [str(label) for label in self.labels.to_pylist()]

    def to_series(self) -> pd.Series[str]:
        """All labels as a pandas column of text."""
        return pd.Series(self.labels.to_pandas(), dtype="str")


def text_array(values: Sequence[str] | pa.Array | pa.ChunkedArray) -> pa.Array:
    """One contiguous Arrow array of (large) text; a whole number has no decimals, NaN is null."""
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], values.type)
    if not isinstance(values, pa.Array):
        return pa.array([str(v) if v is not None else None for v in values], pa.large_string())
    if pa.types.is_floating(values.type):
        values = _whole(null_where(values, pc.is_nan(values)))
    return values if values.type == pa.large_string() else values.cast(pa.large_string())


def _whole(numbers: pa.Array) -> pa.Array:
    """Numbers as integers where all of them are, as identifiers beside missing ones often are."""
    exact = pc.and_(pc.equal(pc.floor(numbers), numbers), pc.less(pc.abs(numbers), 2.0**53))
    return numbers.cast(pa.int64()) if pc.all(exact).as_py() is not False else numbers


def null_where(cells: pa.Array, absent: pa.Array) -> pa.Array:
    """The same column, null also where told (and nowhere copied, where the text is whole)."""
    absent = absent.fill_null(False)
    if not pc.any(absent).as_py():
        return cells
    if cells.offset:
        return pc.if_else(absent, pa.scalar(None, cells.type), cells)
    valid = pc.and_not(cells.is_valid(), absent)
    return pa.Array.from_buffers(cells.type, len(cells), [valid.buffers()[1], *cells.buffers()[1:]])


def natural_order(labels: Sequence[str]) -> list[int]:
    """Order in which people expect labels: ``2`` before ``10``, ``herd9`` before ``herd10``."""
    ends_in_number = pc.extract_regex(text_array(labels), r"^(?<text>[^0-9]*)(?<number>\d{1,18})$")
    if len(labels) > _FEW and ends_in_number.null_count == 0:
        text, number = ends_in_number.flatten()
        plain = text.dictionary_encode()
        rank = np.argsort(np.argsort(np.array(plain.dictionary.to_pylist(), dtype=object)))
        order = np.lexsort((number.cast(pa.int64()).to_numpy(), rank[plain.indices.to_numpy()]))
        return [int(position) for position in order]

    def key(position: int) -> list[tuple[int, int, str]]:
        parts = _DIGITS.split(labels[position])
        return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]

    return sorted(range(len(labels)), key=key)


def classify(values: pa.Array | pa.ChunkedArray) -> tuple[Levels, Codes]:
    """Distinct values in natural order and the code of every value (−1 where null)."""
    encoded = text_array(values).dictionary_encode()
    labels = [str(label) for label in encoded.dictionary.to_pylist()]
    order = natural_order(labels)
    rank = np.empty(len(labels) + 1, np.int32)
    rank[order] = np.arange(len(labels), dtype=np.int32)
    rank[-1] = -1
    raw = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Levels.of([labels[i] for i in order]), rank[raw]

"""Tables made by hand for tests."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from breedeval.records import Table


def table_of(source: str = "records.csv", **columns: str) -> Table:
    """Columns of text parted by blanks; ``.`` is missing, lines are numbered from 2."""
    cells = {name: [None if cell == "." else cell for cell in text.split()]
             for name, text in columns.items()}
    size = {len(column) for column in cells.values()}
    assert len(size) == 1, cells
    return Table(source, {name: pa.array(column, pa.large_string())
                          for name, column in cells.items()}, np.arange(2, 2 + size.pop()))

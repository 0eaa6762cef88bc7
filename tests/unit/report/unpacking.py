"""The other direction of the packing, written from its description: what the browser does."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def unpack_integers(column: Mapping[str, Any]) -> list[int]:
    """Whole numbers of a packed column, one by one."""
    raw = gzip.decompress(base64.b64decode(column["data"]))
    n = len(raw) // 4
    values, last = [], 0
    for k in range(n):
        value = int.from_bytes(bytes(raw[plane * n + k] for plane in range(4)), "little")
        last = (last + value) % 2**32 if column.get("delta") else value
        values.append(last - 2**32 if last >= 2**31 else last)
    return values


def unpack_numbers(column: Mapping[str, Any]) -> NDArray[np.float64]:
    """Decimal numbers of a packed column, NaN where missing."""
    return np.array([np.nan if value == -2**31 else value / 10.0 ** column["places"]
                     for value in unpack_integers(column)])


def unpack_text(packed: str) -> list[str]:
    """Labels of a packed text."""
    return gzip.decompress(base64.b64decode(packed)).decode().split("\n")

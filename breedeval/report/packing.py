"""Columns packed into text small enough to lie inside a page.

A column becomes int32 (a number is rounded to a decimal step, a text is a code), optionally
differenced, its bytes laid out plane by plane so that equal bytes lie together, compressed by
gzip and written in base64. ``assets/ranking.js`` undoes the steps in the browser.
"""

from __future__ import annotations

import base64
import gzip
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

ABSENT = -(2**31)
_LARGEST = 2**31 - 1
_FINEST = 300       # places; 10³⁰⁰ is still a float


def pack_text(lines: list[str]) -> str:
    """Lines of text, one a label; a line break inside a label becomes a blank."""
    return _compress("\n".join(line.replace("\n", " ") for line in lines).encode())


def pack_integers(values: NDArray[np.int32]) -> dict[str, Any]:
    """Whole numbers; ``ABSENT`` marks a missing one.

    Parameters
    ----------
    values : ndarray of int32, shape (n,)

    Returns
    -------
    dict
        ``data`` and, where differencing made it smaller, ``delta: true``.
    """
    with np.errstate(over="ignore"):
        steps = np.diff(values, prepend=np.int32(0))
    plain, differenced = _compress(_planes(values)), _compress(_planes(steps))
    if len(differenced) < len(plain):
        return {"data": differenced, "delta": True}
    return {"data": plain}


def pack_numbers(values: NDArray[np.float64], digits: int) -> dict[str, Any]:
    """Decimal numbers rounded to ``digits`` significant digits of the largest of them.

    x is kept as round(x · 10ᵈ) with d = digits − 1 − ⌊log₁₀ max|x|⌋.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        NaN where missing.
    digits : int
        At most 9.

    Returns
    -------
    dict
        ``data``, ``delta`` and ``places``, the d above.
    """
    known = np.isfinite(values)
    largest = float(np.abs(values[known]).max()) if known.any() else 0.0
    places = digits - 1 - math.floor(math.log10(largest)) if largest > 0.0 else 0
    places = min(places, _FINEST)
    scaled = np.full(values.shape, ABSENT, np.int64)
    scaled[known] = np.rint(np.clip(values[known] * 10.0**places, -_LARGEST, _LARGEST))
    return {**pack_integers(scaled.astype(np.int32)), "places": places}


def _planes(values: NDArray[np.int32]) -> bytes:
    """The lowest byte of every value, then the second of every value, …"""
    little = np.ascontiguousarray(values, dtype="<i4")
    return little.view(np.uint8).reshape(-1, 4).T.tobytes()


def _compress(raw: bytes) -> str:
    return base64.b64encode(gzip.compress(raw, 6, mtime=0)).decode("ascii")

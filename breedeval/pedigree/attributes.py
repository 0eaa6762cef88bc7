"""What a pedigree file says of an individual besides its parents: sex, birth, selfings."""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from breedeval.errors import SHOWN_PER_KIND, Findings, Problem
from breedeval.levels import text_array
from breedeval.pedigree.draft import Draft

MALE, FEMALE = 1, 2

_SEXES = {"m": MALE, "male": MALE, "1": MALE, "f": FEMALE, "female": FEMALE, "2": FEMALE,
          "0": 0, "3": 0, "u": 0, "unknown": 0, "": 0, "na": 0}
_NUMBER = re.compile(r"\d{1,4}(\.\d*)?")
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)([T ].*)?|(\d{4})(\d\d)(\d\d)")
_MOST_SELFINGS = 1000


@dataclass(frozen=True, eq=False)
class Births:
    """Births as decimal years.

    Parameters
    ----------
    year : ndarray of float64, shape (q,)
        NaN where unknown.
    exact : ndarray of bool, shape (q,)
        Whether the day is known, and not only the year.
    """

    year: NDArray[np.float64]
    exact: NDArray[np.bool_]


def read_sex(draft: Draft, column: str | None, findings: Findings) -> NDArray[np.int8]:
    """1 male, 2 female, 0 unknown; any other cell is a fault."""
    if column is None:
        return np.zeros(len(draft), np.int8)
    return _parse(draft, column, findings, _sex, np.zeros(1, np.int8), "M or F (also male, female, "
                  "1, 2; 0 or U for unknown)")


def read_births(draft: Draft, column: str | None, findings: Findings) -> Births:
    """Years and dates of birth; a cell that is neither is a fault."""
    if column is None:
        return Births(np.full(len(draft), np.nan), np.zeros(len(draft), np.bool_))
    pairs = _parse(draft, column, findings, _birth, np.array([[np.nan, 0.0]]),
                   "a year (2019) or a date (2019-03-28)")
    return Births(np.ascontiguousarray(pairs[:, 0]), pairs[:, 1] == 1.0)


def read_selfings(
    draft: Draft, column: str | None, findings: Findings
) -> NDArray[np.int16] | None:
    """Generations of selfing; anything but a whole number from 0 is a fault."""
    if column is None:
        return None
    return _parse(draft, column, findings, _selfings, np.zeros(1, np.int16),
                  f"a whole number of generations from 0 to {_MOST_SELFINGS}")


def _sex(cell: str) -> int:
    return _SEXES[cell.lower()]


def _birth(cell: str) -> tuple[float, float]:
    if cell in ("", "0", "NA"):
        return np.nan, 0.0
    if _NUMBER.fullmatch(cell):
        year = float(cell)
        return year, float(not year.is_integer())
    match = _DATE.fullmatch(cell)
    if match is None:
        raise ValueError
    year, month, day = (int(part) for part in (match[1] or match[5], match[2] or match[6],
                                               match[3] or match[7]))
    born = datetime.date(year, month, day)
    start = datetime.date(year, 1, 1)
    return year + (born - start).days / (366 if calendar.isleap(year) else 365), 1.0


def _selfings(cell: str) -> int:
    generations = int(float(cell)) if cell not in ("", "NA") else 0
    if cell not in ("", "NA") and (generations != float(cell)
                                   or not 0 <= generations <= _MOST_SELFINGS):
        raise ValueError
    return generations


def _parse(
    draft: Draft, column: str, findings: Findings, parse: Callable[[str], Any],
    absent: NDArray[Any], expected: str,
) -> NDArray[Any]:
    """Parse every distinct cell once; individuals whose cell is null or faulty get ``absent``."""
    cells = text_array(draft.column(column)).dictionary_encode()
    distinct = [str(cell) for cell in cells.dictionary.to_pylist()]
    values = np.repeat(absent, len(distinct) + 1, axis=0)
    faulty = np.zeros(len(distinct) + 1, np.bool_)
    for position, cell in enumerate(distinct):
        try:
            values[position] = parse(cell)
        except (ValueError, KeyError, OverflowError):
            faulty[position] = True
    codes = cells.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    wrong = np.flatnonzero(faulty[codes])
    if wrong.size:
        findings.fault(f"cell:{column}", *(
            Problem(draft.where(code), f"'{distinct[codes[code]]}' in column '{column}' of "
                    f"'{draft.name(code)}' is not understood", f"Expected {expected}",
                    "Correct the cell, or leave it empty") for code in wrong[:SHOWN_PER_KIND]),
            total=wrong.size)
    return np.ascontiguousarray(values[codes])

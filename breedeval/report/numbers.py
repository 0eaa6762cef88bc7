"""Numbers as people read them: significant digits by scale, a real minus sign, a dash for none."""

from __future__ import annotations

import math
from datetime import datetime

import numpy as np
from numpy.typing import ArrayLike

MISSING = "–"
MINUS = "−"
FINEST = 6


def decimals_for(values: ArrayLike, significant: int = 3) -> int:
    """Decimals that show a column's spread with the given number of significant digits.

    d = significant − 1 − ⌊log₁₀ s⌋, kept within 0 … 6, where s is the standard deviation of the
    finite values (their largest size when they are all equal).

    Parameters
    ----------
    values : array of float, any shape
        The column; NaN is ignored.
    significant : int
        Significant digits of the spread.
    """
    numbers = np.asarray(values, np.float64).ravel()
    numbers = numbers[np.isfinite(numbers)]
    if numbers.size == 0:
        return 2
    spread = float(np.std(numbers))
    size = float(np.abs(numbers).max())
    scale = spread if spread > 1e-9 * size else size
    if scale == 0.0:
        return 2
    return min(max(significant - 1 - math.floor(math.log10(scale)), 0), FINEST)


def fixed(value: float | None, decimals: int) -> str:
    """A number with a fixed number of decimals: ``1,234.50``, ``−0.12``, ``–`` for none."""
    if value is None or not math.isfinite(value):
        return MISSING
    text = f"{abs(value):,.{decimals}f}"
    nothing = not text.strip("0.,")
    return text if value >= 0 or nothing else MINUS + text


def significant(value: float | None, digits: int = 4) -> str:
    """A number with about so many significant digits, never fewer than its whole part."""
    if value is None or not math.isfinite(value):
        return MISSING
    if value == 0.0:
        return "0"
    decimals = digits - 1 - math.floor(math.log10(abs(value)))
    if decimals > FINEST + digits:
        return f"{value:.{digits - 1}e}".replace("-", MINUS)
    text = fixed(value, max(decimals, 0))
    return text.rstrip("0").rstrip(".") if "." in text else text


def with_error(value: float | None, error: float | None, digits: int = 3) -> str:
    """An estimate to as many decimals as its standard error has; see :func:`error_text`."""
    decimals = _error_decimals(error, digits)
    return significant(value) if decimals is None else fixed(value, decimals)


def error_text(error: float | None, digits: int = 3) -> str:
    """A standard error with so many significant digits, zeros at the end kept."""
    decimals = _error_decimals(error, digits)
    return significant(error, digits) if decimals is None else fixed(error, decimals)


def _error_decimals(error: float | None, digits: int) -> int | None:
    """Decimals of a standard error; None where there is none, or it asks for too many."""
    if error is None or not math.isfinite(error) or error <= 0.0:
        return None
    decimals = digits - 1 - math.floor(math.log10(error))
    return max(decimals, 0) if decimals <= FINEST + digits else None


def percent(share: float | None, decimals: int = 1) -> str:
    """A share as a percentage: 0.0625 is ``6.3 %``."""
    if share is None or not math.isfinite(share):
        return MISSING
    return fixed(100.0 * share, decimals) + " %"


def probability(p_value: float | None) -> str:
    """A p-value in a table: ``0.031``, ``< 0.001``, ``–`` for none."""
    if p_value is None or not math.isfinite(p_value):
        return MISSING
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def chance(p_value: float) -> str:
    """A p-value in a sentence: ``p = 0.031``, ``p < 0.001``."""
    return f"p {'' if p_value < 0.001 else '= '}{probability(p_value)}"


def count(number: float | None) -> str:
    """A whole number with thousands marked."""
    return fixed(number, 0)


def counted(number: int, noun: str) -> str:
    """A whole number and its noun: ``1 record``, ``854 records``."""
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{count(number)} {noun if number == 1 else plural}"


def listed(words: list[str]) -> str:
    """Words as a list in a sentence: ``a, b and c``."""
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def duration(seconds: float) -> str:
    """A time span in the unit that suits it."""
    if seconds < 60.0:
        return f"{significant(seconds, 2)} s"
    minutes = round(seconds / 60.0)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def memory(megabytes: float) -> str:
    """An amount of memory in MB or GB."""
    if megabytes < 1000.0:
        return f"{megabytes:.0f} MB"
    return f"{megabytes / 1000.0:.1f} GB"


def moment(text: str) -> str:
    """A time stamp in words: ``12 November 2026, 14:02 UTC``; other text is left as it is."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return text
    if "T" not in text and " " not in text:
        return f"{when.day} {when:%B %Y}"
    return f"{when.day} {when:%B %Y, %H:%M} {when.tzname() or ''}".strip()

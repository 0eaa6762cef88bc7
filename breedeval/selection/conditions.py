"""Conditions on columns, such as ``birth_year >= 2022 and not herd in (A, B)``.

A small language of its own, so that no text of a user is ever run as a program:

    condition  = column operator value | column [not] in (value, …) | column is [not] missing
    operator   = ==  !=  <  <=  >  >=            (= is read as ==)
    joined by not, and, or, and brackets

A value is a number or a label, in quotes where it has blanks or is a word of the language. Labels
are compared as text; the order of values is that of numbers. A missing cell meets no comparison,
``!=`` included.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pyparsing as pp
from numpy.typing import NDArray

from breedeval.model.form import did_you_mean

Mask = NDArray[np.bool_]
_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_SEX = {"f": "female", "2": "female", "m": "male", "1": "male"}
"""Other spellings of the sexes, as pedigrees have them."""
_WORDS = ("and", "or", "not", "in", "is", "missing")
_LETTER = r"""[^\s'"(),=!<>]"""


class ConditionError(ValueError):
    """A condition that cannot be read, or does not fit the columns.

    Parameters
    ----------
    found, expected, remedy : str
    """

    def __init__(self, found: str, expected: str = "", remedy: str = "") -> None:
        self.found, self.expected, self.remedy = found, expected, remedy
        super().__init__(found)


@dataclass(frozen=True)
class Comparison:
    """One comparison: a column with values.

    ``operator`` is one of ==, !=, <, <=, >, >=, in and missing; the last has no values.
    """

    column: str
    operator: str
    values: tuple[str, ...] = ()

    def columns(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    def met(self, frame: pd.DataFrame) -> Mask:
        """Which rows meet it."""
        cells = _cells(frame, self.column)
        known = cells.notna().to_numpy()
        if self.operator == "missing":
            return ~known
        if self.operator in _ORDER:
            numbers = _numbers(cells, self.column, self.operator)
            return np.asarray(_ORDER[self.operator](numbers, self._number()), np.bool_)
        equal = _equal(cells, self.values, self.column)
        return known & (~equal if self.operator == "!=" else equal)

    def _number(self) -> float:
        try:
            return float(self.values[0])
        except ValueError:
            raise ConditionError(
                f"'{self.values[0]}' after '{self.operator}' is no number", "Expected a number",
                "Use == or != for labels") from None


@dataclass(frozen=True)
class Joined:
    """Conditions joined by ``and``, ``or``, or one under ``not``."""

    word: str
    parts: tuple[Condition, ...]

    def columns(self) -> tuple[str, ...]:
        """All columns, each once."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.columns()))

    def met(self, frame: pd.DataFrame) -> Mask:
        """Which rows meet it."""
        masks = [part.met(frame) for part in self.parts]
        if self.word == "not":
            return ~masks[0]
        join = np.logical_and if self.word == "and" else np.logical_or
        return np.asarray(join.reduce(masks), np.bool_)


Condition = Comparison | Joined


def parse(text: str) -> Condition:
    """Read a condition.

    Raises
    ------
    ConditionError
        With the place where it cannot be read.
    """
    try:
        found: Condition = _grammar().parse_string(text, parse_all=True)[0]
    except pp.ParseBaseException as error:
        rest = text[error.loc:].strip()
        place = f"at '{rest}'" if rest else "at its end"
        raise ConditionError(
            f"the condition '{text}' cannot be read {place}",
            "Expected a column, one of == != < <= > >= in, and a value, such as "
            "birth_year >= 2022; joined by and, or, not",
            "Put names and labels with blanks in quotes") from None
    return found


def unknown_columns(condition: Condition, known: Sequence[str]) -> list[ConditionError]:
    """What to say of the columns that there are not."""
    return [ConditionError(f"there is no column '{name}' to compare",
                           f"Expected one of: {', '.join(known)}", did_you_mean(name, known))
            for name in condition.columns() if name not in known]


@lru_cache(maxsize=1)
def _grammar() -> pp.ParserElement:
    name = (pp.QuotedString("'", esc_char="\\") | pp.QuotedString('"', esc_char="\\")
            | pp.Regex(rf"(?!(?i:{'|'.join(_WORDS)})(?!{_LETTER})){_LETTER}+"))
    compared = pp.one_of("== != <= >= < > =")
    listed = pp.Suppress("(") + pp.DelimitedList(name) + pp.Suppress(")")
    negated = pp.Optional(pp.CaselessKeyword("not"))("negated")
    comparison = (name("column") + compared("operator") + name("value")).set_parse_action(
        lambda found: Comparison(found["column"], "==" if found["operator"] == "=" else
                                 found["operator"], (found["value"],)))
    inside = (name("column") + negated + pp.CaselessKeyword("in") + pp.Group(listed)("values")
              ).set_parse_action(lambda found: _negated(found, Comparison(
                  found["column"], "in", tuple(found["values"]))))
    missing = (name("column") + pp.CaselessKeyword("is") + negated + pp.CaselessKeyword("missing")
               ).set_parse_action(lambda found: _negated(
                   found, Comparison(found["column"], "missing")))
    whole: pp.ParserElement = pp.infix_notation(  # type: ignore[no-untyped-call]
        inside | missing | comparison, [
        (pp.CaselessKeyword("not"), 1, pp.OpAssoc.RIGHT,
         lambda found: Joined("not", (found[0][1],))),
        (pp.CaselessKeyword("and"), 2, pp.OpAssoc.LEFT,
         lambda found: Joined("and", tuple(found[0][0::2]))),
        (pp.CaselessKeyword("or"), 2, pp.OpAssoc.LEFT,
         lambda found: Joined("or", tuple(found[0][0::2])))])
    return whole


def _negated(found: pp.ParseResults, one: Comparison) -> Condition:
    return Joined("not", (one,)) if "negated" in found else one


def _cells(frame: pd.DataFrame, column: str) -> pd.Series:
    """A column whose empty text is missing too."""
    cells = frame[column]
    if not pd.api.types.is_numeric_dtype(cells):
        cells = cells.mask(cells.astype("str").str.strip() == "")
    return cells


def _numbers(cells: pd.Series, column: str, sign: str) -> NDArray[np.float64]:
    numbers = pd.to_numeric(cells, errors="coerce")
    wrong = numbers.isna() & cells.notna()
    if wrong.any():
        raise ConditionError(
            f"'{cells[wrong].iloc[0]}' in column '{column}' is no number, so that it has no place "
            f"in an order ('{sign}')", "Expected numbers", "Use ==, != or in for labels")
    return numbers.to_numpy(np.float64, na_value=np.nan)


def _equal(cells: pd.Series, values: tuple[str, ...], column: str) -> Mask:
    """Equal to one of the values: as numbers where the cells are numbers, else as text."""
    if pd.api.types.is_bool_dtype(cells):
        cells = cells.map({True: "true", False: "false"})
        values = tuple(value.casefold() for value in values)
    if pd.api.types.is_numeric_dtype(cells):
        numbers = pd.to_numeric(pd.Series(values, dtype="str"), errors="coerce").to_numpy()
        return np.isin(cells.to_numpy(np.float64, na_value=np.nan), numbers[~np.isnan(numbers)])
    if column == "sex":
        values = tuple(_SEX.get(value.casefold(), value) for value in values)
    return np.asarray(cells.isin(values), np.bool_)

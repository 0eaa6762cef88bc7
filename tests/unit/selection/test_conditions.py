"""Conditions on columns: what they mean, and what is said of those that cannot be read."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from breedeval.selection.conditions import ConditionError, parse, unknown_columns

FRAME = pd.DataFrame({
    "id": ["01", "1", "x y"], "birth_year": [2020.0, 2023.0, np.nan],
    "sex": ["male", "female", ""], "herd": ["A", "B", "C"], "carrier 1": ["0", "1", ""],
    "listed": [True, False, True]})


@pytest.mark.parametrize(("text", "met"), [
    ("birth_year >= 2022", [0, 1, 0]),
    ("birth_year<2022", [1, 0, 0]),
    ("sex == F", [0, 1, 0]),
    ("sex = 1", [1, 0, 0]),
    ("sex != male", [0, 1, 0]),
    ("id == 01", [1, 0, 0]),
    ("id in (01, 'x y')", [1, 0, 1]),
    ("not sex == M and herd in (A, C)", [0, 0, 1]),
    ("not (sex == M and herd in (A, C))", [0, 1, 1]),
    ("birth_year is missing", [0, 0, 1]),
    ("sex is not missing or herd == C", [1, 1, 1]),
    ("'carrier 1' > 0", [0, 1, 0]),
    ("'carrier 1' not in (1)", [1, 0, 1]),
    ("herd == A or herd == B and birth_year > 2022", [1, 1, 0]),
    ("birth_year in (2020, 2023.0)", [1, 1, 0]),
    ("listed == true", [1, 0, 1]),
])
def test_what_a_condition_means(text: str, met: list[int]) -> None:
    assert parse(text).met(FRAME).astype(int).tolist() == met


@pytest.mark.parametrize(("text", "found"), [
    ("birth_year >=", "cannot be read at 'birth_year >='"),
    ("", "cannot be read at its end"),
    ("herd == A B", "cannot be read at 'B'"),
    ("__import__('os').system('true')", "cannot be read"),
    ("herd == A; sex == F", "cannot be read"),
    ("x in ()", "cannot be read"),
])
def test_what_cannot_be_read(text: str, found: str) -> None:
    with pytest.raises(ConditionError, match=found.replace("(", r"\(")) as error:
        parse(text)
    assert "birth_year >= 2022" in error.value.expected


def test_an_order_needs_numbers() -> None:
    with pytest.raises(ConditionError, match="'A' in column 'herd' is no number"):
        parse("herd > 3").met(FRAME)
    with pytest.raises(ConditionError, match="'abc' after '>' is no number"):
        parse("birth_year > abc").met(FRAME)


def test_columns_that_there_are_not() -> None:
    (error,) = unknown_columns(parse("herd == A and birth_yaer > 3"), list(FRAME.columns))
    assert error.found == "there is no column 'birth_yaer' to compare"
    assert error.remedy == "Did you mean 'birth_year'?"


@given(st.lists(st.sampled_from(["A", "B", "C", "and", "x y", "it's"]), min_size=1, max_size=4))
def test_labels_in_quotes_are_labels(values: list[str]) -> None:
    quoted = ", ".join('"' + value + '"' for value in values)
    frame = pd.DataFrame({"herd": ["A", "x y", "and", "it's"]})
    assert parse(f"herd in ({quoted})").met(frame).tolist() == frame["herd"].isin(values).tolist()

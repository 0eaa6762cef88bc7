"""Tables of records: columns as text, classes and numbers, each cell with its place."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from breedeval.errors import Findings, InputError
from breedeval.records import Table


def table(lines: list[int] | None = None, **columns: list[object]) -> Table:
    return Table("r.csv", {name: pa.array(cells) for name, cells in columns.items()},
                 None if lines is None else np.array(lines, np.int64))


def test_numbers() -> None:
    cells = ["1.", ".5", "1e3", "+3", "-0.25", " 7 ", None, "1E-8", "0"]
    findings = Findings()
    found = table(y=cells).numbers("y", findings)
    np.testing.assert_array_equal(found, [1, 0.5, 1000, 3, -0.25, 7, np.nan, 1e-8, 0])
    assert findings.faults == ()


@pytest.mark.parametrize("cell", ["1,5", "nan", "inf", "-", "", "0x1", "1_0", "1e999", "--1", "٣",
                                  "1 2", "TRUE"])
def test_what_is_no_number(cell: str) -> None:
    findings = Findings()
    found = table([2, 5], y=["3", cell]).numbers("y", findings)
    np.testing.assert_array_equal(found, [3, np.nan])
    assert findings.faults == (
        f"r.csv:5: '{cell}' in column 'y' is not a number. Expected a decimal number such as "
        "12.5. Correct the cell, or add the text to 'records: missing' if it means missing.",)


def test_many_faults_are_counted() -> None:
    findings = Findings()
    table(y=["x"] * 100).numbers("y", findings)
    assert len(findings.faults) == 6
    assert findings.faults[-1] == "… and 95 more of this kind (100 in all)."
    assert findings.counts() == {"number:y": 100}


def test_typed_columns() -> None:
    findings = Findings()
    typed = table(y=[1.5, None, float("nan")], n=[1, 2, None], when=[datetime.date(2019, 3, 1)] * 3)
    np.testing.assert_array_equal(typed.numbers("y", findings), [1.5, np.nan, np.nan])
    np.testing.assert_array_equal(typed.numbers("n", findings), [1, 2, np.nan])
    assert typed.classes("n")[0].to_list() == ["1", "2"]
    assert findings.faults == ()
    typed.numbers("when", findings)
    assert "'2019-03-01' in column 'when' is not a number" in findings.faults[0]
    table(y=[1.0, float("inf")]).numbers("y", findings)
    assert "r.csv, row 2: 'inf' in column 'y' is not a number" in findings.faults[3]


def test_places() -> None:
    assert table([2, 7], y=["1", "2"]).where(1) == "r.csv:7"
    assert table(y=["1", "2"]).where(1) == "r.csv, row 2"


def test_select() -> None:
    chosen = table([2, 3, 5], y=["a", None, "c"]).select(np.array([2, 1]))
    assert chosen.text("y").to_pylist() == ["c", None]
    assert chosen.where(0) == "r.csv:5"
    assert chosen.size == 2


def test_classes() -> None:
    levels, codes = table(herd=["10", None, "9", "10"]).classes("herd")
    assert levels.to_list() == ["9", "10"]
    assert codes.tolist() == [1, -1, 0, 1]


def test_columns_that_are_not_there() -> None:
    findings = Findings()
    records = table(weight=["1"], sex=["F"])
    records.require(["sex", "wieght", "zzz"], findings, "named in the model")
    assert findings.faults == (
        "r.csv: there is no column 'wieght' (named in the model). The columns are: weight, sex. "
        "Did you mean 'weight'?",
        "r.csv: there is no column 'zzz' (named in the model). The columns are: weight, sex.")
    with pytest.raises(InputError, match="there is no column 'sx'"):
        records.text("sx")


def test_of_a_data_frame() -> None:
    frame = pd.DataFrame({"id": ["07", None], "y": [1.5, np.nan],
                          "herd": pd.Categorical(["b", "a"]), 3: [4, 5]})
    records = Table.of_frame(frame, "records")
    findings = Findings()
    assert records.text("id").to_pylist() == ["07", None]
    np.testing.assert_array_equal(records.numbers("y", findings), [1.5, np.nan])
    assert records.classes("herd")[0].to_list() == ["a", "b"]
    assert records.text("3").to_pylist() == ["4", "5"]
    assert records.where(0) == "records, row 1"
    assert records.size == 2


def test_numeric_codes_of_missing_cells_match_as_numbers_in_numeric_columns_only() -> None:
    table = Table("r.csv", {
        "id": pa.array(["a", "-999.0", "c"], pa.large_string()),
        "y": pa.array(["1.5", "-999.0", "-9.99e2"], pa.large_string())})
    cleaned = table.without_numbers(["y"], ["", "NA", "-999"])
    assert cleaned.text("y").to_pylist() == ["1.5", None, None]
    assert cleaned.text("id").to_pylist() == ["a", "-999.0", "c"]
    assert table.without_numbers(["y"], ["", "NA"]) is table

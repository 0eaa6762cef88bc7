"""Workbooks hold what the tables hold, with identifiers as text."""

from __future__ import annotations

import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from breedeval.io.workbooks import workbooks_of, write_workbook
from tests.unit.report.fake_evaluation import animal_model
from tests.unit.report.fake_selection import selection

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def read(path: Path) -> dict[str, list[list[str | float | None]]]:
    """Cells of every sheet, from the XML: text, numbers, or nothing."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        book = ET.fromstring(archive.read("xl/workbook.xml"))
        titles = [str(one.get("name")) for one in book.iter(f"{MAIN}sheet")]
        texts: list[str] = []
        if "xl/sharedStrings.xml" in archive.namelist():
            texts = ["".join(one.itertext()) for one in ET.fromstring(
                archive.read("xl/sharedStrings.xml")).iter(f"{MAIN}si")]
        sheets = [ET.fromstring(archive.read(f"xl/worksheets/sheet{k + 1}.xml"))
                  for k in range(len(titles))]
    return {title: [_row(row, texts) for row in sheet.iter(f"{MAIN}row")]
            for title, sheet in zip(titles, sheets, strict=True)}


def _row(row: ET.Element, texts: list[str]) -> list[str | float | None]:
    found: list[str | float | None] = []
    for cell in row:
        place = sum((ord(letter) - 64) * 26**k for k, letter in enumerate(
            reversed(str(cell.get("r")).rstrip("0123456789")))) - 1
        found += [None] * (place - len(found))
        text = "".join(cell.itertext())
        kind = cell.get("t", "n")
        found.append(texts[int(text)] if kind == "s" else text if kind == "inlineStr"
                     else float(text))
    return found


def test_cells_keep_their_kind(tmp_path: Path) -> None:
    table = pd.DataFrame({
        "individual": ["0123", "=1+1", "http://a", None], "value": [1.5, np.nan, -2e-9, 3.0],
        "selected": [True, False, True, False], "count": [1, 2, 3, 4]})
    write_workbook(tmp_path / "a.xlsx", {"One": table, "Two": table.head(0)})
    found = read(tmp_path / "a.xlsx")
    assert found == {"One": [
        ["individual", "value", "selected", "count"], ["0123", 1.5, "yes", 1.0],
        ["=1+1", None, "no", 2.0], ["http://a", -2e-9, "yes", 3.0], [None, 3.0, "no", 4.0]],
        "Two": [["individual", "value", "selected", "count"]]}


def test_lists_of_a_run(tmp_path: Path) -> None:
    run = selection(200)
    books = workbooks_of(run)
    assert list(books) == ["selection", "matings"]
    assert list(books["matings"]) == ["Matings", "By male", "By herd"]
    write_workbook(tmp_path / "selection.xlsx", books["selection"])
    found = read(tmp_path / "selection.xlsx")
    table = run.decisions["selection"]
    assert list(found) == ["Selected", "Candidates", "Index", "Trend", "Generation intervals",
                           "Selection differentials"]
    assert [row[0] for row in found["Selected"][1:]] == list(table["individual"][table["selected"]])
    assert [row[0] for row in found["Candidates"][1:]] == list(table["individual"])
    at = found["Candidates"][0].index("milk")
    np.testing.assert_allclose([float(row[at]) for row in found["Candidates"][1:]],  # type: ignore[arg-type]
                               table["milk"], rtol=1e-14)


def test_nothing_was_decided() -> None:
    assert workbooks_of(animal_model(60)) == {}

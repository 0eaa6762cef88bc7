"""Lists of a run as workbooks (XLSX), for those who go on in a spreadsheet.

Identifiers are text cells, so that ``0123`` stays what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from breedeval.evaluation.result import Evaluation
from breedeval.report.mating_section import with_herds

ROWS = 1_048_575
"""Rows below the heading that a sheet can hold; a longer table ends there."""
WIDTHS = (8, 40)
"""Least and largest width of a column, in characters."""
LOOKED_AT = 200
"""Rows that the width of a column is taken from."""
BESIDE = {"index": "Index", "contributions": "Contributions",
          "contribution_frontier": "Frontier", "trend": "Trend",
          "generation_intervals": "Generation intervals",
          "selection_differentials": "Selection differentials"}
"""Further sheets of ``selection.xlsx``, by the name of their table."""


def workbooks_of(evaluation: Evaluation) -> dict[str, dict[str, pd.DataFrame]]:
    """Sheets of every workbook, by the name of its file; empty where nothing was decided.

    ``selection``: the selected, all candidates, and the tables beside them; ``matings``: the plan,
    the same by male, and by herd where herds are known.
    """
    tables, found = evaluation.decisions, dict[str, dict[str, pd.DataFrame]]()
    if "selection" in tables:
        whole = tables["selection"]
        found["selection"] = {"Selected": whole[whole["selected"]], "Candidates": whole, **{
            title: tables[name] for name, title in BESIDE.items() if name in tables}}
    if "matings" in tables:
        plan = with_herds(evaluation)
        sheets = {"Matings": plan, "By male": plan.sort_values("male", kind="stable")}
        if "herd" in plan:
            sheets["By herd"] = plan.sort_values(["herd", "male"], kind="stable")
        found["matings"] = sheets
    return found


def write_workbook(path: Path, sheets: Mapping[str, pd.DataFrame]) -> None:
    """Write tables as the sheets of one workbook: headings in bold that stay in sight, filters.

    Parameters
    ----------
    path : Path
    sheets : mapping of str to DataFrame
        By their titles, of at most 31 characters.
    """
    import xlsxwriter  # slow to load, and seldom needed

    with xlsxwriter.Workbook(str(path), {
            "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
            "strings_to_numbers": False}) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        for title, table in sheets.items():
            sheet = book.add_worksheet(title)
            shown = table.iloc[:ROWS]
            sheet.freeze_panes(1, 0)
            sheet.autofilter(0, 0, max(len(shown), 1), max(shown.shape[1] - 1, 0))
            for at, name in enumerate(shown.columns):
                sheet.set_column(at, at, _width(str(name), shown[name]))
            sheet.write_row(0, 0, [str(name) for name in shown.columns], bold)
            columns = [_cells(shown[name]) for name in shown.columns]
            for at, row in enumerate(zip(*columns, strict=True), start=1):
                for place, value in enumerate(row):
                    if isinstance(value, str):
                        sheet.write_string(at, place, value)
                    elif value is not None:
                        sheet.write_number(at, place, value)


def _cells(column: pd.Series) -> list[str | float | None]:
    """Numbers as they are, everything else as text; None where there is nothing."""
    if pd.api.types.is_bool_dtype(column):
        return ["yes" if value else "no" for value in column]
    if pd.api.types.is_numeric_dtype(column):
        values = column.to_numpy(np.float64, na_value=np.nan)
        return [value if np.isfinite(value) else None for value in values.tolist()]
    return [None if missing else str(value) for value, missing in zip(
        column, column.isna(), strict=True)]


def _width(name: str, column: pd.Series) -> int:
    texts = [str(value) for value in column.iloc[:LOOKED_AT]] if not (
        pd.api.types.is_numeric_dtype(column)) else ["0.000000"]
    longest = max([len(name) + 2, *map(len, texts)])
    return min(max(longest, WIDTHS[0]), WIDTHS[1])

"""Where tables for a person are printed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

PIPED = 120
"""Columns of a table that goes to a file or another program."""

SHOWN = 20
"""Rows of a table."""


def make_screen() -> Console:
    """Standard output: as wide as the terminal, else as wide as the tables usually are."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else PIPED)


def show(
    file: Path, warnings: Iterable[str], facts: Iterable[tuple[str, str]],
    tables: Mapping[str, Mapping[str, object]],
) -> None:
    """Print what a file holds: warnings, facts, and the first rows of tables."""
    screen = make_screen()
    for warning in warnings:
        screen.print(f"Warning: {warning}", markup=False, soft_wrap=True)
    screen.print(f"\n{file}", markup=False)
    sheet = Table(box=None, show_header=False)
    for what, how_much in facts:
        sheet.add_row(what, how_much)
    screen.print(sheet)
    for name, columns in tables.items():
        screen.print(_table(name, columns))


def _table(name: str, columns: Mapping[str, object]) -> Table:
    frame = pd.DataFrame(dict(columns))
    table = Table(title=name.replace("_", " ").capitalize(), title_justify="left", box=None,
                  header_style="bold", title_style="bold")
    for heading in frame.columns:
        number = pd.api.types.is_numeric_dtype(frame[heading])
        table.add_column(str(heading).replace("_", " "), justify="right" if number else "left")
    for row in frame.head(SHOWN).itertuples(index=False):
        table.add_row(*(_cell(value) for value in row))
    if len(frame) > SHOWN:
        table.caption = f"and {len(frame) - SHOWN} more rows"
    return table


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:.4g}" if value % 1 else f"{value:.0f}"
    return str(value)

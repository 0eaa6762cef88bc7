"""Where tables for a person are printed."""

from __future__ import annotations

import sys

from rich.console import Console

PIPED = 120
"""Columns of a table that goes to a file or another program."""


def make_screen() -> Console:
    """Standard output: as wide as the terminal, else as wide as the tables usually are."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else PIPED)

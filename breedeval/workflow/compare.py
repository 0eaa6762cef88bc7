"""What moved between two results folders."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from breedeval.comparison import compare
from breedeval.io.comparison import read_results
from breedeval.report.comparison_text import render_comparison


def compare_folders(old: Path, new: Path) -> None:
    """Print the comparison of two evaluations."""
    Console(highlight=False).print(render_comparison(
        compare(read_results(old), read_results(new))))

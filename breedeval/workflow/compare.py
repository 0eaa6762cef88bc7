"""What moved between two results folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from breedeval.comparison import compare
from breedeval.config.yaml_loader import plain, read_tree
from breedeval.io.comparison import read_results
from breedeval.io.comparison_json import comparison_json
from breedeval.report.comparison_text import render_comparison
from breedeval.workflow.screen import make_screen

Form = Literal["text", "json"]


def compare_folders(old: Path, new: Path, form: Form = "text") -> None:
    """Print the comparison of two evaluations."""
    one, other = read_results(old), read_results(new)
    comparison = compare(one, other, old_settings=_settings(old), new_settings=_settings(new))
    if form == "json":
        print(comparison_json(comparison))
    else:
        make_screen().print(render_comparison(comparison))


def _settings(directory: Path) -> dict[str, Any]:
    """The run as understood, from a results folder; its input files need not exist any more."""
    tree = read_tree(directory / "config.yaml")
    return {key: plain(node) for key, node in tree.values.items()}

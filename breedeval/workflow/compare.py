"""What moved between two results folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from breedeval.comparison import Limits, compare
from breedeval.config.part_file import read_part
from breedeval.config.yaml_loader import plain, read_tree
from breedeval.io.comparison import read_results
from breedeval.io.comparison_json import comparison_json
from breedeval.report.comparison_text import render_comparison
from breedeval.workflow.screen import make_screen

Form = Literal["text", "json"]
REFUSED = 4
"""Exit code where a limit is not kept."""


def compare_folders(
    old: Path, new: Path, form: Form = "text", *, by: Sequence[str] = (),
    limits: Limits | None = None,
) -> int:
    """Print the comparison of two evaluations; the exit code says whether limits are kept."""
    one, other = read_results(old), read_results(new)
    comparison = compare(one, other, old_settings=settings_of(old), new_settings=settings_of(new),
                         by=by, limits=limits)
    if form == "json":
        print(comparison_json(comparison))
    else:
        make_screen().print(render_comparison(comparison))
    return REFUSED if comparison.verdict is not None and not comparison.verdict.passed else 0


def limits_of(file: Path | None, given: Sequence[str]) -> Limits | None:
    """Limits of a file, or given one by one; None where there are none.

    Raises
    ------
    InputError
        When a limit is unknown, or its value is not what it should be.
    """
    return read_part(Limits, file, given, option="--limit") if file or given else None


def settings_of(directory: Path) -> dict[str, Any]:
    """The run as understood, from a results folder; its input files need not exist any more."""
    tree = read_tree(directory / "config.yaml")
    return {key: plain(node) for key, node in tree.values.items()}

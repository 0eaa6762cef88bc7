"""One individual in one results folder: its values, why they are so, and what would tell more."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Literal

from breedeval.config.yaml_loader import plain, read_tree
from breedeval.errors import InputError
from breedeval.evaluation.explanation import Explanation, Folder, explain
from breedeval.evaluation.recorded import Recorded
from breedeval.io.comparison import read_residuals, read_results
from breedeval.io.tables import read_table
from breedeval.report.explanation_text import render_explanation
from breedeval.workflow.screen import make_screen


def explain_individual(
    directory: Path, individual: str, form: Literal["text", "json"] = "text"
) -> None:
    """Print what a results folder tells of one individual."""
    found = explanation(directory, individual)
    if form == "json":
        print(json.dumps(asdict(found), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        make_screen().print(render_explanation(found))


def explanation(directory: Path, individual: str) -> Explanation:
    """What a results folder tells of one individual.

    Raises
    ------
    InputError
        When the folder is not one of results, or there is no such individual.
    """
    results = read_results(directory)
    settings = {key: plain(node)
                for key, node in read_tree(directory / "config.yaml").values.items()}
    tables = Folder(**{field.name: getattr(results, field.name) for field in fields(Folder)})
    return explain(tables, settings, individual, _recorded(directory, settings))


def _recorded(directory: Path, settings: dict[str, Any]) -> Recorded:
    """The records file, if it is still where the run file says, and the residuals."""
    residuals = read_residuals(directory)
    if residuals.empty:
        return Recorded(None, residuals, (
            "The run wrote no 'residuals.csv': run it again with 'output: {residuals: true}' to "
            "see the records.",))
    path = directory / settings["records"]["file"]
    try:
        table = read_table(path, missing=("", *settings["records"].get("missing", ("NA",))))
    except InputError as error:
        return Recorded(None, residuals, (
            f"The records cannot be shown: {error}",))
    return Recorded(table, residuals)

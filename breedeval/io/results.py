"""The output folder: written whole or not at all, and only ours is ever replaced."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray

from breedeval.errors import InputError, Problem
from breedeval.evaluation.result import Evaluation
from breedeval.io.folder import try_folder, whole_folder
from breedeval.io.workbooks import workbooks_of, write_workbook
from breedeval.provenance import PROGRAM

ALWAYS = ("breeding_values", "solutions", "variances", "genetic_parameters")
"""Tables that every results folder has."""

WHERE_ANY = ("individuals", "partition", "deregressed_proofs", "yield_deviations", "residuals",
             "fixed_tests", "curves", "profiles", "variance_parameters", "sampling_covariance",
             "genotype_quality", "validation", "validation_predictions", "marker_effects",
             "marker_windows", "principal_components")
"""Tables that are written where they have a row."""


def check_target(directory: Path, *, force: bool) -> None:
    """Refuse early, before anything is computed, to write where we must not.

    Raises
    ------
    InputError
        When the folder exists and is not ours, or ``force`` does not say to replace it, or when
        there can be no folder in that place.
    """
    try:
        taken = directory.exists() or directory.is_symlink()
        if directory.name:
            try_folder(directory.absolute())
    except OSError as error:
        raise InputError(Problem(
            str(directory), f"no folder can be made there ({error.strerror})",
            "Expected a place to write to",
            "Give another with --set output.directory=…")) from None
    if not taken or _is_empty(directory):
        return
    if not _is_ours(directory):
        raise InputError(Problem(
            str(directory), "exists and is not a results folder of this program",
            "Expected a new name", "Give another with --set output.directory=…"))
    if not force:
        raise InputError(Problem(
            str(directory), "holds the results of an earlier run", "Expected a new name",
            "Use --force to replace it, or give another with --set output.directory=…"))


def _is_empty(directory: Path) -> bool:
    return directory.is_dir() and not any(directory.iterdir())


def _is_ours(directory: Path) -> bool:
    try:
        origin = json.loads((directory / "provenance.json").read_text())
    except (OSError, ValueError):
        return False
    return isinstance(origin, dict) and origin.get("program") == PROGRAM


def write_results(
    evaluation: Evaluation, directory: Path, *, provenance: Mapping[str, Any], config: str,
    report: str, log: str, table_format: str = "csv", pages: Iterable[tuple[str, str]] = (),
) -> None:
    """Write the output folder beside its final name, then move it there in one step.

    Parameters
    ----------
    evaluation : Evaluation
    directory : Path
        Final name; an earlier results folder there is replaced (see :func:`check_target`).
    provenance : mapping
    config, report, log : str
        Contents of ``config.yaml``, ``report.html`` and ``run.log``.
    table_format : str
        ``csv`` or ``parquet``.
    pages : iterable of (str, str)
        Names and contents of what goes into the folder ``pages``.

    Raises
    ------
    LimitError
        When it cannot be written, such as on a full disk; nothing is left behind.
    """
    with whole_folder(directory) as folder:
        for name in ALWAYS:
            write_table(getattr(evaluation, name), folder / f"{name}.{table_format}")
        for name in WHERE_ANY:
            table = getattr(evaluation, name)
            if len(table):
                write_table(table, folder / f"{name}.{table_format}")
        for name, table in evaluation.decisions.items():
            write_table(table, folder / f"{name}.{table_format}")
        for name, sheets in workbooks_of(evaluation).items():
            write_workbook(folder / f"{name}.xlsx", sheets)
        for name, arrays in evaluation.arrays.items():
            np.savez_compressed(folder / f"{name}.npz", allow_pickle=False, **arrays)
        _write_json(evaluation.summary, folder / "summary.json")
        write_origin(provenance, folder)
        (folder / "config.yaml").write_text(config, encoding="utf-8")
        (folder / "report.html").write_text(report, encoding="utf-8")
        (folder / "run.log").write_text(log, encoding="utf-8")
        for name, page in pages:
            (folder / "pages").mkdir(exist_ok=True)
            (folder / "pages" / name).write_text(page, encoding="utf-8")


def read_arrays(directory: Path, name: str) -> dict[str, NDArray[Any]]:
    """Arrays that an evaluation kept in its results folder; empty where there are none.

    Raises
    ------
    InputError
        When the file is damaged.
    """
    path = directory / f"{name}.npz"
    if not path.is_file():
        return {}
    try:
        with np.load(path, allow_pickle=False) as kept:
            return {key: kept[key] for key in kept.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(Problem(
            str(path), f"the file cannot be read ({error})", "Expected what a run wrote",
            "Run the evaluation again")) from None


def write_origin(provenance: Mapping[str, Any], folder: Path) -> None:
    """Write ``provenance.json``, by which a folder is known to be ours."""
    _write_json(provenance, folder / "provenance.json")


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV (missing cells empty, text quoted only where it must be) or Parquet."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    if path.suffix == ".parquet":
        from pyarrow import parquet  # slow to load, and seldom needed

        parquet.write_table(table, path)
        return
    text = [column for column in table.columns
            if pa.types.is_string(column.type) or pa.types.is_large_string(column.type)]
    special = any(pc.any(pc.match_substring_regex(column, '[",\r\n]')).as_py() for column in text)
    with path.open("wb") as stream:  # Arrow would put the names of the columns in quotes
        stream.write((",".join(frame.columns) + "\n").encode())
        pyarrow.csv.write_csv(table, stream, pyarrow.csv.WriteOptions(
            include_header=False, quoting_style="needed" if special else "none"))


def _write_json(values: Mapping[str, Any], path: Path) -> None:
    path.write_text(json.dumps(_finite(values), indent=2, ensure_ascii=False) + "\n",
                    encoding="utf-8")


def _finite(value: Any) -> Any:
    """JSON has no NaN: null instead."""
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    return value

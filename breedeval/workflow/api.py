"""A whole evaluation in one call, from a run file or from DataFrames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from breedeval.config.load import load_values
from breedeval.errors import Findings, InputError, Problem
from breedeval.evaluation.preparing import Inputs
from breedeval.evaluation.result import Evaluation
from breedeval.levels import Levels
from breedeval.pedigree.build import build_pedigree
from breedeval.records import Table
from breedeval.relationship.kind import LabelledMatrix
from breedeval.workflow import ladder
from breedeval.workflow.genotypes import checked, genotypes_of_table
from breedeval.workflow.journal import Journal
from breedeval.workflow.reading import (
    missing_codes,
    pedigree_reading,
    pruned,
    without_codes,
)
from breedeval.workflow.run import evaluate_run

IN_MEMORY = ("records", "pedigree", "genotypes")
"""Parts whose tables the caller has."""


def run(config: str | Path | Mapping[str, Any], *, overrides: Sequence[str] = ()) -> Evaluation:
    """Evaluate a run file, or a mapping of the same shape; nothing is written.

    Parameters
    ----------
    config : path or mapping
    overrides : sequence of str
        ``key.path=value``, as ``--set``; only with a file.

    Raises
    ------
    InputError
        Everything that is wrong with the input, at once.
    LimitError
        When the forecast passes the memory limit.
    """
    return evaluate_run(ladder.read(config, overrides=overrides), Journal())


def evaluate(
    records: pd.DataFrame, *, model: Mapping[str, Any],
    variances: str | Mapping[str, Any], pedigree: pd.DataFrame | None = None,
    matrices: Mapping[str, pd.DataFrame] | None = None, genotypes: pd.DataFrame | None = None,
    **parts: Any,
) -> Evaluation:
    """Evaluate DataFrames.

    Parameters
    ----------
    records : DataFrame
        One row a record.
    model : mapping
        As in a run file.
    variances : str or mapping
        As in a run file: ``"reml"``, or values, which may be arrays.
    pedigree : DataFrame, optional
        One row an individual; standard headers, or ``pedigree_options={"columns": {…}}``.
    matrices : mapping of relationship name to DataFrame, optional
        Supplied relationship matrices; index and columns are the individuals.
    genotypes : DataFrame, optional
        Copies of an allele or dosages, NaN where missing; the index names the individuals, the
        columns the markers.
    **parts
        Other parts of a run file: ``title``, ``relationships``, ``solve``, ``validation``,
        ``selection``, ``trend``, and ``records_options``, ``pedigree_options`` and
        ``genotypes_options`` for the keys under ``records``, ``pedigree`` and ``genotypes``, such
        as ``records_options={"missing": ["", "-9"]}``.

    Raises
    ------
    InputError
        Everything that is wrong with the input, at once.

    Examples
    --------
    >>> breedeval.evaluate(
    ...     records, pedigree=pedigree, variances={"animal": 20, "residual": 40},
    ...     model={"traits": ["gain"], "fixed": ["sex"], "random": [
    ...         {"name": "animal", "column": "id", "relationship": "pedigree"}]})
    """
    values: dict[str, Any] = {
        "records": {"file": "records", **parts.pop("records_options", {})},
        "model": dict(model),
        "variances": variances if isinstance(variances, str) else dict(variances)}
    options = parts.pop("pedigree_options", {})
    if pedigree is not None:
        values["pedigree"] = {"file": "pedigree", **options}
    options = parts.pop("genotypes_options", {})
    if genotypes is not None:
        values["genotypes"] = {"file": "genotypes", **options}
    supplied = {name: {"kind": "supplied", "file": name} for name in matrices or {}}
    values["relationships"] = {**supplied, **parts.pop("relationships", {})}
    settings = load_values({**values, **parts},
                         in_memory=(*IN_MEMORY, "relationships")).settings
    findings = Findings()
    people = None
    if pedigree is not None and settings.pedigree is not None:
        people = build_pedigree(Table.of_frame(pedigree, "pedigree"),
                                pedigree_reading(settings.pedigree), findings=findings)
        findings.raise_faults()
    chip = None
    if genotypes is not None and settings.genotypes is not None:
        chip = genotypes_of_table(settings.genotypes, genotypes, findings)
        findings.raise_faults()
    table = without_codes(settings, Table.of_frame(
        records, "records", missing=missing_codes(settings)))
    inputs = Inputs(table, people,
                    {name: _matrix(name, frame) for name, frame in (matrices or {}).items()},
                    chip)
    journal = Journal()
    inputs = pruned(settings, checked(settings, inputs, findings, journal), findings, journal)
    return evaluate_run(ladder.Run(settings, inputs, findings), journal)


def _matrix(name: str, frame: pd.DataFrame) -> LabelledMatrix:
    rows, columns = (list(map(str, labels)) for labels in (frame.index, frame.columns))
    if rows != columns:
        raise InputError(Problem(name, "index and columns differ",
                                 "Expected the same individuals in the same order"))
    return LabelledMatrix(name, Levels.of(rows), frame.to_numpy("float64"))

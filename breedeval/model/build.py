"""From the user's words and a table of records to a design: every cell is looked at once.

Rows that cannot be used are left out and counted; what would make a result wrong is a fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.errors import Findings, Problem
from breedeval.levels import classify
from breedeval.model.columns import (
    Mask,
    finite_numbers,
    joined,
    model_columns,
    needed_columns,
    present_rows,
    read_weights,
    rows_of,
)
from breedeval.model.design import Design, ResidualClasses
from breedeval.model.fixed import fixed_terms
from breedeval.model.random import random_term
from breedeval.model.ranges import with_ranges
from breedeval.model.remarks import (
    of_trait,
    report_far_values,
    report_thin_levels,
    report_uncentred,
)
from breedeval.model.spec import Model, ResidualModel
from breedeval.records import Table
from breedeval.relationship.kind import Members


def build_design(
    model: Model, table: Table, known: Mapping[str, Members], findings: Findings
) -> Design:
    """Make the design of a model.

    Parameters
    ----------
    model : Model
    table : Table
        Records, one row each.
    known : mapping of relationship name to Members
        Levels of the relationships that bring their own (not identity).
    findings : Findings
        Receives every fault and warning; faults are raised before this returns.

    Raises
    ------
    InputError
        Columns that are not there, cells that are no numbers, individuals that are not in the
        relationship, weights that are not positive, no record left.
    """
    table.require(model_columns(model), findings, "named in the model")
    findings.raise_faults()
    read = [_read_trait(model, trait, table, findings) for trait in model.trait_names]
    used = np.column_stack([one.used for one in read])
    rows = np.flatnonzero(used.any(axis=1))
    _require_records(model, used, table, findings)
    used = used[rows]
    kept = table if rows.size == table.size else table.select(rows)
    model = with_ranges(model, kept, used, findings)
    parts = [rows_of(kept, mask) for mask in used.T]
    fixed = tuple(term for trait, part in enumerate(parts)
                  for term in fixed_terms(model, trait, part, findings))
    random = tuple(random_term(model, effect, kept, used, known, findings)
                   for effect in model.random)
    residual = residual_classes(model.residual, kept, findings)
    findings.raise_faults()
    unit, trait = np.nonzero(used)
    y = np.column_stack([one.y[rows] for one in read])[used]
    weights = np.column_stack([one.weights[rows] for one in read])[used]
    design = Design(model, y, trait.astype(np.int32), unit.astype(np.int32), weights, fixed,
                    random, residual, rows)
    report_thin_levels(design, kept, findings)
    report_far_values(design, kept, findings)
    report_uncentred(design, kept, findings)
    return design


@dataclass(frozen=True, eq=False)
class _Read:
    """One trait's values and weights, and the rows where it can be used."""

    y: NDArray[np.float64]
    weights: NDArray[np.float64]
    used: Mask


def _read_trait(model: Model, trait: str, table: Table, findings: Findings) -> _Read:
    y = finite_numbers(table, trait, findings)
    column = model.weights_of(trait)
    weights = read_weights(table, column, findings) if column else np.ones(table.size)
    return _Read(y, weights, _complete(model, trait, table, y, weights, findings))


def _require_records(model: Model, used: Mask, table: Table, findings: Findings) -> None:
    lacking = [name for name, own in zip(model.trait_names, used.T, strict=True)
               if not own.any()]
    if not lacking:
        return
    findings.raise_faults()
    for trait in lacking:
        findings.fault(f"no records:{trait}", Problem(
            table.source, f"no row has the trait '{trait}' and every effect of the model",
            "Expected at least one complete record",
            "Look at the missing cells named above, and at 'records: missing'"))
    findings.raise_faults()


def _complete(
    model: Model, trait: str, table: Table, y: NDArray[np.float64],
    weights: NDArray[np.float64], findings: Findings,
) -> Mask:
    """Rows with a value for the trait and for everything its model needs of every record."""
    has_trait = ~np.isnan(y)
    lacking = int(table.size - has_trait.sum())
    if lacking:
        alone = "" if len(model.trait_names) > 1 else " and are not used"
        findings.warn(f"missing trait:{trait}", Problem(
            table.source, f"{lacking} of {table.size} rows have no '{trait}'{alone}"))
    used = has_trait.copy()
    for name in dict.fromkeys(needed_columns(model, trait)):
        present = present_rows(table, name)
        _report_missing(model, trait, table, name, has_trait & ~present, findings)
        used &= present
    if column := model.weights_of(trait):
        _report_missing(model, trait, table, column, has_trait & np.isnan(weights), findings)
        used &= ~np.isnan(weights)
    return used


def _report_missing(
    model: Model, trait: str, table: Table, name: str, lacking: Mask, findings: Findings
) -> None:
    rows = np.flatnonzero(lacking)
    if rows.size:
        findings.warn(f"missing:{name}:{trait}", Problem(
            table.source, f"{rows.size} records have no '{name}' and are not used"
            f"{of_trait(model, trait)} (the first is {table.where(int(rows[0]))})"))


def residual_classes(
    residual: ResidualModel, table: Table, findings: Findings
) -> ResidualClasses:
    codes, levels = np.zeros(table.size, np.int32), [""]
    if residual.by is not None:
        found, codes = classify(joined(table, tuple(residual.by.split(":"))))
        levels = found.to_list()
    columns = [finite_numbers(table, name, findings) for name in residual.log_linear]
    covariates = np.column_stack(columns) if columns else np.zeros((table.size, 0))
    return ResidualClasses(codes, tuple(levels), covariates, residual.log_linear)

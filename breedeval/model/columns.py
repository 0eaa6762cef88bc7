"""Which columns of the records a model names, and what is read from their cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from breedeval.errors import Findings, Problem
from breedeval.model.spec import Model
from breedeval.model.terms import ClassEffect, Classes, FixedEffect
from breedeval.records import Table

Mask = NDArray[np.bool_]
FEW = 5


def model_columns(model: Model) -> list[str]:
    """All columns that the model names."""
    names = list(model.trait_names)
    for trait in model.trait_names:
        names += [name for effect in model.fixed_of(trait) for name in columns_of(effect)]
        names += [column] if (column := model.weights_of(trait)) else []
    for random in model.random:
        for part in random.parts.values():
            names += [name for source in part.sources for name in source.split(":")]
            if part.basis is not None:
                names.append(part.basis.column)
    names += model.residual.by.split(":") if model.residual.by else []
    return list(dict.fromkeys([*names, *model.residual.log_linear]))


def numeric_columns(model: Model) -> list[str]:
    """Columns that the model reads as numbers: traits, covariates and weights."""
    names = list(model.trait_names)
    for trait in model.trait_names:
        names += [column] if (column := model.weights_of(trait)) else []
        names += [effect.column for effect in model.fixed_of(trait)
                  if not isinstance(effect, ClassEffect)]
    names += [part.basis.column for effect in model.random for part in effect.parts.values()
              if part.basis is not None and not isinstance(part.basis, Classes)]
    return list(dict.fromkeys([*names, *model.residual.log_linear]))


def needed_columns(model: Model, trait: str) -> list[str]:
    """Columns without which a record cannot be used for a trait."""
    names = [name for effect in model.fixed_of(trait) for name in columns_of(effect)]
    for effect in model.random:
        if trait not in model.traits_of(effect):
            continue
        parts = list(effect.parts.values())
        names += [part.basis.column for part in parts if part.basis is not None]
        first = parts[0]
        if effect.relationship != "identity" and first.column is not None:
            names.append(first.column)
    names += [model.residual.by] if model.residual.by else []
    return [*names, *model.residual.log_linear]


def columns_of(effect: FixedEffect) -> list[str]:
    """Columns of a fixed effect."""
    if isinstance(effect, ClassEffect):
        return list(effect.factors)
    return [effect.column] + ([effect.within] if effect.within else [])


def rows_of(table: Table, mask: Mask) -> Table:
    """Some of the rows of a table."""
    return table if mask.all() else table.select(np.flatnonzero(mask))


def having_any(used: Mask, traits: Sequence[int]) -> Mask:
    """Records that have one of the traits; ``used`` is records × traits."""
    return np.asarray(used[:, list(traits)].any(axis=1))


def present_rows(table: Table, name: str) -> Mask:
    """Rows in which a column (or every column of an interaction) has a cell."""
    present = np.ones(table.size, bool)
    for part in name.split(":"):
        present &= np.asarray(pc.is_valid(table.text(part)).to_numpy(zero_copy_only=False))
    return present


def joined(table: Table, factors: tuple[str, ...]) -> pa.Array:
    """One column of text; an interaction's labels are joined by ``:``, null where one is."""
    columns = [table.text(name) for name in factors]
    if len(columns) == 1:
        return columns[0]
    return pc.binary_join_element_wise(*columns, pa.scalar(":", pa.large_string()),
                                       null_handling="emit_null")


def finite_numbers(table: Table, name: str, findings: Findings) -> NDArray[np.float64]:
    """A column of numbers, NaN where missing; an infinite one is a fault."""
    values = table.numbers(name, findings)
    infinite = np.flatnonzero(np.isinf(values))
    if infinite.size:
        findings.fault(f"infinite:{name}", *(
            Problem(table.where(int(row)), f"'{name}' is infinite", "Expected a finite number",
                    "Correct the cell or leave it empty") for row in infinite[:FEW]),
            total=int(infinite.size))
    return values


def read_weights(table: Table, name: str, findings: Findings) -> NDArray[np.float64]:
    """A column of weights, NaN where missing; one that is not above zero is a fault."""
    weights = finite_numbers(table, name, findings)
    wrong = np.flatnonzero(weights <= 0)
    if wrong.size:
        findings.fault(f"weights:{name}", *(
            Problem(table.where(int(row)), f"the weight in '{name}' is {weights[row]:g}",
                    "Expected a number above zero",
                    "Remove the record if it carries no information") for row in wrong[:FEW]),
            total=int(wrong.size))
    return weights

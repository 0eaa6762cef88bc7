"""Ends of Legendre covariates: filled in from the data where the run file gives none.

They move every solution of the regression, so they belong to the run as understood.
"""

from __future__ import annotations

from typing import TypeVar

from breedeval.errors import Findings
from breedeval.model.spec import Component, Legendre, Model, RandomEffect
from breedeval.records import Table

Basis = TypeVar("Basis")


def with_ranges(model: Model, table: Table, findings: Findings) -> Model:
    """The model with ``range`` of every Legendre basis; constant covariates are left as they are.

    Parameters
    ----------
    model : Model
    table : Table
        The records that are used.
    findings : Findings
        Receives cells that are no numbers.
    """
    def fill(basis: Basis) -> Basis:
        if not isinstance(basis, Legendre) or basis.range is not None:
            return basis
        x = table.numbers(basis.column, findings)
        low, high = float(x.min()), float(x.max())  # NaN where a cell is no number: a fault
        return basis.model_copy(update={"range": (low, high)}) if low < high else basis

    def fill_component(part: Component) -> Component:
        return part.model_copy(update={"basis": fill(part.basis)}) if part.basis else part

    def fill_random(effect: RandomEffect) -> RandomEffect:
        if effect.components is None:
            return effect
        filled = {name: fill_component(part) for name, part in effect.components.items()}
        return effect.model_copy(update={"components": filled})

    return model.model_copy(update={
        "fixed": tuple(fill(effect) for effect in model.fixed),
        "random": tuple(fill_random(effect) for effect in model.random)})

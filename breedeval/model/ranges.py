"""What a basis takes from the data where the run file does not say: ends of a range, classes.

They move every solution of the regression, so they belong to the run as understood.
"""

from __future__ import annotations

from typing import TypeVar

from breedeval.errors import Findings
from breedeval.model.spec import Component, Model, RandomEffect, TraitModel
from breedeval.model.terms import BSpline, Classes, Legendre
from breedeval.records import Table

Basis = TypeVar("Basis")


def with_ranges(model: Model, table: Table, findings: Findings) -> Model:
    """The model with ``range`` of every Legendre and B-spline basis, and ``levels`` of classes.

    Constant covariates are left as they are.

    Parameters
    ----------
    model : Model
    table : Table
        The records that are used.
    findings : Findings
        Receives cells that are no numbers.
    """
    def fill(basis: Basis) -> Basis:
        if isinstance(basis, Classes) and basis.levels is None:
            found = table.classes(basis.column)[0].to_list()
            return basis.model_copy(update={"levels": tuple(found)})
        if not isinstance(basis, Legendre | BSpline) or basis.range is not None or (
                isinstance(basis, BSpline) and isinstance(basis.knots, tuple)):
            return basis
        x = table.numbers(basis.column, findings)
        x = x[x == x]
        low, high = (float(x.min()), float(x.max())) if x.size else (0.0, 0.0)
        return basis.model_copy(update={"range": (low, high)}) if low < high else basis

    def fill_component(part: Component) -> Component:
        return part.model_copy(update={"basis": fill(part.basis)}) if part.basis else part

    def fill_random(effect: RandomEffect) -> RandomEffect:
        if effect.components is None:
            return effect
        filled = {name: fill_component(part) for name, part in effect.components.items()}
        return effect.model_copy(update={"components": filled})

    def fill_trait(own: TraitModel) -> TraitModel:
        return own if own.fixed is None else own.model_copy(update={
            "fixed": tuple(fill(effect) for effect in own.fixed)})

    traits = model.traits if isinstance(model.traits, tuple) else {
        name: fill_trait(own) for name, own in model.traits.items()}
    return model.model_copy(update={
        "traits": traits, "fixed": tuple(fill(effect) for effect in model.fixed),
        "random": tuple(fill_random(effect) for effect in model.random)})

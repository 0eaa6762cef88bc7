"""What a basis takes from the data where the run file does not say: ends of a range, classes.

They move every solution of the regression, so they belong to the run as understood.
"""

from __future__ import annotations

from typing import Any

from breedeval.errors import Findings
from breedeval.model.columns import Mask, finite_numbers, having_any, rows_of
from breedeval.model.spec import Component, Model, RandomEffect, TraitModel
from breedeval.model.terms import BSpline, Classes, FixedEffects, Legendre
from breedeval.records import Table


def with_ranges(model: Model, table: Table, used: Mask, findings: Findings) -> Model:
    """The model with ``range`` of every Legendre and B-spline basis, and ``levels`` of classes.

    Each is of the records that have a trait of the effect. Constant covariates are left as they
    are.

    Parameters
    ----------
    model : Model
    table : Table
        The records that are used.
    used : ndarray of bool, shape (n, T)
        Which of the traits each record has.
    findings : Findings
        Receives cells that are no numbers.
    """
    names = model.trait_names

    def fill_trait(trait: int, own: TraitModel) -> TraitModel:
        return own if own.fixed is None else own.model_copy(update={
            "fixed": _fixed(own.fixed, rows_of(table, used[:, trait]), findings)})

    def fill_random(effect: RandomEffect) -> RandomEffect:
        if effect.components is None or all(
                part.basis is None for part in effect.components.values()):
            return effect
        traits = [names.index(name) for name in model.traits_of(effect)]
        rows = rows_of(table, having_any(used, traits))
        filled = {name: _component(part, rows, findings)
                  for name, part in effect.components.items()}
        return effect.model_copy(update={"components": filled})

    traits = model.traits if isinstance(model.traits, tuple) else {
        name: fill_trait(at, own) for at, (name, own) in enumerate(model.traits.items())}
    return model.model_copy(update={
        "traits": traits, "fixed": _fixed(model.fixed, table, findings),
        "random": tuple(fill_random(effect) for effect in model.random)})


def _fixed(effects: FixedEffects, table: Table, findings: Findings) -> FixedEffects:
    return tuple(_ranged(effect, table, findings) for effect in effects)


def _component(part: Component, table: Table, findings: Findings) -> Component:
    basis = part.basis
    if basis is None:
        return part
    if isinstance(basis, Classes) and basis.levels is None:
        found = tuple(table.classes(basis.column)[0].to_list())
        return part.model_copy(update={"basis": basis.model_copy(update={"levels": found})})
    return part.model_copy(update={"basis": _ranged(basis, table, findings)})


def _ranged(basis: Any, table: Table, findings: Findings) -> Any:
    """With the ends of its covariate, where it is to have them and they are not given."""
    if not isinstance(basis, Legendre | BSpline) or basis.range is not None or (
            isinstance(basis, BSpline) and isinstance(basis.knots, tuple)):
        return basis
    x = finite_numbers(table, basis.column, findings)
    x = x[x == x]
    low, high = (float(x.min()), float(x.max())) if x.size else (0.0, 0.0)
    return basis.model_copy(update={"range": (low, high)}) if low < high else basis

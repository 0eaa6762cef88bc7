"""Fixed effects of a trait, from the records that have it."""

from __future__ import annotations

import numpy as np

from breedeval.errors import Findings
from breedeval.levels import classify
from breedeval.model.basis import function_names, powers
from breedeval.model.columns import finite_numbers, joined
from breedeval.model.design import FixedTerm
from breedeval.model.regression import basis_values
from breedeval.model.spec import Model
from breedeval.model.terms import (
    ClassEffect,
    FixedBSpline,
    FixedLegendre,
    FixedPolynomial,
    Legendre,
    Polynomial,
)
from breedeval.records import Table


def fixed_terms(
    model: Model, trait: int, table: Table, findings: Findings
) -> list[FixedTerm]:
    """Fixed terms of a trait, from the records that have it."""
    name, terms = model.trait_names[trait], []
    intercept = model.intercept_of(name)
    if intercept:
        n = table.size
        terms.append(FixedTerm("intercept", trait, np.zeros(n, np.int32), np.ones((n, 1)), ("",),
                               ("",)))
    for effect in model.fixed_of(name):
        term = (_class_term(effect, trait, table) if isinstance(effect, ClassEffect)
                else _centred_term(effect, trait, table, findings)
                if intercept and isinstance(effect, Polynomial) and effect.within is None
                else _regression_term(effect, trait, table, findings))
        if term is not None:
            terms.append(term)
    return terms


def _class_term(effect: ClassEffect, trait: int, table: Table) -> FixedTerm:
    levels, codes = classify(joined(table, effect.factors))
    return FixedTerm(effect.name, trait, codes, np.ones((table.size, 1)),
                     tuple(levels.to_list()), ("",))


def _centred_term(
    effect: FixedPolynomial, trait: int, table: Table, findings: Findings
) -> FixedTerm | None:
    """Powers of a covariate brought to −1 … 1: with the intercept they span the same space."""
    x = finite_numbers(table, effect.column, findings)
    if np.isnan(x).any():  # a cell that is no number: its fault is recorded already
        return None
    low, high = float(x.min()), float(x.max())
    centre, scale = (low + high) / 2, (high - low) / 2
    if scale == 0.0:
        centre, scale = 0.0, 1.0
    values = powers((x - centre) / scale, effect.degree)
    return FixedTerm(effect.column, trait, np.zeros(table.size, np.int32), values, ("",),
                     function_names(effect), centre, scale)


def _regression_term(
    effect: FixedPolynomial | FixedLegendre | FixedBSpline, trait: int, table: Table,
    findings: Findings,
) -> FixedTerm | None:
    values = basis_values(effect, table, findings)
    if values is None:
        return None
    name = effect.column if isinstance(effect, Polynomial) else (
        f"{'legendre' if isinstance(effect, Legendre) else 'bspline'}({effect.column})")
    no_levels: tuple[str, ...] = ("",)
    if effect.within is None:
        codes, levels = np.zeros(table.size, np.int32), no_levels
    else:
        found, codes = table.classes(effect.within)
        levels, name = tuple(found.to_list()), f"{name} within {effect.within}"
    return FixedTerm(name, trait, codes, values, levels, function_names(effect))

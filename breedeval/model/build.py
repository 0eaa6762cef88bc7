"""From the user's words and a table of records to a design: every cell is looked at once.

Rows that cannot be used are left out and counted; what would make a result wrong is a fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from breedeval.errors import Findings, Problem
from breedeval.levels import Levels, classify
from breedeval.model.basis import (
    Regression,
    evaluate_basis,
    function_names,
    powers,
    smallest_share,
)
from breedeval.model.design import (
    Design,
    FixedTerm,
    RandomComponent,
    RandomTerm,
    ResidualClasses,
)
from breedeval.model.ranges import with_ranges
from breedeval.model.spec import Component, Model, RandomEffect, ResidualModel
from breedeval.model.terms import (
    BSpline,
    ClassEffect,
    Classes,
    FixedBSpline,
    FixedEffect,
    FixedLegendre,
    FixedPolynomial,
    Legendre,
    Polynomial,
)
from breedeval.records import Table
from breedeval.relationship.kind import Members

Mask = NDArray[np.bool_]
FEW = 5
UNKNOWN = ("0", "00", ".", "-9", "-999", "NaN", "nan", "unknown")
"""Labels that mean an unknown individual in other programs."""
EMPTY_CELL = "Leave the cell empty if it means unknown"
NOBODY_KNOWN = "None of the records' individuals is: compare how the two files write them"
FAR = 15.0
"""Interquartile ranges from the median beyond which a trait value is pointed out."""
TOLD_APART = 1e-9
"""Least 1 − R² of a function of a covariate on those before it; its solution is then good to
about 4e-15/1e-9, and breeding values to 1e-7."""


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
    table.require(_columns(model), findings, "named in the model")
    findings.raise_faults()
    read = [_read_trait(model, trait, table, findings) for trait in model.trait_names]
    used = np.column_stack([one.used for one in read])
    rows = np.flatnonzero(used.any(axis=1))
    _require_records(model, used, table, findings)
    used = used[rows]
    kept = table if rows.size == table.size else table.select(rows)
    model = with_ranges(model, kept, findings)
    parts = [kept if mask.all() else kept.select(np.flatnonzero(mask)) for mask in used.T]
    fixed = tuple(term for trait, part in enumerate(parts)
                  for term in _fixed_terms(model, trait, part, findings))
    random = tuple(_random_term(model, effect, kept, used, known, findings)
                   for effect in model.random)
    residual = _residual_classes(model.residual, kept, findings)
    findings.raise_faults()
    unit, trait = np.nonzero(used)
    y = np.column_stack([one.y[rows] for one in read])[used]
    weights = np.column_stack([one.weights[rows] for one in read])[used]
    design = Design(model, y, trait.astype(np.int32), unit.astype(np.int32), weights, fixed,
                    random, residual, rows)
    _report_thin_levels(design, kept, findings)
    _report_far_values(design, kept, findings)
    return design


@dataclass(frozen=True, eq=False)
class _Read:
    """One trait's values and weights, and the rows where it can be used."""

    y: NDArray[np.float64]
    weights: NDArray[np.float64]
    used: Mask


def _read_trait(model: Model, trait: str, table: Table, findings: Findings) -> _Read:
    y = _numbers(table, trait, findings)
    column = model.weights_of(trait)
    weights = _weights(table, column, findings) if column else np.ones(table.size)
    return _Read(y, weights, _complete(model, trait, table, y, weights, findings))


def _require_records(model: Model, used: Mask, table: Table, findings: Findings) -> None:
    for trait, mask in zip(model.trait_names, used.T, strict=True):
        if not mask.any():
            findings.raise_faults()
            findings.fault(f"no records:{trait}", Problem(
                table.source, f"no row has the trait '{trait}' and every effect of the model",
                "Expected at least one complete record",
                "Look at the missing cells named above, and at 'records: missing'"))
    findings.raise_faults()


def _columns(model: Model) -> list[str]:
    names = list(model.trait_names)
    for trait in model.trait_names:
        names += [name for effect in model.fixed_of(trait) for name in _fixed_columns(effect)]
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


def _fixed_columns(effect: FixedEffect) -> list[str]:
    if isinstance(effect, ClassEffect):
        return list(effect.factors)
    return [effect.column] + ([effect.within] if effect.within else [])


def _numbers(table: Table, name: str, findings: Findings) -> NDArray[np.float64]:
    values = table.numbers(name, findings)
    infinite = np.flatnonzero(np.isinf(values))
    if infinite.size:
        findings.fault(f"infinite:{name}", *(
            Problem(table.where(int(row)), f"'{name}' is infinite", "Expected a finite number",
                    "Correct the cell or leave it empty") for row in infinite[:FEW]),
            total=int(infinite.size))
    return values


def _weights(table: Table, name: str, findings: Findings) -> NDArray[np.float64]:
    weights = _numbers(table, name, findings)
    wrong = np.flatnonzero(weights <= 0)
    if wrong.size:
        findings.fault("weights", *(
            Problem(table.where(int(row)), f"the weight in '{name}' is {weights[row]:g}",
                    "Expected a number above zero",
                    "Remove the record if it carries no information") for row in wrong[:FEW]),
            total=int(wrong.size))
    return weights


def _complete(
    model: Model, trait: str, table: Table, y: NDArray[np.float64],
    weights: NDArray[np.float64], findings: Findings,
) -> Mask:
    """Rows with a value for the trait and for everything its model needs of every record."""
    has_trait = ~np.isnan(y)
    lacking = int(table.size - has_trait.sum())
    if lacking:
        findings.warn(f"missing trait:{trait}", Problem(
            table.source, f"{lacking} of {table.size} rows have no '{trait}' and are "
            f"not used{_for(model, trait)}"))
    used = has_trait.copy()
    for name in dict.fromkeys(_needed(model, trait)):
        present = _present(table, name, findings)
        _report_missing(model, trait, table, name, has_trait & ~present, findings)
        used &= present
    if column := model.weights_of(trait):
        _report_missing(model, trait, table, column, has_trait & np.isnan(weights), findings)
        used &= ~np.isnan(weights)
    return used


def _for(model: Model, trait: str) -> str:
    """Which trait a sentence is about, where there are several."""
    return f" for '{trait}'" if len(model.trait_names) > 1 else ""


def _needed(model: Model, trait: str) -> list[str]:
    """Columns without which a record cannot be used for a trait."""
    names = [name for effect in model.fixed_of(trait) for name in _fixed_columns(effect)]
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


def _present(table: Table, name: str, findings: Findings) -> Mask:
    present = np.ones(table.size, bool)
    for part in name.split(":"):
        present &= np.asarray(pc.is_valid(table.text(part)).to_numpy(zero_copy_only=False))
    return present


def _report_missing(
    model: Model, trait: str, table: Table, name: str, lacking: Mask, findings: Findings
) -> None:
    rows = np.flatnonzero(lacking)
    if rows.size:
        findings.warn(f"missing:{name}:{trait}", Problem(
            table.source, f"{rows.size} records have no '{name}' and are not used"
            f"{_for(model, trait)} (the first is {table.where(int(rows[0]))})"))


def _fixed_terms(
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
    levels, codes = classify(_joined(table, effect.factors))
    return FixedTerm(effect.name, trait, codes, np.ones((table.size, 1)),
                     tuple(levels.to_list()), ("",))


def _centred_term(
    effect: FixedPolynomial, trait: int, table: Table, findings: Findings
) -> FixedTerm | None:
    """Powers of a covariate brought to −1 … 1: with the intercept they span the same space."""
    x = _numbers(table, effect.column, findings)
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
    values = _basis_values(effect, table, findings)
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


def _basis_values(
    basis: Regression, table: Table, findings: Findings
) -> NDArray[np.float64] | None:
    """Functions of the covariate for every record; None, with a fault, when it is constant."""
    x = _numbers(table, basis.column, findings)
    if np.isnan(x).any():  # a cell that is no number: its fault is recorded already
        return None
    ends = (float(x.min()), float(x.max()))
    given = _given_ends(basis)
    if not isinstance(basis, Polynomial) and given is None and ends[0] == ends[1]:
        findings.fault("constant covariate", Problem(
            table.source, f"the covariate '{basis.column}' is {ends[0]:g} in every record",
            "Expected at least two different values",
            "Give 'range:', or leave the covariate out"))
        return None
    if given is not None:
        outside = int(((x < given[0]) | (x > given[1])).sum())
        if outside:
            findings.warn("outside range", Problem(
                table.source, f"{outside} records have '{basis.column}' outside its range "
                f"{given[0]:g} to {given[1]:g}; the polynomial is extrapolated there"))
    values = evaluate_basis(basis, x, ends)
    if not isinstance(basis, BSpline) and np.unique(x).size > basis.degree and (
            smallest_share(basis, values) < TOLD_APART):
        findings.fault(f"powers:{basis.column}", _too_alike(basis, ends, table))
        return None
    return values


def _given_ends(basis: Regression) -> tuple[float, float] | None:
    """Ends of the covariate that the run file gives."""
    if isinstance(basis, BSpline) and isinstance(basis.knots, tuple):
        return basis.knots[0], basis.knots[-1]
    return None if isinstance(basis, Polynomial) else basis.range


def _too_alike(basis: Regression, ends: tuple[float, float], table: Table) -> Problem:
    remedy = ("Give a 'range:' that fits the data" if isinstance(basis, Legendre) else
              f"Use {{legendre: {basis.column}, degree: {basis.degree}}}, which fits the same "
              "curve, or subtract a constant from the column")
    return Problem(
        table.source, f"the functions of '{basis.column}' up to degree {basis.degree} are too "
        f"alike to be told apart: it runs from {ends[0]:.10g} to {ends[1]:.10g}",
        "Expected values around zero" if isinstance(basis, Polynomial) else "", remedy)


def _residual_classes(
    residual: ResidualModel, table: Table, findings: Findings
) -> ResidualClasses:
    codes, levels = np.zeros(table.size, np.int32), ("",)
    if residual.by is not None:
        found, codes = classify(_joined(table, tuple(residual.by.split(":"))))
        levels = tuple(found.to_list())
    columns = [_numbers(table, name, findings) for name in residual.log_linear]
    covariates = np.column_stack(columns) if columns else np.zeros((table.size, 0))
    return ResidualClasses(codes, levels, covariates, residual.log_linear)


def _joined(table: Table, factors: tuple[str, ...]) -> pa.Array:
    """One column of text; an interaction's labels are joined by ``:``, null where one is."""
    columns = [table.text(name) for name in factors]
    if len(columns) == 1:
        return columns[0]
    return pc.binary_join_element_wise(*columns, pa.scalar(":", pa.large_string()),
                                       null_handling="emit_null")


def _random_term(
    model: Model, effect: RandomEffect, table: Table, used: Mask, known: Mapping[str, Members],
    findings: Findings,
) -> RandomTerm:
    """One random effect, read from the records that have one of its traits."""
    traits = [model.trait_names.index(name) for name in model.traits_of(effect)]
    own = used[:, traits].any(axis=1)
    part = table if own.all() else table.select(np.flatnonzero(own))
    brought = known.get(effect.relationship)
    levels = brought.levels if brought else _observed_levels(effect, part)
    components = []
    for name, component in effect.parts.items():
        read = _random_component(effect, name, component, part, levels, brought, findings)
        components.append(read if own.all() else _spread(read, own))
    return RandomTerm(effect.name, effect.relationship, levels, tuple(components), tuple(traits))


def _spread(component: RandomComponent, own: Mask) -> RandomComponent:
    """The same for all records, where only some (``own``) have a trait of the effect."""
    codes = np.full((own.size, component.codes.shape[1]), -1, np.int32)
    values = np.zeros((own.size, component.values.shape[1]))
    shift = np.zeros(own.size, np.int32)
    codes[own], values[own], shift[own] = component.codes, component.values, component.shift
    return replace(component, codes=codes, values=values, shift=shift)


def _observed_levels(effect: RandomEffect, table: Table) -> Levels:
    columns = [_joined(table, tuple(source.split(":")))
               for part in effect.parts.values() for source in part.sources]
    return classify(pa.concat_arrays(columns))[0]


def _random_component(
    effect: RandomEffect, name: str, part: Component, table: Table, levels: Levels,
    brought: Members | None, findings: Findings,
) -> RandomComponent:
    codes = np.empty((table.size, len(part.sources)), np.int32)
    for at, source in enumerate(part.sources):
        labels = _joined(table, tuple(source.split(":")))
        codes[:, at] = levels.codes(labels)
        if brought is not None and brought.aliases:
            _resolve_aliases(codes[:, at], labels, levels, brought.aliases)
        present = np.asarray(pc.is_valid(labels).to_numpy(zero_copy_only=False))
        _report_unknown(effect, source, present & (codes[:, at] < 0), labels, table, brought,
                        findings)
        if part.columns is None and not present.all():
            findings.warn(f"no level:{effect.name}:{name}", Problem(
                table.source, f"{int((~present).sum())} records have no '{source}' and carry no "
                f"'{name}' effect"))
    values, shift = np.ones((table.size, 1)), np.zeros(table.size, np.int32)
    if isinstance(part.basis, Classes):
        shift = _class_of(part.basis, table, findings)
        codes[shift < 0] = -1
        shift = np.maximum(shift, 0)
    elif part.basis is not None:
        found = _basis_values(part.basis, table, findings)
        values = values if found is None else found
    return RandomComponent(name, codes, values, shift, tuple(part.coefficients(name)))


def _class_of(basis: Classes, table: Table, findings: Findings) -> NDArray[np.int32]:
    """Class of each record among those listed; −1, with a warning, for records of others."""
    listed = Levels.of(list(basis.levels or ()))
    codes = listed.codes(table.text(basis.column))
    others = int((codes < 0).sum())
    if others:
        findings.warn(f"other classes:{basis.column}", Problem(
            table.source, f"{others} records are of a '{basis.column}' that 'levels' does not "
            "list, and carry no effect of it"))
    absent = np.flatnonzero(np.bincount(codes[codes >= 0], minlength=len(listed)) == 0)
    if absent.size:
        findings.fault(f"no class:{basis.column}", *(Problem(
            table.source, f"no record is of the '{basis.column}' '{listed[int(at)]}'",
            "Expected a record of each class listed", "Correct 'levels'")
            for at in absent[:FEW]), total=int(absent.size))
    return codes.astype(np.int32)


def _resolve_aliases(
    codes: NDArray[np.int32], labels: pa.Array, levels: Levels, aliases: Mapping[str, str]
) -> None:
    """Give clones the code of the individual each is a copy of, in place."""
    clones = Levels.of(list(aliases))
    originals = levels.codes(list(aliases.values()))
    which = clones.codes(labels)
    is_clone = which >= 0
    codes[is_clone] = originals[which[is_clone]]


def _report_unknown(
    effect: RandomEffect, source: str, unknown: Mask, labels: pa.Array, table: Table,
    brought: Members | None, findings: Findings,
) -> None:
    rows = np.flatnonzero(unknown)
    remedy = (NOBODY_KNOWN if 1 < rows.size == unknown.size else
              "Add a line for it (parents may be unknown), or remove the record")
    if rows.size and brought is not None:
        findings.fault(f"not in relationship:{effect.name}:{source}", *(
            Problem(table.where(int(row)), f"'{labels[int(row)].as_py()}' in column '{source}' is "
                    f"not in {brought.source}",
                    f"Effect '{effect.name}' needs every individual there",
                    EMPTY_CELL if labels[int(row)].as_py() in UNKNOWN else remedy)
            for row in rows[:FEW]), total=int(rows.size))


def _report_far_values(design: Design, table: Table, findings: Findings) -> None:
    """Warn of trait values far outside the others: codes of missing cells, slipped points."""
    for trait, name in enumerate(design.traits):
        own = design.of_trait(trait)
        y = design.y[own]
        low, middle, high = np.quantile(y, [0.25, 0.5, 0.75])
        far = np.flatnonzero(np.abs(y - middle) > FAR * (high - low))
        if far.size and high > low:
            findings.warn(f"far values:{name}", *(Problem(
                table.where(int(design.unit[own[at]])), f"'{name}' is {y[at]:g}, far from the "
                f"others (half of them lie between {low:g} and {high:g})", "",
                "If it means missing, add it to 'records: missing'") for at in far[:FEW]),
                total=int(far.size))


def _report_thin_levels(design: Design, table: Table, findings: Findings) -> None:
    """Count levels with one record, and class effects with one level."""
    for term in design.fixed:
        if not term.is_class or term.name == "intercept":
            continue
        words = _for(design.model, design.traits[term.trait])
        counts = np.bincount(term.codes, minlength=len(term.levels))
        single = int((counts == 1).sum())
        if len(term.levels) == 1:
            findings.warn(f"one level:{term.name}{words}", Problem(
                table.source, f"'{term.name}' has one level only ('{term.levels[0]}') and says "
                f"nothing beyond the mean{words}"))
        elif single:
            findings.warn(f"single:{term.name}{words}", Problem(
                table.source, f"{single} of the {len(term.levels)} levels of '{term.name}' have "
                f"one record{words}, which then says nothing of the animal"))
    for trait, name in enumerate(design.traits):
        y = design.y[design.trait == trait]
        if y.size > 1 and float(np.ptp(y)) == 0.0:
            findings.warn(f"constant trait:{name}", Problem(
                table.source, f"'{name}' is {y[0]:g} in every record"))

"""Random effects: the levels of every record, and the coefficients it has of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from breedeval.errors import Findings, Problem
from breedeval.levels import Levels, classify
from breedeval.model.columns import FEW, Mask, having_any, joined, rows_of
from breedeval.model.consistency import size_misfits
from breedeval.model.design import RandomComponent, RandomTerm
from breedeval.model.regression import basis_values
from breedeval.model.spec import Component, Model, RandomEffect
from breedeval.model.terms import Classes
from breedeval.records import Table
from breedeval.relationship.kind import Members

UNKNOWN = ("0", "00", ".", "-9", "-999", "NaN", "nan", "unknown")
"""Labels that mean an unknown individual in other programs."""
EMPTY_CELL = "Leave the cell empty if it means unknown"
NOBODY_KNOWN = "None of the records' individuals is: compare how the two files write them"


def random_term(
    model: Model, effect: RandomEffect, table: Table, used: Mask, known: Mapping[str, Members],
    findings: Findings,
) -> RandomTerm:
    """One random effect, read from the records that have one of its traits."""
    traits = [model.trait_names.index(name) for name in model.traits_of(effect)]
    own = having_any(used, traits)
    part = rows_of(table, own)
    brought = known.get(effect.relationship)
    levels = brought.levels if brought else _observed_levels(effect, part)
    components = []
    for name, component in effect.parts.items():
        read = _random_component(effect, name, component, part, levels, brought, findings)
        components.append(read if own.all() else _spread(read, own))
    for misfit in size_misfits(model, effect.name, effect.covariance):
        findings.fault(f"size:{effect.name}", Problem(
            table.source, misfit.found, misfit.expected, misfit.remedy))
    return RandomTerm(effect.name, effect.relationship, levels, tuple(components), tuple(traits))


def _spread(component: RandomComponent, own: Mask) -> RandomComponent:
    """The same for all records, where only some (``own``) have a trait of the effect."""
    codes = np.full((own.size, component.codes.shape[1]), -1, np.int32)
    values = np.zeros((own.size, component.values.shape[1]))
    shift = np.zeros(own.size, np.int32)
    codes[own], values[own], shift[own] = component.codes, component.values, component.shift
    return replace(component, codes=codes, values=values, shift=shift)


def _observed_levels(effect: RandomEffect, table: Table) -> Levels:
    columns = [joined(table, tuple(source.split(":")))
               for part in effect.parts.values() for source in part.sources]
    return classify(pa.concat_arrays(columns))[0]


def _random_component(
    effect: RandomEffect, name: str, part: Component, table: Table, levels: Levels,
    brought: Members | None, findings: Findings,
) -> RandomComponent:
    codes = np.empty((table.size, len(part.sources)), np.int32)
    for at, source in enumerate(part.sources):
        labels = joined(table, tuple(source.split(":")))
        codes[:, at] = levels.codes(labels)
        if brought is not None and brought.aliases:
            _resolve_aliases(codes[:, at], labels, levels, brought.aliases)
        present = np.asarray(pc.is_valid(labels).to_numpy(zero_copy_only=False))
        unknown = present & (codes[:, at] < 0)
        if brought is not None and len(brought.without):
            unknown &= brought.without.codes(labels) < 0
        _report_unknown(effect, source, unknown, labels, table, brought, findings)
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
        found = basis_values(part.basis, table, findings)
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
    if rows.size and brought is not None:
        remedy = NOBODY_KNOWN if 1 < rows.size == unknown.size else brought.remedy
        findings.fault(f"not in relationship:{effect.name}:{source}", *(
            Problem(table.where(int(row)), f"'{labels[int(row)].as_py()}' in column '{source}' is "
                    f"not in {brought.source}",
                    f"Effect '{effect.name}' needs every individual there",
                    EMPTY_CELL if labels[int(row)].as_py() in UNKNOWN else remedy)
            for row in rows[:FEW]), total=int(rows.size))

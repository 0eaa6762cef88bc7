"""What can be checked of a run file without any data, across its parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from breedeval.model.form import KeyPath, Misfit
from breedeval.model.spec import Model
from breedeval.relationship.settings import (
    BUILT_IN,
    RelationshipSettings,
    kind_of_relationship,
)

RELATIONSHIPS_LATER = ("genomic", "single_step")
"""Promised kinds and built-in names that no version builds yet; delete a name when one does."""

LOG_LINEAR = "log_linear"
"""Key under ``variances`` for the slopes of the log of the residual variance."""

ROUNDING = 1e-12
"""Smallest eigenvalue, relative to the largest, above which a matrix is positive definite."""

Plain = float | tuple[tuple[float, ...], ...]
Value = Plain | Mapping[str, Plain]

def did_you_mean(word: str, known: list[str]) -> str:
    """``Did you mean 'pedigree'?``, or nothing when no known word is near."""
    folded = {name.casefold(): name for name in known}
    near = get_close_matches(word.casefold(), list(folded), 1)
    return f"Did you mean '{folded[near[0]]}'?" if near else ""


def relationship_misfits(
    model: Model, relationships: Mapping[str, RelationshipSettings], pedigree: object | None
) -> Iterator[Misfit]:
    """Relationships that the model uses and nobody defines, or that lack a pedigree."""
    known = list(dict.fromkeys([*relationships, *BUILT_IN]))
    lacks_pedigree = False
    for at, effect in enumerate(model.random):
        name, path = effect.relationship, ("model", "random", at, "relationship")
        if name in RELATIONSHIPS_LATER and name not in known:
            yield Misfit(path, f"relationship '{name}' is not supported yet",
                         f"Expected one of: {', '.join(known)}")
        elif name not in known:
            yield Misfit(path, f"there is no relationship '{name}'",
                         f"Expected one of: {', '.join(known)}",
                         did_you_mean(name, known) or f"Describe '{name}' under 'relationships'")
        elif pedigree is None and not lacks_pedigree and kind_of_relationship(
                name, relationships).needs_pedigree:
            lacks_pedigree = True
            yield Misfit(path, f"relationship '{name}' needs a pedigree, and none is named", "",
                         "Add 'pedigree:' with 'file:' to the run file")


def variance_misfits(model: Model, variances: Mapping[str, Value]) -> Iterator[Misfit]:
    """Variances that are missing, too many, of the wrong shape, or not positive definite."""
    wanted = [*(effect.name for effect in model.random), "residual"]
    if model.residual.log_linear:
        wanted.append(LOG_LINEAR)
    missing = [name for name in wanted if name not in variances]
    for name in [name for name in variances if name not in wanted]:
        near = did_you_mean(name, missing)
        yield Misfit(("variances", name), f"'{name}' is no random effect of the model",
                     f"Expected one of: {', '.join(wanted)}", near or f"Remove '{name}'")
        missing = [other for other in missing if f"'{other}'" not in near]
    for name in missing:
        yield Misfit(("variances",), f"there is no variance for '{name}'", "",
                     f"Add '{name}:' with its variance under 'variances'")
    for name, value in variances.items():
        if name in wanted:
            yield from _given(model, name, value, ("variances", name))


def estimation_misfits(
    model: Model, start: Mapping[str, Value], solver: str
) -> Iterator[Misfit]:
    """What cannot be had of an estimation: starts of the wrong shape, an iterative solver."""
    wanted = [*(effect.name for effect in model.random), "residual"]
    if model.residual.log_linear:
        wanted.append(LOG_LINEAR)
    for name, value in start.items():
        path = ("variances", "start", name)
        if name in wanted:
            yield from _given(model, name, value, path)
        else:
            yield Misfit(path, f"'{name}' is no random effect of the model",
                         f"Expected one of: {', '.join(wanted)}",
                         did_you_mean(name, wanted) or f"Remove '{name}'")
    if solver == "pcg":
        yield Misfit(("solve", "method"), "variances cannot be estimated by conjugate gradients",
                     "Expected a direct solver: the likelihood needs a factorisation",
                     "Remove 'method', or give values under 'variances'")


def _given(model: Model, name: str, value: Value, path: KeyPath) -> Iterator[Misfit]:
    """One value or start: its shape, and whether it can be a covariance matrix."""
    if name == LOG_LINEAR:
        yield from _slopes(model, value, path)
        return
    if isinstance(value, Mapping):
        if name != "residual" or model.residual.by is None:
            yield Misfit(path, f"'{name}' has keys", "Expected a number or a matrix",
                         "Only a residual with 'by:' has one for each class")
            return
        for label, own in value.items():
            yield from _one(name, own, _cells(model, name), (*path, label))
        return
    yield from _one(name, value, _cells(model, name), path)


def _slopes(model: Model, value: Value, path: KeyPath) -> Iterator[Misfit]:
    names = model.residual.log_linear
    if not isinstance(value, Mapping) or set(value) != set(names) or any(
            isinstance(number, tuple) for number in value.values()):
        yield Misfit(path, f"'{LOG_LINEAR}' does not fit the residual's covariates",
                     f"Expected a number for each of: {', '.join(names)}")


def _cells(model: Model, name: str) -> tuple[str, ...] | None:
    """Names of rows and columns of an effect's matrix; None while classes are not known."""
    if name == "residual":
        return model.trait_names
    effect = next(effect for effect in model.random if effect.name == name)
    traits, coefficients = model.traits_of(effect), effect.coefficients
    if coefficients is None or len(traits) == 1:
        return coefficients
    if len(coefficients) == 1:
        return traits
    return tuple(f"{coefficient}:{trait}" for coefficient in coefficients for trait in traits)


def _one(
    name: str, value: Plain, cells: tuple[str, ...] | None, path: KeyPath
) -> Iterator[Misfit]:
    rows = value if isinstance(value, tuple) else ((value,),)
    if cells is None:
        cells = tuple(str(at + 1) for at in range(len(rows)))
    size = len(cells)
    shape = "a variance (one number)" if size == 1 else (
        f"a {size} × {size} matrix, its rows and columns in the order "
        f"{', '.join(cells)}")
    lengths = [len(row) for row in rows]
    if lengths != [size] * size:
        given = ("one number" if not isinstance(value, tuple) else
                 f"a {len(rows)} × {lengths[0]} matrix" if len(set(lengths)) == 1 else
                 f"rows of different length ({', '.join(map(str, lengths))})")
        yield Misfit(path, f"the variance of '{name}' is {given}", f"Expected {shape}")
        return
    matrix = np.array(rows, np.float64)
    if size == 1:
        yield from _number(name, float(matrix[0, 0]), path)
    else:
        yield from _matrix(name, matrix, cells, path)


def _number(name: str, value: float, path: KeyPath) -> Iterator[Misfit]:
    if value > 0:
        return
    remedy = "Correct it"
    if value == 0 and name != "residual":
        remedy = f"To leave the effect out, remove '{name}' from 'random' and 'variances'"
    words = "residual variance" if name == "residual" else f"variance of '{name}'"
    yield Misfit(path, f"the {words} is {value:g}",
                 "Expected a number above 0", remedy)


def _matrix(
    name: str, matrix: NDArray[np.float64], coefficients: tuple[str, ...], path: KeyPath
) -> Iterator[Misfit]:
    uneven = np.argwhere(np.triu(matrix != matrix.T))
    for row, column in uneven[:1]:
        one, other = coefficients[row], coefficients[column]
        yield Misfit(path, f"the matrix of '{name}' is not symmetric: ({one}, {other}) is "
                     f"{matrix[row, column]:g} and ({other}, {one}) is {matrix[column, row]:g}",
                     "Expected the same covariance in both places")
    if uneven.size:
        return
    empty = [coefficients[k] for k in np.flatnonzero(np.diagonal(matrix) <= 0)]
    for component in empty:
        yield Misfit(path, f"the variance of '{component}' in '{name}' is not above 0",
                     "Expected positive numbers on the diagonal",
                     f"To leave it out, remove '{component}' from the effect")
    values = np.linalg.eigvalsh(matrix)
    rounding = ROUNDING * values[-1]
    if not empty and values[0] <= rounding:
        smallest = 0.0 if abs(values[0]) <= rounding else values[0]
        yield Misfit(path, f"the matrix of '{name}' is not positive definite: its smallest "
                     f"eigenvalue is {smallest:.4g}",
                     "Expected every eigenvalue above 0 (a correlation of ±1 gives 0)",
                     "Correct a covariance, or remove a component")

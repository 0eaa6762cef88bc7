"""What can be checked of variances without any data: those given, and how others are estimated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from breedeval.model.consistency import LOG_LINEAR
from breedeval.model.form import KeyPath, Misfit, did_you_mean, repeated
from breedeval.model.spec import Model

if TYPE_CHECKING:
    from breedeval.config.settings import Estimation

ROUNDING = 1e-12
"""Smallest eigenvalue, relative to the largest, above which a matrix is positive definite."""

Plain = float | tuple[tuple[float, ...], ...]
Value = Plain | Mapping[str, Plain]


def variance_misfits(
    model: Model, variances: Mapping[str, Value] | Estimation, solver: str
) -> Iterator[Misfit]:
    """Whatever is wrong with ``variances``, given or estimated."""
    if isinstance(variances, Mapping):
        yield from _value_misfits(model, variances)
    else:
        yield from _estimation_misfits(model, variances, solver)


def _wanted(model: Model) -> list[str]:
    """Keys of ``variances``."""
    slopes = [LOG_LINEAR] if model.residual.log_linear else []
    return [*(effect.name for effect in model.random), "residual", *slopes]


def _value_misfits(model: Model, variances: Mapping[str, Value]) -> Iterator[Misfit]:
    """Variances that are missing, too many, of the wrong shape, or not positive definite."""
    wanted = _wanted(model)
    missing = [name for name in wanted if name not in variances]
    for name in [name for name in variances if name not in wanted]:
        misfit = _no_effect(name, wanted, missing, ("variances", name))
        yield misfit
        missing = [other for other in missing if f"'{other}'" not in misfit.remedy]
    for name in missing:
        words = "are no slopes for" if name == LOG_LINEAR else "is no variance for"
        add = (f"'{name}: {{{model.residual.log_linear[0]}: 0}}'" if name == LOG_LINEAR else
               f"'{name}:' with its variance")
        yield Misfit(("variances",), f"there {words} '{name}'", "",
                     f"Add {add} under 'variances'")
    for name, value in variances.items():
        if name in wanted:
            yield from _given(model, name, value, ("variances", name))


def _no_effect(name: str, wanted: list[str], near: list[str], path: KeyPath) -> Misfit:
    remedy = did_you_mean(name, near) or (
        f"Name the covariates as 'log_linear' of the model's 'residual', or remove '{name}'"
        if name == LOG_LINEAR else f"Remove '{name}'")
    return Misfit(path, f"'{name}' is no random effect of the model",
                  f"Expected one of: {', '.join(wanted)}", remedy)


def _estimation_misfits(model: Model, asked: Estimation, solver: str) -> Iterator[Misfit]:
    """What cannot be had of an estimation."""
    wanted = _wanted(model)
    for name, value in asked.start.items():
        path = ("variances", "start", name)
        if name in wanted:
            yield from _given(model, name, value, path)
        else:
            yield _no_effect(name, wanted, wanted, path)
    owners = [name for name in wanted if name != LOG_LINEAR]
    named: list[tuple[KeyPath, str]] = [
        *((("fix", at), name) for at, name in enumerate(asked.fix)),
        *((("tie", at), name) for at, names in enumerate(asked.tie) for name in names),
        *((("bound", name), name) for name in asked.bound),
        *((("profile", at), name) for at, name in enumerate(asked.profile))]
    for below, name in named:
        if not any(name == owner or name.startswith((f"{owner}(", f"{owner}.", f"{owner}["))
                   for owner in owners):
            yield Misfit(
                ("variances", *below), f"'{name}' is no parameter of the model",
                f"Expected one of {', '.join(owners)}, or a parameter such as "
                f"'{owners[0]}(a,b)'", did_you_mean(name, owners))
    yield from _fixed_misfits(asked, owners)
    if solver == "pcg":
        yield Misfit(("solve", "method"), "variances cannot be estimated by conjugate gradients",
                     "Expected a direct solver: the likelihood needs a factorisation",
                     "Remove 'method', or give values under 'variances'")


def _fixed_misfits(asked: Estimation, owners: Sequence[str]) -> Iterator[Misfit]:
    """What is to stay at a start that nobody gave."""
    for at, name in enumerate(asked.fix):
        owner = next((owner for owner in owners if name == owner or name.startswith(
            (f"{owner}(", f"{owner}.", f"{owner}["))), None)
        key = LOG_LINEAR if name.startswith("residual.log_linear") else owner
        if key is not None and key not in asked.start:
            yield Misfit(("variances", "fix", at), f"'{name}' is fixed, and has no start value",
                         "Expected the value that it stays at",
                         f"Add '{key}:' with it under 'start'")


def constraint_misfits(
    tie: Sequence[Sequence[str]], bound: Mapping[str, tuple[float, float]]
) -> Iterator[Misfit]:
    """Sets of one parameter, a parameter in two sets, and bounds that do not rise."""
    for at, names in enumerate(tie):
        if len(names) < 2:
            yield Misfit(("tie", at), f"'{names[0]}' is tied to nothing" if names else
                         "there is nothing to tie", "Expected lists of two names or more",
                         "Write 'tie: [[one, other]]'")
    for name in dict.fromkeys(repeated([name for names in tie for name in names])):
        yield Misfit(("tie",), f"'{name}' is tied twice", "",
                     "Put everything that is equal to it into one list")
    for name, (low, high) in bound.items():
        if not low < high:
            yield Misfit(("bound", name), f"the bounds [{low:g}, {high:g}] of '{name}' are empty",
                         "Expected the smaller end first", f"To hold it, use 'fix: [{name}]'"
                         if low == high else "")


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
            yield from _one(name, own, model.cells_of(name), (*path, label))
        return
    yield from _one(name, value, model.cells_of(name), path)


def _slopes(model: Model, value: Value, path: KeyPath) -> Iterator[Misfit]:
    names = model.residual.log_linear
    expected = f"Expected a number for each of: {', '.join(names)}"
    if not isinstance(value, Mapping):
        shape = "one number" if isinstance(value, float) else "a matrix"
        yield Misfit(path, f"'{LOG_LINEAR}' is {shape}", expected,
                     f"Write '{LOG_LINEAR}: {{{names[0]}: 0}}'")
        return
    missing = [name for name in names if name not in value]
    for name in (name for name in value if name not in names):
        yield Misfit((*path, name), f"'{name}' is no covariate of the residual's 'log_linear'",
                     expected, did_you_mean(name, missing) or f"Remove '{name}'")
    for name, slope in value.items():
        if name in names and isinstance(slope, tuple):
            yield Misfit((*path, name), f"the slope of '{name}' is a matrix", "Expected a number")
    if missing and all(name in names for name in value):
        yield Misfit(path, f"'{LOG_LINEAR}' has no slope for '{missing[0]}'", expected)


def _one(
    name: str, value: Plain, cells: tuple[str, ...] | None, path: KeyPath
) -> Iterator[Misfit]:
    rows = value if isinstance(value, tuple) else ((value,),)
    if cells is None:
        cells = tuple(str(at + 1) for at in range(len(rows)))
    size = len(cells)
    shape = "a variance (one number)" if size == 1 else (
        f"{_article(size)} {size} × {size} matrix, its rows and columns in the order "
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


def _article(size: int) -> str:
    return "an" if str(size).startswith("8") or size in (11, 18) else "a"


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

"""What the variance of a record depends on: classes, and where along covariates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.model.basis import Regression
from breedeval.model.design import Design, RandomComponent
from breedeval.model.terms import Basis, BSpline, Classes, Polynomial

Codes = NDArray[np.int64]
Interval = tuple[float, float]


@dataclass(frozen=True)
class Stratum:
    """Records with the same (co)variances, but for covariates.

    Parameters
    ----------
    label : str
        Its classes, joined by ``:``; empty where all records are alike.
    classes : mapping of class column to class
    residual : int
        Class of the residual.
    """

    label: str
    classes: Mapping[str, str]
    residual: int

    def name(self, component: str) -> str:
        """``component[label]``, or the component alone."""
        return f"{component}[{self.label}]" if self.label else component


def bases_of(design: Design, effect: int) -> tuple[Basis | None, ...]:
    """The basis of every component of a random effect."""
    return tuple(part.basis for part in design.model.random[effect].parts.values())


def make_strata(design: Design, trait: int) -> list[Stratum]:
    """Combinations of classes that the records of a trait have, in the order of the classes."""
    columns: dict[str, tuple[list[str], Codes]] = {}
    for column, levels, codes in _classifications(design, trait):
        labels, known = columns.get(column, ([], np.full(design.records, -1)))
        labels = list(dict.fromkeys([*labels, *levels]))
        place = np.array([labels.index(level) for level in levels])
        here = np.where(codes >= 0, place[codes], -1)
        columns[column] = labels, np.where(known >= 0, known, here)
    if not columns:
        return [Stratum("", {}, 0)]
    rows = design.unit[design.of_trait(trait)]
    found = np.column_stack([codes[rows] for _, codes in columns.values()])
    by, strata = design.model.residual.by, []
    for row in np.unique(found[(found >= 0).all(axis=1)], axis=0):
        classes = {column: labels[code] for (column, (labels, _)), code in zip(
            columns.items(), row, strict=True)}
        residual = design.residual.levels.index(classes[by]) if by else 0
        strata.append(Stratum(":".join(classes.values()), classes, residual))
    return strata


def _classifications(
    design: Design, trait: int
) -> Iterator[tuple[str, tuple[str, ...], NDArray[np.int32]]]:
    """Class column, classes, and the class of each record (−1 unknown), wherever there are any."""
    for component, basis in _components(design, trait):
        if isinstance(basis, Classes):
            known = component.codes[:, 0] >= 0
            yield basis.column, basis.levels or (), np.where(known, component.shift, np.int32(-1))
    if design.model.residual.by:
        yield design.model.residual.by, design.residual.levels, design.residual.codes


def _components(
    design: Design, trait: int
) -> Iterator[tuple[RandomComponent, Basis | None]]:
    """All components of the effects on a trait."""
    for effect, term in enumerate(design.random):
        if trait in term.traits:
            yield from zip(term.components, bases_of(design, effect), strict=True)


def covariate_ranges(design: Design, trait: int) -> dict[str, Interval]:
    """Covariates along which the variances of a trait change, and where: from, to.

    That is the range of a basis, or of the data for powers and for log-linear residual variances;
    the part in common where several regress on one covariate.
    """
    found: dict[str, Interval] = {}
    for column, (low, high) in _intervals(design, trait):
        known = found.get(column, (low, high))
        found[column] = max(low, known[0]), min(high, known[1])
    return found


def _intervals(design: Design, trait: int) -> Iterator[tuple[str, Interval]]:
    for component, basis in _components(design, trait):
        if basis is not None and not isinstance(basis, Classes):
            yield basis.column, _interval(component, basis)
    rows = design.unit[design.of_trait(trait)]
    for name, x in zip(design.residual.names, design.residual.covariates[rows].T, strict=True):
        yield name, (float(x.min()), float(x.max()))


def _interval(component: RandomComponent, basis: Regression) -> Interval:
    if isinstance(basis, Polynomial):
        x = component.values[(component.codes >= 0).any(axis=1), 0]
        return float(x.min()), float(x.max())
    if isinstance(basis, BSpline) and isinstance(basis.knots, tuple):
        return basis.knots[0], basis.knots[-1]
    assert basis.range is not None  # the design filled it in
    return basis.range

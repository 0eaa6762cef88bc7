"""Values of a basis in the records, and whether they tell its functions apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.errors import Findings, Problem
from breedeval.model.basis import Regression, evaluate_basis, smallest_share
from breedeval.model.columns import finite_numbers
from breedeval.model.terms import BSpline, Legendre, Polynomial
from breedeval.records import Table

TOLD_APART = 1e-9
"""Least 1 − R² of a function of a covariate on those before it; its solution is then good to
about 4e-15/1e-9, and breeding values to 1e-7."""


def basis_values(
    basis: Regression, table: Table, findings: Findings
) -> NDArray[np.float64] | None:
    """Functions of the covariate for every record; None, with a fault, when it is constant."""
    x = finite_numbers(table, basis.column, findings)
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

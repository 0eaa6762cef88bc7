"""What a person should know of usable records: thin levels, values far from the others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.errors import Findings, Problem
from breedeval.model.columns import FEW
from breedeval.model.design import Design
from breedeval.model.spec import Model
from breedeval.model.terms import Polynomial
from breedeval.records import Table

UNCENTRED = 10.0
"""Standard deviations that a covariate's mean may lie from zero before it is pointed out."""

FAR = 15.0
"""Interquartile ranges from the median beyond which a trait value is pointed out."""


def is_far_from_zero(x: NDArray[np.float64]) -> bool:
    """Whether a covariate's mean is many standard deviations from zero."""
    return bool(x.size) and bool(abs(x.mean()) > UNCENTRED * x.std() > 0)


def of_trait(model: Model, trait: str) -> str:
    """Which trait a sentence is about, where there are several."""
    return f" for '{trait}'" if len(model.trait_names) > 1 else ""


def report_far_values(design: Design, table: Table, findings: Findings) -> None:
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


def report_uncentred(design: Design, table: Table, findings: Findings) -> None:
    """Warn of covariates far from zero where the model does not centre them.

    Slopes of the log of a residual variance, and the coefficients of a reaction norm, are then
    nearly confounded with what they start from, and estimation crawls.
    """
    covariates = dict(zip(design.residual.names, design.residual.covariates.T, strict=True))
    for effect in design.model.random:
        for part in effect.parts.values():
            if isinstance(part.basis, Polynomial):
                covariates[part.basis.column] = table.numbers(part.basis.column, findings)
    for name, x in covariates.items():
        x = x[np.isfinite(x)]
        if is_far_from_zero(x):
            findings.warn(f"uncentred:{name}", Problem(
                table.source, f"'{name}' runs from {x.min():g} to {x.max():g}, far from zero, so "
                "that its coefficients cannot be told well from those without it", "",
                f"Subtract a constant such as {x.mean():.4g} from the column"))


def report_thin_levels(design: Design, table: Table, findings: Findings) -> None:
    """Count levels with one record, and class effects with one level."""
    for term in design.fixed:
        if not term.is_class or term.name == "intercept":
            continue
        words = of_trait(design.model, design.traits[term.trait])
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

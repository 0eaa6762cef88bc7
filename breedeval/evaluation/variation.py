"""Whether there is any variance to estimate: traits that are constant, or fitted exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.model.form import KeyPath, Misfit, MisfitError
from breedeval.variance.start import least_squares_residuals

EXACT = 1e-6
"""Size of residuals, relative to the trait's, below which a second fit looks closer."""

ROUNDING = 1e-11
"""The same after the second fit: what rounding leaves of an exact one."""


def check_variation(equations: Equations) -> None:
    """Refuse traits whose variance cannot be estimated, whatever the model of it.

    Parameters
    ----------
    equations : Equations

    Raises
    ------
    MisfitError
        Of every trait that has one value only, or that the fixed effects fit exactly.

    Notes
    -----
    One or two least-squares fits of the fixed effects, by LSMR.
    """
    misfits = tuple(_misfits(equations))
    if misfits:
        raise MisfitError(*misfits)


def _misfits(equations: Equations) -> Iterator[Misfit]:
    design = equations.design
    exact = _fitted_exactly(equations)
    for trait, name in enumerate(design.traits):
        y = design.y[design.of_trait(trait)]
        columns = _fixed_columns(equations, trait)
        key = name if isinstance(design.model.traits, dict) else trait
        path: KeyPath = ("model", "traits", key)
        if y.size and np.ptp(y) == 0:
            yield Misfit(path, f"'{name}' is {y[0]:g} in every record, so that it has no variance "
                         "to estimate", "Expected records that differ",
                         "Correct the column, or leave the trait out")
        elif columns >= y.size:
            yield Misfit(path, f"the fixed effects have {columns} independent columns for the "
                         f"{y.size} records of '{name}', so that nothing is left to estimate "
                         "variances from", "Expected fewer columns than records",
                         "Remove a fixed effect that has a level for (nearly) every record")
        elif trait in exact:
            yield Misfit(path, f"the fixed effects fit every record of '{name}' exactly, so that "
                         "nothing is left to estimate variances from",
                         "Expected records that differ within the levels of the fixed effects",
                         f"Remove the fixed effect from which '{name}' was computed")


def _fixed_columns(equations: Equations, trait: int) -> int:
    """Rank of the fixed effects of a trait."""
    count = 0
    for term, offset in zip(equations.design.fixed, equations.layout.fixed_offsets, strict=True):
        if term.trait == trait:
            dropped = equations.rank.dropped
            count += term.size - int(((dropped >= offset) & (dropped < offset + term.size)).sum())
    return count


def _fitted_exactly(equations: Equations) -> set[int]:
    """Traits of which least squares leaves no more than rounding."""
    design = equations.design
    root = np.sqrt(design.weights)
    found = least_squares_residuals(design)
    near = {trait for trait in range(len(design.traits))
            if _is_nothing(equations, found, trait, EXACT)}
    if not near:
        return near
    again = least_squares_residuals(replace(design, y=found / root))
    return {trait for trait in near if _is_nothing(equations, again, trait, ROUNDING)}


def _is_nothing(
    equations: Equations, residuals: NDArray[np.float64], trait: int, share: float
) -> bool:
    design = equations.design
    own = design.of_trait(trait)
    size = np.sqrt(design.weights[own]) * design.y[own]
    return bool(np.linalg.norm(residuals[own]) <= share * np.linalg.norm(size))

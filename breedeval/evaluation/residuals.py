"""Residuals of every observation, how unlike the others it is, and what hangs on it.

With V = ZGZ′ + R and P = V⁻¹ − V⁻¹X(X′V⁻¹X)⁻X′V⁻¹ = R⁻¹ − R⁻¹WC⁻¹W′R⁻¹:

* conditional residual ê = y − Xb − Zu, so that Py = R⁻¹ê; marginal residual y − Xb;
* deletion residual (Py)ᵢ/Pᵢᵢ, the error of predicting yᵢ from all other observations. It does not
  depend on them, and its variance is 1/Pᵢᵢ: standardised residual tᵢ = (Py)ᵢ/√Pᵢᵢ, which tests a
  shift of the mean of observation i (Haslett & Hayes 1998; Gumedze et al. 2010);
* leverage (WC⁻¹W′R⁻¹)ᵢᵢ: what a change in yᵢ does to its fitted value; they add up to the
  effective number of parameters;
* Cook's distance of the p fixed effects, Dᵢ = (b − b₍ᵢ₎)′X′V⁻¹X(b − b₍ᵢ₎)/p
  = (tᵢ²/Pᵢᵢ) (V⁻¹ − P)ᵢᵢ/p, with diag(V⁻¹) as diag(P) of the random part alone
  (Christensen, Pearson & Johnson 1992).

The variances are held as they are: no observation is left out when they are estimated.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.evaluation.solving import Solutions
from breedeval.evaluation.systems import System

Vector = NDArray[np.float64]

DETERMINED = 1e-9
"""An observation is fitted exactly, whatever it is, when P is below this part of R⁻¹."""


def residuals_table(solutions: Solutions, system: System | None = None) -> pd.DataFrame:
    """One row an observation; what needs C⁻¹ is NaN without a system.

    Parameters
    ----------
    solutions : Solutions
    system : System, optional
        Whose solutions they are.

    Returns
    -------
    DataFrame
        record (row of the file, from 1), trait, observed, fitted, residual, marginal_residual,
        deletion_residual, standardised, leverage, cooks_distance. An observation that is fitted
        exactly whatever it is, such as the only one of a class, has none but the leverage of the
        last four.
    """
    equations = solutions.equations
    design = equations.design
    fitted = equations.fitted(solutions.unknowns)
    residual = design.y - fitted
    frame = pd.DataFrame({
        "record": design.rows[design.unit] + 1,
        "trait": pd.Series(np.array(design.traits, object)[design.trait], dtype="str"),
        "observed": design.y, "fitted": fitted, "residual": residual,
        "marginal_residual": residual + _predicted(equations, solutions.unknowns),
        "deletion_residual": np.nan, "standardised": np.nan, "leverage": np.nan,
        "cooks_distance": np.nan})
    if system is None:
        return frame
    found = system.projection()
    own = equations.residual.diagonal
    known = np.where(found.projection > DETERMINED * own, found.projection, np.nan)
    standardised = equations.residual.weighted(residual) / np.sqrt(known)
    frame["deletion_residual"] = standardised / np.sqrt(known)
    frame["standardised"], frame["leverage"] = standardised, found.leverage
    if found.unadjusted is not None and equations.fixed_size:
        apart = np.clip(found.unadjusted - found.projection, 0.0, None)
        frame["cooks_distance"] = standardised**2 / known * apart / equations.fixed_size
    return frame


def _predicted(equations: Equations, x: Vector) -> Vector:
    """Zu, without what unknown-parent groups contribute, which are fixed."""
    total = np.zeros(equations.design.size)
    for effect in range(len(equations.precisions)):
        total += equations.fitted(equations.placed(effect, equations.deviations(effect, x)))
    return total

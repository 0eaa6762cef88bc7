"""Do the residuals look as the model says: normal, equally variable, none of them far out?

All of it is about standardised residuals where there are any (variance 1 under the model), else
about residuals divided by their standard deviation. They are a little correlated, so that the
p-values are a guide and no more; with many records every small departure is found, and the sizes
(skewness, kurtosis, standard deviations) say more than the p-values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from breedeval.evaluation.normality import (
    brown_forsythe,
    dagostino_pearson,
    kurtosis,
    shapiro_wilk,
    skewness,
)
from breedeval.model.design import Design

Vector = NDArray[np.float64]

FAR = 3.5
"""Standardised residuals beyond it are counted."""
SHAPIRO_LIMIT = 5000
"""Observations up to which normality is tested by Shapiro & Wilk."""
NAMED = 20
"""Outliers that are named."""
CLASSES = 12
"""Levels up to which the spread by class is given."""
FEWEST = 5
"""Observations that a class needs for its spread to be given."""


def residual_diagnostics(table: pd.DataFrame, design: Design) -> dict[str, dict[str, Any]]:
    """What the residuals of each trait say of the model, as plain values.

    Parameters
    ----------
    table : DataFrame
        As of :func:`~breedeval.evaluation.residuals.residuals_table`.
    design : Design

    Returns
    -------
    dict
        By trait: ``observations``, ``standardised`` (whether leverages were known), ``sd`` of the
        residuals, ``skewness``, ``kurtosis`` (excess), ``normality`` {test, statistic, p_value},
        ``far`` {beyond, count, expected}, ``outliers`` [{record, standardised, p_value}] with
        p-values multiplied by the number of observations (Bonferroni), ``by_predicted`` and
        ``by_class`` (see below); only the first two where nothing varies.

        ``by_predicted`` is the spread in thirds of what the other observations predict (of Xb
        where leverages are not known): fitted values depend on the residuals beside them.
        ``by_class`` is the spread in the classes of every class effect of few levels. Both are
        {effect, classes: [{class, observations, sd}], p_value}, the p-value from Brown &
        Forsythe's test (1974).
    """
    found = {}
    for number, trait in enumerate(design.traits):
        rows = design.of_trait(number)
        found[trait] = _of_trait(table.iloc[rows], design, number)
    return found


def _of_trait(table: pd.DataFrame, design: Design, trait: int) -> dict[str, Any]:
    residual = table["residual"].to_numpy(np.float64)
    z = table["standardised"].to_numpy(np.float64)
    known = np.isfinite(z)
    facts: dict[str, Any] = {"observations": int(residual.size), "standardised": bool(known.any())}
    if not known.any():
        z, known = _scaled(residual), np.ones(residual.size, np.bool_)
    if known.sum() < FEWEST or np.ptp(z[known]) == 0.0:
        return facts
    inside = z[known]
    facts |= {
        "sd": float(residual.std()), "skewness": skewness(inside),
        "kurtosis": kurtosis(inside), "normality": _normality(inside),
        "far": {"beyond": FAR, "count": int((np.abs(inside) > FAR).sum()),
                "expected": float(2 * ndtr(-FAR) * inside.size)},
        "outliers": _outliers(table["record"].to_numpy(), z, int(known.sum())),
        "by_predicted": _by_predicted(predicted_values(table)[known], inside)}
    classes = [_spread(term.name, term.codes[known], term.levels, inside)
               for term in design.fixed
               if term.trait == trait and term.is_class and 1 < len(term.levels) <= CLASSES]
    facts["by_class"] = [entry for entry in classes if entry is not None]
    return facts


def _scaled(residual: Vector) -> Vector:
    spread = float(residual.std()) if residual.size else 0.0
    return residual / spread if spread > 0.0 else residual


def _normality(z: Vector) -> dict[str, Any]:
    """Shapiro & Wilk (1965) for few, D'Agostino & Pearson (1973) for many."""
    test, found = ("Shapiro–Wilk", shapiro_wilk(z)) if z.size <= SHAPIRO_LIMIT else (
        "D'Agostino–Pearson", dagostino_pearson(z))
    return {"test": test, "statistic": found.statistic, "p_value": found.p_value}


def _outliers(records: NDArray[np.int64], z: Vector, number: int) -> list[Mapping[str, Any]]:
    """Observations further out than the furthest of so many normal ones in 95 cases of 100."""
    p = np.minimum(2 * ndtr(-np.abs(z)) * number, 1.0)
    order = np.argsort(-np.abs(np.where(np.isfinite(z), z, 0.0)), kind="stable")[:NAMED]
    return [{"record": int(records[k]), "standardised": float(z[k]), "p_value": float(p[k])}
            for k in order if p[k] < 0.05]


def predicted_values(table: pd.DataFrame) -> Vector:
    """What is expected of every observation without itself; Xb where that is not known."""
    apart = table["deletion_residual"].fillna(table["marginal_residual"])
    return (table["observed"] - apart).to_numpy(np.float64)


def _by_predicted(predicted: Vector, z: Vector) -> Mapping[str, Any] | None:
    """Spread in the lowest, middle and highest third of the predicted values."""
    thirds = np.searchsorted(np.quantile(predicted, [1 / 3, 2 / 3]), predicted, side="left")
    return _spread("predicted", thirds, ("lowest third", "middle third", "highest third"), z)


def _spread(
    name: str, codes: NDArray[np.integer[Any]], labels: tuple[str, ...], z: Vector
) -> Mapping[str, Any] | None:
    """Standard deviations by class and their test; None for fewer than two classes."""
    groups = {label: z[codes == k] for k, label in enumerate(labels)}
    groups = {label: group for label, group in groups.items() if group.size >= FEWEST}
    if len(groups) < 2:
        return None
    p_value = brown_forsythe(list(groups.values())).p_value
    return {"effect": name, "p_value": p_value, "classes": [
        {"class": label, "observations": int(group.size), "sd": float(group.std())}
        for label, group in groups.items()]}

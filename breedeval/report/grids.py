"""Square tables of correlations and covariances, shaded by the correlation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.report.numbers import MISSING, error_text, fixed, significant, with_error
from breedeval.report.symbols import covariance_of, residual_classes

LARGEST = 24
"""Matrices up to this order are shown as squares."""
KEYS = ["component_1", "trait_1", "component_2", "trait_2"]


@dataclass(frozen=True)
class Cell:
    """One cell of a square.

    Parameters
    ----------
    text : str
    small : str
        Standard error, or empty.
    share : float or None
        Correlation that the shade shows; None on the diagonal and for covariances.
    """

    text: str
    small: str = ""
    share: float | None = None

    @property
    def style(self) -> str:
        """Shade: blue for positive, hatched orange for negative correlations; empty for none."""
        if self.share is None or not np.isfinite(self.share):
            return ""
        return f"--share: {min(abs(self.share), 1.0):.2f}"

    @property
    def kind(self) -> str:
        """Class of the cell."""
        if not self.style:
            return ""
        return "minus" if self.share is not None and self.share < 0 else "plus"


@dataclass(frozen=True)
class Grid:
    """A square table with the same labels on both sides."""

    title: str
    labels: list[str]
    rows: list[list[Cell]]
    note: str = ""


def covariance_grids(variances: pd.DataFrame, parameters: pd.DataFrame) -> list[Grid]:
    """One square a matrix: variances, covariances below and correlations above the diagonal.

    Parameters
    ----------
    variances : DataFrame
        effect, component_1, trait_1, component_2, trait_2, estimate, se.
    parameters : DataFrame
        Genetic parameters, for the standard errors of correlations.
    """
    return [grid for effect, component, title in _matrices(variances)
            if (grid := _covariance_grid(variances, parameters, effect, component, title))]


def _matrices(variances: pd.DataFrame) -> Iterator[tuple[str, str | None, str]]:
    """Effect, the component it is limited to, and a title: a residual matrix for every class."""
    for effect in variances["effect"].astype("str").unique():
        if effect != "residual":
            yield effect, None, effect
            continue
        yield from ((effect, name, name) for name in residual_classes(variances))


def _covariance_grid(
    variances: pd.DataFrame, parameters: pd.DataFrame, effect: str, component: str | None,
    title: str,
) -> Grid | None:
    matrix = covariance_of(variances, effect, component)
    size = len(matrix)
    if not 2 <= size <= LARGEST:
        return None
    errors = covariance_of(variances, effect, component, "se").to_numpy()
    correlations = parameters[parameters["parameter"] == "correlation"]
    known = (covariance_of(correlations, effect, component, "se").reindex(
        index=matrix.index, columns=matrix.columns).to_numpy()
        if set(KEYS) <= set(correlations) else np.full((size, size), np.nan))
    values = matrix.to_numpy()
    root = np.sqrt(np.diagonal(values))
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = values / np.outer(root, root)
    rows = [[_cell(values[i, j], errors[i, j]) if j <= i else
             _shaded(correlation[i, j], known[i, j]) for j in range(size)] for i in range(size)]
    return Grid(title, [str(label) for label in matrix.index], rows)


def age_grids(curves: pd.DataFrame) -> list[Grid]:
    """Correlations of a random regression between values of its covariate."""
    if curves.empty or "value_2" not in curves:
        return []
    pairs = curves[curves["quantity"] == "correlation"]
    several = pairs["trait"].nunique() > 1
    keys = ["effect", "component", "trait", "covariate"]
    grids = []
    for (effect, component, trait, covariate), rows in pairs.groupby(keys, sort=False):
        ages = np.unique(rows[["value", "value_2"]].to_numpy(np.float64))
        values, errors = (_square(rows, ages, column) for column in ("estimate", "se"))
        cells = [[Cell("1") if i == j else _shaded(values[i, j], errors[i, j])
                  for j in range(ages.size)] for i in range(ages.size)]
        name = f"{effect}, {component}" if component != effect else str(effect)
        grids.append(Grid(
            f"Correlations of {name} between values of {covariate}"
            + (f" ({trait})" if several else ""), [significant(age, 4) for age in ages], cells))
    return grids


def _square(rows: pd.DataFrame, ages: NDArray[np.float64], column: str) -> NDArray[np.float64]:
    square = np.full((ages.size, ages.size), np.nan)
    at = np.searchsorted(ages, rows[["value", "value_2"]].to_numpy(np.float64))
    square[at[:, 0], at[:, 1]] = square[at[:, 1], at[:, 0]] = rows[column]
    return square


def _cell(value: float, error: float) -> Cell:
    return Cell(with_error(value, error), _error(error))


def _shaded(correlation: float, error: float) -> Cell:
    text = fixed(correlation, 2)
    return Cell(text, "" if text == MISSING else _error(error, 2), correlation)


def _error(error: float, decimals: int | None = None) -> str:
    if not np.isfinite(error):
        return ""
    return "± " + (error_text(error) if decimals is None else fixed(error, decimals))

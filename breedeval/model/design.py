"""The model with numbers in it: y, the columns of X and Z, and the weights of R⁻¹.

y = Xb + Σ Zᵢuᵢ + e. Every term, fixed or random, is the same thing: for record r a level code
(or several) and a short row of coefficients, so that its columns are level × coefficient. A class
effect has one coefficient equal to 1; a regression has one level; a random regression has both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.levels import Levels
from breedeval.model.spec import Model

Codes = NDArray[np.int32]
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FixedTerm:
    """One fixed effect.

    Parameters
    ----------
    name : str
        As the user wrote it; ``intercept`` for the overall mean.
    codes : ndarray of int32, shape (n,)
        Level of each record.
    values : ndarray of float64, shape (n, k)
        Coefficients of each record.
    levels : tuple of str, length q
        Labels of the levels; one empty label for a plain regression.
    functions : tuple of str, length k
        Labels of the coefficients; one empty label for a class effect.
    centre, scale : float
        The values are powers of (x − centre)/scale; solutions are given for powers of x.
    """

    name: str
    codes: Codes
    values: Values
    levels: tuple[str, ...]
    functions: tuple[str, ...]
    centre: float = 0.0
    scale: float = 1.0

    @property
    def is_centred(self) -> bool:
        """Whether the values are of a covariate that was centred and scaled."""
        return (self.centre, self.scale) != (0.0, 1.0)

    @property
    def size(self) -> int:
        """Number of columns, q·k."""
        return len(self.levels) * len(self.functions)

    @property
    def is_class(self) -> bool:
        """Whether the coefficients are all 1."""
        return self.functions == ("",)

    def labels(self) -> list[str]:
        """Label of each column, as in ``solutions.csv``."""
        return [" ".join(part for part in (level, function) if part)
                for level in self.levels for function in self.functions]


@dataclass(frozen=True, eq=False)
class RandomComponent:
    """One component of a random effect.

    Parameters
    ----------
    name : str
    codes : ndarray of int32, shape (n, m)
        Levels of each record, m > 1 for a sum over several columns; −1 contributes nothing.
    values : ndarray of float64, shape (n, k)
        Coefficients of each record; ones of shape (n, 1) unless there is a basis.
    """

    name: str
    codes: Codes
    values: Values

    def coefficients(self) -> list[str]:
        """``name``, or ``name[0]``, ``name[1]``, … for a random regression."""
        width = self.values.shape[1]
        return [self.name] if width == 1 else [f"{self.name}[{k}]" for k in range(width)]


@dataclass(frozen=True, eq=False)
class RandomTerm:
    """One random effect: components that share levels and a relationship.

    Parameters
    ----------
    name : str
    relationship : str
        Name of the relationship among the levels.
    levels : Levels, length q
    components : tuple of RandomComponent
    """

    name: str
    relationship: str
    levels: Levels
    components: tuple[RandomComponent, ...]

    def coefficients(self) -> list[str]:
        """Names of the c coefficients of a level, component by component."""
        return [name for component in self.components for name in component.coefficients()]


@dataclass(frozen=True, eq=False)
class Design:
    """Everything the equations need to know of the records.

    Parameters
    ----------
    model : Model
        The model as understood: ranges of covariates filled in from these records.
    y : ndarray of float64, shape (n,)
    weights : ndarray of float64, shape (n,)
        w in var(e) = σ²/w; ones without weights.
    fixed : tuple of FixedTerm
    random : tuple of RandomTerm
    rows : ndarray of int64, shape (n,)
        Row of the table of records that each used record comes from.
    """

    model: Model
    y: Values
    weights: Values
    fixed: tuple[FixedTerm, ...]
    random: tuple[RandomTerm, ...]
    rows: NDArray[np.int64]

    @property
    def trait(self) -> str:
        """Name of the trait."""
        return self.model.traits[0]

    @property
    def size(self) -> int:
        """Number of records used, n."""
        return int(self.y.size)

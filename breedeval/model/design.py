"""The model with numbers in it: y, the columns of X and Z, and the weights of R⁻¹.

y = Xb + Σ Zᵢuᵢ + e. An observation is one trait of one record; the observations of a record stand
side by side. Every term, fixed or random, is the same thing: a level code (or several) and a short
row of coefficients, so that its columns are level × coefficient. A class effect has one coefficient
equal to 1; a regression has one level; a random regression has both.
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
    """One fixed effect of one trait.

    Parameters
    ----------
    name : str
        As the user wrote it; ``intercept`` for the overall mean.
    trait : int
        Code of its trait.
    codes : ndarray of int32, shape (n,)
        Level of each of the trait's observations.
    values : ndarray of float64, shape (n, k)
        Coefficients of each of the trait's observations.
    levels : tuple of str, length q
        Labels of the levels; one empty label for a plain regression.
    functions : tuple of str, length k
        Labels of the coefficients; one empty label for a class effect.
    centre, scale : float
        The values are powers of (x − centre)/scale; solutions are given for powers of x.
    """

    name: str
    trait: int
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
        Coefficients of each record; ones of shape (n, 1) unless there is a regression.
    shift : ndarray of int32, shape (n,)
        Coefficient of the level that a record's values begin at: its class, else 0.
    coefficients : tuple of str
        ``name``; ``name[0]``, ``name[1]``, … for a regression; ``name[class]`` for classes.
    """

    name: str
    codes: Codes
    values: Values
    shift: Codes
    coefficients: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class RandomTerm:
    """One random effect: components that share levels and a relationship.

    A level has one unknown for every coefficient of every component and every trait: its cells,
    component-major with the traits within.

    Parameters
    ----------
    name : str
    relationship : str
        Name of the relationship among the levels.
    levels : Levels, length q
    components : tuple of RandomComponent
    traits : tuple of int
        Codes of the traits it acts on.
    """

    name: str
    relationship: str
    levels: Levels
    components: tuple[RandomComponent, ...]
    traits: tuple[int, ...]

    def coefficients(self) -> list[str]:
        """Names of the coefficients of a level for one trait, component by component."""
        return [name for component in self.components for name in component.coefficients]

    @property
    def width(self) -> int:
        """Cells of a level."""
        return len(self.coefficients()) * len(self.traits)

    def cells(self) -> list[tuple[str, int]]:
        """Coefficient and trait code of each cell, in the order of the covariance matrix."""
        return [(name, trait) for name in self.coefficients() for trait in self.traits]


@dataclass(frozen=True, eq=False)
class ResidualClasses:
    """What the residual variance of a record depends on.

    Parameters
    ----------
    codes : ndarray of int32, shape (n,)
        Class of each record.
    levels : tuple of str
        Labels of the classes; one empty label where there is one residual (co)variance.
    covariates : ndarray of float64, shape (n, m)
        Covariates of its logarithm.
    names : tuple of str, length m
    """

    codes: Codes
    levels: tuple[str, ...]
    covariates: Values
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Design:
    """Everything the equations need to know of the records.

    Parameters
    ----------
    model : Model
        The model as understood: ranges of covariates filled in from these records.
    y : ndarray of float64, shape (N,)
        Observations, record by record.
    trait : ndarray of int32, shape (N,)
        Code of each observation's trait, rising within a record.
    unit : ndarray of int32, shape (N,)
        Record of each observation.
    weights : ndarray of float64, shape (N,)
        w in var(e) = σ²/w; ones without weights.
    fixed : tuple of FixedTerm
        Trait by trait.
    random : tuple of RandomTerm
    residual : ResidualClasses
    rows : ndarray of int64, shape (n,)
        Row of the table that each used record comes from.
    """

    model: Model
    y: Values
    trait: Codes
    unit: Codes
    weights: Values
    fixed: tuple[FixedTerm, ...]
    random: tuple[RandomTerm, ...]
    residual: ResidualClasses
    rows: NDArray[np.int64]

    @property
    def traits(self) -> tuple[str, ...]:
        """Names of the traits."""
        return self.model.trait_names

    @property
    def size(self) -> int:
        """Number of observations, N."""
        return int(self.y.size)

    @property
    def records(self) -> int:
        """Number of records used, n."""
        return int(self.rows.size)

    def of_trait(self, trait: int) -> NDArray[np.int64]:
        """Observations of a trait."""
        return np.flatnonzero(self.trait == trait)

    def cell_labels(self, term: RandomTerm) -> list[str]:
        """Names of a term's cells: ``direct``, ``milk`` or ``direct:milk``; one alone is empty."""
        cells = term.cells()
        if len(cells) == 1:
            return [""]
        several = len(term.coefficients()) > 1
        return [":".join(([name] if several else []) + (
            [self.traits[trait]] if len(term.traits) > 1 else [])) for name, trait in cells]

    def residual_labels(self) -> list[str]:
        """Names of the cells of a residual matrix: the traits; one alone is empty."""
        return list(self.traits) if len(self.traits) > 1 else [""]

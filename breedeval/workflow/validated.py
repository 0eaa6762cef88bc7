"""What is validated: the value of an individual in each record, and how much it should vary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.errors import InputError, Problem
from breedeval.evaluation.solving import Solutions
from breedeval.model.design import RandomTerm
from breedeval.relationship.precision import ByProducts, Explicit, Formable, Precision
from breedeval.solve import Factor, conjugate_gradient, direct_solver

Vector = NDArray[np.float64]
Rows = NDArray[np.int64]
TOLERANCE = 1e-6
"""Relative residual of a product with K that is not formed: an average needs no more."""


def validated_effects(
    equations: Equations, wanted: Sequence[str] | None, own: Equations | None, name: str
) -> tuple[int, ...]:
    """Effects whose sum is the prediction.

    Parameters
    ----------
    equations : Equations
    wanted : sequence of str or None
        Their names; when None, all with a relationship among individuals, on the column of the
        first of them.
    own : Equations or None
        Of the run's own model, whose column counts; None for that model itself.
    name : str
        Of the model, for the message.

    Raises
    ------
    InputError
        When there is none.
    """
    random = equations.design.random
    if wanted is not None:
        return tuple(k for k, term in enumerate(random) if term.name in wanted)
    genetic = _genetic(equations)
    first = _genetic(equations if own is None else own)
    if first:
        column = _column(equations if own is None else own, first[0])
        genetic = [k for k in genetic if _column(equations, k) == column]
    if not genetic:
        raise InputError(Problem(
            "validation", f"no effect of '{name}' predicts individuals without a record",
            "Expected an effect with a pedigree, genomic or supplied relationship",
            "Name effects under 'validation: effects'"))
    return tuple(genetic)


def _genetic(equations: Equations) -> list[int]:
    return [k for k, precision in enumerate(equations.precisions) if precision.of_individuals]


def _column(equations: Equations, effect: int) -> tuple[str, ...]:
    """Columns of the first component of an effect."""
    return next(iter(equations.design.model.random[effect].parts.values())).sources


def predictions(equations: Equations, effects: Sequence[int], part: Solutions) -> Vector:
    """Σ φ′û of the first component of some effects, for every observation of ``equations``.

    Parameters
    ----------
    equations : Equations
        From all records.
    effects : sequence of int
    part : Solutions
        From all or some of these records; a level that they do not have is predicted to be 0.
    """
    total = np.zeros(equations.design.size)
    for effect in effects:
        term, other = equations.design.random[effect], part.equations.design.random[effect]
        own = other.levels.codes(term.levels.labels)
        cells = part.random(effect, part.estimates)
        total += _contribution(equations, term, np.where(own[:, None] >= 0, cells[own], 0.0))
    return total


def _contribution(equations: Equations, term: RandomTerm, cells: Vector) -> Vector:
    """φ′u of the first component, with u given as levels × cells."""
    design, component = equations.design, term.components[0]
    place = _places(term, len(design.traits))[design.trait]
    values, shift = component.values[design.unit], component.shift[design.unit]
    step = shift[:, None] + np.arange(values.shape[1])
    cell = np.where(place[:, None] >= 0, step * len(term.traits) + place[:, None], 0)
    total = np.zeros(design.size)
    for codes in component.codes.T:
        level = codes[design.unit]
        found = (cells[level[:, None], cell] * values).sum(axis=1)
        total += np.where((level >= 0) & (place >= 0), found, 0.0)
    return total


def _places(term: RandomTerm, traits: int) -> Rows:
    """Place of each trait among those of a term; −1 for others."""
    place = np.full(traits, -1)
    place[list(term.traits)] = np.arange(len(term.traits))
    return place


def corrected(solutions: Solutions) -> Vector:
    """y* = y − Xb̂, for every observation."""
    equations = solutions.equations
    x = solutions.unknowns.copy()
    random = equations.number[equations.layout.fixed_size:]
    x[random[random >= 0]] = 0.0
    return equations.design.y - equations.fitted(x)


@dataclass(eq=False)
class Kinship:
    """How much relationships let individuals differ; factors of K⁻¹ are kept."""

    _factors: dict[int, Factor] = field(default_factory=dict)
    _kept: list[Precision] = field(default_factory=list)

    def genetic_variance(
        self, equations: Equations, effects: Sequence[int], observations: Rows
    ) -> float:
        """σ²_t = Σ (1 + F̄ − 2f̄) φ′Σφ over effects, among the individuals of some observations."""
        design = equations.design
        trait = int(design.trait[observations[0]])
        units = design.unit[observations]
        total = 0.0
        for effect in effects:
            term = design.random[effect]
            place = int(_places(term, len(design.traits))[trait])
            if place < 0:
                continue
            component = term.components[0]
            members = np.unique(component.codes[units, 0])
            covariance = equations.covariances[effect].matrix[
                place::len(term.traits), place::len(term.traits)]
            values, shift = component.values[units], component.shift[units]
            cells = shift[:, None] + np.arange(values.shape[1])
            own = np.einsum("nk,nkl,nl->n", values,
                            covariance[cells[:, :, None], cells[:, None, :]], values)
            total += float(own.mean()) * self.spread(
                equations.precisions[effect], members[members >= 0].astype(np.int64))
        return total

    def spread(self, precision: Precision, members: Rows) -> float:
        """Mean of the diagonal of K among some levels, less the mean of the rest."""
        if not precision.of_individuals or members.size < 2:
            return 1.0
        ones = np.zeros(covariance_size(precision))
        ones[members] = 1.0
        n, trace = members.size, float(precision.variance[members].sum())
        return trace / n - (float(ones @ self._product(precision, ones)) - trace) / (n * (n - 1))

    def _product(self, precision: Precision, x: Vector) -> Vector:
        """Kx: by K where it is a matrix, a factor of K⁻¹, or by conjugate gradients."""
        if isinstance(precision, Explicit) and precision.is_dense:
            return np.asarray(precision.relationship @ x)
        if isinstance(precision, ByProducts | Formable):
            return conjugate_gradient(_Products(precision), x, tolerance=TOLERANCE).values
        if id(precision) not in self._factors:
            lower = sp.csc_array(precision.lower()[:x.size, :x.size])
            self._factors[id(precision)] = direct_solver().factorise(lower)
            self._kept.append(precision)  # so that its id is not given to another
        return self._factors[id(precision)].solve(x)


@dataclass(frozen=True, eq=False)
class _Products:
    """K⁻¹ as an operator."""

    precision: Precision

    @property
    def size(self) -> int:
        """Levels, further ones included."""
        return len(self.precision.levels) + len(self.precision.groups)

    def product(self, x: Vector) -> Vector:
        """K⁻¹x, shape (n,)."""
        return self.precision.product(x[:, None])[:, 0]

    def diagonal(self) -> Vector:
        """diag(K⁻¹)."""
        return self.precision.diagonal()


def covariance_size(precision: Precision) -> int:
    """Levels whose covariance K is: without groups where these are fixed."""
    fixed = int(precision.group_contributions(np.zeros(0, np.int64)).shape[1])
    return len(precision.levels) + len(precision.groups) - fixed

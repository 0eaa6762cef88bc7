"""Own phenotypes of individuals, corrected for what is not theirs: information for an index.

The phenotype of an individual for trait t is the mean over its nₜ records of y − Xb − Zu, without
the effects whose levels in a record are the individual itself. With Σₑ the covariance of such an
effect and n_ts the records that have both traits, its variance and its covariance with the
breeding values are, for an individual that is not inbred and records of weight one,

    P[t, s] = Σₑ Σₑ[t, s] + R[t, s] n_ts/(nₜ nₛ),      G[t, v] = Σₐ[t, v].
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.evaluation.criteria import Cell, Criteria
from breedeval.evaluation.phenotype import MOST
from breedeval.evaluation.solving import Solutions
from breedeval.levels import Levels
from breedeval.model.form import KeyPath, Misfit, MisfitError

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
PATH: KeyPath = ("selection", "index", "information")


@dataclass(frozen=True, eq=False)
class OwnPerformance:
    """Corrected phenotypes of n individuals for m traits.

    Parameters
    ----------
    traits : tuple of str, length m
    means : ndarray of float64, shape (n, m)
        NaN where there is no record.
    together : ndarray of int64, shape (n, m, m)
        n_ts: records with both traits; nₜ on the diagonal.
    individual : ndarray of float64, shape (m, m)
        Σₑ Σₑ, the part of P that all records of an individual share.
    residual : ndarray of float64, shape (m, m)
        R.
    covariance : ndarray of float64, shape (m, k)
        G, with the criteria.
    """

    traits: tuple[str, ...]
    means: Matrix
    together: NDArray[np.int64]
    individual: Matrix
    residual: Matrix
    covariance: Matrix

    def variance(self, together: NDArray[np.int64]) -> Matrix:
        """P of the traits with records, given n_ts."""
        counts = np.diagonal(together)
        return self.individual + self.residual * together / np.outer(counts, counts)


def own_performance(solutions: Solutions, criteria: Criteria) -> OwnPerformance:
    """Phenotypes of the individuals of the criteria.

    Raises
    ------
    MisfitError
        When the records are not of these individuals, or have no single residual covariance.

    Notes
    -----
    O(N) in the observations.
    """
    equations = solutions.equations
    design = equations.design
    traits = [design.traits.index(trait) for trait in own_traits(solutions, criteria)]
    effect = criteria.cells[0][0].effect
    owner = _owners(equations, effect, criteria.individuals)
    own = [number for number in range(len(design.random)) if _is_own(equations, number, owner,
                                                                      criteria.individuals)]
    misfits = tuple(_misfits(equations, criteria, own))
    if misfits:
        raise MisfitError(*misfits)
    unknowns = solutions.unknowns.copy()
    for number in own:
        places = equations.number[equations.layout.random_slice(number)]
        unknowns[places[places >= 0]] = 0.0
    corrected = design.y - equations.fitted(unknowns)
    means, together = _gather(equations, corrected, owner, traits, len(criteria.individuals))
    return OwnPerformance(
        tuple(design.traits[trait] for trait in traits), means, together,
        _of_individual(equations, own, traits),
        equations.variances.residual[0].matrix[np.ix_(traits, traits)],
        np.array([[_with_criterion(equations, trait, cells) for cells in criteria.cells]
                  for trait in traits]))


def own_traits(solutions: Solutions, criteria: Criteria) -> tuple[str, ...]:
    """Traits whose phenotypes are information: those of the criteria, in order of the model."""
    named = {cell.names[2] for own in criteria.cells for cell in own}
    return tuple(trait for trait in solutions.equations.design.traits if trait in named)


def _owners(equations: Equations, effect: int, individuals: Levels) -> NDArray[np.int32]:
    """The individual of every record, by the first component of the effect; −1 for another."""
    term = equations.design.random[effect]
    return individuals.codes(term.levels.labels)[term.components[0].codes[:, 0]]


def _is_own(
    equations: Equations, number: int, owner: NDArray[np.int32], individuals: Levels
) -> bool:
    """Whether the levels of an effect in the records are the individuals themselves."""
    term = equations.design.random[number]
    codes = term.components[0].codes
    if codes.shape[1] > 1:
        return False
    theirs = individuals.codes(term.levels.labels)
    both = (codes[:, 0] >= 0) & (owner >= 0)
    return bool(both.any()) and float(
        (theirs[codes[both, 0]] == owner[both]).mean()) > MOST


def _misfits(equations: Equations, criteria: Criteria, own: Sequence[int]) -> Iterator[Misfit]:
    design = equations.design
    if len(design.residual.levels) > 1 or design.residual.names:
        yield Misfit(PATH, "the residual variance differs among records, so that phenotypes have "
                     "no single P", "Expected one residual covariance", "Use breeding values")
    for name, cells in zip(criteria.names, criteria.cells, strict=True):
        for cell in cells:
            term = design.random[cell.effect]
            direct = cell.cell < len(term.traits) and len(
                term.components[0].coefficients) == 1
            if cell.effect not in own or not direct:
                yield Misfit(PATH, f"records are not of the individuals whose breeding values "
                             f"'{name}' are, or change along a covariate",
                             "Expected an effect of the recorded individuals",
                             "Use breeding values")


def _gather(
    equations: Equations, corrected: Vector, owner: NDArray[np.int32], traits: Sequence[int],
    count: int,
) -> tuple[Matrix, NDArray[np.int64]]:
    """Means and n_ts of every individual."""
    design, m = equations.design, len(traits)
    values = np.full((design.records, m), np.nan)
    for k, trait in enumerate(traits):
        rows = design.of_trait(trait)
        values[design.unit[rows], k] = corrected[rows]
    kept = owner >= 0
    values, owner = values[kept], owner[kept]
    has = np.isfinite(values)
    together = np.zeros((count, m, m), np.int64)
    sums = np.zeros((count, m))
    np.add.at(sums, owner, np.where(has, values, 0.0))
    np.add.at(together, owner, (has[:, :, None] & has[:, None, :]).astype(np.int64))
    counts = np.diagonal(together, axis1=1, axis2=2)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan), together


def _of_individual(equations: Equations, own: Sequence[int], traits: Sequence[int]) -> Matrix:
    """Σ of the first components of all effects of the individual, on these traits."""
    found = np.zeros((len(traits), len(traits)))
    for number in own:
        term = equations.design.random[number]
        at = [(k, term.traits.index(trait)) for k, trait in enumerate(traits)
              if trait in term.traits]
        for k, one in at:
            for m, other in at:
                found[k, m] += equations.covariances[number].matrix[one, other]
    return found


def _with_criterion(equations: Equations, trait: int, cells: tuple[Cell, ...]) -> float:
    """Covariance of a phenotype with a criterion."""
    return sum(
        float(equations.covariances[cell.effect].matrix[term.traits.index(trait), cell.cell])
        for cell in cells if trait in (term := equations.design.random[cell.effect]).traits)

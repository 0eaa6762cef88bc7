"""V, the covariance matrix of the observations of a model, element by element from its design."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.model.design import Design, RandomTerm
from tests.oracles.dense_inverse import dense

Float64 = NDArray[np.float64]


def covariance_of_observations(equations: Equations) -> Float64:
    """Σₑ Zₑ(Kₑ ⊗ Σₑ)Zₑ′ + R, shape (N, N), with K from its inverse."""
    design, variances = equations.design, equations.variances
    v = np.zeros((design.size, design.size))
    for term, precision, part in zip(
            design.random, equations.precisions, variances.effects, strict=True):
        z = incidence(design, term, part.size)
        v += z @ np.kron(np.linalg.inv(dense(precision.lower())), part.matrix) @ z.T
    stretch = np.exp(design.residual.covariates @ variances.slopes)
    for i in range(design.size):
        for j in range(design.size):
            if design.unit[i] == design.unit[j]:
                record = design.unit[i]
                sigma = variances.residual[design.residual.codes[record]].matrix
                v[i, j] += sigma[design.trait[i], design.trait[j]] * stretch[record] / np.sqrt(
                    design.weights[i] * design.weights[j])
    return v


def incidence(design: Design, term: RandomTerm, width: int) -> Float64:
    """Z of one effect, level-major, shape (N, qc)."""
    cells = term.cells()
    z = np.zeros((design.size, len(term.levels) * width))
    for row in range(design.size):
        record, trait = design.unit[row], design.trait[row]
        if trait not in term.traits:
            continue
        for component in term.components:
            for level in component.codes[record]:
                if level < 0:
                    continue
                for k, value in enumerate(component.values[record]):
                    name = component.coefficients[component.shift[record] + k]
                    z[row, level * width + cells.index((name, trait))] += value
    return z

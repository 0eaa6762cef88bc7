"""Equations as matrices, read off the design element by element, for the oracle of the likelihood.

X holds the user's own covariates (not centred) and what unknown-parent groups contribute, ZQ; only
columns that the equations keep are in it. K is the inverse of the precision among individuals, or
of all of it where the further levels are metafounders.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.model.design import Design, FixedTerm
from breedeval.relationship.precision import Precision
from tests.oracles.dense_covariance import incidence
from tests.oracles.dense_inverse import dense
from tests.oracles.dense_reml import DenseData, DenseEffect, DenseObjective

Float64 = NDArray[np.float64]


def dense_data(equations: Equations) -> DenseData:
    """y, X of full rank, Z and K of every effect, traits, records, classes and weights."""
    design = equations.design
    blocks = [np.zeros((design.size, 0)), *(_columns(design, term) for term in design.fixed)]
    places = list(range(equations.layout.fixed_size))
    effects = []
    for number, (term, precision) in enumerate(
            zip(design.random, equations.precisions, strict=True)):
        width, count = equations.layout.random_widths[number], len(precision.levels)
        z, inverse = incidence(design, term, width), dense(precision.lower())
        q = fractions(precision)
        if q.shape[1]:
            blocks.append(z @ np.kron(q, np.eye(width)))
            own = equations.layout.random_slice(number)
            places += range(own.start + count * width, own.stop)
            inverse = inverse[:count, :count]
        z = np.hstack([z, np.zeros((design.size, len(inverse) * width - z.shape[1]))])
        effects.append(DenseEffect(z, np.linalg.inv(inverse)))
    kept = equations.number[places] >= 0
    return DenseData(
        design.y, np.hstack(blocks)[:, kept], effects, design.trait.astype(np.int64),
        design.unit.astype(np.int64), design.residual.codes[design.unit].astype(np.int64),
        design.weights, design.residual.covariates[design.unit])


@dataclass(frozen=True)
class DenseSystem:
    """Henderson's equations as they are numbered: W, R and the penalty K⁻¹ ⊗ Σ⁻¹ of u."""

    y: Float64
    w: Float64
    r: Float64
    penalty: Float64

    @property
    def c(self) -> Float64:
        """W′R⁻¹W + K⁻¹ ⊗ Σ⁻¹."""
        return np.asarray(self.w.T @ np.linalg.solve(self.r, self.w) + self.penalty)

    @property
    def right_hand_side(self) -> Float64:
        """W′R⁻¹y."""
        return np.asarray(self.w.T @ np.linalg.solve(self.r, self.y))

    def quadratic(self, x: Float64) -> float:
        """(y − Wx)′R⁻¹(y − Wx) + x′[K⁻¹ ⊗ Σ⁻¹]x."""
        away = self.y - self.w @ x
        return float(away @ np.linalg.solve(self.r, away) + x @ self.penalty @ x)


def dense_system(equations: Equations) -> DenseSystem:
    """The equations, every position of the layout written down and those left out removed."""
    design = equations.design
    blocks = [np.zeros((design.size, 0)),
              *(_columns(design, term, centred=True) for term in design.fixed)]
    penalties = [np.zeros((equations.layout.fixed_size,) * 2)]
    for term, precision, part in zip(
            design.random, equations.precisions, equations.covariances, strict=True):
        inverse = dense(precision.lower())
        z = incidence(design, term, part.size)
        groups = len(inverse) * part.size - z.shape[1]
        blocks.append(np.hstack([z, np.zeros((design.size, groups))]))
        penalties.append(np.kron(inverse, np.linalg.inv(part.matrix)))
    kept = equations.number >= 0
    r = DenseObjective(dense_data(equations))(equations.variances).r
    return DenseSystem(design.y, np.hstack(blocks)[:, kept], r,
                       scipy.linalg.block_diag(*penalties)[np.ix_(kept, kept)])


def fractions(precision: Precision) -> Float64:
    """Q of unknown-parent groups; no columns where there are none."""
    groups = precision.group_contributions(np.zeros(0, np.int64)).shape[1]
    return precision.group_contributions(np.arange(len(precision.levels) if groups else 0))


def _columns(design: Design, term: FixedTerm, *, centred: bool = False) -> Float64:
    found = np.zeros((design.size, len(term.levels), len(term.functions)))
    rows = design.of_trait(term.trait)
    for row, code, values in zip(rows, term.codes, term.values, strict=True):
        for k, value in enumerate(values):
            x = values[0] * term.scale + term.centre
            found[row, code, k] = x ** (k + 1) if term.is_centred and not centred else value
    return found.reshape(design.size, -1)

"""Estimation of a log-linear residual variance about the mean of its covariates.

σ² exp(x′b) = σ²_c exp((x − c)′b) with σ²_c = σ² exp(c′b). Far from zero σ² and b are nearly the
same parameter, and σ² may be larger or smaller than any number; about the mean c they are not. What
was estimated there is taken back: Σ = exp(−c′b) Σ_c for the residual classes, and standard errors
by the derivatives of it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from breedeval.covariance.structure import Covariance
from breedeval.covariance.variances import Variances
from breedeval.equations.henderson import Equations
from breedeval.variance.maximum import Maximum
from breedeval.variance.parameters import Constraints

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Centring:
    """Covariates of the log residual variance, moved by constants.

    Parameters
    ----------
    constants : ndarray of float64, shape (m,)
        c; zeros where nothing is moved.
    """

    constants: Vector

    def centred(self, equations: Equations) -> Equations:
        """The same system with x − c, at the same variances of every record."""
        if not self.constants.any():
            return equations
        design = equations.design
        residual = replace(
            design.residual, covariates=design.residual.covariates - self.constants)
        return replace(equations, design=replace(design, residual=residual),
                       variances=self._moved(equations.variances, 1.0))

    def restored(self, maximum: Maximum) -> Maximum:
        """Estimates, their covariances and what is unknown, in the user's own covariates."""
        if not self.constants.any():
            return maximum
        variances = self._moved(maximum.variances, -1.0)
        change = self._derivatives(maximum.variances, variances)
        back = np.linalg.inv(change)
        return replace(
            maximum, variances=variances, covariance=change @ maximum.covariance @ change.T,
            information=back.T @ maximum.information @ back, unknown=change @ maximum.unknown)

    def _moved(self, variances: Variances, sign: float) -> Variances:
        """exp(±c′b) times the matrices of the residual."""
        factor = np.exp(sign * 0.5 * float(self.constants @ variances.slopes))
        parts: list[Covariance] = [*variances.effects, *(
            part.stretched(np.full(part.size, factor)) for part in variances.residual)]
        return variances.replaced(parts)

    def _derivatives(self, own: Variances, moved: Variances) -> NDArray[np.float64]:
        """∂θ/∂θ_c: a value that grows as exp(k c′b) has exp(−k c′b), and −k θ c along b."""
        powers = np.zeros(own.count)
        for part, place in zip(own.residual, own.slices[len(own.effects):], strict=False):
            more = part.stretched(np.full(part.size, np.exp(0.5))).values
            with np.errstate(invalid="ignore", divide="ignore"):
                powers[place] = np.where(part.values != 0, np.log(more / part.values), 1.0)
        change = np.diag(np.exp(-powers * float(self.constants @ own.slopes)))
        change[:, own.slices[-1]] -= np.outer(powers * moved.values, self.constants)
        return change


def centring_of(
    equations: Equations, constraints: Constraints, profiled: Collection[int] = ()
) -> Centring:
    """Means of the covariates, where nothing is asked of a parameter of the residual.

    Parameters
    ----------
    equations : Equations
    constraints : Constraints
        A residual variance that is fixed, tied or bounded is meant at covariates of 0.
    profiled : collection of int
        Parameters whose likelihood is profiled, in the user's own covariates.
    """
    variances, covariates = equations.variances, equations.design.residual.covariates
    own = variances.slices[len(variances.effects):]
    free = not profiled and all(all(constraints.untouched[part]) for part in own)
    constants = np.zeros(covariates.shape[1])
    return Centring(covariates.mean(axis=0) if free and constants.size else constants)

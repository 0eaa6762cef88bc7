"""The restricted (or full) likelihood of the variances, from the mixed-model equations.

log L = −½[(n − p) log 2π + log|V| + log|X′V⁻¹X| + y′Py], where log|V| + log|X′V⁻¹X| =
log|C| + log|R| + log|G| and y′Py is the penalised sum of squares of the residuals (Harville 1977;
Meyer 1989). For the full likelihood log|V| = log|C_uu| + log|R| + log|G| with the random part of
C, and n log 2π.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.covariance.variances import Variances
from breedeval.equations.henderson import Equations, Fit
from breedeval.equations.pattern import Pattern, Traces, fill, make_pattern
from breedeval.solve import DirectSolver, Factor, SelectedInverse
from breedeval.variance.derivatives import Derivatives, Inverse, differentiate
from breedeval.variance.expansion import expand
from breedeval.variance.variates import average_information

Vector = NDArray[np.float64]
Method = Literal["reml", "ml"]


def restricted_log_likelihood(equations: Equations, factor: Factor, fit: Fit) -> float:
    """REML log-likelihood at the given variances, with its full constant.

    Parameters
    ----------
    equations : Equations
    factor : Factor
        Of the coefficient matrix C.
    fit : Fit
        At the solution.
    """
    freedom = equations.design.size - equations.fixed_size
    log_c = factor.log_determinant + equations.restoration.log_scale
    return _log_likelihood(equations, log_c, freedom, fit.quadratic)


def full_log_likelihood(equations: Equations, random: Factor, fit: Fit) -> float:
    """ML log-likelihood; ``random`` is a factor of the random part of C."""
    return _log_likelihood(
        equations, random.log_determinant, equations.design.size, fit.quadratic)


def _log_likelihood(equations: Equations, log_c: float, freedom: int, quadratic: float) -> float:
    return -0.5 * float(freedom * np.log(2 * np.pi) + log_c + equations.residual.log_determinant
                        + equations.random_log_determinant + quadratic)


@dataclass(eq=False)
class Likelihood:
    """The likelihood of a model's variances; calling it evaluates one point.

    Parameters
    ----------
    equations : Equations
        At any variances: numbering and pattern are theirs.
    solver : DirectSolver
        Analyses the pattern at the first point only.
    method : {'reml', 'ml'}
    random_solver : DirectSolver
        For the random part of C, which the full likelihood needs.
    lower : csc_array
        Lower triangle of C at some variances, if it has been assembled.
    """

    equations: Equations
    solver: DirectSolver
    method: Method = "reml"
    random_solver: DirectSolver | None = None
    lower: sp.csc_array | None = None
    _traces: tuple[object, Traces] | None = field(default=None, init=False, repr=False)

    def __call__(self, variances: Variances) -> Point:
        """The point at these variances: one factorisation (two for the full likelihood).

        Raises
        ------
        SingularSystemError
            When the equations are singular there.
        """
        equations = self.equations.at(variances)
        lower = fill(equations, self.pattern)
        factor = self.solver.factorise(lower)
        fit = equations.fit(factor.solve(equations.right_hand_side))
        if self.method == "reml":
            return Point(self, equations, factor, factor, fit,
                         restricted_log_likelihood(equations, factor, fit))
        assert self.random_solver is not None
        random = self.random_solver.factorise(_part(lower, self.equations.random_equations))
        return Point(self, equations, factor, random, fit,
                     full_log_likelihood(equations, random, fit))

    @cached_property
    def pattern(self) -> Pattern:
        """Pattern of C with the places of all terms."""
        lower = self.equations.lower() if self.lower is None else self.lower
        return make_pattern(self.equations, lower)

    @cached_property
    def inner_pattern(self) -> Pattern:
        """The same for what the traces are of: C, or its random part for the full likelihood."""
        if self.method == "reml":
            return self.pattern
        part = _part(self.equations.lower(), self.equations.random_equations)
        return make_pattern(self.equations, part, self.equations.random_equations)

    def traces(self, inverse: SelectedInverse) -> Traces:
        """Sums over the selected inverse; where its entries stand is found once."""
        if self._traces is None or self._traces[0] is not inverse.structure:
            pattern = self.inner_pattern
            places = inverse.structure.places(pattern.indptr, pattern.indices)
            self._traces = inverse.structure, pattern.traces(places)
        return self._traces[1]


def _part(lower: sp.csc_array, kept: NDArray[np.int64]) -> sp.csc_array:
    return sp.csc_array(lower[kept][:, kept])


@dataclass(frozen=True, eq=False)
class Point:
    """The likelihood at one set of variances.

    Parameters
    ----------
    likelihood : Likelihood
    equations : Equations
    factor : Factor
        Of C.
    inner : Factor
        Of the matrix whose inverse the traces are of: C, or its random part.
    fit : Fit
        At the solutions.
    log_likelihood : float
    """

    likelihood: Likelihood
    equations: Equations
    factor: Factor
    inner: Factor
    fit: Fit
    log_likelihood: float

    def derivatives(self) -> Derivatives:
        """Score and average information here: one selected inverse, in the memory of the factor."""
        return self._derivatives

    @cached_property
    def _derivatives(self) -> Derivatives:
        information = average_information(self.equations, self.factor, self.fit)
        likelihood, selected = self.likelihood, self._inverse
        inverse = Inverse(selected, likelihood.inner_pattern, likelihood.traces(selected))
        return differentiate(self.equations, self.fit, inverse, information)

    @cached_property
    def _inverse(self) -> SelectedInverse:
        return self.inner.into_inverse()

    def expansion(self) -> tuple[Vector, ...]:
        """Working scale factors of every cell of every random effect: see ``expand``."""
        derivatives, inner = self._derivatives, self.likelihood
        x, pattern = self.fit.x, inner.inner_pattern
        if inner.method == "ml":
            x = x[inner.equations.random_equations]
        return expand(self.equations, x, self._inverse.on(pattern), pattern, derivatives)

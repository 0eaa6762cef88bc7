"""Restricted and full maximum likelihood from V = ZGZ′ + R itself: n³, slow and obvious.

Any number of traits, any pattern of missing records, several classes of residuals and residual
variances that change with covariates. Observations are in long form, one row an observation:

* var(u) = K ⊗ Σ for each effect (levels outside, coefficients inside);
* cov(eᵣ, eₛ) = √(dᵣdₛ) Σₖ[traitᵣ, traitₛ] for two observations of one record, whose class is k,
  with d = exp(x′b)/w; 0 for different records.

Everything comes from V, its derivatives V̇ (one dense matrix a parameter) and
P = V⁻¹ − V⁻¹X(X′V⁻¹X)⁻¹X′V⁻¹ (Searle, Casella & McCulloch 1992; average information: Gilmour,
Thompson & Cullis 1995).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from breedeval.covariance.variances import Variances

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


@dataclass(frozen=True)
class DenseEffect:
    """Z (n × qc, level-major) and K (q × q) of a random effect."""

    z: Float64
    k: Float64

    @property
    def levels(self) -> int:
        """q."""
        return len(self.k)


@dataclass(frozen=True)
class DenseData:
    """Observations in long form, X (of full rank) and the random effects."""

    y: Float64
    x: Float64
    effects: Sequence[DenseEffect]
    trait: Int64
    unit: Int64
    kind: Int64
    weights: Float64
    covariates: Float64

    @cached_property
    def same_record(self) -> NDArray[np.bool_]:
        """Whether two observations are of one record."""
        return self.unit[:, None] == self.unit[None, :]


def single_trait(
    y: Sequence[float] | Float64, x: Float64, *effects: DenseEffect, kind: Int64 | None = None,
    weights: Float64 | None = None, covariates: Float64 | None = None,
) -> DenseData:
    """One trait, one observation a record."""
    n = len(y)
    zeros = np.zeros(n, np.int64)
    return DenseData(
        np.asarray(y, np.float64), x, effects, zeros, np.arange(n),
        zeros if kind is None else kind, np.ones(n) if weights is None else weights,
        np.zeros((n, 0)) if covariates is None else covariates)


@dataclass(frozen=True)
class DenseDerivatives:
    """∂L/∂Σ as matrices, what EM divides by, and score and average information over θ."""

    gradients: tuple[Float64, ...]
    counts: tuple[float, ...]
    slope_gradient: Float64
    score: Float64
    information: Float64


@dataclass(frozen=True, eq=False)
class DenseObjective:
    """The likelihood of the data as a function of the variances."""

    data: DenseData
    method: Literal["reml", "ml"] = "reml"
    calls: list[str] = field(default_factory=list)
    """Every evaluation and every call for derivatives, to count them."""

    def __call__(self, variances: Variances) -> DensePoint:
        self.calls.append("likelihood")
        return DensePoint(self, variances)


class DensePoint:
    """The likelihood and its derivatives at given variances."""

    def __init__(self, objective: DenseObjective, variances: Variances) -> None:
        self.objective, self.data, self.variances = objective, objective.data, variances
        x, y = self.data.x, self.data.y
        self.g = [np.kron(effect.k, part.matrix)
                  for effect, part in zip(self.data.effects, variances.effects, strict=True)]
        self.v = self.r + sum(
            effect.z @ g @ effect.z.T for effect, g in zip(self.data.effects, self.g, strict=True))
        factor = scipy.linalg.cho_factor(self.v, lower=True)
        self.v_inverse = scipy.linalg.cho_solve(factor, np.eye(y.size))
        self._fixed = x.T @ self.v_inverse @ x
        away = self.v_inverse @ x
        self.p = self.v_inverse - away @ np.linalg.solve(self._fixed, away.T)
        self.py = self.p @ y
        self.log_v = 2 * np.log(np.diagonal(factor[0])).sum()

    @property
    def reml(self) -> bool:
        """Whether fixed effects are integrated out."""
        return self.objective.method == "reml"

    @cached_property
    def spread(self) -> Float64:
        """√d: how much each residual is stretched."""
        d = np.exp(self.data.covariates @ self.variances.slopes) / self.data.weights
        return np.asarray(np.sqrt(d))

    @cached_property
    def r(self) -> Float64:
        """R."""
        return sum((self._spread_out(part.matrix, k)
                    for k, part in enumerate(self.variances.residual)),
                   start=np.zeros((self.data.y.size, self.data.y.size)))

    def _spread_out(self, sigma: Float64, kind: int) -> Float64:
        """A matrix across traits in its places among the observations of a class."""
        trait, own = self.data.trait, self.data.kind == kind
        inside = self.data.same_record & np.outer(own, own)
        return np.where(inside, sigma[np.ix_(trait, trait)], 0.0) * np.outer(
            self.spread, self.spread)

    @property
    def log_likelihood(self) -> float:
        """−½[(n − p) log 2π + log|V| + log|X′V⁻¹X| + y′Py], or −½[n log 2π + log|V| + y′Py]."""
        n, p = self.data.x.shape
        free = n - p if self.reml else n
        log_fixed = np.linalg.slogdet(self._fixed)[1] if self.reml and p else 0.0
        return float(-0.5 * (
            free * np.log(2 * np.pi) + self.log_v + log_fixed + self.data.y @ self.py))

    def changes(self) -> Iterator[Float64]:
        """V̇ for every parameter in turn."""
        for effect, part in zip(self.data.effects, self.variances.effects, strict=True):
            for change in part.derivatives():
                yield effect.z @ np.kron(effect.k, change) @ effect.z.T
        for kind, part in enumerate(self.variances.residual):
            for change in part.derivatives():
                yield self._spread_out(change, kind)
        for x in self.data.covariates.T:
            yield 0.5 * (x[:, None] + x[None, :]) * self.r

    def derivatives(self) -> DenseDerivatives:
        """By the formulae: −½[tr(PV̇) − y′PV̇Py] and ½y′PV̇ᵢPV̇ⱼPy; for ML the trace is of V⁻¹V̇."""
        self.objective.calls.append("derivatives")
        trace = self.p if self.reml else self.v_inverse
        changes = list(self.changes())
        score = [-0.5 * (np.sum(trace * change) - self.py @ change @ self.py)
                 for change in changes]
        working = np.array([change @ self.py for change in changes]).reshape(len(changes), -1)
        information = 0.5 * working @ self.p @ working.T
        count = self.variances.slopes.size
        levels = [float(effect.levels) for effect in self.data.effects]
        records = [float(np.unique(self.data.unit[self.data.kind == kind]).size)
                   for kind in range(len(self.variances.residual))]
        return DenseDerivatives(
            tuple(self._gradients(np.outer(self.py, self.py) - trace)), (*levels, *records),
            np.array(score[len(score) - count:]), np.array(score),
            (information + information.T) / 2)

    def _gradients(self, apart: Float64) -> Iterator[Float64]:
        """Γ of every covariance: dL = tr(Γ dΣ)."""
        for effect, part in zip(self.data.effects, self.variances.effects, strict=True):
            inner = (effect.z.T @ apart @ effect.z).reshape(
                effect.levels, part.size, effect.levels, part.size)
            yield 0.5 * np.einsum("kl,kalb->ab", effect.k, inner)
        stretched = apart * np.outer(self.spread, self.spread) * self.data.same_record
        for kind, part in enumerate(self.variances.residual):
            own = (self.data.kind == kind)[:, None]
            place = own * np.eye(part.size)[self.data.trait]
            yield 0.5 * place.T @ stretched @ place

    def expansion(self) -> tuple[Float64, ...]:
        """Working parameters α of PX-EM: y regressed on Xb and every Zₖuₖ, given the data.

        E[uₖ′Zₖ′R⁻¹Zₗuₗ] α = E[uₖ′Zₖ′R⁻¹(y − Xb)] (Foulley & van Dyk 2000); fixed effects have a
        flat prior in REML and are at their estimates in ML.
        """
        x, y = self.data.x, self.data.y
        z = [effect.z[:, k::part.size]
             for effect, part in zip(self.data.effects, self.variances.effects, strict=True)
             for k in range(part.size)]
        all_z = np.hstack([effect.z for effect in self.data.effects])
        g = scipy.linalg.block_diag(*self.g)
        fitted = np.hstack([x, all_z])
        r_inverse = np.linalg.inv(self.r)
        c = fitted.T @ r_inverse @ fitted
        c[x.shape[1]:, x.shape[1]:] += np.linalg.inv(g)
        error = np.linalg.inv(c)
        if not self.reml:
            error[:] = 0.0
            error[x.shape[1]:, x.shape[1]:] = np.linalg.inv(c[x.shape[1]:, x.shape[1]:])
        b = np.linalg.solve(self._fixed, x.T @ self.v_inverse @ y)
        solutions = np.concatenate([b, g @ all_z.T @ self.py])
        places = np.concatenate([
            offset + np.tile(np.arange(part.size), effect.levels) for offset, effect, part in zip(
                np.cumsum([0, *(part.size for part in self.variances.effects)]),
                self.data.effects, self.variances.effects, strict=False)])
        rows = [x.shape[1] + np.flatnonzero(places == k) for k in range(len(z))]
        second = error + np.outer(solutions, solutions)
        left = np.array([[np.sum((a.T @ r_inverse @ b) * second[np.ix_(at, to)])
                          for b, to in zip(z, rows, strict=True)]
                         for a, at in zip(z, rows, strict=True)])
        right = np.array([
            solutions[at] @ a.T @ r_inverse @ y
            - np.sum((a.T @ r_inverse @ x) * second[at][:, :x.shape[1]])
            for a, at in zip(z, rows, strict=True)])
        alphas = np.linalg.solve(left, right)
        ends = np.cumsum([part.size for part in self.variances.effects])
        return tuple(np.split(alphas, ends[:-1]))

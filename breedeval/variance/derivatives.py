"""First derivatives of the likelihood and the average information, sparse.

For a random effect with covariance Σ and q levels, and S = U′K⁻¹U of its solutions U (q × c),
T[k, l] = tr(K⁻¹C^{kl}) with C^{kl} the block of C⁻¹ of cells k and l,

    dL = tr(Γ dΣ),   Γ = −½[qΣ⁻¹ − Σ⁻¹(S + T)Σ⁻¹],

and for the residual blocks Rᵣ with residuals e = y − Wx

    Γ = −½ Σᵣ [Rᵣ⁻¹ − Rᵣ⁻¹(eᵣeᵣ′ + WᵣC⁻¹Wᵣ′)Rᵣ⁻¹].

Only elements of C⁻¹ on the pattern of C are needed. The average information of parameters i and j
is ½ fᵢ′Pfⱼ with the working variates f = V̇Py (Gilmour, Thompson & Cullis 1995; Johnson &
Thompson 1995): f = Z(I ⊗ Σ̇Σ⁻¹)u for a parameter of Σ, f = ṘR⁻¹e for one of R, and
f′Pf = f′R⁻¹f − (W′R⁻¹f)′C⁻¹(W′R⁻¹f).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.equations.pattern import Pattern
from breedeval.kernels import residual as kernels
from breedeval.solve import Factor

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
T = TypeVar("T")

MANY = 20_000
"""Observations from which the residual part is worked on in another thread."""


@dataclass(frozen=True, eq=False)
class Derivatives:
    """What the maximiser needs at a point.

    Parameters
    ----------
    gradients : tuple of ndarray, each of shape (c, c)
        Γ of every random effect, then of every residual class.
    counts : tuple of int
        Levels of every random effect, records of every residual class: Σ + (2/q) ΣΓΣ is EM.
    slope_gradient : ndarray of float64, shape (m,)
    score : ndarray of float64, shape (p,)
        dL/dθ of all parameters.
    information : ndarray of float64, shape (p, p)
        Average information.
    leverage : ndarray of float64, shape (N,)
        diag(WC⁻¹W′), scaled by w/s of each observation.
    """

    gradients: tuple[Matrix, ...]
    counts: tuple[int, ...]
    slope_gradient: Vector
    score: Vector
    information: Matrix
    leverage: Vector


def differentiate(
    equations: Equations, factor: Factor, x: Vector, inverse: Vector, pattern: Pattern
) -> Derivatives:
    """Score and average information at a solution.

    Parameters
    ----------
    equations : Equations
        At the point.
    factor : Factor
        Of C.
    x : ndarray of float64, shape (size,)
        Solutions.
    inverse : ndarray of float64, shape (nnz,)
        Entries of C⁻¹ (or of the inverse of its random part) on the pattern.
    pattern : Pattern

    Notes
    -----
    O(nnz(C)) for the traces and p right-hand sides for the information.
    """
    residuals = equations.design.y - equations.fitted(x)
    with _beside(equations.design.size) as submit:
        beside = submit(lambda: _residual_gradients(equations, residuals, inverse, pattern))
        information = _average_information(
            equations, factor, working_variates(equations, x, residuals))
        effects = _effect_gradients(equations, x, inverse, pattern)
        classes, slopes, leverage = beside()
    gradients = (*effects, *classes)
    score = np.concatenate([
        *(np.einsum("pij,ij->p", covariance.derivatives(), gradient) for covariance, gradient in
          zip(equations.variances.covariances, gradients, strict=True)), slopes])
    return Derivatives(
        gradients, level_and_record_counts(equations), slopes, score, information, leverage)


@contextmanager
def _beside(size: int) -> Iterator[Callable[[Callable[[], T]], Callable[[], T]]]:
    """Begins a piece of work at once in another thread, or, of few observations, when asked."""
    if size < MANY:
        yield lambda work: work
        return
    with ThreadPoolExecutor(1) as pool:
        yield lambda work: pool.submit(work).result


def working_variates(equations: Equations, x: Vector, residuals: Vector) -> Matrix:
    """V̇Py for every parameter, shape (N, p); linear in the solutions and the residuals together.

    Parameters
    ----------
    equations : Equations
    x : ndarray of float64, shape (size,)
        Solutions for some y.
    residuals : ndarray of float64, shape (N,)
        y − Wx.
    """
    return np.concatenate([_effect_variates(equations, x),
                           _residual_variates(equations, residuals)], axis=1)


def level_and_record_counts(equations: Equations) -> tuple[int, ...]:
    """q of every random effect, and the records of every residual class."""
    groups = equations.groups
    classes = np.bincount(groups.classes, groups.counts, len(equations.variances.residual))
    return (*equations.level_counts, *(int(count) for count in classes))


def _effect_gradients(
    equations: Equations, x: Vector, inverse: Vector, pattern: Pattern
) -> list[Matrix]:
    half = [np.zeros((covariance.size,) * 2) for covariance in equations.covariances]
    for pair in pattern.pairs:
        half[pair.effect][pair.row, pair.column] += inverse[pair.places] @ pair.halved
    gradients = []
    for effect, (precision, covariance) in enumerate(
            zip(equations.precisions, equations.covariances, strict=True)):
        own = equations.random(effect, x)
        sums = own.T @ precision.product(own) + half[effect] + half[effect].T
        inner = covariance.precision
        gradients.append(
            -0.5 * (equations.level_counts[effect] * inner - inner @ sums @ inner))
    return gradients


def _residual_gradients(
    equations: Equations, residuals: Vector, inverse: Vector, pattern: Pattern
) -> tuple[list[Matrix], Vector, Vector]:
    """Γ of each residual class, gradient of the slopes, and the leverages."""
    residual, groups, design = equations.residual, equations.groups, equations.design
    total, leverage, trace = kernels.fitted_covariance(
        pattern.columns, equations.scaled_values, groups.start, design.trait, groups.group,
        residual.blocks, residual.coupled, pattern.records, inverse)
    wide = _wide(equations, residuals * residual.scale)
    gradients = [np.zeros((len(design.traits),) * 2) for _ in equations.variances.residual]
    for group, block in enumerate(residual.blocks):
        rows = wide[groups.group == group]
        sums = total[group] + rows.T @ rows
        gradients[groups.classes[group]] += -0.5 * (
            groups.counts[group] * block - block @ sums @ block)
    if not residual.slopes.size:
        return gradients, np.zeros(0), leverage
    squares = residuals * residual.weighted(residuals)
    fitted = np.bincount(design.unit, squares, design.records) + trace
    lack = fitted - groups.observed.sum(axis=1)[groups.group]
    return gradients, 0.5 * design.residual.covariates.T @ lack, leverage


def _wide(equations: Equations, x: Vector) -> Matrix:
    """Values of observations as records × traits; 0 for traits that a record lacks."""
    design = equations.design
    wide = np.zeros((design.records, len(design.traits)))
    wide[design.unit, design.trait] = x
    return wide


def _effect_variates(equations: Equations, x: Vector) -> Matrix:
    """f = Z(I ⊗ Σ̇Σ⁻¹)u for every parameter of every random effect, shape (N, p)."""
    count = sum(covariance.values.size for covariance in equations.covariances)
    placed, at = np.zeros((equations.size, count)), 0
    for effect, covariance in enumerate(equations.covariances):
        number = equations.number[equations.layout.random_slice(effect)]
        there = number >= 0
        own = equations.deviations(effect, x) @ covariance.precision
        for derivative in covariance.derivatives():
            placed[number[there], at] = (own @ derivative).ravel()[there]
            at += 1
    return equations.fitted(placed)


def _residual_variates(equations: Equations, residuals: Vector) -> Matrix:
    """f = ṘR⁻¹e for every parameter of every residual class, and every slope, shape (N, p)."""
    residual, groups, design = equations.residual, equations.groups, equations.design
    wide = _wide(equations, residuals * residual.scale)
    weighted = np.empty_like(wide)
    for group, block in enumerate(residual.blocks):
        rows = groups.group == group
        weighted[rows] = wide[rows] @ block
    ends = np.cumsum([part.values.size for part in equations.variances.residual])
    variates = np.zeros((design.size, int(ends[-1]) + residual.slopes.size))
    variates[:, ends[-1]:] = design.residual.covariates[design.unit] * residuals[:, None]
    for trait in range(len(design.traits)):
        own = design.of_trait(trait)
        class_of = groups.classes[groups.group[design.unit[own]]]
        for number, (part, end) in enumerate(
                zip(equations.variances.residual, ends, strict=True)):
            rows = own[class_of == number]
            found = weighted[design.unit[rows]] @ part.derivatives()[:, :, trait].T
            variates[rows, end - part.values.size:end] = found / residual.scale[rows, None]
    return variates


def _average_information(equations: Equations, factor: Factor, variates: Matrix) -> Matrix:
    """½ F′PF; half a solve with p right-hand sides."""
    weighted = equations.residual.weighted(variates)
    found = variates.T @ weighted - factor.quadratic(equations.transposed(weighted))
    return np.asarray((found + found.T) / 4)

"""First derivatives of the likelihood, sparse.

For a random effect with covariance Σ and q levels, and S = U′K⁻¹U of its solutions U (q × c),
T[k, l] = tr(K⁻¹C^{kl}) with C^{kl} the block of C⁻¹ of cells k and l,

    dL = tr(Γ dΣ),   Γ = −½[qΣ⁻¹ − Σ⁻¹(S + T)Σ⁻¹],

and for the residual blocks Rᵣ with residuals e = y − Wx

    Γ = −½ Σᵣ [Rᵣ⁻¹ − Rᵣ⁻¹(eᵣeᵣ′ + WᵣC⁻¹Wᵣ′)Rᵣ⁻¹].

Only elements of C⁻¹ on the pattern of C are needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations, Fit
from breedeval.equations.pattern import Pattern, Traces
from breedeval.kernels import residual as kernels
from breedeval.solve import SelectedInverse

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


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
    """

    gradients: tuple[Matrix, ...]
    counts: tuple[int, ...]
    slope_gradient: Vector
    score: Vector
    information: Matrix


@dataclass(frozen=True, eq=False)
class Inverse:
    """C⁻¹, or the inverse of its random part, and how to sum over it.

    Parameters
    ----------
    selected : SelectedInverse
    pattern : Pattern
        Of C, or its random part.
    traces : Traces
        With the places of ``selected``.
    """

    selected: SelectedInverse
    pattern: Pattern
    traces: Traces


def differentiate(
    equations: Equations, fit: Fit, inverse: Inverse, information: Matrix
) -> Derivatives:
    """Score and average information at a solution.

    Parameters
    ----------
    equations : Equations
        At the point.
    fit : Fit
        Of the solutions.
    inverse : Inverse
    information : ndarray of float64, shape (p, p)
        Average information.

    Notes
    -----
    O(nnz(C)) for the traces.
    """
    traces, values = inverse.traces, inverse.selected.values
    effects = _effect_gradients(equations, fit, traces.of_effects(values))
    if equations.residual.slopes.size:
        sums, slopes = _with_slopes(equations, fit, inverse)
    else:
        sums, slopes = traces.of_records(values), np.zeros(0)
    gradients = (*effects, *_residual_gradients(equations, fit, sums))
    score = np.concatenate([
        *(covariance.derivatives().reshape(-1, gradient.size) @ gradient.ravel()
          for covariance, gradient in zip(equations.variances.covariances, gradients, strict=True)),
        slopes])
    return Derivatives(gradients, level_and_record_counts(equations), slopes, score, information)


def level_and_record_counts(equations: Equations) -> tuple[int, ...]:
    """q of every random effect, and the records of every residual class."""
    groups = equations.groups
    classes = np.bincount(groups.classes, groups.counts, len(equations.variances.residual))
    return (*equations.level_counts, *(int(count) for count in classes))


def _effect_gradients(equations: Equations, fit: Fit, traces: list[Matrix]) -> list[Matrix]:
    gradients = []
    for covariance, count, own, trace in zip(
            equations.covariances, equations.level_counts, fit.sums, traces, strict=True):
        inner = covariance.precision
        gradients.append(-0.5 * (count * inner - inner @ (own + trace) @ inner))
    return gradients


def _residual_gradients(equations: Equations, fit: Fit, sums: Matrix) -> list[Matrix]:
    """Γ of each residual class, given Σ WᵣC⁻¹Wᵣ′ over the records of each group."""
    residual, groups, design = equations.residual, equations.groups, equations.design
    wide = _wide(equations, fit.residuals * residual.scale)
    gradients = [np.zeros((len(design.traits),) * 2) for _ in equations.variances.residual]
    for group, block in enumerate(residual.blocks):
        rows = wide if len(residual.blocks) == 1 else wide[groups.group == group]
        inner = sums[group] + rows.T @ rows
        gradients[groups.classes[group]] += -0.5 * (
            groups.counts[group] * block - block @ inner @ block)
    return gradients


def _with_slopes(equations: Equations, fit: Fit, inverse: Inverse) -> tuple[Matrix, Vector]:
    """Σ WᵣC⁻¹Wᵣ′ over the records of each group, and the gradient of the slopes."""
    residual, groups, design = equations.residual, equations.groups, equations.design
    pattern = inverse.pattern
    sums, trace = kernels.fitted_covariance(
        pattern.columns, equations.scaled_values, groups.start, design.trait, groups.group,
        residual.blocks, residual.coupled, pattern.products,
        inverse.selected.on(pattern))
    fitted = np.bincount(design.unit, fit.residuals * fit.weighted, design.records) + trace
    lack = fitted - groups.observed.sum(axis=1)[groups.group]
    return sums, 0.5 * design.residual.covariates.T @ lack


def _wide(equations: Equations, x: Vector) -> Matrix:
    """Values of observations as records × traits; 0 for traits that a record lacks."""
    design = equations.design
    if x.size == design.records * len(design.traits):
        return x.reshape(design.records, -1)
    wide = np.zeros((design.records, len(design.traits)))
    wide[design.unit, design.trait] = x
    return wide

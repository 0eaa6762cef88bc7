"""Where estimation starts when the run file does not say: shares of the phenotypic variance.

The phenotypic (co)variances are those of the residuals of ordinary least squares on the fixed
effects. Every random effect and the residual get equal shares of a trait's variance; covariances
among traits get half of the phenotypic correlation, those among components none.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels import assemble
from breedeval.model.design import Design, RandomTerm
from breedeval.model.layout import make_layout
from breedeval.threads import one_blas_thread

Matrix = NDArray[np.float64]
SHRUNK = 0.5
"""Share of the phenotypic correlation that starting covariances among traits have."""

EXACT = 1e-9
"""‖X′e‖/‖e‖ of residuals from least squares."""


@dataclass(frozen=True, eq=False)
class StartingMatrices:
    """A starting matrix for every random effect and residual class."""

    effects: tuple[Matrix, ...]
    residual: tuple[Matrix, ...]


def starting_matrices(design: Design) -> StartingMatrices:
    """Start values from the data.

    Parameters
    ----------
    design : Design

    Notes
    -----
    A least-squares fit of the fixed effects, by conjugate gradients; once for a design.
    """
    residuals = least_squares_residuals(design)
    with one_blas_thread():
        phenotypic = _phenotypic(design, residuals)
    count = np.ones(len(design.traits))
    for term in design.random:
        count[list(term.traits)] += 1
    shares = phenotypic / np.sqrt(np.outer(count, count))
    effects = tuple(_effect_matrix(design, term, shares) for term in design.random)
    return StartingMatrices(effects, tuple(shares.copy() for _ in design.residual.levels))


_KNOWN: WeakKeyDictionary[Design, NDArray[np.float64]] = WeakKeyDictionary()
"""Residuals of designs in use: starts, scales and the check of variation all want them."""


def least_squares_residuals(design: Design) -> NDArray[np.float64]:
    """√w (y − Xb̂) of ordinary (weighted) least squares, shape (N,); computed once for a design."""
    found = _KNOWN.get(design)
    if found is None:
        with one_blas_thread():
            found = _KNOWN[design] = _residuals(design)
    return found


def _residuals(design: Design) -> NDArray[np.float64]:
    """By conjugate gradients on the normal equations of X with columns of length 1.

    They need not be independent (Björck 1996, algorithm 7.4.1).
    """
    layout, root = make_layout(design, (0,) * len(design.random)), np.sqrt(design.weights)
    size, residuals = layout.fixed_size, root * design.y
    if not size:
        return residuals
    positions, values = layout.fixed_columns(design)
    columns, values = positions.astype(np.int32), root[:, None] * values
    squares = assemble.product_diagonal(columns, values, np.ones(design.size), size)
    values = values / np.sqrt(np.where(squares > 0, squares, 1.0))[columns]
    slope = assemble.transposed_product(columns, values, residuals, size)
    direction, squared = slope, float(slope @ slope)
    for _ in range(min(size, design.size)):
        if np.sqrt(squared) <= EXACT * np.linalg.norm(residuals):
            break
        along = assemble.product(columns, values, direction)
        residuals = residuals - squared / float(along @ along) * along
        slope = assemble.transposed_product(columns, values, residuals, size)
        before, squared = squared, float(slope @ slope)
        direction = slope + squared / before * direction
    return residuals


def _phenotypic(design: Design, residuals: NDArray[np.float64]) -> Matrix:
    """(Co)variances among the traits of a record, pairwise, made positive definite."""
    traits = len(design.traits)
    wide = np.full((design.records, traits), np.nan)
    wide[design.unit, design.trait] = residuals
    has = ~np.isnan(wide)
    wide = np.where(has, wide, 0.0)
    counts = np.maximum(has.T.astype(float) @ has, 1.0)
    products = wide.T @ wide / counts
    lost = np.array([sum(term.size for term in design.fixed if term.trait == t)
                     for t in range(traits)])
    own = np.diagonal(counts)
    variances = np.diagonal(products) * own / np.maximum(own - lost, 0.5 * own)
    spread = np.sqrt(np.where(variances > 0, variances, 1.0))
    root = np.sqrt(np.maximum(np.diagonal(products), np.finfo(float).tiny))
    correlation = SHRUNK * np.clip(products / np.outer(root, root), -0.9, 0.9)
    np.fill_diagonal(correlation, 1.0)
    values, vectors = np.linalg.eigh(correlation)
    correlation = (vectors * np.maximum(values, 0.05)) @ vectors.T
    return np.asarray((correlation + correlation.T) / 2 * np.outer(spread, spread))


def _effect_matrix(design: Design, term: RandomTerm, shares: Matrix) -> Matrix:
    """The traits' shares, spread evenly over the coefficients of a level."""
    blocks = []
    for component in term.components:
        squares = np.mean(component.values**2, axis=0) * component.codes.shape[1]
        functions = component.values.shape[1]
        scale = 1.0 / np.maximum(squares * functions, 1e-300)
        blocks += list(np.broadcast_to(scale, (len(component.coefficients),))
                       if functions == 1 else scale)
    traits = shares[np.ix_(term.traits, term.traits)] / len(term.components)
    return np.asarray(np.kron(np.diag(blocks), traits), np.float64)

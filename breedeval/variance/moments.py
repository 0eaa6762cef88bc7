"""A quick look at variances by moments: Haseman & Elston's regression, from products of residuals.

With P₀ = I − X(X′X)⁻X′ and r = P₀y, E(r′Mᵢr) = Σⱼ σ²ⱼ tr(P₀MᵢP₀Mⱼ) for every Mᵢ = ZᵢKᵢZᵢ′, and
M = I for the residual: linear equations in the variances. The regression of rₖrₗ on relationships
is the same thing, and so is MINQUE from equal weights. All are of observations times √w.

References
----------
Haseman & Elston (1972), Behav. Genet. 2:3; Rao (1971), J. Multivar. Anal. 1:257; Zhou (2017), Ann.
Appl. Stat. 11:2027.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.variance.incidence import Kernel, make_incidence, sandwich

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

LARGEST = 10_000
"""Observations beyond which the look is not quick."""

LEAST = 0.05
"""Share of the sum of all that a variance has at least where estimation starts from these."""


def has_moments(equations: Equations) -> bool:
    """Whether the model is of this form: one trait, one variance an effect and for the residual."""
    design = equations.design
    return (design.size <= LARGEST and len(design.traits) == 1 and len(design.residual.levels) == 1
            and not design.residual.covariates.shape[1]
            and set(equations.layout.random_widths) == {1})


def haseman_elston(equations: Equations, kernels: Sequence[Kernel]) -> Vector:
    """Variances of every random effect and of the residual; they may be below 0.

    Parameters
    ----------
    equations : Equations
        For which :func:`has_moments` is true.
    kernels : sequence of ndarray or csr_array
        K of every effect.

    Notes
    -----
    Cost: k²n² + kn²p for k effects, n observations and p fixed effects; memory 8kn².
    """
    incidence, design = make_incidence(equations), equations.design
    root = np.sqrt(design.weights)
    basis = np.linalg.qr(root[:, None] * incidence.x)[0] if incidence.x.size else np.zeros(
        (design.size, 0))
    r = root * design.y
    r -= basis @ (basis.T @ r)
    matrices = [_of_records(sp.csr_array(sp.diags_array(root) @ cells[0]), kernel)
                for cells, kernel in zip(incidence.cells, kernels, strict=True)]
    halves = [matrix @ basis for matrix in matrices]
    corners = [basis.T @ half for half in halves]
    count = len(matrices)
    system = np.empty((count + 1, count + 1))
    for i, j in np.ndindex(count, count):  # tr(P₀MᵢP₀Mⱼ) with P₀ = I − BB′
        system[i, j] = np.vdot(matrices[i], matrices[j]) - 2 * np.vdot(halves[i], halves[j]) + (
            np.vdot(corners[i], corners[j]))
    for i in range(count):
        system[i, count] = system[count, i] = np.trace(matrices[i]) - np.trace(corners[i])
    system[count, count] = design.size - basis.shape[1]
    told = np.array([*(r @ matrix @ r for matrix in matrices), r @ r])
    return np.asarray(np.linalg.lstsq(system, told)[0])


def as_start(found: Vector) -> Vector:
    """The same, none below a share of their sum."""
    total = max(float(np.maximum(found, 0.0).sum()), np.finfo(float).tiny)
    return np.maximum(found, LEAST * total)


def _of_records(z: sp.csr_array, kernel: Kernel) -> Matrix:
    """ZKZ′."""
    return sandwich(z, kernel, z) if isinstance(kernel, np.ndarray) else np.asarray(
        (z @ kernel @ z.T).toarray())

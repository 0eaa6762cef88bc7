"""R: the covariance of the residuals, in blocks of one record.

For record r of class c with the traits o(r) observed,

    Rᵣ = sᵣ D^{−½} R_c[o(r), o(r)] D^{−½},   D = diag(w),   sᵣ = exp(Σₖ βₖ xᵣₖ),

with weights w and the covariates x of the log of the residual variance. Records of one class and
one pattern of traits share a block once every observation is multiplied by √(w/s).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import log

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from breedeval.covariance.structure import Covariance
from breedeval.kernels import residual as kernels
from breedeval.model.design import Design

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Groups:
    """Records that share a class and a pattern of observed traits.

    Parameters
    ----------
    start : ndarray of int32, shape (n + 1,)
        First observation of each record.
    group : ndarray of int32, shape (n,)
        Group of each record.
    classes : ndarray of int64, shape (g,)
        Residual class of each group.
    observed : ndarray of bool, shape (g, T)
        Traits that its records have.
    counts : ndarray of int64, shape (g,)
        Its records.
    """

    start: NDArray[np.int32]
    group: NDArray[np.int32]
    classes: NDArray[np.int64]
    observed: NDArray[np.bool_]
    counts: NDArray[np.int64]

    @cached_property
    def traits(self) -> tuple[NDArray[np.int64], ...]:
        """Codes of the traits that the records of each group have."""
        return tuple(np.flatnonzero(row) for row in self.observed)


def group_records(design: Design) -> Groups:
    """Find the groups of a design; O(N)."""
    n, traits = design.records, len(design.traits)
    start = np.zeros(n + 1, np.int32)
    np.cumsum(np.bincount(design.unit, minlength=n), out=start[1:])
    has = np.zeros((n, traits), np.bool_)
    has[design.unit, design.trait] = True
    packed = np.packbits(has, axis=1)
    key = np.column_stack([design.residual.codes.astype(np.int64), packed.astype(np.int64)])
    if n and (key == key[0]).all():
        first, group, counts = np.zeros(1, np.int64), np.zeros(n, np.int64), np.array([n])
    else:
        _, first, group, counts = np.unique(
            key, axis=0, return_index=True, return_inverse=True, return_counts=True)
    return Groups(start, group.reshape(-1).astype(np.int32),
                  design.residual.codes[first].astype(np.int64), has[first], counts)


@dataclass(frozen=True, eq=False)
class Residual:
    """R at given values.

    Parameters
    ----------
    design : Design
    groups : Groups
    covariances : tuple of Covariance, one a class
        Among the traits of a record.
    slopes : ndarray of float64, shape (m,)
        β of the log of the residual variance.
    """

    design: Design
    groups: Groups
    covariances: tuple[Covariance, ...]
    slopes: Vector

    @cached_property
    def scale(self) -> Vector:
        """√(w/s) of each observation, shape (N,)."""
        if not self.slopes.size:
            return np.sqrt(self.design.weights)
        log_s = self.design.residual.covariates @ self.slopes
        return np.sqrt(self.design.weights) * np.exp(-0.5 * log_s)[self.design.unit]

    @cached_property
    def log_scale(self) -> float:
        """Σ log √(w/s) over the observations."""
        return float(np.log(self.scale).sum())

    def at(self, covariances: tuple[Covariance, ...], slopes: Vector) -> Residual:
        """At other values; what depends on the design alone is not made again."""
        other = Residual(self.design, self.groups, covariances, slopes)
        if not slopes.size:
            for name in ("scale", "log_scale", "coupled"):
                other.__dict__[name] = getattr(self, name)
        return other

    @cached_property
    def blocks(self) -> Vector:
        """Inverse of each group's block, 0 for traits that it lacks, shape (g, T, T)."""
        return np.array([_embedded(self.covariances[c], traits)
                         for c, traits in zip(
                             self.groups.classes, self.groups.traits, strict=True)])

    @cached_property
    def coupled(self) -> NDArray[np.bool_]:
        """Pairs of traits between which R⁻¹ may have an element, shape (T, T).

        Where a record lacks a trait, those on either side of it are joined directly.
        """
        if len(self.design.traits) == 1:
            return np.ones((1, 1), np.bool_)
        joined = np.logical_or.reduce([covariance.pattern for covariance in self.covariances])
        _, part = connected_components(joined, directed=False)
        return np.asarray(part[:, None] == part)

    @cached_property
    def log_determinant(self) -> float:
        """log|R|."""
        logs = [_log_determinant(self.covariances[c], traits) for c, traits in zip(
            self.groups.classes, self.groups.traits, strict=True)]
        return float(self.groups.counts @ np.array(logs) - 2.0 * self.log_scale)

    @cached_property
    def diagonal(self) -> Vector:
        """diag(R⁻¹), shape (N,)."""
        design = self.design
        if self.blocks.size == 1:
            return np.asarray(self.blocks[0, 0, 0] * self.scale**2)
        group = self.groups.group[design.unit]
        return np.asarray(self.blocks[group, design.trait, design.trait] * self.scale**2)

    def weighted(self, x: Vector) -> Vector:
        """R⁻¹x for x of shape (N,) or (N, k)."""
        if len(self.design.traits) == 1:
            weight = self.diagonal if x.ndim == 1 else self.diagonal[:, None]
            return np.asarray(weight * x)
        wide = np.ascontiguousarray(x.reshape(x.shape[0], -1))
        found = kernels.block_product(
            self.groups.start, self.design.trait, self.groups.group, self.blocks, self.scale, wide)
        return np.asarray(found.reshape(x.shape))


def _embedded(covariance: Covariance, traits: NDArray[np.int64]) -> Vector:
    """Inverse of the part of a matrix for some traits, in its place; 0 elsewhere."""
    matrix = covariance.matrix
    if traits.size == len(matrix):
        return covariance.precision
    inverse = np.zeros_like(matrix)
    if traits.size == 1:
        inverse[traits[0], traits[0]] = 1.0 / matrix[traits[0], traits[0]]
        return inverse
    found = np.linalg.inv(matrix[traits][:, traits])
    inverse[traits[:, None], traits] = (found + found.T) / 2
    return inverse


def _log_determinant(covariance: Covariance, traits: NDArray[np.int64]) -> float:
    """Of the part of a matrix for some traits."""
    matrix = covariance.matrix
    if traits.size == len(matrix):
        return covariance.log_determinant
    if traits.size == 1:
        return log(matrix[traits[0], traits[0]])
    return float(np.linalg.slogdet(matrix[traits][:, traits])[1])

"""Which functions of the fixed effects a test of one term is about.

*Conditional*: b of the term in the full model, as far as the columns of all other terms leave it
estimable. With D the dependencies on the term's columns of the others' that were set to zero, L
spans the null space of D′.

*Incremental*: b of the term in the model without the later terms of its trait,

    b̃ = b − Φ_tl Φ_ll⁻¹ b_l,

which is generalised least squares with the same V: the drop in y′Py as terms enter in their order.
Other traits, whose means are no question here, and unknown-parent groups stay in both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.model.design import FixedTerm

Matrix = NDArray[np.float64]
Codes = NDArray[np.int64]
Kind = Literal["incremental", "conditional"]

DEPENDENT = 1e-7
"""Singular values of D, relative to the largest, that count as 0."""


@dataclass(frozen=True, eq=False)
class Contrast:
    """A test of one term.

    Parameters
    ----------
    term : FixedTerm
    kind : {'incremental', 'conditional'}
    rows : ndarray of float64, shape (l, k)
        L′ over ``equations``, before later terms are taken out.
    equations : ndarray of int64, shape (k,)
    later : ndarray of int64
        Equations of the terms to be left out of the model.
    """

    term: FixedTerm
    kind: Kind
    rows: Matrix
    equations: Codes
    later: Codes

    @property
    def size(self) -> int:
        """Numerator degrees of freedom."""
        return len(self.rows)

    @property
    def needed(self) -> Codes:
        """All equations whose estimates it needs; none where there is nothing to test."""
        if not self.size:
            return np.zeros(0, np.int64)
        return np.union1d(self.equations, self.later)

    def over(self, equations: Codes, covariance: Matrix) -> Matrix:
        """L over a sorted set of equations that holds those needed, shape (k, l).

        Parameters
        ----------
        equations : ndarray of int64, shape (k,)
        covariance : ndarray of float64, shape (k, k)
            Their Φ.
        """
        result = np.zeros((equations.size, self.size))
        own = np.searchsorted(equations, self.equations)
        result[own] = self.rows.T
        if self.later.size:
            later = np.searchsorted(equations, self.later)
            spread = np.sqrt(np.diagonal(covariance))[later]
            correlations = covariance[np.ix_(later, later)] / np.outer(spread, spread)
            shared = covariance[np.ix_(later, own)] @ self.rows.T / spread[:, None]
            found = scipy.linalg.cho_solve(scipy.linalg.cho_factor(correlations), shared)
            result[later] -= found / spread[:, None]
        return result


def contrasts(equations: Equations) -> list[Contrast]:
    """Both tests of every fixed term, trait by trait in the order of the run file."""
    design, layout = equations.design, equations.layout
    found = []
    for place, (term, offset) in enumerate(
            zip(design.fixed, layout.fixed_offsets, strict=True)):
        later = [_kept(equations, other, at) for other, at in zip(
            design.fixed[place + 1:], layout.fixed_offsets[place + 1:], strict=True)
            if other.trait == term.trait]
        found.append(_incremental(
            equations, term, offset, np.concatenate([np.zeros(0, np.int64), *later])))
        found.append(_conditional(equations, term, offset))
    return found


def _incremental(
    equations: Equations, term: FixedTerm, offset: int, later: Codes
) -> Contrast:
    groups = equations.rank.dropped >= equations.layout.fixed_size
    rows = _estimable(equations, term, offset, np.flatnonzero(groups))
    return Contrast(term, "incremental", rows, _kept(equations, term, offset), later)


def _conditional(equations: Equations, term: FixedTerm, offset: int) -> Contrast:
    dropped = equations.rank.dropped
    others = np.flatnonzero((dropped < offset) | (dropped >= offset + term.size))
    rows = _estimable(equations, term, offset, others)
    kept, back = _kept(equations, term, offset), equations.restoration
    if term.name == "intercept" and offset in back.positions:  # at 0 of the user's covariates
        row = back.rows[np.searchsorted(back.positions, offset)]
        involved = np.flatnonzero(row)
        rows, kept = rows @ row[None, involved], involved
    return Contrast(term, "conditional", rows, kept, np.zeros(0, np.int64))


def _estimable(
    equations: Equations, term: FixedTerm, offset: int, others: Codes
) -> Matrix:
    """Functions of the term's b that the given dependencies leave alone, over its kept columns."""
    positions = np.arange(offset, offset + term.size)
    positions = positions[equations.number[positions] >= 0]
    shared = equations.rank.dependencies[others][:, positions]
    shared = shared[np.flatnonzero(np.diff(shared.indptr))].toarray()
    if not shared.size:
        return np.eye(positions.size)
    shared /= np.abs(shared).max(axis=1)[:, None]
    return np.asarray(scipy.linalg.null_space(shared, rcond=DEPENDENT).T)


def _kept(equations: Equations, term: FixedTerm, offset: int) -> Codes:
    number = equations.number[offset:offset + term.size]
    return number[number >= 0].astype(np.int64)


def degrees_left(equations: Equations) -> list[int]:
    """Observations minus the rank of the fixed part, groups included, for every trait."""
    design, layout = equations.design, equations.layout
    left = np.bincount(design.trait, minlength=len(design.traits))
    for term, offset in zip(design.fixed, layout.fixed_offsets, strict=True):
        left[term.trait] -= _kept(equations, term, offset).size
    for trait, count in _groups(equations):
        left[trait] -= count
    return [int(count) for count in left]


def _groups(equations: Equations) -> Iterator[tuple[int, int]]:
    """Trait and number of the kept equations of unknown-parent groups."""
    for effect, (term, levels) in enumerate(
            zip(equations.design.random, equations.level_counts, strict=True)):
        number = equations.number[equations.layout.random_slice(effect)]
        kept = (number.reshape(-1, term.width)[levels:] >= 0).sum(axis=0)
        for (_, trait), count in zip(term.cells(), kept, strict=True):
            yield trait, int(count)

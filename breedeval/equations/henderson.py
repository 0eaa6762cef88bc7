"""Henderson's mixed-model equations, ready for a direct or an iterative solver.

[X′R⁻¹X, X′R⁻¹Z; Z′R⁻¹X, Z′R⁻¹Z + K⁻¹ ⊗ Σ⁻¹] [b; u] = [X′R⁻¹y; Z′R⁻¹y]     (Henderson 1984)

One row of W = [X, Z] an observation; every random effect adds its relationship's precision K⁻¹
times the inverse of its covariance Σ. Columns of X that depend on others are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.covariance.structure import Covariance
from breedeval.covariance.variances import Variances
from breedeval.equations.rank import Rank, fixed_rank, rank_of_products
from breedeval.equations.residual import Groups, Residual, group_records
from breedeval.equations.restoration import Restoration, make_restoration
from breedeval.kernels import assemble
from breedeval.model.design import Design
from breedeval.model.layout import Layout, fixed_positions, make_layout
from breedeval.relationship.precision import Precision

Vector = NDArray[np.float64]

FIXED = ("level_counts", "restoration", "parts")
"""What does not depend on the variances, and is made once."""
ROUNDING = 1e-10
"""Part of the largest diagonal of a precision below which its products with groups are 0."""


@dataclass(frozen=True, eq=False)
class Fit:
    """How a solution fits the data.

    Parameters
    ----------
    x : ndarray of float64, shape (size,)
        The solution.
    residuals : ndarray of float64, shape (N,)
        e = y − Wx.
    weighted : ndarray of float64, shape (N,)
        R⁻¹e.
    sums : tuple of ndarray of float64, each of shape (c, c)
        U′K⁻¹U of the solutions of every random effect, levels × cells.
    quadratic : float
        e′R⁻¹e + u′G⁻¹u, which is y′Py at the solution.
    """

    x: Vector
    residuals: Vector
    weighted: Vector
    sums: tuple[Vector, ...]
    quadratic: float


@dataclass(frozen=True, eq=False)
class Equations:
    """The equations of one model; also an operator for iterative solvers.

    Parameters
    ----------
    design : Design
    layout : Layout
    precisions : tuple of Precision, one a random effect
    variances : Variances
        Σ of every random effect, and of the residual.
    groups : Groups
        Records that share a block of R.
    rank : Rank
        Dependencies of the fixed part, in positions of the layout.
    number : ndarray of int32, shape (layout.size,)
        Equation of each position; −1 for a column set to zero.
    columns : ndarray of int32, shape (N, t)
        Equations of the non-zeros of each row of W; −1 for none.
    values : ndarray of float64, shape (N, t)
        The non-zeros.
    """

    design: Design
    layout: Layout
    precisions: tuple[Precision, ...]
    variances: Variances
    groups: Groups
    rank: Rank
    number: NDArray[np.int32]
    columns: NDArray[np.int32]
    values: Vector

    def at(self, variances: Variances) -> Equations:
        """The same system at other variances: same numbering, same pattern."""
        other = replace(self, variances=variances)
        same = FIXED if variances.slopes.size else (*FIXED, "scaled_values")
        other.__dict__.update(
            {name: getattr(self, name) for name in same},
            residual=self.residual.at(variances.residual, variances.slopes))
        return other

    @property
    def covariances(self) -> tuple[Covariance, ...]:
        """Σ of every random effect."""
        return self.variances.effects

    @property
    def size(self) -> int:
        """Number of equations."""
        return self.layout.size - int(self.rank.dropped.size)

    @property
    def fixed_size(self) -> int:
        """Rank of the fixed part, groups included: p of the likelihood."""
        groups = sum(
            _fixed_groups(precision) * covariance.size
            for precision, covariance in zip(self.precisions, self.covariances, strict=True))
        return self.layout.fixed_size + groups - int(self.rank.dropped.size)

    @cached_property
    def level_counts(self) -> tuple[int, ...]:
        """q of every random effect: metafounders count, but not groups, which are fixed."""
        return tuple(len(precision.levels) + len(precision.groups) - _fixed_groups(precision)
                     for precision in self.precisions)

    @cached_property
    def parts(self) -> list[tuple[int, int]]:
        """Which of the t non-zeros of a row of W belong to each random effect."""
        return self.layout.parts(self.design)

    @cached_property
    def random_equations(self) -> NDArray[np.int64]:
        """Numbers of the equations of random effects: of metafounders too, but not of groups."""
        parts = [self.number[self.layout.random_slice(effect)][:count * width]
                 for effect, (count, width) in enumerate(zip(
                     self.level_counts, self.layout.random_widths, strict=True))]
        return np.concatenate([np.zeros(0, np.int64), *parts])

    @property
    def random_log_determinant(self) -> float:
        """log|G| = Σ q log|Σ| + c log|K|."""
        return float(sum(
            q * covariance.log_determinant + covariance.size * log_k
            for q, log_k, covariance in zip(
                self.level_counts, self.relationship_log_determinants, self.covariances,
                strict=True)))

    @property
    def relationship_log_determinants(self) -> tuple[float, ...]:
        """log|K| of every random effect."""
        return tuple(precision.log_determinant for precision in self.precisions)

    @cached_property
    def restoration(self) -> Restoration:
        """From the solutions of centred covariates to those of the user's."""
        return make_restoration(self.design, self.layout, self.number, self.size)

    @cached_property
    def residual(self) -> Residual:
        """R."""
        return Residual(self.design, self.groups, self.variances.residual, self.variances.slopes)

    @cached_property
    def scaled_values(self) -> Vector:
        """The non-zeros of W, each row multiplied by its √(w/s): beside the blocks of R⁻¹."""
        scale = self.residual.scale
        return self.values if (scale == 1.0).all() else np.ascontiguousarray(
            scale[:, None] * self.values)

    @cached_property
    def right_hand_side(self) -> Vector:
        """W′R⁻¹y, shape (size,)."""
        return self.transposed(self.residual.weighted(self.design.y))

    def transposed(self, x: Vector) -> Vector:
        """W′x for x of shape (N,) or (N, k)."""
        kernel = assemble.transposed_product if x.ndim == 1 else assemble.transposed_products
        return np.asarray(kernel(self.columns, self.values, np.ascontiguousarray(x), self.size))

    def fitted(self, x: Vector) -> Vector:
        """Wx for x of shape (size,) or (size, k)."""
        kernel = assemble.product if x.ndim == 1 else assemble.products
        return np.asarray(kernel(self.columns, self.values, np.ascontiguousarray(x)))

    def lower(self) -> sp.csc_array:
        """Lower triangle of the coefficient matrix C, assembled in one pass over the records.

        Cost: O(N t² + nnz(K⁻¹) c²) time; 12 bytes a term twice over.
        """
        rows, columns, terms = self._random_terms()
        residual, groups = self.residual, self.groups
        indptr, indices, data = assemble.assemble_lower(
            self.columns, self.scaled_values, groups.start, self.design.trait, groups.group,
            residual.blocks, residual.coupled, rows, columns, terms, self.size)
        kind = np.int32 if indices.size < 2**31 else np.int64
        return sp.csc_array((data, indices.astype(kind, copy=False), indptr.astype(kind)),
                            shape=(self.size, self.size))

    def product(self, x: Vector) -> Vector:
        """Cx for x of shape (size,), without C."""
        result = self.transposed(self.residual.weighted(self.fitted(x)))
        for effect, (precision, covariance) in enumerate(
                zip(self.precisions, self.covariances, strict=True)):
            number = self.number[self.layout.random_slice(effect)]
            share = precision.product(
                self.random(effect, x)) @ covariance.precision
            result[number[number >= 0]] += share.ravel()[number >= 0]
        return result

    def fit(self, x: Vector) -> Fit:
        """How a solution fits.

        Its y′Py is least at the solution, so an error in x enters squared; y′R⁻¹y − x′W′R⁻¹y
        would lose digits.
        """
        residuals = self.design.y - self.fitted(x)
        weighted = self.residual.weighted(residuals)
        sums = []
        for effect, precision in enumerate(self.precisions):
            own = self.random(effect, x)
            sums.append(own.T @ precision.product(own))
        total = float(residuals @ weighted) + sum(
            float(np.sum(part * covariance.precision))
            for part, covariance in zip(sums, self.covariances, strict=True))
        return Fit(x, residuals, weighted, tuple(sums), total)

    def random(self, effect: int, x: Vector) -> Vector:
        """Unknowns of a random effect as levels × cells; 0 for those left out."""
        number = self.number[self.layout.random_slice(effect)]
        width = self.layout.random_widths[effect]
        if is_run(number):
            return x[number[0]:number[-1] + 1].reshape(-1, width)
        return np.ascontiguousarray(np.where(number >= 0, x[number], 0.0).reshape(-1, width))

    def deviations(self, effect: int, x: Vector) -> Vector:
        """The same without what unknown-parent groups contribute: û − Qĝ; 0 for the groups."""
        own, precision = self.random(effect, x), self.precisions[effect]
        if not _fixed_groups(precision):
            return own
        individuals = len(precision.levels)
        shares = precision.group_contributions(np.arange(individuals))
        return np.concatenate([own[:individuals] - shares @ own[individuals:],
                               np.zeros_like(own[individuals:])])

    def placed(self, effect: int, values: Vector) -> Vector:
        """Levels × cells of one random effect among all unknowns, the others 0; shape (size,)."""
        number = self.number[self.layout.random_slice(effect)]
        x = np.zeros(self.size)
        x[number[number >= 0]] = values.ravel()[number >= 0]
        return x

    def information_diagonal(self) -> Vector:
        """diag(W′R⁻¹W), shape (size,)."""
        return np.asarray(assemble.product_diagonal(
            self.columns, self.values, self.residual.diagonal, self.size))

    def diagonal(self) -> Vector:
        """diag(C), shape (size,)."""
        result = self.information_diagonal()
        for effect, (precision, covariance) in enumerate(
                zip(self.precisions, self.covariances, strict=True)):
            number = self.number[self.layout.random_slice(effect)]
            own = np.outer(precision.diagonal(), np.diagonal(covariance.precision)).ravel()
            result[number[number >= 0]] += own[number >= 0]
        return result

    def _random_terms(self) -> tuple[NDArray[np.int32], NDArray[np.int32], Vector]:
        """Lower triangle of every K⁻¹ ⊗ Σ⁻¹, in equation numbers."""
        rows, columns, terms = [], [], []
        for effect, (precision, covariance) in enumerate(
                zip(self.precisions, self.covariances, strict=True)):
            lower = precision.lower().tocoo()
            inverse = covariance.precision
            number = self.number[self.layout.random_slice(effect)].reshape(-1, covariance.size)
            for k, m in np.ndindex(inverse.shape):
                if not covariance.pattern[k, m]:
                    continue
                row, column = number[lower.row, k], number[lower.col, m]
                keep = (row >= 0) & (column >= 0)
                if k < m:  # on the diagonal of K⁻¹ this is the upper triangle of Σ⁻¹
                    keep &= lower.row != lower.col
                rows.append(np.maximum(row, column)[keep])
                columns.append(np.minimum(row, column)[keep])
                terms.append((lower.data * inverse[k, m])[keep])
        if not rows:
            return np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0)
        return np.concatenate(rows), np.concatenate(columns), np.concatenate(terms)


def _fixed_groups(precision: Precision) -> int:
    """Number of unknown-parent groups; metafounders are random and not counted."""
    if not len(precision.groups):
        return 0
    return int(precision.group_contributions(np.zeros(0, np.int64)).shape[1])


def is_run(number: NDArray[np.int32]) -> bool:
    """Whether equations follow one upon the other, none of them left out."""
    return bool(number.size and number[0] >= 0 and number[-1] - number[0] == number.size - 1)


def make_equations(
    design: Design, precisions: tuple[Precision, ...], variances: Variances
) -> Equations:
    """Set the equations up: lay out the unknowns and leave out dependent columns.

    Parameters
    ----------
    design : Design
    precisions : tuple of Precision, one a random effect
    variances : Variances
    """
    groups = tuple(len(precision.groups) for precision in precisions)
    layout = make_layout(design, groups)
    positions, values = layout.columns(design)
    records = group_records(design)
    if any(_fixed_groups(precision) for precision in precisions):
        rank = _rank_with_groups(design, layout, precisions)
    else:
        rank = _rank(design, layout, positions, values, records)
    kept = np.ones(layout.size, bool)
    kept[rank.dropped] = False
    number = np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int32)
    columns = number[positions]
    columns[positions < 0] = -1
    return Equations(design, layout, precisions, variances, records, rank, number, columns, values)


def _rank(
    design: Design, layout: Layout, positions: NDArray[np.int64], values: Vector, groups: Groups
) -> Rank:
    """Rank of X, with columns numbered as in the layout."""
    if not layout.fixed_size:
        return Rank(np.zeros(0, np.int64), sp.csr_array((0, layout.size)))
    width, traits = layout.fixed_width(design), len(design.traits)
    indptr, indices, data = assemble.assemble_lower(
        positions[:, :width].astype(np.int32), np.ascontiguousarray(values[:, :width]),
        groups.start, design.trait, np.zeros(design.records, np.int32), np.eye(traits)[None],
        np.eye(traits, dtype=np.bool_), np.zeros(0, np.int32), np.zeros(0, np.int32),
        np.zeros(0), layout.fixed_size)
    lower = sp.csc_array((data, indices, indptr), shape=(layout.fixed_size,) * 2)
    places = [np.arange(offset, offset + term.size) for term, offset in
              zip(design.fixed, layout.fixed_offsets, strict=True)]
    found = rank_of_products(lower, np.concatenate(places[::-1]))
    found.dependencies.resize((found.dropped.size, layout.size))
    return found


def _rank_with_groups(
    design: Design, layout: Layout, precisions: tuple[Precision, ...]
) -> Rank:
    """Rank of [X, ZQ], with columns numbered as in the layout."""
    blocks, places = [], []
    for term, offset in reversed(list(zip(design.fixed, layout.fixed_offsets, strict=True))):
        own = fixed_positions(term)
        rows = np.repeat(design.of_trait(term.trait), own.shape[1])
        blocks.append(sp.csc_array((term.values.ravel(), (rows, own.ravel())),
                                   shape=(design.size, term.size)))
        places.append(np.arange(offset, offset + term.size))
    known: list[Vector] = []
    for effect, precision in enumerate(precisions):
        block, place = _group_columns(design, layout, effect, precision)
        blocks.insert(0, block)
        places.insert(0, place)
        known.insert(0, np.asarray(np.kron(
            _known_of_groups(precision), np.eye(layout.random_widths[effect])), np.float64))
    place = np.concatenate(places)
    below = sp.block_diag(known)
    below.resize((below.shape[0], place.size))
    found = fixed_rank(sp.csc_array(sp.vstack([sp.hstack(blocks), below])),
                       np.arange(place.size, dtype=np.int64))
    entries = found.dependencies.tocoo()
    wide = sp.csr_array((entries.data, (entries.row, place[entries.col])),
                        shape=(found.dropped.size, layout.size))
    return Rank(place[found.dropped], wide)


def _known_of_groups(precision: Precision) -> Vector:
    """R of K⁻¹[Q; I] = UR, shape (g, g): 0 where a precision leaves fixed groups free.

    That of single-step does not, where groups enter a part of it only.
    """
    individuals = np.arange(len(precision.levels)) if len(precision.groups) else (
        np.zeros(0, np.int64))
    q = precision.group_contributions(individuals)
    if not q.shape[1]:
        return np.zeros((0, 0))
    found = precision.product(np.vstack([q, np.eye(q.shape[1])]))
    found[np.abs(found) <= ROUNDING * np.abs(precision.diagonal()).max()] = 0.0
    return np.asarray(np.linalg.qr(found, mode="r"))


def _group_columns(
    design: Design, layout: Layout, effect: int, precision: Precision
) -> tuple[sp.csc_array, NDArray[np.int64]]:
    """ZQ of one effect: what every group contributes to every record, and its positions."""
    term = design.random[effect]
    width, individuals = layout.random_widths[effect], len(term.levels)
    rows = np.arange(individuals) if len(precision.groups) else np.zeros(0, np.int64)
    q = precision.group_contributions(rows)
    groups = q.shape[1]
    if not groups:
        return sp.csc_array((design.size, 0)), np.zeros(0, np.int64)
    first = layout.random_offsets[effect] + individuals * width
    positions, values = layout.columns_of(design, effect)
    level, cell = np.divmod(positions - layout.random_offsets[effect], width)
    share = np.where((positions >= 0)[..., None], q[level] * values[..., None], 0.0)
    observation = np.broadcast_to(np.arange(design.size)[:, None, None], share.shape)
    column = np.arange(groups) * width + cell[..., None]
    block = sp.coo_array((share.ravel(), (observation.ravel(), column.ravel())),
                         shape=(design.size, groups * width))
    return sp.csc_array(block), first + np.arange(groups * width)

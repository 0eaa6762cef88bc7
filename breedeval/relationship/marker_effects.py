"""Marker effects as unknowns beside the individuals: G and its inverse are never formed.

The genotyped are u₂ = Z′g + 1c + r with independent marker effects g ~ N(0, v), a constant
c ~ N(0, a) where G is tuned, and r ~ N(0, wS) with S = A₂₂ (or I), so that var(u₂) = K is that of
:mod:`breedeval.relationship.adjustment`. Given u₂ the others follow the pedigree, and the precision
of (u, g, c) is

    [ A⁻¹ − A₂₂⁻¹ + (wS)⁻¹    −(wS)⁻¹Z′          ]   A₂₂⁻¹ in the rows and columns of the genotyped,
    [ −Z(wS)⁻¹                Z(wS)⁻¹Z′ + v⁻¹I   ]   and no A⁻¹ − A₂₂⁻¹ without a pedigree.

It is known by its products, two passes over the packed genotypes each, and A₂₂⁻¹ by those of
:mod:`breedeval.relationship.polygenic`.

Where w is small u₂ can hardly move apart from g, and conjugate gradients are slow. In r = u − Jg,
with J = [A₁₂A₂₂⁻¹; I]Z′ what markers say of everybody, the prior falls into two blocks,
A⁻¹ + (1/w − 1)A₂₂⁻¹ and v⁻¹I. The preconditioner is made for these (T′CT, u = r + Jg): a diagonal
for r, and for g a sketch of what the records tell of markers, beside the prior.

References
----------
Fernando, Dekkers & Garrick (2014), Genet. Sel. Evol. 46:50; Liu, Goddard, Reinhardt & Reents
(2014), J. Dairy Sci. 97:5833; Mäntysaari, Evans & Strandén (2017), J. Anim. Sci. 95:4728.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.errors import LimitError
from breedeval.genotypes.coding import ScaledCoding
from breedeval.genotypes.genotypes import Genotypes
from breedeval.levels import Levels
from breedeval.pedigree.pedigree import Pedigree, Rows
from breedeval.relationship.marker_part import MarkerPart
from breedeval.relationship.polygenic import Polygenic
from breedeval.relationship.precision import Vector
from breedeval.relationship.shares import Share, Shares, shares_of_rest
from breedeval.solve import low_rank_inverse

RANK, COLUMNS = 100, 20
"""Columns of the sketch for the preconditioner, and how many are worked on at a time."""
DRAWS = 24
"""Random vectors from which the diagonal of the precision is estimated, for a preconditioner."""
SEED = 1
CONSTANT = "(constant)"


@dataclass(frozen=True, eq=False)
class MarkerEffects:
    """Precision of q individuals, m marker effects, and a constant where G is tuned.

    Parameters
    ----------
    levels : Levels, length q
    genotypes : Genotypes
        In the order of ``rows``.
    scaled : ScaledCoding
        Z.
    rows : ndarray of int32, shape (n,)
        Places of the genotyped among the individuals.
    polygenic : Polygenic or None
        S = A₂₂; None for S = I, where everybody is genotyped.
    effect, residual, constant : float
        v, w and a; no constant where a = 0.
    variance : ndarray of float64, shape (q,)
        diag(K) of the genotyped; of the others 1 + F, which stands in for it.
    history : tuple of str
        How K is made.
    threads : int
        For products with the genotypes.
    """

    levels: Levels
    genotypes: Genotypes
    scaled: ScaledCoding
    rows: Rows
    polygenic: Polygenic | None
    effect: float
    residual: float
    constant: float
    variance: Vector
    history: tuple[str, ...] = ()
    threads: int = 1
    of_individuals: bool = True
    additive: bool = True

    @property
    def groups(self) -> Levels:
        """The markers, and the constant."""
        names = self.genotypes.markers.names
        return names if not self.constant else Levels.of([*names.to_list(), CONSTANT])

    @property
    def inbreeding(self) -> Vector | None:
        """F by the pedigree."""
        return None if self.polygenic is None else self.polygenic.numerator.inbreeding

    @property
    def pedigree(self) -> Pedigree | None:
        """The pedigree."""
        return None if self.polygenic is None else self.polygenic.numerator.pedigree

    @cached_property
    def log_determinant(self) -> float:
        """log of the determinant of the variance of all: log|A| + n log w + m log v + log a."""
        known = 0.0 if self.polygenic is None else self.polygenic.numerator.log_determinant
        return float(known + self.rows.size * np.log(self.residual)
                     + len(self.genotypes.markers) * np.log(self.effect)
                     + (np.log(self.constant) if self.constant else 0.0))

    @property
    def markers(self) -> MarkerPart:
        """Z, v and what is beside them in K."""
        among_pedigree = self.polygenic is not None
        return MarkerPart(
            self.genotypes, self.scaled, self.rows.astype(np.int64),
            scale=self.effect * self.scaled.divisor, constant=self.constant,
            pedigree=self.residual if among_pedigree else 0.0,
            identity=0.0 if among_pedigree else self.residual)

    def marker_solutions(self, solutions: Vector) -> tuple[Vector, Vector]:
        """g and c of the solutions of all levels, shape (q + m, k) or one longer."""
        q, m = len(self.levels), len(self.genotypes.markers)
        return solutions[q:q + m], solutions[q + m:].sum(axis=0)

    def lower(self) -> sp.csc_array:
        """Refused: it is never formed."""
        raise LimitError(
            "relationships: with marker effects as unknowns the equations are known by products "
            "only. Use 'solve: {method: pcg}' and given variances, or 'kind: single_step'.")

    def product(self, x: Vector) -> Vector:
        """Product with x of shape (q + m, k), or one longer with a constant."""
        q, m = len(self.levels), len(self.genotypes.markers)
        own, effects, rest = x[self.rows], x[q:q + m], x[q + m:]
        calls, coding = self.genotypes.calls, self.scaled.coding
        gap = own - calls.times(
            np.ascontiguousarray(effects), coding, threads=self.threads) - rest.sum(axis=0)
        result = np.zeros_like(x)
        if self.polygenic is not None:
            result[:q] = self.polygenic.numerator.product(np.ascontiguousarray(x[:q]))
            both = self.polygenic.inverse(np.concatenate([own, gap], axis=1))
            result[self.rows] -= both[:, :x.shape[1]]
            gap = both[:, x.shape[1]:]
        gap = np.ascontiguousarray(gap / self.residual)
        result[self.rows] += gap
        result[q:q + m] = effects / self.effect - calls.transposed_times(
            gap, coding, threads=self.threads)
        if self.constant:
            result[q + m:] = rest / self.constant - gap.sum(axis=0)
        return result

    def diagonal(self) -> Vector:
        """An estimate of the diagonal, within a third as a rule."""
        draws, start = self._draws, self._prior
        calls, coding = self.genotypes.calls, self.scaled.coding
        markers = np.mean(calls.transposed_times(
            draws, coding, threads=self.threads) ** 2, axis=1) / self.residual
        last = [np.mean(draws.sum(axis=0) ** 2) / self.residual + 1 / self.constant] if (
            self.constant) else []
        return np.concatenate([start, markers + 1 / self.effect, last])

    def spread(self, x: Vector) -> Vector:
        """Tx: (r, g) to (u, g) = (r + Jg, g)."""
        q, m = len(self.levels), len(self.genotypes.markers)
        own = self.genotypes.calls.times(
            np.ascontiguousarray(x[q:q + m]), self.scaled.coding,
            threads=self.threads) + x[q + m:].sum(axis=0)
        found = x.copy()
        if self.polygenic is None:
            found[:q] += own
        else:
            found[:q] += self.polygenic.spread(own)
        return found

    def gather(self, x: Vector) -> Vector:
        """T′x."""
        q, m = len(self.levels), len(self.genotypes.markers)
        own = x[:q] if self.polygenic is None else self.polygenic.gather(x[:q])
        found = x.copy()
        found[q:q + m] += self.genotypes.calls.transposed_times(
            np.ascontiguousarray(own), self.scaled.coding, threads=self.threads)
        found[q + m:] += own.sum(axis=0)
        return found

    def spread_inverse(
        self, information: Vector, weight: float
    ) -> Callable[[Vector], Vector]:
        """Product with what is near to the inverse of T′(M + weight × precision)T.

        A diagonal for the individuals and the constant; for the markers the prior and a sketch of
        what the records tell, ZJ′MJZ′.

        Parameters
        ----------
        information : ndarray of float64, shape (q + m,)
            What the records tell of each, M.
        weight : float
            Element of Σ⁻¹.
        """
        q, m = len(self.levels), len(self.genotypes.markers)
        own = 1 / (information[:q] + weight * self._prior)
        sketch = low_rank_inverse(
            lambda x: self._told(x, information[:q]), m, weight / self.effect, rank=RANK,
            seed=SEED)
        last = np.zeros(0)
        if self.constant:
            unit = np.zeros((len(self.groups), 1))
            unit[m:] = 1.0
            told = self.spread(np.concatenate([np.zeros((q, 1)), unit]))[:q, 0]
            last = 1 / (information[:q] @ told**2 + np.array([weight / self.constant]))

        def product(x: Vector) -> Vector:
            return np.concatenate([own * x[:q], sketch.product(x[q:q + m]), last * x[q + m:]])

        return product

    def _told(self, x: Vector, information: Vector) -> Vector:
        """ZJ′MJZ′x for x of shape (m, k), some columns at a time."""
        q, m, found = len(self.levels), len(self.genotypes.markers), np.empty_like(x)
        for at in range(0, x.shape[1], COLUMNS):
            some = np.zeros((q + len(self.groups), x[:, at:at + COLUMNS].shape[1]))
            some[q:q + m] = x[:, at:at + COLUMNS]
            some[:q] = self.spread(some)[:q] * information[:, None]
            some[q:] = 0.0
            found[:, at:at + COLUMNS] = self.gather(some)[q:q + m]
        return found

    @cached_property
    def _draws(self) -> Vector:
        """Vectors of variance A₂₂⁻¹ (or I), shape (n, DRAWS)."""
        if self.polygenic is not None:
            return self.polygenic.draws(DRAWS, SEED)
        rng = np.random.Generator(np.random.PCG64(SEED))
        return np.asarray(rng.choice([-1.0, 1.0], (self.rows.size, DRAWS)))

    @cached_property
    def _prior(self) -> Vector:
        """diag(A⁻¹ + (1/w − 1)A₂₂⁻¹); mean squares of the draws stand for diag(A₂₂⁻¹)."""
        found = np.zeros(len(self.levels)) if self.polygenic is None else (
            self.polygenic.numerator.diagonal().copy())
        found[self.rows] += np.mean(self._draws**2, axis=1) * (
            1 / self.residual - (self.polygenic is not None))
        return found

    def shares(self, x: Vector) -> Shares:
        """Those of A⁻¹, and beside them what markers tell.

        Of the rows of the genotyped, (1/w − 1)A₂₂⁻¹u₂ − (wA₂₂)⁻¹(Z′g + 1c). Of very many of them
        its diagonal is estimated, and how much is told by whom is so nearly.
        """
        q = len(self.levels)
        product, own = self.product(x)[:q], np.ascontiguousarray(x[:q])
        if self.polygenic is None:
            return shares_of_rest(np.full(q, 1 / self.residual), product, own, "genomic")
        weight, value = np.zeros(q), np.zeros(own.shape)
        weight[self.rows] = (1 / self.residual - 1) * self.polygenic.inverse_diagonal
        gap = self.polygenic.numerator.product(own) - product
        value[self.rows] = weight[self.rows, None] * own[self.rows] + gap[self.rows]
        return {**self.polygenic.numerator.shares(own), "genomic": Share(weight, value)}

    def group_contributions(self, rows: NDArray[np.int64]) -> Vector:
        """Of shape (r, 0): marker effects are random."""
        return np.zeros((rows.size, 0))

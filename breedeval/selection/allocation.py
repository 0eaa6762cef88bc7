"""Which pairs to mate, as a programme in whole numbers.

    min Σ c_ij x_ij,   l_r ≤ Σ_{(i, j) in r} x_ij ≤ u_r,   0 ≤ x_ij ≤ p,   x_ij whole

over the admissible pairs; a limit r is on the uses of a parent, on those of a male in a herd, or
on all matings. With two sexes the limits are nested within sides, so that the matrix is totally
unimodular and a vertex of the linear programme is whole. Parents that may be mated with any other
make a general graph, and the rest of the way is branch and bound.

Few pairs matter. The linear programme starts from those that are cheapest at prices p_j of the
second parents, which maximise a smoothed dual,

    −ε Σ_i n_i log Σ_j exp(−(c_ij − p_j)/ε) + Σ_j (l_j p_j⁺ − u_j p_j⁻),

and takes in pairs whose reduced cost c_ij − Σ_r y_r is below zero until there are none: then it is
optimal over all pairs. Branch and bound needs only pairs whose reduced cost is within what a whole
solution lies above the linear one.

References
----------
Hoffman & Kruskal (1956), Ann. Math. Studies 38:223 (whole vertices); Jansen & Wilton (1985),
J. Dairy Sci. 68:1302 (mating by linear programming); Cuturi (2013), NeurIPS 26:2292 (smoothing).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp, minimize

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Mask = NDArray[np.bool_]
Pairs = tuple[Int64, Int64]

FEW = 20_000
"""Pairs that are given to the solver at once."""
NEAREST = 5
"""Pairs of each first parent that the solver starts from, or is given more of in one round."""
SMOOTHING = (0.3, 0.1, 0.03, 0.01)
"""ε over the standard deviation of costs, one after the other."""
TOLERANCE = 1e-7
"""Of reduced costs, costs being scaled to at most 1: what the solver promises."""
WHOLE = 1e-6
"""How far from a whole number a solution may be."""


@dataclass(frozen=True, eq=False)
class Programme:
    """Costs of pairs and limits.

    Parameters
    ----------
    cost : ndarray of float64, shape (f, m)
        Infinite where a pair is not admissible.
    rows, columns : ndarray of int64, shapes (f,) and (m,)
        Which limit the uses of a first and of a second parent come under.
    low, high : ndarray of float64, shape (r,)
        Limits; the last is on all matings.
    herd : ndarray of int64, shape (f, m), or None
        Which limit a pair comes under as one of a male in a herd.
    per_pair : float
        p.
    """

    cost: Float64
    rows: Int64
    columns: Int64
    low: Float64
    high: Float64
    herd: Int64 | None = None
    per_pair: float = np.inf

    def over_pairs(self, prices: Float64) -> Float64:
        """Σ_r y_r of every pair, shape (f, m)."""
        found = prices[self.rows][:, None] + (prices[self.columns] + prices[-1])
        return np.asarray(found if self.herd is None else found + prices[self.herd])

    def incidence(self, pairs: Pairs) -> sparse.csr_array:
        """Which limits (r) each of some pairs (k) comes under."""
        first, second = pairs
        under = [self.rows[first], self.columns[second], np.full(first.size, self.low.size - 1)]
        if self.herd is not None:
            under.append(self.herd[first, second])
        own = np.tile(np.arange(first.size), len(under))
        return sparse.csr_array((np.ones(own.size), (np.concatenate(under), own)),
                                shape=(self.low.size, first.size))


@dataclass(frozen=True, eq=False)
class Allocation:
    """Matings of pairs.

    Parameters
    ----------
    first, second, matings : ndarray of int64, shape (k,)
        Rows, columns and numbers, in the order of rows; none is 0.
    value, bound : float
        Cost, and what it cannot be below.
    """

    first: Int64
    second: Int64
    matings: Int64
    value: float
    bound: float


@dataclass(frozen=True, eq=False)
class Conflict:
    """Proof that the limits cannot be met: weights y, z ≥ 0 with

        Σ y_r l_r > Σ z_r u_r + p Σ_(i, j) max(0, Σ_{r of (i, j)} (y_r − z_r)).

    A pair that is in limits of more weight y than z is one that would help, and is in use p times.

    Parameters
    ----------
    asked, allowed : ndarray of float64, shape (r,)
        y and z; zero where matings in fractions could meet the limits, and whole ones cannot.
    """

    asked: Float64
    allowed: Float64


@dataclass(frozen=True, eq=False)
class _Vertex:
    """A solution of the linear programme over some pairs, and its prices y."""

    uses: Float64
    value: float
    prices: Float64


def allocate(programme: Programme, *, seconds: float = 60.0) -> Allocation | Conflict:
    """The cheapest matings within the limits, or why there are none.

    Parameters
    ----------
    programme : Programme
    seconds : float
        After which branch and bound is stopped; ``bound`` says how far it may be from the best.

    Notes
    -----
    Cost: some 60 passes over f × m costs, and a linear programme of about 5f pairs. Memory: a
    few arrays of f × m.
    """
    admissible = np.isfinite(programme.cost)
    largest = float(np.abs(programme.cost[admissible]).max(initial=0.0)) or 1.0
    scaled = np.where(admissible, programme.cost / largest, np.inf)
    own = Programme(scaled, programme.rows, programme.columns, programme.low, programme.high,
                    programme.herd, programme.per_pair)
    chosen = _first_pairs(own, admissible)
    found = _cheapest(own, chosen, admissible)
    if isinstance(found, Conflict):
        return found
    vertex, reduced = found
    bound = vertex.value + min(0.0, float(reduced[admissible & ~chosen].min(initial=0.0))) * float(
        vertex.uses.sum())
    pairs = _pairs(chosen)
    if np.abs(vertex.uses - np.rint(vertex.uses)).max(initial=0.0) > WHOLE:
        whole = _branch(own, chosen, reduced, bound, seconds)
        if whole is None:
            nothing = np.zeros(own.low.size)
            return Conflict(nothing, nothing)
        pairs, uses, bound = whole
    else:
        uses = np.rint(vertex.uses).astype(np.int64)
    used = uses > 0
    first, second, uses = pairs[0][used], pairs[1][used], uses[used]
    value = float(programme.cost[first, second] @ uses)
    return Allocation(first, second, uses, value, min(value, bound * largest))


def _pairs(chosen: Mask) -> Pairs:
    first, second = np.nonzero(chosen)
    return first.astype(np.int64), second.astype(np.int64)


def _first_pairs(programme: Programme, admissible: Mask) -> Mask:
    """All pairs where they are few; else the cheapest of each first parent, at prices."""
    if np.count_nonzero(admissible) <= FEW:
        return admissible.copy()
    cost = programme.cost
    if programme.rows[0] != programme.columns[0]:  # two sides
        cost = cost - second_prices(programme, admissible)
    return _least(cost, admissible, NEAREST) | _least(
        cost.T, admissible.T, NEAREST).T


def _least(cost: Float64, allowed: Mask, count: int) -> Mask:
    """The cheapest of each row, among those allowed."""
    if cost.shape[1] <= count:
        return allowed.copy()
    places = np.argpartition(np.where(allowed, cost, np.inf), count, axis=1)[:, :count]
    found = np.zeros(cost.shape, np.bool_)
    np.put_along_axis(found, places, True, axis=1)
    return found & allowed


def second_prices(programme: Programme, admissible: Mask) -> Float64:
    """Prices of the second parents that maximise the smoothed dual, shape (m,).

    In single precision: they only say which pairs to start from.
    """
    columns = programme.columns
    cost = programme.cost.astype(np.float32)
    needs = np.maximum(programme.low, 1.0)[programme.rows].astype(np.float32)
    low = programme.low[columns]
    high = np.minimum(programme.high[columns], float(needs.sum()))
    spread = float(programme.cost[admissible].std()) or 1.0
    size = columns.size

    def dual(point: Float64, smoothing: np.float32) -> tuple[float, Float64]:
        share = cost - (point[:size] - point[size:]).astype(np.float32)
        share /= -smoothing
        top = np.maximum(share.max(axis=1, keepdims=True), np.float32(-1e30))
        np.exp(np.subtract(share, top, out=share), out=share)
        total = np.maximum(share.sum(axis=1, keepdims=True), np.float32(1e-30))
        soft = -smoothing * (needs @ (np.log(total[:, 0]) + top[:, 0]))
        uses = np.asarray((needs / total[:, 0]) @ share, np.float64)
        value = float(soft) + float(low @ point[:size] - high @ point[size:])
        return -value, np.concatenate([uses - low, high - uses])

    point: Float64 = np.zeros(2 * size)
    for smoothing in SMOOTHING:
        point = minimize(
            dual, point, args=(np.float32(smoothing * spread),), jac=True, method="L-BFGS-B",
            bounds=[(0, None)] * (2 * size), options={"maxiter": 20, "maxcor": 20}).x
    return point[:size] - point[size:]


def _cheapest(
    programme: Programme, chosen: Mask, admissible: Mask
) -> tuple[_Vertex, Float64] | Conflict:
    """The linear programme over all admissible pairs, and reduced costs (f, m).

    ``chosen`` grows to the pairs that were needed.
    """
    if (vertex := _linear(programme, chosen)) is None:
        conflict = _meet(programme, chosen, admissible)
        if conflict is not None:
            return conflict
        vertex = _linear(programme, chosen)
    while True:
        assert vertex is not None
        reduced = programme.cost - programme.over_pairs(vertex.prices)
        if not _take_in(chosen, reduced, admissible):
            return vertex, reduced
        vertex = _linear(programme, chosen)


def _take_in(
    chosen: Mask, reduced: Float64, admissible: Mask, order: Float64 | None = None
) -> bool:
    """Choose further pairs whose reduced costs are below zero, if there are any.

    The lowest of each first parent, or those that come first by ``order``.
    """
    wanted = admissible & ~chosen & (reduced < -TOLERANCE)
    rows = np.flatnonzero(wanted.any(axis=1))
    chosen[rows] |= _least((reduced if order is None else order)[rows], wanted[rows], NEAREST)
    return bool(rows.size)


def _meet(programme: Programme, chosen: Mask, admissible: Mask) -> Conflict | None:
    """Choose pairs that can meet the limits, or prove that none can.

    Many pairs would help as much as each other: they are taken in by chance, so that they are with
    many second parents.
    """
    chance = np.random.default_rng(1)
    while True:
        vertex = _shortfall(programme, chosen)
        if vertex.value <= WHOLE:
            return None
        reduced = -programme.over_pairs(vertex.prices)
        if not _take_in(chosen, reduced, admissible, chance.random(reduced.shape)):
            return Conflict(np.maximum(vertex.prices, 0.0), np.maximum(-vertex.prices, 0.0))


def _linear(programme: Programme, chosen: Mask) -> _Vertex | None:
    """A vertex of the linear programme over the pairs chosen; None where there is none."""
    pairs, (low, high) = _pairs(chosen), (programme.low, programme.high)
    under, equal = programme.incidence(pairs), low == high
    above, below = ~equal & np.isfinite(high), ~equal & (low > 0)
    return _solve(programme.cost[pairs], programme.per_pair, (under, high, above),
                  (under, low, below), (under, low, equal))


def _shortfall(programme: Programme, chosen: Mask) -> _Vertex:
    """The least sum of what is missing from limits from below, those from above being kept."""
    pairs, (low, high) = _pairs(chosen), (programme.low, programme.high)
    under, asked = programme.incidence(pairs), np.flatnonzero(low > 0)
    missing = sparse.csr_array((np.ones(asked.size), (asked, np.arange(asked.size))),
                               shape=(low.size, asked.size))
    over = sparse.hstack([under, 0 * missing], format="csr")
    cost = np.concatenate([np.zeros(pairs[0].size), np.ones(asked.size)])
    found = _solve(cost, np.where(cost > 0, np.inf, programme.per_pair),
                   (over, high, np.isfinite(high)),
                   (sparse.hstack([under, missing], format="csr"), low, low > 0),
                   (over, low, np.zeros(low.size, np.bool_)))
    assert found is not None
    return found


Limits = tuple[sparse.csr_array, Float64, Mask]
"""Sums of pairs (r, k), what they are limited by, and which of these limits hold."""


def _solve(
    cost: Float64, most: float | Float64, above: Limits, below: Limits, equal: Limits
) -> _Vertex | None:
    """min c′x with x ≥ 0 at most ``most``, and prices of the limits; None where there is no x."""
    (over, high, tops), (under, low, bottoms), (exact, value, fixed) = above, below, equal
    if cost.size == 0:  # the solver takes no empty programme
        none = np.zeros(low.size)
        return None if (low > 0).any() else _Vertex(cost, 0.0, none)
    bounds = np.zeros((cost.size, 2))
    bounds[:, 1] = most
    found = linprog(
        cost, bounds=bounds, method="highs-ds" if cost.size <= FEW else "highs-ipm",
        A_ub=sparse.vstack([over[np.flatnonzero(tops)], -under[np.flatnonzero(bottoms)]]),
        b_ub=np.concatenate([high[tops], -low[bottoms]]),
        A_eq=exact[np.flatnonzero(fixed)], b_eq=value[fixed])
    if found.status != 0:
        return None
    prices, count = np.zeros(low.size), int(tops.sum())
    prices[fixed] = found.eqlin.marginals
    prices[tops] += found.ineqlin.marginals[:count]
    prices[bottoms] -= found.ineqlin.marginals[count:]
    return _Vertex(found.x, float(found.fun), prices)


def _branch(
    programme: Programme, chosen: Mask, reduced: Float64, bound: float, seconds: float
) -> tuple[Pairs, Int64, float] | None:
    """A whole solution by branch and bound: its pairs, uses, and a lower bound of the cost."""
    admissible = np.isfinite(programme.cost)
    while True:
        pairs = _pairs(chosen)
        found = milp(
            programme.cost[pairs], integrality=np.ones(pairs[0].size),
            bounds=Bounds(0, programme.per_pair), options={"time_limit": seconds},
            constraints=LinearConstraint(
                programme.incidence(pairs), programme.low, programme.high))
        within = admissible if found.x is None else (
            admissible & (reduced <= found.fun - bound + TOLERANCE))
        if not (within & ~chosen).any():
            break
        chosen = chosen | within
    if found.x is None:
        return None
    return pairs, np.rint(found.x).astype(np.int64), max(bound, float(found.mip_dual_bound))

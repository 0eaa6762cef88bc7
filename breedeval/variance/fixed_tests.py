"""Wald F tests of fixed effects with denominator degrees of freedom.

Every fixed term of every trait is tested twice: *incremental*, adjusted for the terms before it in
the run file, and *conditional*, adjusted for all others. The denominator allows for (co)variances
that are estimated, by Kenward & Roger (1997), by Satterthwaite's method, or, where both cost too
much, as the degrees of freedom of the residual.

V is linear in the elements of every Σ and of every residual matrix, and Kenward and Roger's method
is used in these: W of the natural parameters enters through first derivatives only, which is W of
the elements by the delta method. What is neglected is the curvature of structures that restrict
them, and of log-linear residual variances (as Kenward & Roger 2009 discuss).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from breedeval.equations.henderson import Equations
from breedeval.variance.contrasts import Contrast, Kind, contrasts, degrees_left
from breedeval.variance.denominators import (
    Hypothesis,
    Quotient,
    kenward_roger,
    p_value,
    satterthwaite,
    wald,
)
from breedeval.variance.marginal import (
    Marginal,
    SolvesC,
    covariance_only,
    directions,
    with_changes,
    with_inflation,
)

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Codes = NDArray[np.int64]
Method = Literal["kenward_roger", "satterthwaite", "residual"]
Denominator = Literal["auto", "kenward_roger", "satterthwaite", "residual"]

METHODS: tuple[Method, ...] = ("kenward_roger", "satterthwaite", "residual")
"""Best first."""
OPERATIONS = 2e9
"""Most floating-point operations of all solutions for a method under ``auto``: some ten seconds."""
KEPT = 2.5e7
"""Most numbers that a method may keep under ``auto``: 200 MB."""
MOST_COLUMNS = 2000
"""Most fixed effects of a trait that are tested together, whatever the method."""
COSTLY: dict[Method, str] = {
    "kenward_roger": "",
    "satterthwaite": "Kenward and Roger's method would take too long or too much memory",
    "residual": "Kenward and Roger's and Satterthwaite's methods would take too long or too much "
                "memory"}
"""Why ``auto`` chose a method."""


@dataclass(frozen=True)
class FixedTest:
    """The test of one fixed term.

    Parameters
    ----------
    effect, trait : str
    kind : {'incremental', 'conditional'}
        Adjusted for the terms before it, or for all others.
    numerator_df : int
        0 where the other terms leave nothing to test.
    f_unadjusted : float
        b̂′L(L′ΦL)⁻¹L′b̂/ℓ with Φ as if the (co)variances were known.
    f : float
        Statistic of the method: with Φ adjusted and scaled by Kenward & Roger, else as above.
    denominator_df : float
        Infinite where no (co)variance was estimated.
    p_value : float
    method : {'kenward_roger', 'satterthwaite', 'residual', 'none'}
        How the denominator was had; ``none`` where there is no test.
    note : str
        What the reader should know of it; mostly empty.
    """

    effect: str
    trait: str
    kind: Kind
    numerator_df: int
    f_unadjusted: float
    f: float
    denominator_df: float
    p_value: float
    method: Method | Literal["none"]
    note: str


def test_fixed_effects(
    equations: Equations, covariance: Matrix, factor: SolvesC, *, denominator: Denominator,
) -> tuple[FixedTest, ...]:
    """Tests of all fixed terms, trait by trait in the order of the run file.

    Parameters
    ----------
    equations : Equations
        At the estimates.
    covariance : ndarray of float64, shape (p, p)
        W of the parameters in the order of ``equations.variances.values``: the inverse average
        information. Rows of 0 for those that are fixed, or held at a boundary.
    factor : SolvesC
        At the estimates.
    denominator : {'auto', 'kenward_roger', 'satterthwaite', 'residual'}
        ``auto`` is Kenward & Roger where its cost is small, else Satterthwaite, else residual.

    Notes
    -----
    k solutions with C for Φ of k fixed effects, k·g more for Kenward & Roger,
    g the rank of W. Under ``auto`` a method serves the tests of few effects first, until
    :data:`OPERATIONS` or :data:`KEPT` is reached; what even ``residual`` cannot do is not tested,
    nor are more than :data:`MOST_COLUMNS` effects together.
    """
    along, left = directions(covariance), degrees_left(equations)
    x = factor.solve(equations.right_hand_side)
    most = {method: _most(equations, factor, along.shape[1], method, denominator)
            for method in METHODS}
    every, found = contrasts(equations), []
    for trait, name in enumerate(equations.design.traits):
        own = [contrast for contrast in every if contrast.term.trait == trait]
        plan = _plan(own, most)
        marginals = {method: _marginal(equations, factor, along, method, [
            contrast for contrast, chosen in zip(own, plan, strict=True) if chosen == method])
            for method in METHODS if method in plan}
        for contrast, method in zip(own, plan, strict=True):
            if method is None or not contrast.size:
                found.append(_untested(contrast, name))
                continue
            test = _test(contrast, name, method, marginals[method], x, left[trait])
            found.append(replace(test, note=test.note or COSTLY[method]) if denominator == "auto"
                         else test)
    return tuple(found)


def _most(
    equations: Equations, factor: SolvesC, rank: int, method: Method, asked: Denominator
) -> int:
    """Most fixed effects that a method may serve."""
    if asked != "auto":
        return MOST_COLUMNS if method == asked else -1
    n, traits = equations.design.size, len(equations.design.traits)
    more = rank if method == "kenward_roger" else 0
    most = OPERATIONS / (4.0 * factor.nnz * (1 + more) * traits)
    if method != "residual":
        kept = equations.size + (2 + more) * n
        most = min(most, KEPT / kept, np.sqrt(KEPT / (rank + 1)))
    return int(min(most, MOST_COLUMNS))


def _plan(tests: Sequence[Contrast], most: dict[Method, int]) -> list[Method | None]:
    """The best method for each test: small tests first, as long as all together are affordable."""
    plan: list[Method | None] = [None] * len(tests)
    for method in METHODS:
        together = np.zeros(0, np.int64)
        for place in sorted(range(len(tests)), key=lambda at: tests[at].needed.size):
            more = np.union1d(together, tests[place].needed)
            if plan[place] is None and more.size <= most[method]:
                plan[place], together = method, more
    return plan


def _marginal(
    equations: Equations, factor: SolvesC, along: Matrix, method: Method, tests: Sequence[Contrast]
) -> Marginal:
    """What a method needs to know of the effects in its tests."""
    own = np.unique(np.concatenate([contrast.needed for contrast in tests]))
    if not own.size or not along.shape[1] or method == "residual":
        return covariance_only(equations, factor, own)
    if method == "satterthwaite":
        return with_changes(equations, factor, own, along)
    return with_inflation(equations, factor, own, along)


def _test(
    contrast: Contrast, trait: str, method: Method, marginal: Marginal, x: Vector, left: int
) -> FixedTest:
    l = contrast.over(marginal.equations, marginal.covariance)  # noqa: E741
    hypothesis = Hypothesis(
        l.T @ x[marginal.equations], l.T @ marginal.covariance @ l,
        np.array([l.T @ change @ l for change in marginal.changes]).reshape(
            -1, contrast.size, contrast.size), l.T @ marginal.inflation @ l)
    plain = wald(hypothesis)
    if method == "kenward_roger":
        found = kenward_roger(hypothesis)
    elif method == "satterthwaite":
        found = satterthwaite(hypothesis)
    else:
        found = Quotient(plain, float(left))
    p = p_value(found.f, contrast.size, found.denominator_df)
    return FixedTest(contrast.term.name, trait, contrast.kind, contrast.size, plain, found.f,
                     found.denominator_df, p, method, _note(method, found))


def _note(method: Method, found: Quotient) -> str:
    if not np.isfinite(found.denominator_df):
        return "The variances count as known: the test is a chi-square"
    if not found.matched:
        return "The variances are too uncertain to match the variance of F; its mean is matched"
    return ""


def _untested(contrast: Contrast, trait: str) -> FixedTest:
    others = "the terms before it" if contrast.kind == "incremental" else "the other terms"
    note = (f"Not tested: {contrast.needed.size} effects are involved, which would take too long"
            if contrast.size else f"Nothing to test: its columns depend on those of {others}")
    return FixedTest(contrast.term.name, trait, contrast.kind, contrast.size, np.nan, np.nan,
                     np.nan, np.nan, "none", note)

"""Contributions as a conic program, for the interior-point solver Clarabel.

    maximise m′c   subject to  c ∈ X,  c′Kc + 2b′c + a ≤ k,

b and a being what candidates whose contributions are given add. The quadratic form is a sum of
squares |Rz|² of the unknowns z = (c, w), and ‖(2Rz/√k, ℓ + 1)‖ ≤ 1 − ℓ, ℓ = (2b′c + a)/k − 1, is a
second-order cone. What w is depends on K:

* pedigree: w = T′S′c over the ancestors, wᵢ − ½Σ w(progeny) = cᵢ, a sparse system with at most
  two non-zeros an individual besides the diagonal, and |Rz|² = Σ dᵢwᵢ²/2;
* low rank: w = F′c;
* otherwise, and for few candidates, none, and R the Cholesky factor of K.

References
----------
Yamashita, Mullin & Safarina (2018), Optim. Lett. 12:141 (the sparse cone of a pedigree); Goulart &
Chen (2024), arXiv:2405.12762 (Clarabel).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import clarabel
import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.selection.coancestry import FromPedigree, LowRank
from breedeval.selection.program import Point, Program
from breedeval.selection.shares import Shares

Vector = NDArray[np.float64]

DENSE_UP_TO = 1500
"""Candidates up to which K itself is less work than its sparse or low-rank form."""
TOLERANCE = 1e-10
"""Of the solver: gap and feasibility."""
SOLVED = ("Solved", "AlmostSolved", "InsufficientProgress")
"""What may still be near the optimum: the certificate judges."""


@dataclass(frozen=True, eq=False)
class Form:
    """c′Kc = |Rz|² with Lz = 0, for z = (c, w).

    Parameters
    ----------
    root : sparse, shape (r, n + a)
        R.
    links : sparse, shape (a, n + a)
        L, which says what w is.
    """

    root: sp.csc_array
    links: sp.csc_array

    @property
    def size(self) -> int:
        """n + a."""
        return int(self.root.shape[1])


def form_of(program: Program) -> Form:
    """The quadratic form in the fewest non-zeros."""
    coancestry, n = program.coancestry, program.size
    if isinstance(coancestry, FromPedigree) and n > DENSE_UP_TO:
        return _of_pedigree(coancestry)
    if isinstance(coancestry, LowRank) and coancestry.factor.shape[1] < n:
        rank = coancestry.factor.shape[1]
        links = sp.hstack([sp.csc_array(-coancestry.factor.T), sp.eye_array(rank)], format="csc")
        return Form(sp.csc_array(sp.diags_array(
            np.concatenate([np.sqrt(coancestry.own), np.ones(rank)]))), links)
    return Form(sp.csc_array(np.ascontiguousarray(_root(program.matrix))),
                sp.csc_array((0, n)))


def _of_pedigree(given: FromPedigree) -> Form:
    ancestors, n = given.sire.size, given.size
    own = np.arange(ancestors)
    rows, columns = [own], [own]
    for parent in (given.sire, given.dam):
        known = parent >= 0
        rows.append(parent[known].astype(np.int64))
        columns.append(own[known])
    row, column = np.concatenate(rows), np.concatenate(columns)
    values = np.where(np.arange(row.size) < ancestors, 1.0, -0.5)
    up = sp.csc_array((values, (row, column)), shape=(ancestors, ancestors))
    placed = sp.csc_array((np.ones(n), (given.rows, np.arange(n))), shape=(ancestors, n))
    scale = sp.diags_array(np.sqrt(given.mendelian / given.ploidy), format="csc")
    if given.gamma is not None:
        scale = sp.block_diag([np.linalg.cholesky(given.gamma / given.ploidy).T,
                               scale[len(given.gamma):, len(given.gamma):]], format="csc")
    root = sp.hstack([sp.csc_array((ancestors, n)), scale], format="csc")
    return Form(root, sp.hstack([-placed, up], format="csc"))


def _root(matrix: Vector) -> Vector:
    """R with K = R′R; rounding below zero is cut off."""
    try:
        return np.asarray(scipy.linalg.cholesky(matrix))
    except scipy.linalg.LinAlgError:
        values, vectors = scipy.linalg.eigh(matrix)
        return np.asarray((vectors * np.sqrt(np.clip(values, 0.0, None))).T)


def solve(program: Program) -> Point | None:
    """The optimum as the interior-point solver finds it; None where it finds nothing."""
    form = form_of(program)
    extra = form.size - program.size
    if program.merit is None:
        solution = _run(
            sp.csc_array(2 * form.root.T @ form.root),
            np.concatenate([2 * program.beside, np.zeros(extra)]), form, program.shares, [])
        return None if solution is None else Point(_clipped(solution, program.shares), np.inf)
    line = np.concatenate([2 * program.beside / program.limit, np.zeros(extra)])
    ahead = program.alone / program.limit - 1
    cone = sp.vstack([sp.csc_array(line[None]), sp.csc_array(-line[None]),
                      -2 / np.sqrt(program.limit) * form.root])
    right = np.concatenate([[1 - ahead, 1 + ahead], np.zeros(form.root.shape[0])])
    solution = _run(
        sp.csc_array((form.size, form.size)),
        np.concatenate([-program.merit, np.zeros(extra)]), form, program.shares,
        [(cone, right, clarabel.SecondOrderConeT(right.size))])
    if solution is None:
        return None
    dual = np.asarray(solution.z)[-right.size:]
    return Point(_clipped(solution, program.shares),
                 float(max(dual[0] - dual[1], 0.0)) / program.limit)


def _clipped(solution: Any, shares: Shares) -> Vector:
    return np.asarray(np.clip(np.asarray(solution.x)[:shares.size], shares.lower, shares.upper))


Block = tuple[Any, Vector, Any]


def _run(
    quadratic: sp.csc_array, linear: Vector, form: Form, shares: Shares, more: list[Block]
) -> Any | None:
    n, extra = shares.size, form.size - shares.size
    groups = shares.totals.size
    sums = sp.csc_array((np.ones(n), (shares.group, np.arange(n))), shape=(groups, form.size))
    own = sp.eye_array(n, form.size, format="csc")
    wide = shares.upper < shares.totals[shares.group]  # others are bounded by the total
    blocks: list[Block] = [
        (form.links, np.zeros(extra), clarabel.ZeroConeT(extra)),
        (sums, shares.totals, clarabel.ZeroConeT(groups)),
        (-own, -shares.lower, clarabel.NonnegativeConeT(n)),
        (own.tocsr()[wide], shares.upper[wide], clarabel.NonnegativeConeT(int(wide.sum()))),
        *more]
    used = [block for block in blocks if block[1].size]
    matrix = sp.csc_matrix(sp.vstack([block[0] for block in used]))
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = TOLERANCE
    settings.max_threads = 1
    found = clarabel.DefaultSolver(
        sp.csc_matrix(sp.triu(quadratic)), linear, matrix,
        np.concatenate([block[1] for block in used]), [block[2] for block in used],
        settings).solve()
    return found if str(found.status) in SOLVED else None

"""Preconditioned conjugate gradients: solves without forming or factorising the system."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from breedeval.solve.protocols import Float64, IterativeSolution, Operator

Preconditioner = Callable[[Float64], Float64]
Progress = Callable[[int, float], None]


def conjugate_gradient(
    operator: Operator,
    rhs: Float64,
    *,
    tolerance: float = 1e-10,
    max_iterations: int | None = None,
    preconditioner: Preconditioner | None = None,
    progress: Progress | None = None,
    start: Float64 | None = None,
) -> IterativeSolution:
    """Solve Cx = b by conjugate gradients, until ‖b − Cx‖ ≤ tolerance · ‖b‖.

    Parameters
    ----------
    operator
        C, symmetric positive definite, by its products.
    rhs
        Right-hand sides, shape (n,) or (n, k).
    tolerance
        On the relative residual, not squared.
    max_iterations
        Most rounds for one right-hand side; n by default, at least 1,000.
    preconditioner
        Product with an approximate inverse of C; the inverse of its diagonal by default.
    progress
        Called after every round with the rounds done and the relative residual.
    start
        Where to begin, of the shape of ``rhs``; zero by default.

    Returns
    -------
    IterativeSolution
        With the residual computed anew from the returned values. When the running residual has
        drifted from the true one, the rounds go on from there.

    Notes
    -----
    One product and one preconditioning a round, five vectors of memory.

    References
    ----------
    Hestenes & Stiefel (1952), Methods of conjugate gradients for solving linear systems,
    J. Res. Natl. Bur. Stand. 49, section 3; preconditioned as in Strandén & Lidauer (1999).
    """
    rhs = np.asarray(rhs, dtype=np.float64)
    if preconditioner is None:
        preconditioner = _diagonal(operator)
    if max_iterations is None:
        max_iterations = max(operator.size, 1000)
    columns = rhs.reshape(operator.size, -1)
    begin = np.zeros_like(columns) if start is None else start.reshape(columns.shape)
    solved = [
        _solve_one(operator, columns[:, k], begin[:, k], preconditioner, tolerance,
                   max_iterations, progress)
        for k in range(columns.shape[1])
    ]
    values = np.stack([one.values for one in solved], axis=1) if solved else columns.copy()
    slowest = max(solved, key=lambda one: one.iterations, default=None)
    return IterativeSolution(
        values=values.reshape(rhs.shape),
        iterations=slowest.iterations if slowest else 0,
        relative_residual=max((one.relative_residual for one in solved), default=0.0),
        converged=all(one.converged for one in solved),
        history=slowest.history if slowest else np.zeros(0),
    )


def _diagonal(operator: Operator) -> Preconditioner:
    diagonal = operator.diagonal()
    scale = np.divide(1.0, diagonal, out=np.ones_like(diagonal), where=diagonal > 0.0)

    def divide(residual: Float64) -> Float64:
        return scale * residual

    return divide


def _solve_one(
    operator: Operator, rhs: Float64, start: Float64, preconditioner: Preconditioner,
    tolerance: float, max_iterations: int, progress: Progress | None,
) -> IterativeSolution:
    norm = float(np.linalg.norm(rhs))
    if norm == 0.0:
        return IterativeSolution(np.zeros_like(rhs), 0, 0.0, True, np.zeros(1))
    x = start.copy()
    history: list[float] = []
    rounds = 0
    best = np.inf
    while True:
        residual = rhs - operator.product(x)
        true = float(np.linalg.norm(residual)) / norm
        if not history:
            history.append(true)
        history[-1] = true
        if true <= tolerance or rounds >= max_iterations or not true < 0.5 * best:
            return IterativeSolution(x, rounds, true, true <= tolerance, np.array(history))
        best = true
        z = preconditioner(residual)
        direction = z.copy()
        energy = float(residual @ z)
        while rounds < max_iterations and history[-1] > tolerance:
            image = operator.product(direction)
            curvature = float(direction @ image)
            if not curvature > 0.0:
                break  # not positive definite along this direction: the residual tells
            step = energy / curvature
            x += step * direction
            residual -= step * image
            rounds += 1
            history.append(float(np.linalg.norm(residual)) / norm)
            if progress is not None:
                progress(rounds, history[-1])
            z = preconditioner(residual)
            before, energy = energy, float(residual @ z)
            direction *= energy / before
            direction += z

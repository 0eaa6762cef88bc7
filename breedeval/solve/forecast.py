"""What a factorisation will need, told from the pattern before anything heavy is done.

Non-zeros and operations are exact, from the column counts of L. Seconds come from a model of the
work block by block, in units of the machine's matrix product, whose rate is measured for a tenth
of a second when a forecast is first asked for.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import sparse
from scipy.linalg import blas
from threadpoolctl import threadpool_limits

from breedeval.solve.backends import direct_solver
from breedeval.solve.protocols import DirectSolver
from breedeval.solve.symbolic import Structure
from breedeval.threads import cores

SMALL, NOMINAL = 1e9, 1e10
"""Work that takes no longer than to measure the machine, and the operations a second then taken."""

NARROW = 64
"""Blocks of fewer columns spend their time on moving numbers, wider ones on products."""

FACTOR_COSTS = (1.6, 70.0, 750.0, 2.0e5)
"""Work, in operations of a large matrix product, per: operation; entry of the square of the rows
below a narrow block, which is scattered; row of a block; block. Fitted to the processor time of
animal models of 30 to 460 thousand equations, relative errors squared: within 15 % of each."""

INVERSE_COSTS = (0.7, 100.0, 8000.0, 1.0e5)
"""The same for the selected inverse; its operations are those of Z_I Y alone."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Size, memory and time of the direct solution of a system.

    Attributes
    ----------
    equations, nonzeros, factor_nonzeros : int
        Unknowns, and non-zeros of the lower triangles of C and of L; exact.
    flops : float
        Operations of the factorisation, Σ c² over the columns of L; exact.
    memory_bytes : int
        Peak of the solver, the matrix included: the blocks of L, and of the inverse beside them.
    factorise_seconds, inverse_seconds, total_seconds : float
        Of one factorisation, of the selected inverse, and of both with the solution.
    """

    equations: int
    nonzeros: int
    factor_nonzeros: int
    flops: float
    memory_bytes: int
    factorise_seconds: float
    inverse_seconds: float
    total_seconds: float


def forecast(
    lower: sparse.csc_array, *, solver: DirectSolver | None = None, threads: int | None = None
) -> Forecast:
    """Forecast the direct solution of a system from its pattern.

    Parameters
    ----------
    lower
        Lower triangle of the matrix, (n, n); only the pattern is used.
    solver
        Direct solver whose ordering is asked for; it keeps the analysis for the factorisation.
        The best one installed by default.
    threads
        Threads that the solver will use, all cores by default.

    Notes
    -----
    The cost of the analysis: nearly linear in the non-zeros, ordering apart.
    """
    structure = (solver or direct_solver(threads=threads)).analyse(lower).structure
    factor_work, inverse_work = work(structure)
    rate = product_rate(threads or cores()) if factor_work > SMALL else NOMINAL
    factorise, inverse = factor_work / rate, inverse_work / rate
    matrix = 12 * lower.nnz + 8 * structure.size
    below = int((structure.height - structure.width).sum())
    analysis = 4 * (structure.rows.size + below) + 20 * lower.nnz + 64 * structure.size
    fronts = 8 * structure.schedule.room * (threads or cores())
    return Forecast(
        equations=structure.size,
        nonzeros=int(lower.nnz),
        factor_nonzeros=structure.factor_nonzeros,
        flops=structure.flops,
        memory_bytes=matrix + analysis + fronts + 16 * structure.stored,
        factorise_seconds=factorise,
        inverse_seconds=inverse,
        total_seconds=factorise + inverse + 4.0 * structure.stored / rate,
    )


def work(structure: Structure) -> tuple[float, float]:
    """Work of the factorisation and of the selected inverse, as operations of a matrix product.

    A block of w columns and h rows below takes w h² + w² h + w³/3 operations for the factor, and
    4 w h² for the inverse, half of them saved by symmetry in part; a narrow one is besides paid
    for the h² entries that it scatters or gathers.
    """
    width = structure.width.astype(np.float64)
    below = structure.height - width
    moved = np.where(width < NARROW, below**2, 0.0).sum()
    shared = np.array([moved, structure.height.sum(dtype=np.float64), width.size])
    factor = (width * below**2 + width**2 * below + width**3 / 3.0).sum()
    inverse = (4.0 * width * below**2).sum()
    return (
        float(FACTOR_COSTS[0] * factor + FACTOR_COSTS[1:] @ shared),
        float(INVERSE_COSTS[0] * inverse + INVERSE_COSTS[1:] @ shared),
    )


@lru_cache(maxsize=8)
def product_rate(threads: int) -> float:
    """Operations a second of matrix products on several threads at once, measured now."""
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(_measure, range(threads)))


def _measure(_: int) -> float:
    """Rate of products of 512 × 256 by 256 × 256, over a tenth of a second by the clock."""
    a = np.ones((512, 256), order="F")
    b = np.ones((256, 256), order="F")
    c = np.zeros((512, 256), order="F")
    done = 0
    begin = time.perf_counter()
    while time.perf_counter() - begin < 0.1:
        blas.dgemm(1.0, a, b, 1.0, c, overwrite_c=1)
        done += 1
    return float(done * 2 * a.size * b.shape[1] / (time.perf_counter() - begin))

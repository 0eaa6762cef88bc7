"""Which direct solvers are installed, with which BLAS, and whether they work."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_info

from breedeval.solve.lu import LuSolver
from breedeval.solve.protocols import DirectSolver


@dataclass(frozen=True, slots=True)
class Backend:
    """One direct solver as found on this machine.

    Attributes
    ----------
    name : str
    installed, works : bool
        Whether it can be imported, and whether it solves a small system.
    blas : str
        Name, version and threads of the BLAS it calls.
    message : str
        What is wrong, or empty.
    """

    name: str
    installed: bool
    works: bool
    blas: str
    message: str


def direct_solver(*, threads: int | None = None) -> DirectSolver:
    """The best direct solver installed: CHOLMOD, or SuperLU where SuiteSparse is missing."""
    if find_spec("sksparse") is not None:
        try:
            from breedeval.solve.cholesky import CholeskySolver
        except ImportError:
            return LuSolver(threads)
        return CholeskySolver(threads)
    return LuSolver(threads)


def backends() -> tuple[Backend, ...]:
    """Every direct solver, tried on a small system."""
    found: list[Backend] = []
    try:
        from breedeval.solve.cholesky import CholeskySolver
    except ImportError as error:
        found.append(Backend("CHOLMOD", False, False, "", str(error)))
    else:
        found.append(_tried(CholeskySolver(), _blas(system=True)))
    found.append(_tried(LuSolver(), _blas(system=False)))
    return tuple(found)


def _tried(solver: DirectSolver, blas: str) -> Backend:
    n = 40
    lower = sparse.csc_array(
        sparse.diags_array([np.full(n, 4.0), np.full(n - 1, -1.0), np.full(n - 7, -1.0)],
                           offsets=[0, -1, -7])
    )
    truth = np.arange(1.0, n + 1.0)
    rhs = lower @ truth + sparse.tril(lower, -1).T @ truth
    try:
        factor = solver.factorise(lower)
        error = float(np.abs(factor.solve(rhs) - truth).max())
        variance = float(factor.selected_inverse_diagonal().min())
    except Exception as problem:
        return Backend(solver.name, True, False, blas, f"{type(problem).__name__}: {problem}")
    works = error < 1e-10 and variance > 0.0
    return Backend(solver.name, True, works, blas, "" if works else f"error {error:.1e}")


def _blas(*, system: bool) -> str:
    """BLAS of the machine, which CHOLMOD calls, or that of the wheels, which SciPy calls."""
    names = []
    for pool in threadpool_info():
        bundled = ".libs" in pool["filepath"]
        if pool["user_api"] == "blas" and bundled != system:
            names.append(f"{pool['internal_api']} {pool['version']}, {pool['num_threads']} threads")
    if not names:
        return "reference BLAS (slow)" if system else "unknown"
    return "; ".join(dict.fromkeys(names))

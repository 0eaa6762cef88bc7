"""Which direct solvers are installed, with which BLAS, and whether they work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_info

from breedeval.solve.lu import LuSolver
from breedeval.solve.protocols import DirectSolver
from breedeval.solve.supernodal import SupernodalSolver


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
    """The best direct solver installed.

    With SuiteSparse: our own blocks in CHOLMOD's ordering, which take less time than CHOLMOD's
    factorisation up to some hundred thousand equations and as much beyond, need about half the
    memory with the selected inverse, and give the same result for any number of threads (see
    ``benchmarks/bench_solvers.py``). Without: SuperLU.

    Parameters
    ----------
    threads
        Threads of the BLAS; None leaves them as they are.
    """
    return next(iter(direct_solvers(threads=threads).values()))


def direct_solvers(*, threads: int | None = None) -> dict[str, DirectSolver]:
    """Every direct solver installed, by name, the best first."""
    solvers: dict[str, DirectSolver] = {}
    try:
        from breedeval.solve.cholesky import CholeskySolver
    except ImportError:
        pass
    else:
        cholmod = CholeskySolver(threads)
        solvers["supernodal"] = SupernodalSolver(cholmod.analyse, threads)
        solvers["cholmod"] = cholmod
    solvers["lu"] = LuSolver(threads)
    return solvers


def backends() -> tuple[Backend, ...]:
    """Every direct solver, tried on a small system."""
    solvers = direct_solvers()
    found = [
        _tried(solver, _blas(system=name == "cholmod")) for name, solver in solvers.items()
    ]
    if "cholmod" not in solvers:
        message = "scikit-sparse is not installed, or its SuiteSparse is missing"
        found.insert(0, Backend("CHOLMOD", False, False, "", message))
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
        variance = float(factor.inverse.diagonal().min())
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

"""Factorisation and selected inverse of animal models: time, memory, and the forecast beside it.

Run from the root of the repository::

    python benchmarks/bench_solvers.py --animals 20000 100000 --threads 2
    python benchmarks/bench_solvers.py --animals 100000 --solvers supernodal cholmod lu

Systems are those of ``tests/oracles/animal_system.py``: a random pedigree in twelve generations,
herd-years, and a permanent environment per cow. Prints one Markdown row a solver and size; the
memory is the peak of a process of its own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from breedeval.solve import direct_solvers, forecast
from tests.oracles.animal_system import animal_system

HEADER = (
    "| animals | equations | solver | threads | nnz(L), M | GFLOP | analyse, s | factorise, s "
    "| GFLOP/s | solve, s | inverse, s | inverse/factorise | forecast, s | peak, GB | residual |"
)


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What the work gives, and the seconds it takes."""
    begin = time.perf_counter()
    result = work()
    return result, time.perf_counter() - begin


def bench(animals: int, name: str, threads: int) -> None:
    """Print the row of one solver at one size."""
    lower = animal_system(animals)
    warm = direct_solvers(threads=threads)[name]
    warm.factorise(animal_system(200)).inverse.diagonal()
    solver = direct_solvers(threads=threads)[name]
    analysis, analysed = timed(lambda: solver.analyse(lower))
    told = forecast(lower, solver=solver, threads=threads)
    factor, factorised = timed(lambda: solver.factorise(lower))
    n = lower.shape[0]
    truth = np.sin(np.arange(n))
    strict = lower.copy()
    strict.data = np.where(lower.indices == np.repeat(np.arange(n), np.diff(lower.indptr)),
                           0.0, lower.data)
    rhs = lower @ truth + strict.T @ truth
    solution, solved = timed(lambda: factor.solve(rhs))
    _, inverted = timed(lambda: factor.inverse.diagonal())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"| {animals:,} | {n:,} | {name} | {threads} | {analysis.factor_nonzeros / 1e6:.2f} "
        f"| {analysis.flops / 1e9:.1f} | {analysed:.2f} | {factorised:.2f} "
        f"| {analysis.flops / factorised / 1e9:.1f} | {solved:.3f} | {inverted:.2f} "
        f"| {inverted / factorised:.2f} "
        f"| {told.factorise_seconds:.2f} + {told.inverse_seconds:.2f} | {peak:.2f} "
        f"| {np.abs(solution - truth).max():.1e} |",
        flush=True,
    )


def main() -> None:
    """Run every solver at every size, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--animals", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--solvers", nargs="+", default=["supernodal", "cholmod"])
    chosen = parser.parse_args()
    print(HEADER + "\n|" + "---|" * (HEADER.count("|") - 1))
    spawn = multiprocessing.get_context("spawn")
    for animals in chosen.animals:
        for threads in chosen.threads:
            for name in chosen.solvers:
                process = spawn.Process(target=bench, args=(animals, name, threads))
                process.start()
                process.join()


if __name__ == "__main__":
    main()

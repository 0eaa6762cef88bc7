"""Optimal contributions by size and kind of relationship, beside conic solvers on everybody.

``python benchmarks/bench_contributions.py`` prints a table in Markdown; case names as arguments
choose rows. Every row is a process of its own, so that the memory is that of the row, Python with
it. Seconds are of wall time, and CPU seconds beside them for a busy machine. The limit is a rate of
inbreeding of 0.5 %. ``gap`` is the duality gap over all candidates in standard deviations of merit,
``frontier`` the CPU seconds of 15 points from the least coancestry to the highest merit.

Peers solve the problem of all candidates at once: Clarabel with the sparse cone of the pedigree
(Yamashita et al. 2018) or with the Cholesky factor of the matrix, and CVXOPT with the same factor,
where it is installed.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from breedeval.genotypes.coding import genomic_coding
from breedeval.genotypes.packed import Packed, pack
from breedeval.kernels.numerator import ancestors
from breedeval.pedigree.inbreeding import inbreeding
from breedeval.selection import conic
from breedeval.selection.coancestry import (
    Coancestry,
    Dense,
    FromMarkers,
    FromPedigree,
    LowRank,
    matrix_of,
)
from breedeval.selection.contributions import (
    Optimum,
    limit_of_rate,
    optimal_contributions,
)
from breedeval.selection.frontier import frontier
from breedeval.selection.optimality import certify
from breedeval.selection.program import Point, program_of
from breedeval.selection.shares import Shares

Float64 = NDArray[np.float64]
Problem = tuple[Float64, Coancestry, Shares]
RATE = 0.005
YEARS = 30


def shares(n: int) -> Shares:
    """Every second candidate is a male."""
    return Shares(np.arange(n) % 2, np.array([0.5, 0.5]), np.zeros(n), np.ones(n),
                  ("male", "female"))


def pedigree(candidates: int, animals: int, seed: int = 1) -> Problem:
    """Thirty years of selection: parents two to six years old; the youngest are candidates."""
    rng = np.random.default_rng(seed)
    size = animals // YEARS
    n = size * YEARS
    sire, dam, value = np.full(n, -1, np.int32), np.full(n, -1, np.int32), rng.normal(size=n)
    for year in range(2, YEARS):
        rows = np.arange(year * size, (year + 1) * size)
        old = np.arange(max(0, year - 6) * size, (year - 1) * size)
        seen = old[np.argsort(-(value[old] + rng.normal(size=old.size)))]
        males, females = seen[seen % 2 == 0], seen[seen % 2 == 1]
        sire[rows] = rng.choice(males[:max(5, size // 100)], size)
        dam[rows] = rng.choice(females[:max(20, size // 2)], size)
        value[rows] = (value[sire[rows]] + value[dam[rows]]) / 2 + rng.normal(size=size) * 0.7
    found = inbreeding(sire, dam)
    last = np.arange(n - candidates, n, dtype=np.int32)
    kept = ancestors(sire, dam, last, 0)

    def among(parent: NDArray[np.int32]) -> NDArray[np.int32]:
        own = parent[kept]
        return np.where(own < 0, -1, np.searchsorted(kept, own)).astype(np.int32)

    merit = 0.6 * value[last] + 0.4 * rng.normal(size=candidates)
    return merit, FromPedigree(
        among(sire), among(dam), found.mendelian[kept],
        np.searchsorted(kept, last).astype(np.int32), 1 + found.coefficients[last]), shares(
            candidates)


def gametes(candidates: int, markers: int, seed: int = 1) -> tuple[Float64, NDArray[np.int8]]:
    """Merit and copies of alleles, markers × candidates, in families of a hundred."""
    rng = np.random.default_rng(seed)
    families = max(2, candidates // 100)
    family = rng.integers(families, size=candidates)
    base = rng.beta(2, 2, size=markers)
    copies = np.empty((markers, candidates), np.int8)
    for k in range(markers):
        p = np.clip(base[k] + 0.25 * rng.normal(size=families), 0.02, 0.98)
        copies[k] = rng.binomial(2, p[family])
    effects = rng.normal(size=markers)
    value = effects @ copies
    return value / value.std() + 0.5 * rng.normal(size=candidates), copies


def packed(candidates: int, markers: int) -> Problem:
    """G of VanRaden's first method, from packed genotypes."""
    merit, copies = gametes(candidates, markers)
    calls: Packed = pack(copies)
    coded = genomic_coding(calls.counts(), "vanraden1")
    own = np.full(candidates, 0.01)
    return merit, FromMarkers(calls, coded.coding, 1 / coded.divisor, own), shares(candidates)


def low_rank(candidates: int, rank: int) -> Problem:
    """As many markers as the rank, as a matrix, and a little beside them."""
    merit, copies = gametes(candidates, rank)
    z = copies.T - copies.mean(axis=1)
    factor = z / np.sqrt(2 * np.square(z).sum(axis=1).mean())
    return merit, LowRank(factor, np.full(candidates, 0.005)), shares(candidates)


def dense(candidates: int, markers: int) -> Problem:
    """The same as a matrix."""
    merit, found, allowed = packed(candidates, markers)
    return merit, Dense(matrix_of(found)), allowed


CASES: dict[str, tuple[str, Callable[[], Problem]]] = {
    "dense-2000": ("2,000, matrix", lambda: dense(2000, 5000)),
    "pedigree-2000": ("2,000, pedigree of 20,000", lambda: pedigree(2000, 20_000)),
    "pedigree-20000": ("20,000, pedigree of 200,000", lambda: pedigree(20_000, 200_000)),
    "pedigree-large": ("20,000, pedigree of 2,000,000", lambda: pedigree(20_000, 2_000_000)),
    "rank-20000": ("20,000, low rank (1,000)", lambda: low_rank(20_000, 1000)),
    "packed-20000": ("20,000, 10,000 packed markers", lambda: packed(20_000, 10_000)),
}
PEERS = {
    "clarabel:dense-2000": ("dense-2000", "Clarabel, all"),
    "clarabel:pedigree-2000": ("pedigree-2000", "Clarabel, all"),
    "clarabel:pedigree-20000": ("pedigree-20000", "Clarabel, all"),
    "cvxopt:dense-2000": ("dense-2000", "CVXOPT, all"),
}


@dataclass(frozen=True)
class Row:
    """What one problem took."""

    seconds: float
    cpu: float
    frontier: float | None
    memory: float
    gap: float
    parents: int
    gain: float


def measured(name: str, points: int) -> Row:
    """One row, in this process."""
    peer, _, case = name.rpartition(":")
    merit, coancestry, allowed = CASES[case][1]()
    limit = limit_of_rate(coancestry, allowed, RATE)
    small = pedigree(200, 2000)  # compiles and loads
    optimal_contributions(*small, limit_of_rate(small[1], small[2], RATE))
    begin, cpu = time.perf_counter(), time.process_time()
    solve = {"": optimal_contributions, "clarabel": by_clarabel, "cvxopt": by_cvxopt}[peer]
    found = solve(merit, coancestry, allowed, limit)
    seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    frontier_cpu = None
    if not peer and points:
        start = time.process_time()
        list(frontier(merit, coancestry, allowed, points))
        frontier_cpu = time.process_time() - start
    return Row(seconds, cpu, frontier_cpu,
               resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2,
               found.certificate.relative_gap, int((found.contributions > 1e-6).sum()),
               found.gain)


def by_clarabel(
    merit: Float64, coancestry: Coancestry, allowed: Shares, limit: float
) -> Optimum:
    """The conic program of all candidates."""
    scaled = (merit - merit.mean()) / merit.std()
    program = program_of(scaled, coancestry, allowed, limit)
    point = conic.solve(program)
    assert point is not None
    return _told(merit, coancestry, allowed, limit, point)


def by_cvxopt(
    merit: Float64, coancestry: Coancestry, allowed: Shares, limit: float
) -> Optimum:
    """The same by CVXOPT."""
    from cvxopt import matrix, solvers

    n = merit.size
    scaled = (merit - merit.mean()) / merit.std()
    root = np.linalg.cholesky(matrix_of(coancestry)).T / np.sqrt(limit)
    cone = np.vstack([-np.eye(n), np.zeros((1, n)), -root])
    sums = np.stack([allowed.group == 0, allowed.group == 1]).astype(float)
    found = solvers.conelp(
        matrix(-scaled), matrix(cone), matrix(np.concatenate([np.zeros(n), [1.0], np.zeros(n)])),
        {"l": n, "q": [n + 1], "s": []}, matrix(sums), matrix(allowed.totals), kktsolver="chol",
        options={"show_progress": False})
    multiplier = float(np.array(found["z"]).ravel()[n]) / (2 * limit)
    return _told(merit, coancestry, allowed, limit,
                 Point(np.array(found["x"]).ravel(), multiplier))


def _told(
    merit: Float64, coancestry: Coancestry, allowed: Shares, limit: float, point: Point
) -> Optimum:
    scaled = (merit - merit.mean()) / merit.std()
    told = certify(program_of(scaled, coancestry, allowed, limit), point)
    c = point.contributions
    return Optimum(c, float(merit @ c), float(c @ coancestry.times(c)), limit, point.multiplier,
                   told)


def in_a_process(name: str, points: int) -> Row | None:
    """One row, in a process of its own; None where its peer is not installed."""
    done = subprocess.run(
        [sys.executable, __file__, "--one", name, "--frontier", str(points)],
        capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{name}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    return Row(**json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join([*CASES, *PEERS]))
    parser.add_argument("--frontier", type=int, default=15, help="points; 0: none")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(asdict(measured(given.one, given.frontier))))
        return
    print("| candidates and coancestry | solved by | s | CPU s | frontier, CPU s | memory, GB | "
          "parents | gap, σ |")
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    for name in given.cases or [*CASES, *PEERS]:
        row = in_a_process(name, given.frontier)
        if row is None:
            continue
        case, solver = PEERS.get(name, (name, "breedeval"))
        points = "–" if row.frontier is None else f"{row.frontier:.1f}"
        print(f"| {CASES[case][0]} | {solver} | {row.seconds:.2f} | {row.cpu:.2f} | {points} | "
              f"{row.memory:.2f} | {row.parents:,} | {max(row.gap, 0):.0e} |", flush=True)


if __name__ == "__main__":
    main()

"""Inbreeding and A⁻¹ by size and kind of pedigree, beside Meuwissen & Luo (1992).

``python benchmarks/bench_inbreeding.py 100000 1000000`` prints a table in Markdown. Every row is
a process of its own, so that the memory is that of the row: everything, the pedigree and Python
with it. Seconds are of wall time, and CPU seconds beside them for a busy machine; compiling is
not in them. ``--classic-up-to`` sets the largest pedigree that the classic algorithm is run on.
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

import numba
import numpy as np
from numpy.typing import NDArray

from breedeval.pedigree.inbreeding import inbreeding
from breedeval.pedigree.relationship import precision_lower

Int32 = NDArray[np.int32]
Float64 = NDArray[np.float64]

GENERATIONS = 12
YEARS = 40


def discrete(n: int, sires: int, seed: int = 1) -> tuple[Int32, Int32]:
    """Twelve generations; 48 of 100 individuals are dams of the next, mates at random."""
    rng = np.random.default_rng(seed)
    size = n // GENERATIONS
    sire, dam = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
    for generation in range(1, GENERATIONS):
        begin = generation * size
        rows = slice(begin, n if generation == GENERATIONS - 1 else begin + size)
        count = rows.stop - begin
        parents = (begin - size + rng.permutation(size)).astype(np.int32)
        sire[rows] = rng.choice(parents[:sires], count)
        dam[rows] = rng.choice(parents[sires : sires + int(0.48 * size)], count)
    return sire, dam


def overlapping(n: int, seed: int = 1) -> tuple[Int32, Int32]:
    """Forty years; n/1000 sires a year, two to six years old, dams two to eight; 3 % unknown."""
    rng = np.random.default_rng(seed)
    size = n // YEARS
    sire, dam = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
    for year in range(2, YEARS):
        begin = year * size
        rows = slice(begin, n if year == YEARS - 1 else begin + size)
        count = rows.stop - begin
        bulls = rng.integers(max(0, year - 6) * size, (year - 1) * size, max(1, n // 1000))
        sire[rows] = rng.choice(bulls, count)
        dam[rows] = rng.integers(max(0, year - 8) * size, (year - 1) * size, count)
        dam[begin + np.flatnonzero(rng.random(count) < 0.03)] = -1
    return sire, dam


def pairs(n: int, seed: int = 1) -> tuple[Int32, Int32]:
    """Twelve generations of couples with two progeny each: as many sires as dams."""
    rng = np.random.default_rng(seed)
    size = n // GENERATIONS // 2 * 2
    sire, dam = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
    for generation in range(1, GENERATIONS):
        begin = generation * size
        parents = (begin - size + rng.permutation(size)).astype(np.int32)
        sire[begin : begin + size] = np.repeat(parents[: size // 2], 2)
        dam[begin : begin + size] = np.repeat(parents[size // 2 :], 2)
    return sire, dam


KINDS: dict[str, Callable[[int], tuple[Int32, Int32]]] = {
    "500 sires a generation": lambda n: discrete(n, 500),
    "sires in proportion": lambda n: discrete(n, max(2, n // 2000)),
    "overlapping, 40 years": overlapping,
    "couples": pairs,
}


@numba.njit("f8[::1](i4[::1], i4[::1])", nogil=True)
def classic_inbreeding(sire: Int32, dam: Int32) -> Float64:
    """Meuwissen & Luo (1992): trace each individual's ancestors through a sorted linked list."""
    n = sire.size
    f = np.zeros(n)
    mendelian = np.empty(n)
    share = np.zeros(n)
    older = np.full(n, -1, np.int32)
    for i in range(n):
        s, d = sire[i], dam[i]
        from_sire = f[s] if s >= 0 else -1.0
        from_dam = f[d] if d >= 0 else -1.0
        mendelian[i] = 0.5 - 0.25 * (from_sire + from_dam)
        if s < 0 or d < 0:
            continue
        if i > 0 and s == sire[i - 1] and d == dam[i - 1]:
            f[i] = f[i - 1]
            continue
        total = -1.0
        share[i] = 1.0
        j = i
        while j >= 0:
            half = 0.5 * share[j]
            at = j
            for parent in (max(sire[j], dam[j]), min(sire[j], dam[j])):
                if parent >= 0:
                    while older[at] > parent:
                        at = older[at]
                    share[parent] += half
                    if older[at] != parent:
                        older[parent] = older[at]
                        older[at] = parent
            total += share[j] ** 2 * mendelian[j]
            share[j] = 0.0
            following = older[j]
            older[j] = -1
            j = following
        f[i] = total
    return f


@dataclass(frozen=True)
class Row:
    """What one pedigree took."""

    seconds: float
    cpu: float
    classic: float | None
    difference: float | None
    precision: float
    memory: float


def measure(kind: str, n: int, threads: int, classic_up_to: int) -> Row:
    """Run one pedigree in this process."""
    sire, dam = KINDS[kind](n)
    wall, cpu = time.perf_counter(), time.process_time()
    found = inbreeding(sire, dam, threads=threads)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    started = time.process_time()
    precision_lower(sire, dam, found.mendelian)
    precision = time.process_time() - started
    classic = difference = None
    if n <= classic_up_to:
        started = time.process_time()
        expected = classic_inbreeding(sire, dam)
        classic = time.process_time() - started
        difference = float(np.abs(found.coefficients - expected).max())
    return Row(wall, cpu, classic, difference, precision, memory)


def main() -> None:
    """Print the table, a process for each row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=[100_000, 1_000_000])
    parser.add_argument("--kinds", nargs="*", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--classic-up-to", type=int, default=100_000)
    parser.add_argument("--here", action="store_true", help="one row, as JSON, in this process")
    given = parser.parse_args()
    if given.here:
        row = measure(given.kinds[0], given.sizes[0], given.threads, given.classic_up_to)
        print(json.dumps(asdict(row)))
        return
    print("| pedigree | n | s | CPU s | Meuwissen & Luo, CPU s | times faster | largest difference"
          " | A⁻¹, CPU s | memory, GB |")
    print("|---|---|---|---|---|---|---|---|---|")
    for kind in given.kinds:
        for n in given.sizes:
            command = [sys.executable, __file__, str(n), "--kinds", kind, "--here", "--threads",
                       str(given.threads), "--classic-up-to", str(given.classic_up_to)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            row = Row(**json.loads(done.stdout))
            classic = ("–", "–", "–") if row.classic is None else (
                f"{row.classic:.1f}", f"{row.classic / row.cpu:.0f}", f"{row.difference:.0e}")
            print(f"| {kind} | {n:,} | {row.seconds:.2f} | {row.cpu:.2f} | {' | '.join(classic)} "
                  f"| {row.precision:.2f} | {row.memory:.2f} |", flush=True)


if __name__ == "__main__":
    main()
